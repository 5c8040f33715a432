/**
 * The media of one connection: protected on their way out, authenticated and opened on their way in, and sent where the other side's come from. It knows
 * nothing of what is in the packets.
 *
 * Each datagram goes from the socket to `onRtp` and from `sendRtp` to the socket without a copy beyond the cipher's own.
 */
import { isRtcp } from '../rtp/rtp-packet.js';
import type { SrtpProfile } from '../rtp/srtp/session-keys.js';
import { SrtpReceiver } from '../rtp/srtp/srtp-receiver.js';
import { SrtpSender } from '../rtp/srtp/srtp-sender.js';
import type { SrtpKeys } from './dtls-session.js';
import type { IcePath } from './ice-path.js';
import type { PeerCounters } from './peer-options.js';
import type { PortSource } from './port-binding.js';
import type { UdpPort } from './udp-port.js';

export interface SrtpMediaOptions {
  readonly path: Pick<IcePath, 'route' | 'follow' | 'sendMedia'>;
  /** Where its datagrams are written to. */
  readonly port: Pick<UdpPort, 'lendDatagram'>;
  readonly counters: PeerCounters;
  readonly events: SrtpMediaEvents;
}

export interface SrtpMediaEvents {
  /** With each authentic packet, before that itself. */
  onHeard(arrivalUs: number): void;
  /** As `PeerEvents` has them. */
  onRtp(packet: Uint8Array, arrivalUs: number): void;
  onRtcp(packet: Buffer, arrivalUs: number): void;
}

/** Where media came from for so long is where it goes; shorter would flap while packets from two paths interleave. */
const routeSilenceUs = 1_000_000;

/** Nothing goes either way before `open` and after `close`. */
export class SrtpMedia {
  readonly #path: SrtpMediaOptions['path'];
  readonly #port: SrtpMediaOptions['port'];
  readonly #counters: PeerCounters;
  readonly #events: SrtpMediaEvents;
  #sender: SrtpSender | undefined;
  #receiver: SrtpReceiver | undefined;
  #profile: SrtpProfile | undefined;
  #routeHeardUs = 0;
  #isOpen = false;

  constructor({ path, port, counters, events }: SrtpMediaOptions) {
    this.#path = path;
    this.#port = port;
    this.#counters = counters;
    this.#events = events;
  }

  /** The other side is proved. Once. */
  open(keys: SrtpKeys, nowUs: number): void {
    this.#isOpen = true;
    this.#sender = new SrtpSender(keys.local, (bytes) => this.#port.lendDatagram(bytes));
    this.#receiver = new SrtpReceiver(keys.remote);
    this.#profile = keys.local.profile;
    this.#routeHeardUs = nowUs;
  }

  /** Undefined until `open`. */
  get profile(): SrtpProfile | undefined {
    return this.#profile;
  }

  /** Packets that were not authentic, malformed, or seen before. */
  get droppedCount(): number {
    return this.#receiver === undefined ? 0 : this.#receiver.rejectedCount + this.#receiver.replayedCount;
  }

  /** The path leads elsewhere: what comes from there counts from now on. */
  moved(nowUs: number): void {
    this.#routeHeardUs = nowUs;
  }

  /** As `Peer` has them. */
  sendRtp(packet: Buffer): Buffer | undefined {
    if (!this.#isOpen || this.#sender === undefined) {
      this.#counters.droppedSends++;
      return undefined;
    }
    const datagram = this.#sender.protectRtp(packet);
    this.#counters.sentRtp++;
    this.#path.sendMedia(datagram);
    return datagram;
  }

  resend(datagram: Buffer): void {
    if (!this.#isOpen) {
      this.#counters.droppedSends++;
      return;
    }
    this.#counters.sentRtp++;
    this.#path.sendMedia(datagram);
  }

  sendRtcp(packet: Buffer): void {
    if (!this.#isOpen || this.#sender === undefined) {
      this.#counters.droppedSends++;
      return;
    }
    this.#counters.sentRtcp++;
    this.#path.sendMedia(this.#sender.protectRtcp(packet));
  }

  receive(datagram: Buffer, source: PortSource, arrivalUs: number): void {
    if (this.#receiver === undefined) {
      this.#counters.droppedEarlyMedia++;
      return;
    }
    if (!this.#isOpen) return;
    if (isRtcp(datagram)) {
      const packet = this.#receiver.unprotectRtcp(datagram);
      if (packet === undefined) return;
      this.#hear(source, arrivalUs);
      this.#counters.receivedRtcp++;
      this.#events.onRtcp(packet, arrivalUs);
    } else {
      const packet = this.#receiver.unprotectRtp(datagram);
      if (packet === undefined) return;
      this.#hear(source, arrivalUs);
      this.#counters.receivedRtp++;
      this.#events.onRtp(packet, arrivalUs);
    }
  }

  #hear(source: PortSource, arrivalUs: number): void {
    this.#events.onHeard(arrivalUs);
    if (source === this.#path.route) this.#routeHeardUs = arrivalUs;
    else this.#considerRoute(source, arrivalUs);
  }

  #considerRoute(source: PortSource, arrivalUs: number): void {
    if (arrivalUs - this.#routeHeardUs < routeSilenceUs || !this.#path.follow(source)) return;
    this.#routeHeardUs = arrivalUs;
    this.#counters.routeChanges++;
  }

  close(): void {
    this.#isOpen = false;
  }
}
