import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { UdpPort, type Peer } from '../../../src/peer/index.js';
import { eventually } from '../../support/eventually.js';
import { ManualTime } from '../../support/manual-time.js';
import { until } from '../../support/until.js';
import { audioPlan, closePair, connect, createPair, exchange, loopback, makeReceiverReport, makeRtp, RiggedPeer, sharedCertificate, type Pair } from './peer-rig.js';

/** Longest timer of werift that may outlive a connection made and closed without loss: the first retransmission of a flight (500 ms), and one poll. */
const leftoverMs = 700;

/** The sockets and timers that one piece of work made, and what it set going: those of mocha and of the tests before are not in it. */
class MadeResources {
  readonly #own = new AsyncLocalStorage<true>();
  readonly #counts = { UDPWRAP: 0, Timeout: 0 };
  readonly #live = new Map<number, 'UDPWRAP' | 'Timeout'>();
  readonly #hook = createHook({
    init: (id, kind) => {
      if ((kind !== 'UDPWRAP' && kind !== 'Timeout') || this.#own.getStore() !== true) return;
      this.#live.set(id, kind);
      this.#counts[kind]++;
    },
    destroy: (id) => void this.#live.delete(id),
  }).enable();

  by<T>(work: () => Promise<T>): Promise<T> {
    return this.#own.run(true, work);
  }

  /** There is no event for "a timer of somebody else has fired", so it is asked for until it holds. */
  async areGone(kind: 'UDPWRAP' | 'Timeout'): Promise<void> {
    expect(this.#counts[kind], `${kind} were made`).to.be.greaterThan(0);
    await eventually(`no ${kind} is left`, () => ![...this.#live.values()].includes(kind), leftoverMs);
  }

  stop(): void {
    this.#hook.disable();
  }
}

/** Both at once, in steps that are shorter than any of a peer's own. */
function pass(clock: ManualClock, timers: ManualTime, ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100_000);
    timers.advance(100);
  }
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

describe('the end of a Peer', () => {
  let pair: Pair;

  afterEach(async () => {
    await closePair(pair);
  });

  for (const closer of ['client', 'server'] as const) {
    const other = closer === 'client' ? 'server' : 'client';
    it(`is noticed by the ${other} at once when the ${closer} closes`, async () => {
      pair = await createPair();
      await connect(pair);
      const before = performance.now();
      await pair[closer].peer.close();
      await pair[other].reached(({ ended }) => ended !== undefined);
      expect(performance.now() - before).to.be.lessThan(200);
      expect(pair[other].ended).to.equal('closed_by_peer');
      expect(pair[closer].ended).to.equal('closed');
      expect([pair.client.peer.state, pair.server.peer.state]).to.deep.equal(['ended', 'ended']);
    });
  }

  it('is told once, however often and in whatever state it is closed', async () => {
    pair = await createPair();
    const unused = await RiggedPeer.create({ port: pair.serverPort, certificate: await sharedCertificate() });
    await Promise.all([unused.peer.close(), unused.peer.close()]);
    await unused.peer.close();
    exchange(pair);
    await pair.client.peer.close();
    await pair.client.peer.close();
    await Promise.all([unused, pair.client].map((side) => side.reached(({ ended }) => ended !== undefined)));
    expect([unused.endedCount, pair.client.endedCount]).to.deep.equal([1, 1]);
    expect([unused.ended, pair.client.ended]).to.deep.equal(['closed', 'closed']);
  });

  it('comes by silence, and an authentic packet puts it off', async () => {
    const clock = new ManualClock();
    const timers = new ManualTime();
    pair = await createPair({ serverPort: { clock }, server: { clock, timers, silenceTimeoutMs: 8_000 } });
    const { client, server } = pair;
    await connect(pair);
    pass(clock, timers, 7_900);
    client.peer.sendRtp(makeRtp(1));
    await server.reached(({ rtp }) => rtp.length === 1);
    pass(clock, timers, 7_900);
    client.peer.sendRtcp(makeReceiverReport(1));
    await server.reached(({ rtcp }) => rtcp.length === 1);
    // A process that stood still for an hour has heard nothing: not because nobody spoke.
    clock.advance(3_600_000_000);
    timers.advance(500);
    expect(server.peer.state).to.equal('connected');
    pass(clock, timers, 7_000);
    expect(server.peer.state).to.equal('connected');
    // A stranger's packet is no sign of life.
    pair.clientPort.send(makeRtp(2), pair.serverPort.port, '127.0.0.1');
    await until(() => server.peer.counters.droppedSrtp === 1, 'the stranger was heard, and refused');
    await until(() => pair.serverPort.askedCount === 0, 'the client was asked, and has answered');
    // From here on it is gone.
    await pair.clientPort.close();
    pass(clock, timers, 7_900);
    expect([server.peer.state, server.silences.at(-1)]).to.deep.equal(['connected', 'disconnected']);
    pass(clock, timers, 700);
    await server.reached(({ ended }) => ended !== undefined);
    expect(server.ended).to.equal('timeout');
    expect(server.endedDetail).to.match(/^silent for 8\d{3} ms$/);
    expect(timers.pending).to.equal(0);
  });

  it('is far while a client that only listens answers when it is asked', async () => {
    const clock = new ManualClock();
    const timers = new ManualTime();
    pair = await createPair({ serverPort: { clock }, server: { clock, timers, silenceTimeoutMs: 8_000 } });
    const { server, serverPort } = pair;
    await connect(pair);
    for (let halfSecond = 0; halfSecond < 120; halfSecond++) {
      clock.advance(500_000);
      timers.advance(500);
      await until(() => serverPort.askedCount === 0, 'answered');
    }
    expect([server.peer.state, server.silences]).to.deep.equal(['connected', []]);
    expect(server.peer.counters.probes).to.be.within(15, 31);
  });

  it('is preceded by disconnected after 5 s, and whoever is heard again is back', async () => {
    const clock = new ManualClock();
    const timers = new ManualTime();
    pair = await createPair({ serverPort: { clock }, server: { clock, timers, silenceTimeoutMs: 60_000 } });
    const { client, server } = pair;
    await connect(pair);
    pass(clock, timers, 4_900);
    expect(server.silences).to.deep.equal([]);
    pass(clock, timers, 600);
    expect(server.silences).to.deep.equal(['disconnected']);
    pass(clock, timers, 20_000);
    expect([server.silences, server.peer.state]).to.deep.equal([['disconnected'], 'connected']);
    client.peer.sendRtp(makeRtp(1));
    await server.reached(({ silences }) => silences.length === 2);
    expect(server.silences).to.deep.equal(['disconnected', 'reconnected']);
  });

  it('comes as ice_failed when nobody answers in time', async () => {
    const timers = new ManualTime();
    pair = await createPair({ server: { timers, connectTimeoutMs: 3_000 } });
    pair.server.peer.acceptOffer(pair.client.peer.createOffer([audioPlan]), () => [audioPlan]);
    timers.advance(2_999);
    expect(pair.server.peer.state).to.equal('connecting');
    timers.advance(1);
    await pair.server.reached(({ ended }) => ended !== undefined);
    expect([pair.server.ended, timers.pending]).to.deep.equal(['ice_failed', 0]);
  });

  it('comes as dtls_failed when ICE works and the other side shakes no hands', async () => {
    const timers = new ManualTime();
    pair = await createPair({ server: { timers, connectTimeoutMs: 3_000 } });
    const { client, server } = pair;
    // Both wait for the other's ClientHello.
    const offer = client.peer.createOffer([audioPlan]);
    const { answer } = server.peer.acceptOffer(offer.replace('a=setup:actpass', 'a=setup:active'), () => [audioPlan]);
    client.peer.acceptAnswer(answer.replace('a=setup:passive', 'a=setup:active'));
    await until(() => client.peer.roundTripUs !== undefined && server.peer.roundTripUs !== undefined, 'both have a path');
    timers.advance(3_000);
    await server.reached(({ ended }) => ended !== undefined);
    expect(server.ended).to.equal('dtls_failed');
  });

  it('leaves no socket, timer, table entry or object behind, 32 times over on one port', async function () {
    this.timeout(10_000);
    const made = new MadeResources();
    const remembered: WeakRef<Peer>[] = [];
    await made.by(async () => {
      pair = await createPair();
      const { serverPort } = pair;
      for (let round = 0; round < 4; round++) remembered.push(...(await liveAndDie(serverPort, 8)));
      expect([serverPort.bindingCount, serverPort.sourceCount, serverPort.askedCount]).to.deep.equal([1, 0, 0]);
      await closePair(pair);
    });
    await made.areGone('UDPWRAP');
    await made.areGone('Timeout');
    made.stop();
    expect(remembered).to.have.lengthOf(64);
    const collect = garbageCollector();
    await eventually('the objects are gone', () => {
      collect();
      return remembered.every((reference) => reference.deref() === undefined);
    }, leftoverMs);
  });

  it('frees its place on the port even when it was never used', async () => {
    pair = await createPair();
    const port = await UdpPort.open(loopback);
    const unused = await RiggedPeer.create({ port, certificate: await sharedCertificate() });
    expect(port.bindingCount).to.equal(1);
    await unused.peer.close();
    expect(port.bindingCount).to.equal(0);
    await port.close();
  });
});

/** In a function of its own, for its variables must not keep alive what the test wants to see gone. */
async function liveAndDie(serverPort: UdpPort, count: number): Promise<WeakRef<Peer>[]> {
  const bindingsBefore = serverPort.bindingCount;
  const pairs = await Promise.all(Array.from({ length: count }, () => createPairTo(serverPort)));
  await Promise.all(pairs.map(connect));
  expect([serverPort.bindingCount, serverPort.sourceCount]).to.deep.equal([bindingsBefore + count, count]);
  await Promise.all(pairs.map(({ client }) => client.peer.close()));
  await Promise.all(pairs.map(({ server }) => server.reached(({ ended }) => ended !== undefined)));
  await Promise.all(pairs.map(({ clientPort }) => clientPort.close()));
  return pairs.flatMap(({ client, server }) => [new WeakRef(client.peer), new WeakRef(server.peer)]);
}

/** A client on a port of its own: two connections between the same two ports could not be told apart. */
async function createPairTo(serverPort: UdpPort): Promise<Pair> {
  const certificate = await sharedCertificate();
  const clientPort = await UdpPort.open(loopback);
  const client = await RiggedPeer.create({ certificate, port: clientPort, dtlsRole: 'client' });
  const server = await RiggedPeer.create({ certificate, port: serverPort });
  return { clientPort, serverPort, client, server };
}
