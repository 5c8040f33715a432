/** Somebody with a socket of his own and what he has seen on the way, for the tests of attacks: he throws datagrams at a port and knows when all have been looked at. */
import { createSocket, type Socket } from 'node:dgram';
import type { UdpPort } from '../../../src/peer/index.js';

/** Datagrams on their way at once: far below what the kernel's buffer of one socket takes, so that none is lost before it is looked at. */
const atOnce = 32;

export class Attacker {
  readonly answers: Buffer[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (answer) => this.answers.push(answer));
  }

  static open(): Promise<Attacker> {
    const socket = createSocket('udp4');
    return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(new Attacker(socket))));
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Resolves when the port has taken in all of them; the kernel delivers those of one socket in order. */
  async throwAt(target: UdpPort, datagrams: readonly Buffer[]): Promise<void> {
    for (let from = 0; from < datagrams.length; from += atOnce) {
      const some = datagrams.slice(from, from + atOnce);
      await looked(target, some.length, () => some.forEach((datagram) => this.#socket.send(datagram, target.port, '127.0.0.1')));
    }
  }

  close(): void {
    this.#socket.close();
  }
}

/** The same from the address of a port of ours: what somebody on the way can do, who writes any sender's address. */
export async function throwFrom(source: UdpPort, target: UdpPort, datagrams: readonly Buffer[]): Promise<void> {
  for (let from = 0; from < datagrams.length; from += atOnce) {
    const some = datagrams.slice(from, from + atOnce);
    await looked(target, some.length, () => some.forEach((datagram) => source.send(datagram, target.port, '127.0.0.1')));
  }
}

async function looked({ counters }: UdpPort, count: number, act: () => void): Promise<void> {
  const expected = counters.receivedDatagrams + count;
  act();
  while (counters.receivedDatagrams < expected) await new Promise((resolve) => setImmediate(resolve));
}

/** All that this port sends from now on, kept as it goes by. */
export function recordSent(port: UdpPort): Buffer[] {
  const sent: Buffer[] = [];
  const send = port.send.bind(port);
  port.send = (datagram, toPort, address): void => {
    sent.push(Buffer.from(datagram));
    send(datagram, toPort, address);
  };
  return sent;
}

export const isStun = (datagram: Buffer): boolean => (datagram[0] ?? 255) <= 3;
export const isDtls = (datagram: Buffer): boolean => (datagram[0] ?? 0) >= 20 && (datagram[0] ?? 0) <= 63;
export const isMedia = (datagram: Buffer): boolean => (datagram[0] ?? 0) >= 128 && (datagram[0] ?? 0) <= 191;
