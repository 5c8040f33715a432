/** The hostile inputs to which the connection below us was found open, each against a real connection: a counter rises, its media go on. More of them in `peer-hostile.test.ts`. */
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { Message, classes, methods } from 'werift';
import { UdpPort } from '../../../src/peer/index.js';
import { buildReceiverReport } from '../../../src/rtp/rtcp/build-rtcp.js';
import { Attacker, isDtls, isMedia, isStun, recordSent, throwFrom } from './attacker.js';
import { closePair, connect, createPair, exchange, loopback, makeRtp, RiggedPeer, sharedCertificate, type Pair } from './peer-rig.js';

const isConnected = (side: { readonly isConnected: boolean }): boolean => side.isConnected;
const clearAlert = Buffer.from('15fefd000000000000000000020100', 'hex');

/** A fragment of a message that never becomes whole: type 11, 16 MB long, each at another place. */
function strayFragment(number: number): Buffer {
  const record = Buffer.from('16fefd0000000000000000001c0bffffff0000000000000010000102030405060708090a0b0c0d0e0f', 'hex');
  record.writeUIntBE(number, 5, 6);
  record.writeUInt16BE(number & 0xffff, 17);
  record.writeUIntBE(number * 16, 19, 3);
  return record;
}

/** As an agent on the way in makes it, with a name but without the password. */
function strangerCheck(ufrag: string): Buffer {
  const request = new Message(methods.BINDING, classes.REQUEST);
  request.setAttribute('USERNAME', `${ufrag}:whoever`).setAttribute('PRIORITY', 1).setAttribute('ICE-CONTROLLING', 1n).setAttribute('USE-CANDIDATE', null);
  return request.addMessageIntegrity(randomBytes(24)).addFingerprint().bytes;
}

describe('a connection under attack', () => {
  let pair: Pair;
  let attacker: Attacker;
  let sent: Buffer[];
  let nextNumber = 100;

  beforeEach(async () => {
    attacker = await Attacker.open();
    pair = await createPair();
    sent = recordSent(pair.clientPort);
  });

  afterEach(async () => {
    attacker.close();
    await closePair(pair);
  });

  /** Everything that is sent now arrives, both ways, byte for byte and once. */
  async function expectMediaUnbroken(): Promise<void> {
    const { client, server } = pair;
    const packets = Array.from({ length: 20 }, () => makeRtp(nextNumber++));
    const [clientBefore, serverBefore] = [client.rtp.length, server.rtp.length];
    for (const packet of packets) {
      client.peer.sendRtp(packet);
      server.peer.sendRtp(packet);
    }
    await Promise.all([client.reached(({ rtp }) => rtp.length >= clientBefore + packets.length), server.reached(({ rtp }) => rtp.length >= serverBefore + packets.length)]);
    expect(client.rtp.slice(clientBefore)).to.deep.equal(packets);
    expect(server.rtp.slice(serverBefore)).to.deep.equal(packets);
    expect([client.peer.state, server.peer.state]).to.deep.equal(['connected', 'connected']);
  }

  it('drops 3,000 handshake fragments of a stranger, and as many under the address of the client', async () => {
    exchange(pair);
    const fragments = Array.from({ length: 3_000 }, (_, number) => strayFragment(number));
    await attacker.throwAt(pair.serverPort, fragments.slice(0, 1_000));
    await Promise.all([pair.client.reached(isConnected), pair.server.reached(isConnected)]);
    await attacker.throwAt(pair.serverPort, fragments.slice(1_000));
    expect(pair.serverPort.counters.droppedUnknownSource).to.be.at.least(3_000);
    const before = pair.server.peer.counters.droppedDtls;
    await throwFrom(pair.clientPort, pair.serverPort, fragments);
    expect(pair.server.peer.counters.droppedDtls - before).to.equal(3_000);
    await expectMediaUnbroken();
  });

  it('is not held up by fragments under the address of the client while it shakes hands', async () => {
    exchange(pair);
    while (pair.serverPort.sourceCount === 0) await new Promise((resolve) => setImmediate(resolve));
    await throwFrom(pair.clientPort, pair.serverPort, Array.from({ length: 500 }, (_, number) => strayFragment(number + 100)));
    await Promise.all([pair.client.reached(isConnected), pair.server.reached(isConnected)]);
    expect(pair.server.peer.counters.droppedDtls).to.be.at.least(400);
    await expectMediaUnbroken();
  });

  it('follows no USE-CANDIDATE of a stranger, before the client has nominated or after', async () => {
    let ufrag = '';
    exchange(pair, { answer: (sdp) => ((ufrag = /a=ice-ufrag:(.*)\r\n/.exec(sdp)?.[1] ?? ''), sdp) });
    await attacker.throwAt(pair.serverPort, Array.from({ length: 50 }, () => strangerCheck(ufrag)));
    await Promise.all([pair.client.reached(isConnected), pair.server.reached(isConnected)]);
    await attacker.throwAt(pair.serverPort, Array.from({ length: 50 }, () => strangerCheck(ufrag)));
    expect(pair.serverPort.counters.droppedStunIntegrity).to.equal(100);
    expect(attacker.answers).to.deep.equal([]);
    expect(pair.server.peer.transport?.remotePort).to.equal(pair.clientPort.port);
    await expectMediaUnbroken();
  });

  it('stays where it is when the checks of its client are replayed from elsewhere', async () => {
    await connect(pair);
    const checks = sent.filter((datagram) => isStun(datagram) && datagram.readUInt16BE(0) === 1);
    expect(checks.length).to.be.greaterThan(0);
    for (let round = 0; round < 20; round++) await attacker.throwAt(pair.serverPort, checks);
    // At best he is an address that knows the password; what he sends from there is not authentic.
    const before = pair.server.peer.counters;
    const media = sent.filter(isMedia);
    await attacker.throwAt(pair.serverPort, [clearAlert, makeRtp(1), ...media, ...sent.filter(isDtls)]);
    const { counters } = pair.server.peer;
    expect(counters.receivedRtp).to.equal(before.receivedRtp);
    expect(counters.droppedDtls + counters.droppedSrtp + pair.serverPort.counters.droppedUnknownSource).to.be.at.least(before.droppedDtls + before.droppedSrtp + 2);
    expect(pair.server.peer.transport?.remotePort).to.equal(pair.clientPort.port);
    expect(pair.serverPort.sourceCount).to.be.at.most(2);
    await expectMediaUnbroken();
    expect(attacker.answers.filter(isMedia), 'media go to the client only').to.deep.equal([]);
  });

  it('takes no SRTP or SRTCP a second time, from the client\'s address or another', async () => {
    await connect(pair);
    const { client, server } = pair;
    for (let count = 0; count < 100; count++) client.peer.sendRtp(makeRtp(nextNumber++));
    for (let count = 0; count < 20; count++) client.peer.sendRtcp(buildReceiverReport({ senderSsrc: count, reports: [] }));
    await server.reached(({ rtp, rtcp }) => rtp.length >= 100 && rtcp.length >= 20);
    const media = sent.filter(isMedia);
    const before = server.peer.counters;
    for (let round = 0; round < 10; round++) await throwFrom(pair.clientPort, pair.serverPort, media);
    expect(server.peer.counters.droppedSrtp - before.droppedSrtp).to.equal(media.length * 10);
    await attacker.throwAt(pair.serverPort, media);
    expect([server.rtp.length, server.rtcp.length]).to.deep.equal([100, 20]);
    await expectMediaUnbroken();
  });

  it('takes no forged SRTP or SRTCP, and its streams do not lose their place by them', async () => {
    await connect(pair);
    const { client, server } = pair;
    client.peer.sendRtp(makeRtp(nextNumber++));
    client.peer.sendRtcp(buildReceiverReport({ senderSsrc: 1, reports: [] }));
    await server.reached(({ rtp, rtcp }) => rtp.length === 1 && rtcp.length === 1);
    const [rtp, rtcp] = sent.filter(isMedia) as [Buffer, Buffer];
    const forged = Array.from({ length: 2_000 }, (_, count) => {
      const datagram = Buffer.from(count % 4 === 0 ? rtcp : rtp);
      if (count % 4 === 0) datagram.writeUInt32BE((0x8000_0000 + count * 1_000) >>> 0, datagram.length - 4);
      else datagram.writeUInt16BE((count * 31) & 0xffff, 2);
      if (count % 3 === 0) datagram.writeUInt32BE(count, count % 4 === 0 ? 4 : 8);
      return datagram;
    });
    const before = server.peer.counters;
    await throwFrom(pair.clientPort, pair.serverPort, forged);
    const { counters } = server.peer;
    // One of them may by chance be a sequence number that was sent: then it is a replay, counted likewise.
    expect(counters.droppedSrtp - before.droppedSrtp).to.equal(forged.length);
    expect([counters.receivedRtp, counters.receivedRtcp]).to.deep.equal([1, 1]);
    await expectMediaUnbroken();
  });

  it('says nothing to strangers: not one datagram for a thousand of any kind', async () => {
    await connect(pair);
    const kinds = [0, 1, 20, 22, 23, 63, 64, 128, 144, 191, 192, 255];
    const noise = Array.from({ length: 1_000 }, (_, count) => {
      const datagram = randomBytes(1 + (count % 1_300));
      datagram[0] = kinds[count % kinds.length] ?? 0;
      return datagram;
    });
    await attacker.throwAt(pair.serverPort, noise);
    const { droppedUnknownKind, droppedStun, droppedUnknownSource } = pair.serverPort.counters;
    expect(droppedUnknownKind + droppedStun + droppedUnknownSource).to.equal(1_000);
    await expectMediaUnbroken();
    expect(attacker.answers).to.deep.equal([]);
  });

  it('loses nothing by what another client of its port, with a password of his own, does there', async () => {
    await connect(pair);
    const certificate = await sharedCertificate();
    const evePort = await UdpPort.open(loopback);
    const eve: Pair = {
      clientPort: evePort,
      serverPort: pair.serverPort,
      client: await RiggedPeer.create({ port: evePort, certificate, dtlsRole: 'client' }),
      server: await RiggedPeer.create({ port: pair.serverPort, certificate }),
    };
    await connect(eve);
    const hers = recordSent(evePort);
    for (let count = 0; count < 50; count++) eve.client.peer.sendRtp(makeRtp(count));
    await eve.server.reached(({ rtp }) => rtp.length === 50);
    // Authentic in her connection, nonsense in his.
    const before = pair.server.peer.counters.droppedSrtp;
    await throwFrom(pair.clientPort, pair.serverPort, hers.filter(isMedia));
    expect(pair.server.peer.counters.droppedSrtp - before).to.equal(50);
    await Promise.all([eve.client.peer.close(), eve.server.peer.close()]);
    await evePort.close();
    await expectMediaUnbroken();
  });
});
