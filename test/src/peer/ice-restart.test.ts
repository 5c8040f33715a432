import { expect } from 'chai';
import { AppError } from '../../../src/errors.js';
import { UdpPort } from '../../../src/peer/index.js';
import { writeCandidate } from '../../../src/peer/local-description.js';
import { eventually } from '../../support/eventually.js';
import { closePair, connect, createPair, loopback, makeRtp, type Pair } from './peer-rig.js';

function ufragOf(sdp: string): string {
  return /a=ice-ufrag:(.*)\r\n/.exec(sdp)?.[1] ?? '';
}

function codeOf(act: Promise<unknown>): Promise<unknown> {
  return act.then(() => 'done', (error: unknown) => (error instanceof AppError ? error.code : error));
}

describe('an ICE restart of a Peer', () => {
  let pair: Pair;
  let extraPort: UdpPort | undefined;

  afterEach(async () => {
    await closePair(pair);
    await extraPort?.close();
    extraPort = undefined;
  });

  /** As WHIP has it: the client asks, by its own new credentials; and `before` it is asked something else. */
  async function restart(before: () => void = () => undefined): Promise<void> {
    const { client, server } = pair;
    const restarted = [client.peer.counters.restarts, server.peer.counters.restarts];
    const offer = await client.peer.createRestartOffer();
    before();
    const candidates = [...offer.matchAll(/candidate:.* typ host/g)].map(([candidate]) => candidate);
    const answer = await server.peer.restartFor({ ufrag: ufragOf(offer), password: /a=ice-pwd:(.*)\r\n/.exec(offer)?.[1] ?? '' }, candidates);
    const lines = [`a=ice-ufrag:${answer.ufrag}`, `a=ice-pwd:${answer.password}`, ...answer.candidates.map((candidate) => `a=${writeCandidate(candidate)}`)];
    const credentialLine = /a=(ice-ufrag|ice-pwd|candidate|end-of-candidates).*\r\n/g;
    client.peer.acceptRestart(offer.replace(credentialLine, '').replace('a=setup:actpass', 'a=setup:passive').replace('a=rtcp-mux\r\n', `a=rtcp-mux\r\n${lines.join('\r\n')}\r\n`), client.peer.offerId);
    await eventually('both have a new path', () => client.peer.counters.restarts > restarted[0]! && server.peer.counters.restarts > restarted[1]!, 2_000);
  }

  it('changes credentials and nothing else, however often, and leaves nothing behind', async () => {
    pair = await createPair();
    await connect(pair);
    const { client, server, serverPort } = pair;
    for (let round = 1; round <= 5; round++) {
      await restart();
      client.peer.sendRtp(makeRtp(round));
      server.peer.sendRtp(makeRtp(round));
      await Promise.all([client, server].map((side) => side.reached(({ rtp }) => rtp.length === round)));
    }
    expect([serverPort.bindingCount, serverPort.sourceCount, serverPort.counters.droppedUnknownSource]).to.deep.equal([1, 1, 0]);
    expect([client.ended, server.ended]).to.deep.equal([undefined, undefined]);
  });

  it('lets media flow on the old path while the new one is looked for, and on it when there is none', async () => {
    pair = await createPair({ client: { connectTimeoutMs: 100 } });
    await connect(pair);
    const { client, server, clientPort, serverPort } = pair;
    await client.peer.createRestartOffer();
    expect(clientPort.bindingCount).to.equal(2);
    // The server has credentials that lead nowhere.
    await server.peer.restartFor({ ufrag: 'nobody', password: 'nobodynobodynobodynobody' });
    for (let sequenceNumber = 1; sequenceNumber <= 20; sequenceNumber++) {
      client.peer.sendRtp(makeRtp(sequenceNumber));
      server.peer.sendRtp(makeRtp(sequenceNumber));
    }
    await Promise.all([client, server].map((side) => side.reached(({ rtp }) => rtp.length === 20)));
    await eventually('the client has given it up', () => clientPort.bindingCount === 1, 2_000);
    expect(serverPort.bindingCount).to.equal(2);
    client.peer.sendRtp(makeRtp(21));
    await server.reached(({ rtp }) => rtp.length === 21);
  });

  it('is refused before there is a connection, and by the wrong side', async () => {
    pair = await createPair();
    expect(await codeOf(pair.client.peer.createRestartOffer())).to.equal('ice_restart_unsupported');
    await connect(pair);
    const credentials = { ufrag: 'abcd', password: 'passwordpasswordpassword' };
    expect(await Promise.all([codeOf(pair.server.peer.createRestartOffer()), codeOf(pair.client.peer.restartFor(credentials))])).to.deep.equal(['ice_restart_unsupported', 'ice_restart_unsupported']);
    await pair.server.peer.close();
    expect(await codeOf(pair.server.peer.restartFor(credentials))).to.equal('ice_restart_unsupported');
  });

  it('takes the answer to its last offer, and no other for it', async () => {
    pair = await createPair();
    await connect(pair);
    const { client, server } = pair;
    const outcomes = await Promise.allSettled([client.peer.createRestartOffer(), client.peer.createRestartOffer()]);
    expect(outcomes.map(({ status }) => status), 'of two at once the last').to.deep.equal(['rejected', 'fulfilled']);
    const lost = client.peer.offerId;
    await restart(() => {
      expect(client.peer.offerId).to.be.greaterThan(lost);
      // The answer to the one before comes late, and says so, or does not say.
      for (const offerId of [lost, undefined]) expect(() => client.peer.acceptRestart('late', offerId)).to.throw(AppError).with.property('code', 'answer_outdated');
      expect(pair.clientPort.bindingCount, 'one path, and one that is looked for').to.equal(2);
    });
    client.peer.sendRtp(makeRtp(1));
    server.peer.sendRtp(makeRtp(1));
    await Promise.all([client, server].map((side) => side.reached(({ rtp }) => rtp.length === 1)));
  });

  it('does not begin when one of the candidates that came with it cannot be read', async () => {
    pair = await createPair();
    await connect(pair);
    const { server, serverPort } = pair;
    const credentials = { ufrag: 'abcd', password: 'passwordpasswordpassword' };
    const good = 'candidate:1 1 udp 1 127.0.0.1 9 typ host';
    expect(await codeOf(server.peer.restartFor(credentials, [good, 'candidate:nonsense']))).to.equal('invalid_candidate');
    const ignored = server.peer.counters.ignoredCandidates;
    expect(() => server.peer.addCandidates(['candidate:1 1 udp 1 a.local 9 typ host', 'candidate:nonsense'])).to.throw(AppError).with.property('code', 'invalid_candidate');
    expect([serverPort.bindingCount, server.peer.counters.ignoredCandidates]).to.deep.equal([1, ignored]);
  });

  it('asked for twice at once is that of the last one, with its credentials', async () => {
    pair = await createPair();
    await connect(pair);
    const { client, server, serverPort } = pair;
    let stale: Promise<unknown> | undefined;
    // Both wait while agents gather.
    await restart(() => {
      stale = codeOf(server.peer.restartFor({ ufrag: 'nobody', password: 'nobodynobodynobodynobody' }));
    });
    expect(await stale).to.equal('ice_restart_unsupported');
    client.peer.sendRtp(makeRtp(1));
    server.peer.sendRtp(makeRtp(1));
    await Promise.all([client, server].map((side) => side.reached(({ rtp }) => rtp.length === 1)));
    expect(serverPort.bindingCount).to.equal(1);
  });

  it('is no way to another certificate, nor to the old credentials', async () => {
    pair = await createPair();
    await connect(pair);
    const { client } = pair;
    const offer = await client.peer.createRestartOffer();
    const forged = offer.replace('a=setup:actpass', 'a=setup:passive').replace(/(a=fingerprint:sha-256 )[0-9A-F:]+/g, `$1${Array.from({ length: 32 }, () => 'AB').join(':')}`);
    expect(() => client.peer.acceptRestart(forged)).to.throw(AppError).with.property('code', 'ice_restart_unsupported');
  });

  it('also works when the client has another port by then', async () => {
    pair = await createPair();
    await connect(pair);
    const { client, server } = pair;
    extraPort = await UdpPort.open(loopback);
    // A second peer's agent on the new port stands for the client's new network: only its checks come from there.
    const before = server.peer.transport?.remotePort;
    const { IceAgent } = await import('../../../src/peer/ice-agent.js');
    let isConnected = false;
    const moved = new IceAgent({
      port: extraPort,
      events: { onConnected: () => void (isConnected = true), onFailed: () => undefined, onStun: () => undefined, onDtls: () => undefined, onMedia: () => undefined },
    });
    moved.control();
    await moved.gather();
    const answer = await server.peer.restartFor(moved);
    for (const { foundation, priority, address, port } of answer.candidates) moved.addRemoteCandidate({ foundation, priority, address, port, type: 'host' });
    moved.start({ ...answer, isLite: false }, true);
    await eventually('the server has a new path', () => isConnected && server.peer.counters.restarts === 1, 2_000);
    expect(server.peer.transport?.remotePort).to.equal(extraPort.port).and.not.equal(before);
    // What is still on its way from the old address is taken.
    client.peer.sendRtp(makeRtp(1));
    await server.reached(({ rtp }) => rtp.length === 1);
    await moved.close();
  });
});
