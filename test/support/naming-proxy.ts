/** A reverse proxy that hides the name under which it is reached, as nginx does without `proxy_set_header Host`: the server sees its own address there. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export class NamingProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#keep(socket));
  }

  /** @param serverUrl of HTTP */
  static async open(serverUrl: string): Promise<NamingProxy> {
    const { host, hostname, port } = new URL(serverUrl);
    const forward = ({ method, url: path, headers }: IncomingMessage): ReturnType<typeof request> => request({ hostname, port, method, path, headers: { ...headers, host } as OutgoingHttpHeaders });
    const server = createServer((incoming, outgoing) => {
      incoming.pipe(
        forward(incoming)
          .on('response', (answer) => answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers)))
          .on('error', () => outgoing.destroy()),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new NamingProxy(server);
    server.on('upgrade', (incoming: IncomingMessage, near: Socket, nearHead: Buffer) => {
      forward(incoming)
        .on('upgrade', (answer, far: Socket, farHead: Buffer) => {
          proxy.#keep(far);
          near.write(`HTTP/1.1 101 Switching Protocols\r\n${Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')}\r\n`);
          near.write(farHead);
          far.write(nearHead);
          near.pipe(far).pipe(near);
        })
        .on('error', () => near.destroy())
        .end();
    });
    return proxy;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
