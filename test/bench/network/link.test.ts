import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';
import { steadily } from '../../../bench/network/impairment.js';
import { Link } from '../../../bench/network/link.js';
import type { UdpAddress } from '../../support/linked-sdp.js';

/** A timer of the link's process may fire so much before a clock of ours would say. */
const clockToleranceMs = 2;

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

async function nextText(socket: Socket): Promise<string> {
  const [datagram] = (await once(socket, 'message')) as [Buffer];
  return datagram.toString();
}

describe('Link, in its process', () => {
  let link: Link;
  let server: Socket;
  let clients: readonly Socket[];
  let address: UdpAddress;

  function say(client: Socket | undefined, text: string): void {
    client?.send(text, address.port, address.address);
  }

  beforeEach(async () => {
    server = await bound();
    clients = [await bound(), await bound()];
    server.on('message', (datagram, { port, address: host }) => server.send(`${datagram.toString()} back`, port, host));
    link = Link.start();
    address = await link.open({ address: '127.0.0.1', port: server.address().port }, 1);
  });

  afterEach(async () => {
    await link.close();
    for (const socket of [server, ...clients]) socket.close();
  });

  it('goes both ways and brings answers back to the one who asked', async () => {
    const answers = clients.map(nextText);
    clients.forEach((client, index) => say(client, `client ${index}`));
    expect(await Promise.all(answers)).to.deep.equal(['client 0 back', 'client 1 back']);
    const { up, down } = await link.counters();
    expect([up.passed, up.bytes, down.passed, down.bytes]).to.deep.equal([2, 16, 2, 26]);
  });

  it('delays each way by its own', async () => {
    await link.impair({ up: steadily({ delayMs: 60 }), down: steadily({ delayMs: 90 }) });
    const startMs = performance.now();
    let cameUpMs = 0;
    server.once('message', () => {
      cameUpMs = performance.now();
    });
    say(clients[0], 'a');
    expect(await nextText(clients[0]!)).to.equal('a back');
    expect(cameUpMs - startMs).to.be.at.least(60 - clockToleranceMs);
    expect(performance.now() - cameUpMs).to.be.at.least(90 - clockToleranceMs);
  });

  it('loses, doubles and is black as its steps say, each way apart', async () => {
    await link.impair({ up: steadily({}), down: steadily({ lossShare: 1 }) });
    const seen: string[] = [];
    clients[0]!.on('message', (datagram) => seen.push(datagram.toString()));
    for (const text of ['lost on the way back', 'also lost']) {
      const cameUp = nextText(server);
      say(clients[0], text);
      expect(await cameUp).to.equal(text);
    }
    // Each question is an event of the link's process; both answers of the server are on their way to it.
    while ((await link.counters()).down.lost < 2);
    await link.impair({ up: steadily({ duplicateShare: 1 }), down: steadily({}) });
    say(clients[0], 'twice');
    while (seen.length < 2) await once(clients[0]!, 'message');
    expect(seen).to.deep.equal(['twice back', 'twice back']);
    const { up } = await link.counters();
    expect([up.offered, up.duplicated, up.lost]).to.deep.equal([3, 1, 0]);

    await link.impair({ up: [...steadily({ isBlackedOut: true }), { atMs: 100, impairment: { ...steadily({})[0]!.impairment } }], down: steadily({}) });
    const startMs = performance.now();
    const again = setInterval(() => say(clients[1], 'after'), 5);
    expect(await nextText(clients[1]!)).to.equal('after back');
    clearInterval(again);
    expect(performance.now() - startMs).to.be.at.least(80);
    expect((await link.counters()).up.blackedOut).to.be.above(2);
  });

  it('closes twice, and answers no more', async () => {
    await link.close();
    await link.close();
    expect(await link.counters().catch((error: unknown) => error)).to.be.an('error');
  });
});
