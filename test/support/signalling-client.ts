/** A WebSocket client that keeps what it was told until a test asks for it. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ServerMessage } from '../../src/signalling/messages.js';

type MessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

export class SignallingClient {
  readonly socket: WebSocket;
  /** The close code. */
  readonly closed: Promise<number>;
  readonly #kept: ServerMessage[] = [];
  #look: (() => void) | undefined;
  #isClosed = false;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code) => {
        this.#isClosed = true;
        this.#look?.();
        resolve(code);
      });
    });
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      this.#kept.push(JSON.parse(data.toString('utf8')) as ServerMessage);
      this.#look?.();
    });
  }

  static async connect(url: string): Promise<SignallingClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
    const client = new SignallingClient(socket);
    await once(socket, 'open');
    return client;
  }

  send(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Joins with microphone and camera; the room is as the server said it is. */
  async join(room: string, name: string): Promise<MessageOf<'joined'>> {
    this.send({ type: 'join', room, name, audio: true, video: true });
    return this.next('joined');
  }

  /** The first message of the type that was not taken yet, now or when it comes; those before it are dropped. */
  async next<Type extends ServerMessage['type']>(type: Type, fits: (message: MessageOf<Type>) => boolean = () => true): Promise<MessageOf<Type>> {
    for (;;) {
      while (this.#kept.length > 0) {
        const message = this.#kept.shift();
        if (message?.type === type && fits(message as MessageOf<Type>)) return message as MessageOf<Type>;
      }
      if (this.#isClosed) throw new Error(`the socket closed and no ${type} came`);
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  /** The code of the next error. */
  async nextError(): Promise<string> {
    return (await this.next('error')).error.code;
  }
}
