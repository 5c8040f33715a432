/**
 * The one UDP socket of a room process, shared by all its connections (RFC 7983 tells their datagrams apart by the first byte):
 *
 *     0..3 STUN, 20..63 DTLS, 128..191 RTP and RTCP; anything else is nobody's.
 *
 * It is also the gate: a STUN request goes on only after its MESSAGE-INTEGRITY fits the password of the connection it names, a STUN answer only when it
 * was asked for and fits too, and everything else only from a source that such a check has proved. So no stranger's datagram reaches werift, and none
 * costs more than a table look-up or one hash.
 * One address family a port, that of `host`. Two connections between the same two ports cannot be told apart, so a client that joins one server several
 * times opens a port for each. Close the connections first, then the port.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import { ownAddresses } from './own-addresses.js';
import { PortBinding, type BindingHost, type PortBindingOptions, type ProvedSource } from './port-binding.js';
import { hasStunIntegrity, readStunMessage } from './stun-message.js';
import { bindSocket } from './udp-socket.js';

export interface UdpPortOptions {
  /** The address to bind: an IP literal; `0.0.0.0` or `::` for all. */
  readonly host: string;
  /** The first free port of this range is taken; 0 and 0 for any free port. */
  readonly portMin: number;
  readonly portMax: number;
  /** IP literals to offer as candidates, best first; none means the machine's own. */
  readonly announcedAddresses: readonly string[];
  readonly clock: RoomTime;
}

export interface PortCounters {
  receivedDatagrams: number;
  receivedBytes: number;
  sentDatagrams: number;
  sentBytes: number;
  /** First byte outside RFC 7983, or empty. */
  droppedUnknownKind: number;
  /** No Binding message, or one that names no connection of ours. */
  droppedStun: number;
  droppedStunIntegrity: number;
  /** STUN answers to nothing that was asked. */
  droppedStunAnswer: number;
  /** DTLS or media from an address that no check has proved. */
  droppedUnknownSource: number;
  /** Sent after the port was closed. */
  droppedAfterClose: number;
  /** As much as may wait for the kernel was waiting already. */
  droppedSendQueue: number;
  socketErrors: number;
}

/** Addresses one connection may have proved at a time: a phone has two interfaces and a handful of NAT bindings. Beyond it the least recently proved goes. */
const maxSourcesPerBinding = 16;
/** Checks one connection may have under way: 32 candidates with their retransmissions; beyond it the oldest is forgotten. */
const maxAskedPerBinding = 128;
/** What the kernel does not take at once waits in this process's memory: behind 8 MB, a third of a second at 200 Mbps, media come too late for anybody. */
const maxSendQueueBytes = 8 * 1024 * 1024;

export class UdpPort implements BindingHost {
  readonly counters: PortCounters = {
    receivedDatagrams: 0,
    receivedBytes: 0,
    sentDatagrams: 0,
    sentBytes: 0,
    droppedUnknownKind: 0,
    droppedStun: 0,
    droppedStunIntegrity: 0,
    droppedStunAnswer: 0,
    droppedUnknownSource: 0,
    droppedAfterClose: 0,
    droppedSendQueue: 0,
    socketErrors: 0,
  };
  readonly family: 4 | 6;
  readonly port: number;
  /** Offered as host candidates, best first; never empty. */
  readonly announcedAddresses: readonly string[];
  readonly #socket: Socket;
  readonly #clock: RoomTime;
  readonly #bindingsByUfrag = new Map<string, PortBinding>();
  /** By port number first: it is a number, and nearly always unique already, so that no key string is built per packet. */
  readonly #sourcesByPort = new Map<number, ProvedSource[]>();
  readonly #askersByTransaction = new Map<string, PortBinding>();
  #closing: Promise<void> | undefined;

  private constructor(socket: Socket, options: UdpPortOptions) {
    this.#socket = socket;
    this.#clock = options.clock;
    this.family = isIP(options.host) === 6 ? 6 : 4;
    this.port = socket.address().port;
    const announced = options.announcedAddresses.length > 0 ? options.announcedAddresses : ownAddresses(options.host);
    this.announcedAddresses = announced.filter((address) => isIP(address) === this.family);
    socket.on('message', (datagram, from) => this.#onDatagram(datagram, from));
    socket.on('error', () => {
      this.counters.socketErrors++;
    });
  }

  /** @throws {Error} when no port of the range is free, `host` is no IP literal, or no announced address is of its family. */
  static async open(options: UdpPortOptions): Promise<UdpPort> {
    if (isIP(options.host) === 0) throw new Error(`the UDP host must be an IP address, not "${options.host}"`);
    let lastError: unknown;
    for (let port = options.portMin; port <= options.portMax; port++) {
      let socket: Socket;
      try {
        socket = await bindSocket(options.host, port);
      } catch (error) {
        lastError = error;
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
        break;
      }
      const opened = new UdpPort(socket, options);
      if (opened.announcedAddresses.length > 0) return opened;
      await opened.close();
      throw new Error(`no announced address is of the family of ${options.host}`);
    }
    throw new Error(`no UDP port could be bound on ${options.host} from ${options.portMin} to ${options.portMax}`, { cause: lastError });
  }

  /** What the kernel granted, and what waits in it to be sent; asked by /stats, not per packet. */
  get socketGauges(): { readonly receiveBufferBytes: number; readonly sendQueueBytes: number } {
    if (this.#closing !== undefined) return { receiveBufferBytes: 0, sendQueueBytes: 0 };
    return { receiveBufferBytes: this.#socket.getRecvBufferSize(), sendQueueBytes: this.#socket.getSendQueueSize() };
  }

  get bindingCount(): number {
    return this.#bindingsByUfrag.size;
  }

  /** Proved addresses of all connections. */
  get sourceCount(): number {
    return [...this.#sourcesByPort.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Checks under way of all connections. */
  get askedCount(): number {
    return this.#askersByTransaction.size;
  }

  bind(options: PortBindingOptions): PortBinding {
    if (this.#bindingsByUfrag.has(options.ufrag)) throw new Error(`two connections with the ICE fragment ${options.ufrag}`);
    const binding = new PortBinding(this, options);
    this.#bindingsByUfrag.set(options.ufrag, binding);
    return binding;
  }

  /** For {@link PortBinding}. */
  unbind(binding: PortBinding, heir: PortBinding | undefined): void {
    if (this.#bindingsByUfrag.get(binding.ufrag) !== binding) return;
    this.#bindingsByUfrag.delete(binding.ufrag);
    for (const source of binding.sources) {
      if (heir === undefined) this.#forgetSource(source);
      else this.#bequeath(source, heir);
    }
    for (const transactionId of binding.asked) this.#askersByTransaction.delete(transactionId);
    binding.sources.length = 0;
    binding.asked.clear();
  }

  /** For {@link PortBinding}. */
  expectAnswer(binding: PortBinding, transactionId: string): void {
    if (this.#bindingsByUfrag.get(binding.ufrag) !== binding) return;
    binding.asked.add(transactionId);
    this.#askersByTransaction.set(transactionId, binding);
    if (binding.asked.size <= maxAskedPerBinding) return;
    for (const oldest of binding.asked) {
      this.#forgetAsked(binding, oldest);
      break;
    }
  }

  send(datagram: Buffer, port: number, address: string): void {
    if (this.#closing !== undefined) {
      this.counters.droppedAfterClose++;
      return;
    }
    // What the kernel does not take at once waits in this process.
    if (this.#socket.getSendQueueSize() > maxSendQueueBytes) {
      this.counters.droppedSendQueue++;
      return;
    }
    this.counters.sentDatagrams++;
    this.counters.sentBytes += datagram.length;
    // Without a callback: the kernel's refusals (no route, no buffer) are losses like any other on the way.
    this.#socket.send(datagram, port, address);
  }

  /** Resolves when the port is free again. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => this.#socket.close(() => resolve()));
    return this.#closing;
  }

  #onDatagram(datagram: Buffer, from: RemoteInfo): void {
    this.counters.receivedDatagrams++;
    this.counters.receivedBytes += datagram.length;
    const kind = datagram[0] ?? 255;
    if (kind <= 3) {
      this.#onStun(datagram, from);
      return;
    }
    const isMedia = kind >= 128 && kind <= 191;
    if (!isMedia && (kind < 20 || kind > 63)) {
      this.counters.droppedUnknownKind++;
      return;
    }
    const source = this.#findSource(from.address, from.port);
    if (source === undefined) {
      this.counters.droppedUnknownSource++;
      return;
    }
    if (isMedia) source.owner.receiver.onMedia(datagram, source, this.#clock.nowUs());
    else source.owner.receiver.onDtls(datagram, source);
  }

  #onStun(datagram: Buffer, from: RemoteInfo): void {
    const message = readStunMessage(datagram);
    if (message === undefined || message.class === 'indication') {
      this.counters.droppedStun++;
      return;
    }
    const isRequest = message.class === 'request';
    const binding = isRequest ? this.#bindingsByUfrag.get(message.receiverUfrag ?? '') : this.#askersByTransaction.get(message.transactionId);
    if (binding === undefined) {
      if (isRequest) this.counters.droppedStun++;
      else this.counters.droppedStunAnswer++;
      return;
    }
    const key = isRequest ? binding.localPassword : binding.remotePassword;
    if (key === undefined || message.integrityAt === undefined || !hasStunIntegrity(datagram, message.integrityAt, key)) {
      this.counters.droppedStunIntegrity++;
      return;
    }
    if (!isRequest) this.#forgetAsked(binding, message.transactionId);
    binding.receiver.onStun(datagram, this.#prove(binding, from), message);
  }

  #prove(binding: PortBinding, from: RemoteInfo): ProvedSource {
    const known = this.#findSource(from.address, from.port);
    if (known !== undefined) {
      // An address that changed hands: a NAT or a system gave a dead connection's port to a new one.
      remove(known.owner.sources, known);
      known.owner = binding;
      binding.sources.push(known);
      return known;
    }
    const source: ProvedSource = { address: from.address, port: from.port, owner: binding };
    const neighbours = this.#sourcesByPort.get(from.port);
    if (neighbours === undefined) this.#sourcesByPort.set(from.port, [source]);
    else neighbours.push(source);
    binding.sources.push(source);
    if (binding.sources.length > maxSourcesPerBinding) {
      const oldest = binding.sources.shift();
      if (oldest !== undefined) this.#forgetSource(oldest);
    }
    return source;
  }

  /** Older than all that the heir has proved itself: the first to go when there are too many. */
  #bequeath(source: ProvedSource, heir: PortBinding): void {
    if (heir.sources.length >= maxSourcesPerBinding) {
      this.#forgetSource(source);
      return;
    }
    source.owner = heir;
    heir.sources.unshift(source);
  }

  #findSource(address: string, port: number): ProvedSource | undefined {
    const candidates = this.#sourcesByPort.get(port);
    if (candidates === undefined) return undefined;
    for (const candidate of candidates) {
      if (candidate.address === address) return candidate;
    }
    return undefined;
  }

  #forgetSource(source: ProvedSource): void {
    const neighbours = this.#sourcesByPort.get(source.port);
    if (neighbours === undefined) return;
    remove(neighbours, source);
    if (neighbours.length === 0) this.#sourcesByPort.delete(source.port);
  }

  #forgetAsked(binding: PortBinding, transactionId: string): void {
    binding.asked.delete(transactionId);
    this.#askersByTransaction.delete(transactionId);
  }
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at !== -1) list.splice(at, 1);
}
