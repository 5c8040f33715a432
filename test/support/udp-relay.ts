/** A network between clients and a server that can be taken away: each client gets an address of its own at the server's side, as behind a NAT. */
import { createSocket, type Socket } from 'node:dgram';
import type { ThroughLink, UdpAddress } from './linked-sdp.js';

function bind(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, () => resolve(socket));
  });
}

export class UdpRelay {
  isCut = false;
  /** That came while it was cut. */
  cutDatagrams = 0;
  readonly #sockets: Socket[] = [];

  /** For `linkedSdp`. */
  readonly through: ThroughLink = async (server) => {
    const inside = await this.#bind();
    const outsideByClient = new Map<string, Promise<Socket>>();
    inside.on('message', (datagram, client) => {
      const key = `${client.address} ${client.port}`;
      const known = outsideByClient.get(key) ?? this.#open(inside, client);
      outsideByClient.set(key, known);
      void known.then((outside) => this.#pass(outside, datagram, server));
    });
    return { address: '127.0.0.1', port: inside.address().port };
  };

  close(): void {
    this.isCut = true;
    for (const socket of this.#sockets) socket.close();
  }

  async #bind(): Promise<Socket> {
    const socket = await bind();
    this.#sockets.push(socket);
    return socket;
  }

  async #open(inside: Socket, client: UdpAddress): Promise<Socket> {
    const outside = await this.#bind();
    outside.on('message', (datagram) => this.#pass(inside, datagram, client));
    return outside;
  }

  #pass(socket: Socket, datagram: Buffer, { address, port }: UdpAddress): void {
    if (this.isCut) this.cutDatagrams += 1;
    else socket.send(datagram, port, address);
  }
}
