/**
 * A network between a browser and a server that can be taken away: `cut` for good (whatever was connected over it goes silent and is never closed; what connects
 * afterwards works), `stall` for a while (whatever is said waits, as does who connects, and comes late and in order when it flows again).
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

type Pair = readonly [near: Socket, far: Socket];

export class TcpRelay {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #pairs: Pair[] = [];
  /** Who has connected while nothing flowed. */
  #late: Pair[] = [];
  #isStalled = false;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param serverUrl of HTTP */
  static async open(serverUrl: string): Promise<TcpRelay> {
    const { hostname, port } = new URL(serverUrl);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const relay = new TcpRelay(server);
    server.on('connection', (near) => relay.#join(near, connect(Number(port), hostname)));
    return relay;
  }

  /** Everything up to now has lost its way, and nobody is told. */
  cut(): void {
    this.#halt();
    this.#pairs = [];
  }

  /** Connections are taken, and nothing is delivered either way. */
  stall(): void {
    this.#isStalled = true;
    this.#halt();
  }

  /** What was connected before flows again; who came meanwhile waits for {@link admit}. */
  flow(): void {
    for (const pair of this.#pairs) pass(pair);
  }

  /** Whoever has connected meanwhile, and from now on, is let through. */
  admit(): void {
    this.#isStalled = false;
    for (const pair of this.#late) pass(pair);
    this.#pairs.push(...this.#late);
    this.#late = [];
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #halt(): void {
    for (const [near, far] of this.#pairs) {
      near.unpipe(far);
      far.unpipe(near);
    }
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => this.#sockets.delete(socket));
    }
    if (this.#isStalled) {
      this.#late.push([near, far]);
      return;
    }
    this.#pairs.push([near, far]);
    pass([near, far]);
  }
}

function pass([near, far]: Pair): void {
  near.pipe(far).pipe(near);
}
