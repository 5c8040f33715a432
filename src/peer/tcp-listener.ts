/** The TCP side of the port (RFC 6544, passive only): who may connect, and how many. What comes is the port's to judge. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import { networkOf } from './stranger-limits.js';
import { TcpStream } from './tcp-stream.js';

export interface TcpListenerOptions {
  /** IP literals, the same as UDP's. */
  readonly hosts: readonly string[];
  readonly port: number;
  readonly clock: RoomTime;
  readonly counters: TcpCounters;
  readonly onFrame: (frame: Buffer, stream: TcpStream) => void;
  readonly onClosed: (stream: TcpStream) => void;
}

export interface TcpCounters {
  acceptedStreams: number;
  /** More than there may be, of one source or in all. */
  refusedStreams: number;
  /** No authentic check in time, or silent for too long. */
  idleStreams: number;
  malformedStreams: number;
  /** The client does not read as fast as it is sent to. */
  droppedStreamQueue: number;
}

/** Browsers try TCP beside UDP, and let go of it half a minute after UDP works; at 10 kB for each this is 10 MB. */
const maxStreams = 1_024;
/** An office behind one address, each client with a connection for each of its networks. */
const maxStreamsPerSource = 128;

export class TcpListener {
  readonly #options: TcpListenerOptions;
  readonly #servers: readonly Server[];
  /** By address and port of the other side. */
  readonly #streams = new Map<string, TcpStream>();
  readonly #countBySource = new Map<string, number>();
  #closing: Promise<void> | undefined;

  private constructor(options: TcpListenerOptions) {
    this.#options = options;
    this.#servers = options.hosts.map(() => createServer((socket) => this.#accept(socket)));
  }

  /** Rejects with the system's error (`EADDRINUSE`...), and nothing stays open then. */
  static async open(options: TcpListenerOptions): Promise<TcpListener> {
    const listener = new TcpListener(options);
    try {
      for (const [index, server] of listener.#servers.entries()) {
        const host = options.hosts[index];
        server.listen({ port: options.port, ...(host === undefined ? {} : { host }), ipv6Only: true });
        await once(server, 'listening');
        server.on('error', () => undefined);
      }
    } catch (error) {
      await listener.close();
      throw error;
    }
    return listener;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  find(address: string, port: number): TcpStream | undefined {
    return this.#streams.get(keyOf(address, port));
  }

  /** Resolves when the port is free again. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = this.#servers.filter(({ listening }) => listening).map((server) => new Promise<void>((resolve) => void server.close(() => resolve())));
    for (const stream of [...this.#streams.values()]) stream.close();
    await Promise.all(closed);
  }

  #accept(socket: Socket): void {
    const { remoteAddress: address, remotePort: port } = socket;
    const source = networkOf(address ?? '');
    const count = this.#countBySource.get(source) ?? 0;
    if (address === undefined || port === undefined || this.#streams.size >= maxStreams || count >= maxStreamsPerSource) {
      this.#options.counters.refusedStreams++;
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    this.#options.counters.acceptedStreams++;
    this.#countBySource.set(source, count + 1);
    const stream = new TcpStream({
      socket,
      clock: this.#options.clock,
      events: {
        onFrame: this.#options.onFrame,
        onDropped: () => {
          this.#options.counters.droppedStreamQueue++;
        },
        onClosed: (closed, reason) => {
          if (reason === 'idle') this.#options.counters.idleStreams++;
          else if (reason === 'malformed') this.#options.counters.malformedStreams++;
          this.#forget(closed, source);
        },
      },
    });
    this.#streams.set(keyOf(address, port), stream);
  }

  #forget(stream: TcpStream, source: string): void {
    this.#streams.delete(keyOf(stream.address, stream.port));
    const count = (this.#countBySource.get(source) ?? 1) - 1;
    if (count === 0) this.#countBySource.delete(source);
    else this.#countBySource.set(source, count);
    this.#options.onClosed(stream);
  }
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}
