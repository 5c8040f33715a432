/** Two sides for the tests of this folder: peers on ports of 127.0.0.1 that keep what happens to them, and a way to wait for it. */
import { RoomClock } from '../../../mixer/clock/room-clock.js';
import { systemTimers } from '../../../mixer/clock/timers.js';
import { createCertificate, Peer, UdpPort, type MediaPlan, type PeerCertificate, type PeerEndReason, type PeerOptions, type UdpPortOptions } from '../../../src/peer/index.js';

export const clock = new RoomClock();
export const loopback = { hosts: ['127.0.0.1'], portMin: 0, portMax: 0, announcedAddresses: [], clock } as const;

export const audioPlan: MediaPlan = { mid: '0', kind: 'audio', direction: 'sendrecv', codecs: ['opus'], ssrc: 0x1111, cname: 'mix', msid: 'mix sound' };
export const videoPlan: MediaPlan = { mid: '1', kind: 'video', direction: 'sendrecv', codecs: ['vp8', 'h264'], ssrc: 0x2222, cname: 'mix', msid: 'mix picture' };

/** A peer with its diary. `reached` answers when a condition on it holds, at the event that makes it so. */
export class RiggedPeer {
  peer!: Peer;
  isConnected = false;
  ended: PeerEndReason | undefined;
  endedDetail = '';
  endedCount = 0;
  readonly silences: ('disconnected' | 'reconnected')[] = [];
  readonly rtp: Buffer[] = [];
  readonly rtpArrivalsUs: number[] = [];
  readonly rtcp: Buffer[] = [];
  readonly #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];

  static async create(options: Pick<PeerOptions, 'port' | 'certificate'> & Partial<PeerOptions>): Promise<RiggedPeer> {
    const rigged = new RiggedPeer();
    rigged.peer = await Peer.create({
      clock,
      timers: systemTimers,
      connectTimeoutMs: 5_000,
      silenceTimeoutMs: 10_000,
      ...options,
      events: {
        onConnected: () => rigged.#note(() => (rigged.isConnected = true)),
        onRtp: (packet, arrivalUs) => rigged.#note(() => rigged.rtp.push(Buffer.from(packet.buffer, packet.byteOffset, packet.length)) + rigged.rtpArrivalsUs.push(arrivalUs)),
        onRtcp: (packet) => rigged.#note(() => rigged.rtcp.push(packet)),
        onDisconnected: () => rigged.#note(() => rigged.silences.push('disconnected')),
        onReconnected: () => rigged.#note(() => rigged.silences.push('reconnected')),
        onEnded: (reason, detail) => rigged.#note(() => Object.assign(rigged, { ended: reason, endedDetail: detail, endedCount: rigged.endedCount + 1 })),
      },
    });
    return rigged;
  }

  reached(isMet: (rigged: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (isMet(this)) resolve();
      else this.#waiting.push({ isMet: () => isMet(this), resolve });
    });
  }

  #note(change: () => unknown): void {
    change();
    for (const entry of [...this.#waiting]) {
      if (!entry.isMet()) continue;
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      entry.resolve();
    }
  }
}

export interface Pair {
  readonly clientPort: UdpPort;
  readonly serverPort: UdpPort;
  readonly client: RiggedPeer;
  readonly server: RiggedPeer;
}

let certificate: Promise<PeerCertificate> | undefined;

/** One for all tests: making it is the slow part. */
export function sharedCertificate(): Promise<PeerCertificate> {
  certificate ??= createCertificate();
  return certificate;
}

/** A client that will offer and a server that will answer, as WHIP has it, each on its own port. */
export async function createPair(options: { client?: Partial<PeerOptions>; server?: Partial<PeerOptions>; serverPort?: Partial<UdpPortOptions> } = {}): Promise<Pair> {
  const shared = { certificate: await sharedCertificate() };
  const clientPort = await UdpPort.open(loopback);
  const serverPort = await UdpPort.open({ ...loopback, ...options.serverPort });
  const client = await RiggedPeer.create({ ...shared, port: clientPort, dtlsRole: 'client', ...options.client });
  const server = await RiggedPeer.create({ ...shared, port: serverPort, ...options.server });
  return { clientPort, serverPort, client, server };
}

/** Both descriptions exchanged; `edit` stands for what happens to them on the way. */
export function exchange({ client, server }: Pair, edit: { offer?: (sdp: string) => string; answer?: (sdp: string) => string } = {}): void {
  const plans = [audioPlan, videoPlan];
  const offer = client.peer.createOffer(plans);
  const { answer } = server.peer.acceptOffer(edit.offer?.(offer) ?? offer, () => plans);
  client.peer.acceptAnswer(edit.answer?.(answer) ?? answer);
}

export async function connect(pair: Pair): Promise<void> {
  exchange(pair);
  await Promise.all([pair.client.reached(({ isConnected }) => isConnected), pair.server.reached(({ isConnected }) => isConnected)]);
}

export async function closePair({ client, server, clientPort, serverPort }: Pair): Promise<void> {
  await Promise.all([client.peer.close(), server.peer.close()]);
  await Promise.all([clientPort.close(), serverPort.close()]);
}

/** An RTP packet whose payload tells it from others. */
export function makeRtp(sequenceNumber: number, options: { ssrc?: number; payloadType?: number; payload?: Buffer; timestamp?: number } = {}): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(0x80, 0);
  header.writeUInt8(options.payloadType ?? 111, 1);
  header.writeUInt16BE(sequenceNumber, 2);
  header.writeUInt32BE(options.timestamp ?? sequenceNumber * 960, 4);
  header.writeUInt32BE(options.ssrc ?? audioPlan.ssrc, 8);
  return Buffer.concat([header, options.payload ?? Buffer.from(`packet ${sequenceNumber}`)]);
}

/** An empty receiver report (RFC 3550 6.4.2). */
export function makeReceiverReport(ssrc: number): Buffer {
  const report = Buffer.from('80c9000100000000', 'hex');
  report.writeUInt32BE(ssrc, 4);
  return report;
}

/** UDP sockets that keep the process alive. */
export function countSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'UDPWrap').length;
}
