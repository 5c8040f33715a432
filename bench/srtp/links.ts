/** What is measured: a way to send a packet of 1,200 bytes and to count those that come, three times: bare, ours, werift's. */
import { fork, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { RtpHeader, RtpPacket } from 'werift';
import { RoomClock } from '../../mixer/clock/room-clock.js';
import { systemTimers } from '../../mixer/clock/timers.js';
import { createCertificate, Peer, UdpPort } from '../../src/peer/index.js';
import { OutboundStream } from '../../src/rtp/outbound-stream.js';
import { parseRtpPacket } from '../../src/rtp/rtp-packet.js';
import { payloadBytes, type FarOrder, type FarReport, type ProfileId } from './far-protocol.js';
import { connected, createWeriftPeer, restrictTransport } from './werift-peer.js';

export interface Link {
  readonly name: string;
  /** All that has come since the link was made. */
  readonly received: () => number;
  readonly send: () => void;
}

const ssrc = 0x2222;
/** As many bytes as those that werift sends. */
const extensions = [{ id: 1, data: Buffer.from('0') }, { id: 2, data: Buffer.alloc(3) }, { id: 3, data: Buffer.alloc(2) }];
const payload = Buffer.alloc(payloadBytes, 0x55);

export class FarEnd {
  readonly #child: ChildProcess = fork(fileURLToPath(new URL('./far-end.js', import.meta.url)));

  readonly #heard: FarReport[] = [];

  constructor() {
    this.#child.on('message', (report) => this.#heard.push(report as FarReport));
  }

  tell(order: FarOrder): void {
    this.#child.send(order);
  }

  /** Takes the first such report, also one that has come already. */
  async hear<Type extends FarReport['type']>(type: Type, link: string): Promise<Extract<FarReport, { type: Type }>> {
    for (;;) {
      const at = this.#heard.findIndex((report) => report.type === type && report.link === link);
      if (at >= 0) return this.#heard.splice(at, 1)[0] as Extract<FarReport, { type: Type }>;
      await once(this.#child, 'message');
    }
  }

  close(): void {
    this.#child.disconnect();
  }
}

/** What Node itself costs: a datagram of the same size out of a socket, or in. `lean`: with a look-up of addresses as ours, which is not Node's for each datagram. */
export async function openBareLink(far: FarEnd, name: 'bare' | 'lean'): Promise<Link> {
  const socket = createSocket(name === 'bare' ? { type: 'udp4' } : { type: 'udp4', lookup: (address, _options, callback) => callback(null, address, 4) });
  let count = 0;
  socket.on('message', () => count++);
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  far.tell({ type: 'open', link: name, port: socket.address().port });
  const { port } = await far.hear('ready', name);
  const datagram = Buffer.alloc(payloadBytes + 28, 0x80);
  return { name, received: () => count, send: () => socket.send(datagram, port, '127.0.0.1') };
}

/** Header, history, SRTP and port on the way out; port, gate, SRTP and header on the way in: all that the main thread does with a packet before and after media. */
export async function openOwnLink(far: FarEnd, profileId: ProfileId): Promise<Link> {
  const link = `own ${profileId}`;
  const clock = new RoomClock();
  const port = await UdpPort.open({ hosts: ['127.0.0.1'], portMin: 0, portMax: 0, announcedAddresses: [], clock });
  let count = 0;
  let onConnected: () => void = () => undefined;
  const isConnected = new Promise<void>((resolve) => (onConnected = resolve));
  const peer = await Peer.create({
    port,
    clock,
    timers: systemTimers,
    certificate: await createCertificate(),
    connectTimeoutMs: 10_000,
    silenceTimeoutMs: 60_000,
    events: {
      onConnected: () => onConnected(),
      onRtp: (packet) => {
        if (parseRtpPacket(packet)?.payload.length === payloadBytes) count++;
      },
      onRtcp: () => undefined,
      // What a connection costs that is gone is no figure: the run ends.
      onEnded: (reason, detail) => setImmediate(() => {
        throw new Error(`${link}: ${reason}, ${detail}`);
      }),
    },
  });
  far.tell({ type: 'connect', link, profileId, offer: peer.createOffer([{ mid: '0', kind: 'video', direction: 'sendrecv', codecs: ['vp8'], ssrc, cname: 'a', msid: 'a b' }]) });
  peer.acceptAnswer((await far.hear('answer', link)).answer);
  await Promise.all([isConnected, far.hear('ready', link)]);
  const stream = new OutboundStream({ ssrc, payloadType: 96, clockHz: 90_000, firstSequenceNumber: 1, timestampOffset: 0, extensions });
  return {
    name: 'own',
    received: () => count,
    send: () => {
      peer.sendRtp(stream.next(payload, clock.nowUs(), true));
    },
  };
}

export async function openWeriftLink(far: FarEnd, profileId: ProfileId): Promise<Link> {
  const peer = createWeriftPeer();
  const { connection, transceiver } = peer;
  let count = 0;
  connection.onRemoteTransceiverAdded.subscribe(() => undefined);
  transceiver.onTrack.subscribe((track) => {
    track.onReceiveRtp.subscribe((packet) => {
      if (packet.payload.length === payloadBytes) count++;
    });
  });
  const offer = await connection.createOffer();
  restrictTransport(peer, profileId);
  await connection.setLocalDescription(offer);
  const link = `werift ${profileId}`;
  far.tell({ type: 'connect', link, profileId, offer: connection.localDescription?.sdp ?? '' });
  await connection.setRemoteDescription({ type: 'answer', sdp: (await far.hear('answer', link)).answer });
  await Promise.all([connected(peer), far.hear('ready', link)]);
  let sequenceNumber = 1;
  return {
    name: 'werift',
    received: () => count,
    send: () => {
      void transceiver.sender.sendRtp(new RtpPacket(new RtpHeader({ sequenceNumber, timestamp: sequenceNumber * 10, payloadType: 96 }), payload));
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
    },
  };
}
