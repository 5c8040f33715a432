/** WebDriver BiDi (W3C), as far as a test drives a browser by it: commands with their answers, and events, as JSON over one WebSocket. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

interface Command {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Message {
  readonly type: 'success' | 'error' | 'event';
  readonly id: number | null;
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
  readonly method?: string;
  readonly params?: unknown;
}

export type BidiEventListener = (method: string, params: unknown) => void;

export class BidiConnection {
  readonly #socket: WebSocket;
  readonly #commands = new Map<number, Command>();
  #nextId = 1;

  private constructor(socket: WebSocket, onEvent: BidiEventListener) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString('utf8')) as Message, onEvent));
    socket.on('error', () => undefined);
    socket.once('close', () => {
      for (const { reject } of this.#commands.values()) reject(new Error('the browser closed its connection'));
      this.#commands.clear();
    });
  }

  /** @param url of the session, `ws://host:port/session` */
  static async open(url: string, onEvent: BidiEventListener): Promise<BidiConnection> {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new BidiConnection(socket, onEvent);
  }

  /** @throws {Error} with the browser's words when it refuses, or ends before it has answered */
  send<Result>(method: string, params: object): Promise<Result> {
    const id = this.#nextId;
    this.#nextId += 1;
    const answer = new Promise<Result>((resolve, reject) => {
      this.#commands.set(id, { resolve: (result) => resolve(result as Result), reject });
    });
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer;
  }

  close(): void {
    this.#socket.close();
  }

  #take(message: Message, onEvent: BidiEventListener): void {
    if (message.type === 'event') {
      onEvent(message.method ?? '', message.params);
      return;
    }
    const command = this.#commands.get(message.id ?? 0);
    this.#commands.delete(message.id ?? 0);
    if (message.type === 'success') command?.resolve(message.result);
    else command?.reject(new Error(`${message.error ?? 'unknown'}: ${message.message ?? ''}`));
  }
}
