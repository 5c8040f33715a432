/** The process at the other end of the measured connections: it takes what comes, and sends when it is told to. The same for all that is measured. */
import { createSocket } from 'node:dgram';
import { RtpHeader, RtpPacket } from 'werift';
import { burstPackets, burstPauseMs, payloadBytes, type FarOrder, type FarReport } from './far-protocol.js';
import { connected, createWeriftPeer, restrictTransport } from './werift-peer.js';

const senders = new Map<string, (sequenceNumber: number) => unknown>();
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
  senders.set(link, (sequenceNumber) => sender.sendRtp(new RtpPacket(new RtpHeader({ sequenceNumber, timestamp: sequenceNumber * 10, payloadType: 96 }), payload)));
  report({ type: 'ready', link, port: 0 });
}

async function open({ link, port }: Extract<FarOrder, { type: 'open' }>): Promise<void> {
  const socket = createSocket({ type: 'udp4', lookup: (address, _options, callback) => callback(null, address, 4) });
  socket.on('message', () => undefined);
  // Our look-up answers at once, so it listens before `bind` returns.
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const datagram = Buffer.alloc(payloadBytes + 28, 0x80);
  senders.set(link, () => socket.send(datagram, port, '127.0.0.1'));
  report({ type: 'ready', link, port: socket.address().port });
}

async function send({ link, packets }: Extract<FarOrder, { type: 'send' }>): Promise<void> {
  let sequenceNumber = sequenceNumbers.get(link) ?? 1;
  for (let left = packets; left > 0; left -= burstPackets) {
    for (let i = 0; i < Math.min(burstPackets, left); i++) {
      void senders.get(link)?.(sequenceNumber);
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
    }
    await new Promise((resolve) => setTimeout(resolve, burstPauseMs));
  }
  sequenceNumbers.set(link, sequenceNumber);
  report({ type: 'sent', link });
}

process.on('message', (order: FarOrder) => {
  if (order.type === 'connect') void connect(order);
  else if (order.type === 'open') void open(order);
  else void send(order);
});
process.once('disconnect', () => process.exit(0));
