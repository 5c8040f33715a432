/**
 * A port of which nothing goes out at once: run with `--test-udp-no-try-send`, Node hands each datagram to the event loop first. Tells how many of those that were lent and sent in one turn
 * came as they were.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { RoomClock } from '../../mixer/clock/room-clock.js';
import { UdpPort } from '../../src/peer/udp-port.js';

export interface WaitingResult {
  /** Most that waited in the process. */
  readonly waitedBytes: number;
  readonly contents: readonly number[];
}

const sentDatagrams = Number(process.argv[2]);
const datagramBytes = 1_000;

const receiver = createSocket('udp4');
receiver.bind(0, '127.0.0.1');
await once(receiver, 'listening');
const contents: number[] = [];
const allCame = new Promise<void>((resolve) => {
  receiver.on('message', (datagram) => {
    contents.push(datagram.every((byte) => byte === datagram[0]) ? (datagram[0] ?? -1) : -1);
    if (contents.length === sentDatagrams) resolve();
  });
});
const port = await UdpPort.open({ hosts: ['127.0.0.1'], portMin: 0, portMax: 0, announcedAddresses: [], clock: new RoomClock() });
for (let at = 0; at < sentDatagrams; at += 1) port.send(port.lendDatagram(datagramBytes).fill(at), receiver.address().port, '127.0.0.1');
const waitedBytes = port.socketGauges.sendQueueBytes;
await allCame;
await port.close();
receiver.close();
process.send?.({ waitedBytes, contents } satisfies WaitingResult);
process.disconnect();
