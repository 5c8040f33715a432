/**
 * The process at the other end of the measured connections: it takes what comes, and sends when it is told to. The same for all that is measured: what it sends is ready before the first
 * packet of a burst goes out, so that all come equally close on each other, and none wakes its receiver more often than the others.
 */
import { createSocket, type Socket } from 'node:dgram';
import { RtpHeader, RtpPacket } from 'werift';
import { burstPackets, burstPauseMs, payloadBytes, type FarOrder, type FarReport } from './far-protocol.js';
import { connected, createWeriftPeer, datagramSocket, restrictTransport } from './werift-peer.js';

interface Sender {
  /** Makes the datagram of a packet. */
  readonly prepare: (sequenceNumber: number) => void;
  readonly ready: Buffer[];
  readonly socket: Socket;
  readonly to: readonly [address: string, port: number];
}

const senders = new Map<string, Sender>();
const sequenceNumbers = new Map<string, number>();
const payload = Buffer.alloc(payloadBytes, 0x55);

function report(message: FarReport): void {
  process.send?.(message);
}

async function connect({ link, offer, profileId }: Extract<FarOrder, { type: 'connect' }>): Promise<void> {
  const peer = createWeriftPeer();
  await peer.connection.setRemoteDescription({ type: 'offer', sdp: offer });
  restrictTransport(peer, profileId);
  await peer.connection.setLocalDescription(await peer.connection.createAnswer());
  report({ type: 'answer', link, answer: peer.connection.localDescription?.sdp ?? '' });
  await connected(peer);
  const { sender } = peer.transceiver;
  const ready: Buffer[] = [];
  senders.set(link, {
    ...datagramSocket(peer, (datagram) => ready.push(datagram)),
    ready,
    prepare: (sequenceNumber) => void sender.sendRtp(new RtpPacket(new RtpHeader({ sequenceNumber, timestamp: sequenceNumber * 10, payloadType: 96 }), payload)),
  });
  report({ type: 'ready', link, port: 0 });
}

async function open({ link, port }: Extract<FarOrder, { type: 'open' }>): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', () => undefined);
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const datagram = Buffer.alloc(payloadBytes + 28, 0x80);
  const ready: Buffer[] = [];
  senders.set(link, { socket, to: ['127.0.0.1', port], ready, prepare: () => ready.push(datagram) });
  report({ type: 'ready', link, port: socket.address().port });
}

async function send({ link, packets }: Extract<FarOrder, { type: 'send' }>): Promise<void> {
  const sender = senders.get(link);
  if (sender === undefined) throw new Error(`no link ${link}`);
  const { prepare, ready, socket, to } = sender;
  let sequenceNumber = sequenceNumbers.get(link) ?? 1;
  for (let left = packets; left > 0; left -= burstPackets) {
    for (let i = 0; i < Math.min(burstPackets, left); i++) {
      prepare(sequenceNumber);
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
    }
    await new Promise((resolve) => setTimeout(resolve, burstPauseMs));
    for (const datagram of ready.splice(0)) socket.send(datagram, to[1], to[0]);
  }
  sequenceNumbers.set(link, sequenceNumber);
  report({ type: 'sent', link });
}

function rest({ link, ms }: Extract<FarOrder, { type: 'rest' }>): void {
  process.send?.({ type: 'resting', link } satisfies FarReport, () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    report({ type: 'rested', link });
  });
}

process.on('message', (order: FarOrder) => {
  if (order.type === 'connect') void connect(order);
  else if (order.type === 'open') void open(order);
  else if (order.type === 'rest') rest(order);
  else void send(order);
});
process.once('disconnect', () => process.exit(0));
