import { expect } from 'chai';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { AppError } from '../../../src/errors.js';
import type { MediaPlan } from '../../../src/peer/index.js';
import { audioPlan, closePair, connect, createPair, exchange, makeReceiverReport, makeRtp, videoPlan, type Pair } from './peer-rig.js';

const isConnected = (side: { readonly isConnected: boolean }): boolean => side.isConnected;

describe('Peer', () => {
  let pair: Pair;

  afterEach(async () => {
    await closePair(pair);
  });

  it('carries RTP and RTCP both ways, byte for byte and in order, over a sequence wrap', async () => {
    pair = await createPair();
    const { client, server } = pair;
    await connect(pair);
    const packets = Array.from({ length: 20 }, (_, index) => makeRtp((0xfff6 + index) & 0xffff));
    for (const packet of packets) {
      client.peer.sendRtp(packet);
      server.peer.sendRtp(packet);
    }
    client.peer.sendRtcp(makeReceiverReport(7));
    server.peer.sendRtcp(makeReceiverReport(8));
    await Promise.all([client, server].map((side) => side.reached(({ rtp, rtcp }) => rtp.length === 20 && rtcp.length === 1)));
    expect(server.rtp).to.deep.equal(packets);
    expect(client.rtp).to.deep.equal(packets);
    expect(server.rtcp).to.deep.equal([makeReceiverReport(7)]);
    expect(client.rtcp).to.deep.equal([makeReceiverReport(8)]);
    expect(server.peer.counters).to.include({ sentRtp: 20, sentRtcp: 1, receivedRtp: 20, receivedRtcp: 1, droppedSrtp: 0, droppedDtls: 0, routeChanges: 0 });
    expect(server.peer.transport).to.deep.equal({ remoteAddress: '127.0.0.1', remotePort: pair.clientPort.port, srtpProfile: 'AEAD_AES_128_GCM' });
  });

  it('tells arrival on the clock of the port', async () => {
    const roomClock = new ManualClock(5_000_000);
    pair = await createPair({ serverPort: { clock: roomClock } });
    await connect(pair);
    pair.client.peer.sendRtp(makeRtp(1));
    await pair.server.reached(({ rtp }) => rtp.length === 1);
    roomClock.advance(20_000);
    pair.client.peer.sendRtp(makeRtp(2));
    await pair.server.reached(({ rtp }) => rtp.length === 2);
    expect(pair.server.rtpArrivalsUs).to.deep.equal([5_000_000, 5_020_000]);
  });

  it('sends a protected datagram again, which the other side takes once', async () => {
    pair = await createPair();
    await connect(pair);
    const datagram = pair.client.peer.sendRtp(makeRtp(1));
    pair.client.peer.resend(datagram!);
    pair.client.peer.sendRtp(makeRtp(2));
    await pair.server.reached(({ rtp }) => rtp.length === 2);
    expect(pair.server.rtp).to.deep.equal([makeRtp(1), makeRtp(2)]);
    expect(pair.server.peer.counters.droppedSrtp).to.equal(1);
  });

  it('drops and counts what is sent too early and too late', async () => {
    pair = await createPair();
    const { peer } = pair.client;
    expect(peer.sendRtp(makeRtp(1))).to.equal(undefined);
    peer.sendRtcp(makeReceiverReport(1));
    expect(peer.counters.droppedSends).to.equal(2);
    await connect(pair);
    await peer.close();
    expect(peer.sendRtp(makeRtp(2))).to.equal(undefined);
    expect(peer.counters).to.include({ droppedSends: 3, sentRtp: 0 });
  });

  for (const setup of ['actpass', 'active', 'passive']) {
    for (const dtlsRole of ['server', 'client'] as const) {
      const expected = setup === 'actpass' ? { server: 'passive', client: 'active' }[dtlsRole] : { active: 'passive', passive: 'active' }[setup];
      it(`answers a=setup:${setup} as DTLS ${dtlsRole} by choice with a=setup:${expected}, and connects`, async () => {
        pair = await createPair({ server: { dtlsRole } });
        let answered = '';
        exchange(pair, {
          offer: (sdp) => sdp.replaceAll('a=setup:actpass', `a=setup:${setup}`),
          answer: (sdp) => (answered = sdp),
        });
        expect(new Set(answered.match(/a=setup:\w+/g))).to.deep.equal(new Set([`a=setup:${expected}`]));
        await Promise.all([pair.client.reached(isConnected), pair.server.reached(isConnected)]);
        pair.client.peer.sendRtp(makeRtp(1));
        await pair.server.reached(({ rtp }) => rtp.length === 1);
      });
    }
  }

  it('connects to a client whose candidates never come: it is learnt from its checks', async () => {
    pair = await createPair();
    exchange(pair, { offer: (sdp) => sdp.replace(/a=candidate.*\r\n/g, '') });
    await Promise.all([pair.client.reached(isConnected), pair.server.reached(isConnected)]);
    expect(pair.server.peer.transport?.remotePort).to.equal(pair.clientPort.port);
  });

  it('connects to an answerer of whom only a .local name is known', async () => {
    pair = await createPair();
    exchange(pair, { answer: (sdp) => sdp.replace('127.0.0.1 ' + String(pair.serverPort.port), 'a1b2c3d4.local 9') });
    await Promise.all([pair.client.reached(isConnected), pair.server.reached(isConnected)]);
  });

  it('takes trickled candidates, ignores and counts those it cannot use, refuses garbage', async () => {
    pair = await createPair();
    const withoutCandidates = (sdp: string): string => sdp.replace(/a=candidate.*\r\n/g, '');
    exchange(pair, { offer: withoutCandidates, answer: withoutCandidates });
    const { peer } = pair.client;
    peer.addCandidates(['candidate:1 1 udp 1 a1b2c3d4.local 5000 typ host']);
    peer.addCandidates(['candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype active']);
    peer.addCandidates(['candidate:1 1 udp 1 2001:db8::1 5000 typ host']);
    peer.addCandidates(['']);
    expect(peer.counters.ignoredCandidates).to.equal(4);
    expect(() => peer.addCandidates(['candidate:nonsense'])).to.throw(AppError).with.property('code', 'invalid_candidate');
    peer.addCandidates([`candidate:1 1 udp 2130706431 127.0.0.1 ${pair.serverPort.port} typ host generation 0`]);
    await Promise.all([pair.client.reached(isConnected), pair.server.reached(isConnected)]);
  });

  it('does not go on without end when candidates are trickled', async () => {
    pair = await createPair();
    exchange(pair, { offer: (sdp) => sdp.replace(/a=candidate.*\r\n/g, ''), answer: (sdp) => sdp.replace(/a=candidate.*\r\n/g, '') });
    for (let port = 40_000; port < 40_100; port++) pair.server.peer.addCandidates([`candidate:1 1 udp 1 127.0.0.1 ${port} typ host`]);
    expect(pair.server.peer.counters.ignoredCandidates).to.equal(68);
  });

  it('negotiates again on the same transport: a further m-line, and no ICE restart', async () => {
    pair = await createPair();
    await connect(pair);
    const screen: MediaPlan = { ...videoPlan, mid: '2', direction: 'recvonly' };
    const { client, server } = pair;
    expect(() => client.peer.createOffer([videoPlan])).to.throw(/repeat/);
    const offer = client.peer.createOffer([audioPlan, { ...videoPlan, direction: 'inactive' }, screen]);
    expect(offer).to.match(/o=- \d+ 2 IN/);
    const { answer, media } = server.peer.acceptOffer(offer, (remote) => remote.map(({ mid, kind }) => ({ ...(kind === 'audio' ? audioPlan : videoPlan), mid })));
    expect(media.map(({ sends, receives }) => [sends, receives])).to.deep.equal([[true, true], [false, false], [true, false]]);
    expect(client.peer.acceptAnswer(answer).map(({ sends, receives }) => [sends, receives])).to.deep.equal([[true, true], [false, false], [false, true]]);
    const restart = client.peer.createOffer([audioPlan, videoPlan, screen]).replaceAll(/a=ice-ufrag:.*\r\n/g, 'a=ice-ufrag:other\r\n');
    expect(() => server.peer.acceptOffer(restart, () => [audioPlan])).to.throw(AppError).with.property('code', 'ice_restart_unsupported');
    client.peer.sendRtp(makeRtp(1));
    await server.reached(({ rtp }) => rtp.length === 1);
  });

  it('is unchanged by an answer that it refuses', async () => {
    pair = await createPair();
    const offer = pair.client.peer.createOffer([audioPlan]);
    const { answer } = pair.server.peer.acceptOffer(offer, () => [audioPlan]);
    expect(() => pair.client.peer.acceptAnswer(answer.replace(/a=fingerprint.*\r\n/, ''))).to.throw(AppError).with.property('code', 'sdp_invalid');
    expect(pair.client.peer.state).to.equal('new');
    pair.client.peer.acceptAnswer(answer);
    expect(() => pair.client.peer.acceptAnswer(answer)).to.throw(AppError).with.property('code', 'sdp_invalid');
    await pair.client.reached(isConnected);
  });
});
