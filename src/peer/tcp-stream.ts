/** One TCP connection of a client that cannot use UDP: datagrams in, datagrams out, nothing kept of who is not authenticated. */
import type { Socket } from 'node:net';
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import type { DatagramStream, OwnedSource } from './port-binding.js';
import { maxFrameBytes, StreamFraming, writeFrame } from './stream-framing.js';

export interface TcpStreamOptions {
  readonly socket: Socket;
  readonly clock: RoomTime;
  readonly events: TcpStreamEvents;
}

export interface TcpStreamEvents {
  onFrame(frame: Buffer, stream: TcpStream): void;
  /** More waits to be sent than may. */
  onDropped(): void;
  /** Once. */
  onClosed(stream: TcpStream, reason: TcpCloseReason): void;
}

export type TcpCloseReason = 'closed' | 'idle' | 'malformed';

/** A check comes with the first packet after the handshake; who takes longer for it is no client. */
const authenticationUs = 5_000_000;
/** Consent is asked each 4 to 6 s, and answered on this connection. */
const idleMs = 30_000;
/** For the last words, a close_notify mostly. Node gives it once more when some of them went out. */
const lingerMs = 400;
/** The longest STUN message that the gate would read. */
const maxStrangersFrameBytes = 1_024;
/** Half a second of 2 Mbps: what waits longer comes too late, and a client that stops reading must not fill this process. */
const maxQueueBytes = 128 * 1024;

export class TcpStream implements DatagramStream {
  readonly address: string;
  readonly port: number;
  /** Set by the port, when a check has been authentic. */
  source: OwnedSource | undefined;
  readonly #socket: Socket;
  readonly #clock: RoomTime;
  readonly #events: TcpStreamEvents;
  readonly #framing = new StreamFraming();
  readonly #openedUs: number;
  #isClosed = false;

  constructor({ socket, clock, events }: TcpStreamOptions) {
    this.#socket = socket;
    this.#clock = clock;
    this.#events = events;
    this.address = socket.remoteAddress ?? '';
    this.port = socket.remotePort ?? 0;
    this.#openedUs = clock.nowUs();
    socket.setNoDelay(true);
    socket.setTimeout(authenticationUs / 1000, () => {
      this.#end('idle');
      // Also where it was closed and what it was sent is still not read.
      socket.destroy();
    });
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => this.#end('closed'));
    socket.on('close', () => this.#end('closed'));
  }

  /** From now on it may be silent for longer, and frames may be as long as media. */
  authenticate(source: OwnedSource): void {
    if (this.source === undefined) this.#socket.setTimeout(idleMs);
    this.source = source;
  }

  send(datagram: Buffer): void {
    if (this.#isClosed) return;
    if (this.#socket.writableLength > maxQueueBytes) {
      this.#events.onDropped();
      return;
    }
    this.#socket.write(writeFrame(datagram));
  }

  /** What was sent before goes out, if it is read. Idempotent. */
  close(): void {
    this.#end('closed');
  }

  #take(chunk: Buffer): void {
    if (this.#isClosed) return;
    // A byte now and then keeps the socket's own timer from running out.
    if (this.source === undefined && this.#clock.nowUs() - this.#openedUs > authenticationUs) {
      this.#end('idle');
      return;
    }
    for (const frame of this.#framing.take(chunk, () => (this.source === undefined ? maxStrangersFrameBytes : maxFrameBytes))) {
      if (frame === undefined) {
        this.#end('malformed');
        return;
      }
      this.#events.onFrame(frame, this);
      if (this.#hasClosed) return;
    }
  }

  /** A getter, so that the compiler does not take the state before a callback for the state after it. */
  get #hasClosed(): boolean {
    return this.#isClosed;
  }

  #end(reason: TcpCloseReason): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (reason === 'closed') {
      this.#socket.setTimeout(lingerMs);
      this.#socket.destroySoon();
    } else this.#socket.destroy();
    this.#events.onClosed(this, reason);
  }
}
