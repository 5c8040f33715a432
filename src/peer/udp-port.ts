/**
 * The one port of a room process, shared by all its connections: UDP over IPv4 and IPv6, and TCP on the same number for clients that cannot use UDP. RFC 7983
 * tells datagrams apart by the first byte:
 *
 *     0..3 STUN, 20..63 DTLS, 128..191 RTP and RTCP; anything else is nobody's.
 *
 * It is also the gate: STUN goes on only after `stun-gate.ts` has found it authentic, and everything else only from a source that such a check has made known. So
 * no stranger's datagram reaches werift, and none costs more than a table look-up or one hash.
 * Two connections between the same two ports cannot be told apart, so a client that joins one server several times opens a port for each. Close the
 * connections first, then the port.
 */
import type { Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import { closeSocket, openSockets, type PortSockets } from '../port-sockets.js';
import { LentDatagrams } from './lent-datagrams.js';
import { ownAddresses } from './own-addresses.js';
import { PortBinding, type BindingHost, type CheckTarget, type OwnedSource, type PortBindingOptions } from './port-binding.js';
import { SendQueue } from './send-queue.js';
import { SourceTable } from './source-table.js';
import { StunGate, type StunCounters } from './stun-gate.js';
import { isStunRequest, stunTransactionId } from './stun-message.js';
import { TcpListener, type TcpCounters } from './tcp-listener.js';
import type { TcpStream } from './tcp-stream.js';

export interface UdpPortOptions {
  /** The addresses to bind, IP literals: `0.0.0.0` and `::` for all of a family. */
  readonly hosts: readonly string[];
  /** The first number of this range that is free on all hosts is taken; 0 and 0 for any free one. */
  readonly portMin: number;
  readonly portMax: number;
  /** Whether TCP is listened to as well; not, unless said. */
  readonly hasTcp?: boolean;
  /** IP literals to offer as candidates, best first; none means the machine's own. */
  readonly announcedAddresses: readonly string[];
  readonly clock: RoomTime;
}

export interface PortCounters extends StunCounters, TcpCounters {
  receivedDatagrams: number;
  receivedBytes: number;
  sentDatagrams: number;
  sentBytes: number;
  /** First byte outside RFC 7983, or empty. */
  droppedUnknownKind: number;
  /** DTLS or media from an address that no check has made known. */
  droppedUnknownSource: number;
  /** Sent after the port was closed, or to a family that it has not. */
  droppedAfterClose: number;
  /** As much as may wait for the kernel was waiting already. */
  droppedSendQueue: number;
  socketErrors: number;
}

interface SendingSocket {
  readonly socket: Socket;
  readonly queue: SendQueue;
}

export class UdpPort implements BindingHost {
  readonly counters: PortCounters;
  readonly port: number;
  /** Offered as host candidates, best first; never empty. */
  readonly announcedAddresses: readonly string[];
  readonly #sockets: readonly Socket[];
  readonly #sender4: SendingSocket | undefined;
  readonly #sender6: SendingSocket | undefined;
  readonly #tcp: TcpListener | undefined;
  readonly #clock: RoomTime;
  readonly #lent = new LentDatagrams(() => this.#isIdle());
  readonly #sources = new SourceTable();
  readonly #gate: StunGate;
  #closing: Promise<void> | undefined;

  private constructor({ port, sockets, tcp }: PortSockets<TcpListener>, announcedAddresses: readonly string[], clock: RoomTime, counters: PortCounters) {
    this.counters = counters;
    this.port = port;
    this.announcedAddresses = announcedAddresses;
    this.#sockets = sockets;
    this.#sender4 = findSender(sockets, 'IPv4');
    this.#sender6 = findSender(sockets, 'IPv6');
    this.#tcp = tcp;
    this.#clock = clock;
    this.#gate = new StunGate({ clock, sources: this.#sources, counters });
    for (const socket of sockets) {
      socket.on('message', (datagram, { address, port: fromPort }) => this.#onDatagram(datagram, address, fromPort));
      socket.on('error', () => {
        this.counters.socketErrors++;
      });
    }
  }

  /** @throws {AppError} no_media_port when no port of the range can be bound @throws {Error} when a host is no IP literal, or no announced address is of a family that is bound. */
  static async open({ hosts, portMin, portMax, hasTcp = false, announcedAddresses, clock }: UdpPortOptions): Promise<UdpPort> {
    for (const host of hosts) if (isIP(host) === 0) throw new Error(`the UDP host must be an IP address, not "${host}"`);
    // Nobody knows the number before the port is there: who connects by then is a scanner.
    const counters = createPortCounters();
    const opened: { port?: UdpPort } = {};
    const openTcp = (bound: readonly string[], port: number): Promise<TcpListener> =>
      TcpListener.open({
        hosts: bound,
        port,
        clock,
        counters,
        onFrame: (frame, stream) => {
          if (opened.port === undefined) stream.close();
          else opened.port.#onFrame(frame, stream);
        },
        onClosed: ({ source }) => {
          if (opened.port !== undefined && source !== undefined) opened.port.#sources.forget(source);
        },
      });
    const bound = await openSockets({ hosts, portMin, portMax, openTcp: hasTcp ? openTcp : undefined });
    const families = new Set(bound.hosts.map((host) => isIP(host)));
    const usable = (announcedAddresses.length > 0 ? announcedAddresses : ownAddresses(bound.hosts)).filter((address) => families.has(isIP(address)));
    const port = new UdpPort(bound, usable, clock, counters);
    opened.port = port;
    if (usable.length > 0) return port;
    await port.close();
    throw new Error(`no announced address is of the family of ${bound.hosts.join(' or ')}`);
  }

  get hasTcp(): boolean {
    return this.#tcp !== undefined;
  }

  /** Whether it can send to an address of this family. */
  hasFamily(family: 4 | 6): boolean {
    return (family === 4 ? this.#sender4 : this.#sender6) !== undefined;
  }

  /** What the kernel granted, and what waits in it to be sent; asked by /stats, not per packet. */
  get socketGauges(): { readonly receiveBufferBytes: number; readonly sendQueueBytes: number; readonly tcpStreams: number } {
    if (this.#closing !== undefined) return { receiveBufferBytes: 0, sendQueueBytes: 0, tcpStreams: 0 };
    return {
      receiveBufferBytes: Math.min(...this.#sockets.map((socket) => socket.getRecvBufferSize())),
      sendQueueBytes: this.#sockets.reduce((sum, socket) => sum + socket.getSendQueueSize(), 0),
      tcpStreams: this.#tcp?.streamCount ?? 0,
    };
  }

  get bindingCount(): number {
    return this.#gate.bindingCount;
  }

  /** Known UDP addresses of all connections. */
  get sourceCount(): number {
    return this.#sources.count;
  }

  /** Checks under way of all connections. */
  get askedCount(): number {
    return this.#gate.askedCount;
  }

  bind(options: PortBindingOptions): PortBinding {
    const binding = new PortBinding(this, options);
    this.#gate.add(binding);
    return binding;
  }

  /** For {@link PortBinding}. */
  unbind(binding: PortBinding, heir: PortBinding | undefined): void {
    if (this.#gate.remove(binding)) this.#sources.release(binding, heir);
  }

  /** For {@link PortBinding}. */
  sendStun(binding: PortBinding, message: Buffer, to: CheckTarget): void {
    if (isStunRequest(message)) this.#gate.expectAnswer(binding, stunTransactionId(message), to);
    if (to.transport === 'udp') this.send(message, to.port, to.address);
    else this.#tcp?.find(to.address, to.port)?.send(message);
  }

  /** For {@link PortBinding}. */
  findSource({ transport, address, port }: CheckTarget): OwnedSource | undefined {
    return transport === 'udp' ? this.#sources.find(address, port) : this.#tcp?.find(address, port)?.source;
  }

  /** Room for a datagram that is sent, or copied, before the next one is lent. */
  lendDatagram(bytes: number): Buffer {
    return this.#lent.lend(bytes);
  }

  /** By UDP. */
  send(datagram: Buffer, port: number, address: string): void {
    const sender = address.includes(':') ? this.#sender6 : this.#sender4;
    if (this.#closing !== undefined || sender === undefined) {
      this.counters.droppedAfterClose++;
      return;
    }
    if (!sender.queue.admits(datagram.length)) {
      this.counters.droppedSendQueue++;
      return;
    }
    this.counters.sentDatagrams++;
    this.counters.sentBytes += datagram.length;
    // Without a callback: the kernel's refusals (no route, no buffer) are losses like any other on the way.
    sender.socket.send(datagram, port, address);
  }

  /** Resolves when the port is free again. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= Promise.all([this.#tcp?.close(), ...this.#sockets.map(closeSocket)]).then(() => undefined);
    return this.#closing;
  }

  #isIdle(): boolean {
    return this.#closing === undefined && this.#sockets.every((socket) => socket.getSendQueueSize() === 0);
  }

  #onDatagram(datagram: Buffer, address: string, port: number): void {
    this.counters.receivedDatagrams++;
    this.counters.receivedBytes += datagram.length;
    const kind = datagram[0] ?? 255;
    if (kind <= 3) {
      this.#gate.receive(datagram, address, port, undefined);
      return;
    }
    if (this.#isOfKnownKind(kind)) this.#deliver(datagram, kind, this.#sources.find(address, port));
  }

  /** Before a stream is authenticated its first wrong frame is its last. */
  #onFrame(frame: Buffer, stream: TcpStream): void {
    this.counters.receivedDatagrams++;
    this.counters.receivedBytes += frame.length;
    const kind = frame[0] ?? 255;
    let isTaken = false;
    if (kind <= 3) isTaken = this.#gate.receive(frame, stream.address, stream.port, stream);
    else if (this.#isOfKnownKind(kind)) isTaken = this.#deliver(frame, kind, stream.source);
    if (!isTaken && stream.source === undefined) stream.close();
  }

  #isOfKnownKind(kind: number): boolean {
    const isKnown = (kind >= 20 && kind <= 63) || isMedia(kind);
    if (!isKnown) this.counters.droppedUnknownKind++;
    return isKnown;
  }

  #deliver(datagram: Buffer, kind: number, source: OwnedSource | undefined): boolean {
    if (source === undefined) {
      this.counters.droppedUnknownSource++;
      return false;
    }
    if (isMedia(kind)) source.owner.receiver.onMedia(datagram, source, this.#clock.nowUs());
    else source.owner.receiver.onDtls(datagram, source);
    return true;
  }
}

function findSender(sockets: readonly Socket[], family: 'IPv4' | 'IPv6'): SendingSocket | undefined {
  const socket = sockets.find((each) => each.address().family === family);
  return socket === undefined ? undefined : { socket, queue: new SendQueue(socket) };
}

function createPortCounters(): PortCounters {
  return {
    receivedDatagrams: 0,
    receivedBytes: 0,
    sentDatagrams: 0,
    sentBytes: 0,
    droppedUnknownKind: 0,
    droppedUnknownSource: 0,
    droppedAfterClose: 0,
    droppedSendQueue: 0,
    socketErrors: 0,
    droppedStun: 0,
    droppedStunIntegrity: 0,
    droppedStunAnswer: 0,
    droppedStunRate: 0,
    droppedStunReplay: 0,
    acceptedStreams: 0,
    refusedStreams: 0,
    idleStreams: 0,
    malformedStreams: 0,
    droppedStreamQueue: 0,
  };
}

function isMedia(kind: number): boolean {
  return kind >= 128 && kind <= 191;
}
