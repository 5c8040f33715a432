import type { KeyObject } from 'node:crypto';
import type { StunMessage } from './stun-message.js';

export type Transport = 'udp' | 'tcp';

/** What one connection gets from the port, after the gate. Called from the socket: must not throw on whatever the datagram holds. */
export interface PortReceiver {
  /** An authenticated STUN message of this connection. */
  onStun(datagram: Buffer, source: PortSource, message: StunMessage): void;
  onDtls(datagram: Buffer, source: PortSource): void;
  /** Still encrypted; `arrivalUs` is the room's time. */
  onMedia(datagram: Buffer, source: PortSource, arrivalUs: number): void;
}

export interface PortBindingOptions {
  /** Our ICE user name fragment: must be unique on the port. */
  readonly ufrag: string;
  /** Our ICE password, with which others sign their checks. */
  readonly localPassword: KeyObject;
  readonly receiver: PortReceiver;
}

/** Where datagrams come from or go to; the same object for as long as the address is known, so it can be compared by identity. */
export interface PortSource {
  readonly address: string;
  readonly port: number;
  /** It has answered a check: media may be sent there. */
  readonly isProved: boolean;
  /** Microseconds from a check of ours to its answer, the last time; undefined before the first, and while each had to be sent more than once. */
  readonly roundTripUs: number | undefined;
  /** Undefined for UDP. */
  readonly stream: DatagramStream | undefined;
}

/** A TCP connection, as far as others need it. */
export interface DatagramStream {
  readonly address: string;
  readonly port: number;
  send(datagram: Buffer): void;
  close(): void;
}

/** Where a check is sent to. */
export interface CheckTarget {
  readonly transport: Transport;
  readonly address: string;
  readonly port: number;
}

/** The port, as far as its bindings need it. */
export interface BindingHost {
  /** Sends a STUN message, and takes the answer to it, if it is a request. */
  sendStun(binding: PortBinding, message: Buffer, to: CheckTarget): void;
  send(datagram: Buffer, port: number, address: string): void;
  findSource(at: CheckTarget): PortSource | undefined;
  unbind(binding: PortBinding, heir: PortBinding | undefined): void;
}

/** For the port only. */
export interface OwnedSource extends PortSource {
  owner: PortBinding;
  isProved: boolean;
  roundTripUs: number | undefined;
}

/** One connection's share of the port. */
export class PortBinding {
  readonly ufrag: string;
  readonly localPassword: KeyObject;
  readonly receiver: PortReceiver;
  /** The other side's ICE password, with which it signs its answers; without it no answer is taken. */
  remotePassword: KeyObject | undefined;
  /** For the port only: the one that was quiet longest first. */
  readonly sources: OwnedSource[] = [];
  readonly #port: BindingHost;

  constructor(port: BindingHost, options: PortBindingOptions) {
    this.#port = port;
    this.ufrag = options.ufrag;
    this.localPassword = options.localPassword;
    this.receiver = options.receiver;
  }

  sendStun(message: Buffer, to: CheckTarget): void {
    this.#port.sendStun(this, message, to);
  }

  /** Whoever's source it is now: the agents of one client before and after an ICE restart take turns. */
  findSource(at: CheckTarget): PortSource | undefined {
    return this.#port.findSource(at);
  }

  send(datagram: Buffer, to: PortSource): void {
    if (to.stream === undefined) this.#port.send(datagram, to.port, to.address);
    else to.stream.send(datagram);
  }

  /**
   * Nothing reaches the receiver afterwards. Idempotent.
   *
   * @param heir gets the addresses: what is on its way from them is still the same client's.
   */
  close(heir?: PortBinding): void {
    this.#port.unbind(this, heir);
  }
}
