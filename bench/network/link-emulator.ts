/**
 * A bad network between one client and one server: a UDP relay on 127.0.0.1 that does to each datagram what its direction's {@link LinkDirection} says.
 * Each address from which the client sends gets a socket of its own towards the server, so that answers find their way back. IPv4 only.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import type { CancelTimer, Timers } from '../../mixer/clock/timers.js';
import type { UdpAddress } from '../../test/support/linked-sdp.js';
import { DelayQueue } from './delay-queue.js';
import type { ImpairmentStep } from './impairment.js';
import { LinkDirection, type LinkCounters } from './link-direction.js';

export interface LinkEmulatorOptions {
  readonly server: UdpAddress;
  readonly seed: number;
  readonly time: RoomTime;
  readonly timers: Timers;
}

/** `up`: from the client to the server. */
export type LinkWay = 'up' | 'down';
export type LinkSteps = Readonly<Record<LinkWay, readonly ImpairmentStep[]>>;
export type BothCounters = Readonly<Record<LinkWay, LinkCounters>>;

interface UnderWay {
  readonly through: Socket;
  readonly to: UdpAddress;
  readonly datagram: Buffer;
}

/** libwebrtc tries one or two for each network interface; without a bound a stray sender would open sockets without end. */
const mostClientAddresses = 16;
/** Half a second of 16 Mbps: a burst of a keyframe must not be lost in the relay itself. */
const socketBufferBytes = 1 << 20;

export class LinkEmulator {
  readonly #server: UdpAddress;
  readonly #time: RoomTime;
  readonly #timers: Timers;
  readonly #front: Socket;
  readonly #backs = new Map<string, Promise<Socket>>();
  readonly #directions: Readonly<Record<LinkWay, LinkDirection>>;
  readonly #underWay = new DelayQueue<UnderWay>();
  #cancelWake: CancelTimer | undefined;
  #wakeUs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  private constructor({ server, seed, time, timers }: LinkEmulatorOptions, front: Socket) {
    this.#server = server;
    this.#time = time;
    this.#timers = timers;
    this.#front = front;
    this.#directions = { up: new LinkDirection({ seed: 2 * seed }), down: new LinkDirection({ seed: 2 * seed + 1 }) };
    front.on('message', (datagram, from) => void this.#takeFromClient(datagram, { address: from.address, port: from.port }));
  }

  /** Unimpaired at first. */
  static async open(options: LinkEmulatorOptions): Promise<LinkEmulator> {
    return new LinkEmulator(options, await openSocket());
  }

  /** To be used by the client instead of the server's. */
  get address(): UdpAddress {
    const { address, port } = this.#front.address();
    return { address, port };
  }

  /** The steps count from now. */
  impair(steps: LinkSteps): void {
    const nowUs = this.#time.nowUs();
    for (const way of ['up', 'down'] as const) this.#directions[way].setSteps(steps[way], nowUs);
  }

  get counters(): BothCounters {
    return { up: { ...this.#directions.up.counters }, down: { ...this.#directions.down.counters } };
  }

  /** What is under way is lost. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelWake?.();
    this.#underWay.clear();
    this.#front.close();
    for (const back of this.#backs.values()) (await back).close();
  }

  async #takeFromClient(datagram: Buffer, client: UdpAddress): Promise<void> {
    const nowUs = this.#time.nowUs();
    const key = `${client.address}:${client.port}`;
    const known = this.#backs.get(key);
    if (known === undefined && this.#backs.size >= mostClientAddresses) return;
    const opening = known ?? this.#openBack(client);
    this.#backs.set(key, opening);
    const through = await opening;
    if (!this.#isClosed) this.#take('up', { through, to: this.#server, datagram }, nowUs);
  }

  async #openBack(client: UdpAddress): Promise<Socket> {
    const back = await openSocket();
    back.on('message', (datagram) => this.#take('down', { through: this.#front, to: client, datagram }, this.#time.nowUs()));
    return back;
  }

  #take(way: LinkWay, underWay: UnderWay, nowUs: number): void {
    for (const dueUs of this.#directions[way].admit(underWay.datagram.length, nowUs)) {
      if (dueUs <= nowUs) send(underWay);
      else this.#underWay.push(dueUs, underWay);
    }
    this.#wait();
  }

  #wait(): void {
    const dueUs = this.#underWay.nextDueUs;
    if (dueUs === undefined || dueUs >= this.#wakeUs) return;
    this.#cancelWake?.();
    this.#wakeUs = dueUs;
    // Timers count whole milliseconds: up to one late.
    this.#cancelWake = this.#timers.after(Math.max(0, Math.ceil((dueUs - this.#time.nowUs()) / 1000)), this.#wake);
  }

  readonly #wake = (): void => {
    this.#wakeUs = Number.POSITIVE_INFINITY;
    const nowUs = this.#time.nowUs();
    for (let due = this.#underWay.take(nowUs); due !== undefined; due = this.#underWay.take(nowUs)) send(due);
    this.#wait();
  };
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(socketBufferBytes);
  // An ICMP "port unreachable" of one who has gone already.
  socket.on('error', () => undefined);
  return socket;
}

function send({ through, to, datagram }: UnderWay): void {
  through.send(datagram, to.port, to.address, () => undefined);
}
