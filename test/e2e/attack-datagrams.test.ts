/**
 * 200,000 datagrams of nonsense that looks like sense, half from a stranger, half under the address of a connected client: nothing of it is an exception, nothing is
 * remembered, and a second connection on the same port loses not one packet of what it sends and gets meanwhile.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { SeededRandom } from '../../bench/network/seeded-random.js';
import { UdpPort } from '../../src/peer/index.js';
import { buildReceiverReport } from '../../src/rtp/rtcp/build-rtcp.js';
import { readCorpus } from '../fuzz/corpus.js';
import { mutate } from '../fuzz/mutator.js';
import { Attacker, recordSent, throwFrom } from '../src/peer/attacker.js';
import { closePair, connect, createPair, loopback, makeRtp, RiggedPeer, sharedCertificate, type Pair } from '../src/peer/peer-rig.js';

const datagramCount = 200_000;
const batchDatagrams = 500;
/** Datagrams that are taken as often as they come, with small changes: nothing makes two hundred thousand of them in no time. */
const variants = 20_000;
/** What tests, counters and compiled code take; a byte kept of each datagram would be 100 MB. */
const mostHeapGrowthBytes = 4 * 1024 * 1024;
const mostRssGrowthBytes = 40 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function usedBytes(): { readonly heap: number; readonly rss: number } {
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}

describe('a port under fire', function () {
  this.timeout(60_000);
  let attacked: Pair;
  let other: Pair;
  let attacker: Attacker;
  const escaped: unknown[] = [];
  const onEscaped = (error: unknown): number => escaped.push(error);

  before(async () => {
    process.on('uncaughtExceptionMonitor', onEscaped);
    attacker = await Attacker.open();
    attacked = await createPair();
    const certificate = await sharedCertificate();
    const clientPort = await UdpPort.open(loopback);
    other = {
      clientPort,
      serverPort: attacked.serverPort,
      client: await RiggedPeer.create({ port: clientPort, certificate, dtlsRole: 'client' }),
      server: await RiggedPeer.create({ port: attacked.serverPort, certificate }),
    };
  });

  after(async () => {
    process.off('uncaughtExceptionMonitor', onEscaped);
    attacker.close();
    await Promise.all([other.client.peer.close(), other.server.peer.close()]);
    await other.clientPort.close();
    await closePair(attacked);
  });

  it(`goes on through ${datagramCount} fuzzed datagrams, and so does who else is on it`, async () => {
    // Changed from what is true on this very connection, and from all inputs that ever reached something new in a parser.
    const recorded = recordSent(attacked.clientPort);
    await Promise.all([connect(attacked), connect(other)]);
    for (let count = 0; count < 50; count++) {
      attacked.client.peer.sendRtp(makeRtp(count, { payload: Buffer.alloc(count * 20, count) }));
      attacked.client.peer.sendRtcp(buildReceiverReport({ senderSsrc: count, reports: [] }));
    }
    await attacked.server.reached(({ rtp, rtcp }) => rtp.length === 50 && rtcp.length === 50);
    const samples = [...recorded, ...['rtp', 'rtcp', 'srtp', 'stun', 'dtls', 'rtx'].flatMap((parser) => readCorpus(parser).map(({ input }) => input))];
    const random = new SeededRandom(200_000);
    const pick = (): Buffer => samples[Math.floor(random.next() * samples.length)] ?? Buffer.alloc(1);
    const datagrams = Array.from({ length: variants }, () => mutate(pick(), pick(), random));

    let sent = 0;
    const fire = async (count: number): Promise<void> => {
      for (const end = sent + count; sent < end; ) {
        const from = (sent * 7) % (variants - batchDatagrams);
        const batch = datagrams.slice(from, from + batchDatagrams).map((datagram) => {
          // Never quite the same twice.
          const copy = Buffer.from(datagram);
          if (copy.length > 0) copy[Math.floor(random.next() * copy.length)] = Math.floor(random.next() * 256);
          return copy;
        });
        const isStranger = (sent / batchDatagrams) % 2 === 0;
        if (isStranger) await attacker.throwAt(attacked.serverPort, batch);
        else await throwFrom(attacked.clientPort, attacked.serverPort, batch);
        recorded.length = 0;
        sent += batch.length;
        const number = sent / batchDatagrams;
        for (const { peer } of [other.client, other.server]) peer.sendRtp(makeRtp(number));
      }
    };
    // What is compiled and filled once is no leak.
    await fire(datagramCount / 10);
    const before = usedBytes();
    await fire((datagramCount * 9) / 10);
    const after = usedBytes();

    expect(sent).to.equal(datagramCount);
    const rounds = datagramCount / batchDatagrams;
    for (const side of [other.client, other.server]) {
      await side.reached(({ rtp }) => rtp.length >= rounds);
      expect(side.rtp.map((packet) => packet.readUInt16BE(2)), 'every packet of the other connection, in order').to.deep.equal(Array.from({ length: rounds }, (_, at) => at + 1));
      expect(side.ended).to.equal(undefined);
    }
    expect(after.heap - before.heap, 'heap').to.be.below(mostHeapGrowthBytes);
    expect(after.rss - before.rss, 'resident').to.be.below(mostRssGrowthBytes);

    const { counters } = attacked.serverPort;
    const peer = attacked.server.peer.counters;
    for (const [name, count] of Object.entries({ ...pickDrops(counters), srtp: peer.droppedSrtp, dtls: peer.droppedDtls })) expect(count, name).to.be.greaterThan(50);
    expect([attacked.server.rtp.length, attacked.server.rtcp.length], 'nothing forged was taken').to.deep.equal([50, 50]);
    expect(attacked.serverPort.sourceCount).to.be.at.most(4);

    // And the one that was meant is as it was.
    attacked.client.peer.sendRtp(makeRtp(1_000));
    attacked.server.peer.sendRtp(makeRtp(1_000));
    await Promise.all([attacked.server.reached(({ rtp }) => rtp.length === 51), attacked.client.reached(({ rtp }) => rtp.length === 1)]);
    expect(attacked.server.rtp.at(-1)).to.deep.equal(makeRtp(1_000));
    expect(escaped).to.deep.equal([]);
  });
});

function pickDrops({ droppedUnknownKind, droppedStun, droppedStunIntegrity, droppedUnknownSource }: UdpPort['counters']): Readonly<Record<string, number>> {
  return { droppedUnknownKind, droppedStun, droppedStunIntegrity, droppedUnknownSource };
}
