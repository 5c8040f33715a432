import { createSocket, type Socket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { Message, classes, methods } from 'werift';
import { closePair, connect, createPair, exchange, makeRtp, type Pair } from './peer-rig.js';
import { createCertificate } from '../../../src/peer/index.js';

const isConnected = (side: { readonly isConnected: boolean }): boolean => side.isConnected;
/** A close_notify in clear, as anybody can write it: it silences werift's sending for good. */
const clearAlert = Buffer.from('15fefd000000000000000000020100', 'hex');
/** The start of a ClientHello in clear: werift's server throws its keys away for it. */
const clearClientHello = Buffer.concat([Buffer.from('16fefd00000000000000000040', 'hex'), Buffer.from('01000034000000000000003400', 'hex'), Buffer.alloc(51, 1)]);

describe('Peer among enemies', () => {
  let pair: Pair;
  let stranger: Socket;

  beforeEach((done) => {
    stranger = createSocket('udp4');
    stranger.bind(0, '127.0.0.1', done);
  });

  afterEach(async () => {
    stranger.close();
    await closePair(pair);
  });

  /** Resolves when the port has taken in as many datagrams more; the kernel delivers those of one socket in order. */
  async function attack(datagrams: readonly Buffer[]): Promise<void> {
    const { counters } = pair.serverPort;
    const expected = counters.receivedDatagrams + datagrams.length;
    for (const datagram of datagrams) {
      await new Promise<void>((resolve) => {
        stranger.send(datagram, pair.serverPort.port, '127.0.0.1', () => resolve());
      });
    }
    while (counters.receivedDatagrams < expected) await new Promise((resolve) => setImmediate(resolve));
  }

  async function expectMediaBothWays(): Promise<void> {
    const { client, server } = pair;
    const [clientCount, serverCount] = [client.rtp.length, server.rtp.length];
    client.peer.sendRtp(makeRtp(500));
    server.peer.sendRtp(makeRtp(500));
    await Promise.all([client.reached(({ rtp }) => rtp.length > clientCount), server.reached(({ rtp }) => rtp.length > serverCount)]);
  }

  it('takes no notice of a clear alert, ClientHello, media or noise from a stranger', async () => {
    pair = await createPair();
    await connect(pair);
    const before = { ...pair.serverPort.counters };
    const noise = Array.from({ length: 200 }, () => randomBytes(1 + Math.floor(Math.random() * 200)));
    await attack([clearAlert, clearClientHello, makeRtp(1), Buffer.alloc(0), ...noise]);
    const { counters } = pair.serverPort;
    const dropped = (['droppedUnknownKind', 'droppedStun', 'droppedStunIntegrity', 'droppedStunAnswer', 'droppedUnknownSource'] as const).reduce((sum, name) => sum + counters[name] - before[name], 0);
    expect(dropped).to.equal(204);
    expect(counters.droppedUnknownSource - before.droppedUnknownSource).to.be.at.least(3);
    expect(pair.server.peer.counters).to.include({ droppedDtls: 0, droppedSrtp: 0 });
    await expectMediaBothWays();
  });

  it('takes no notice of them from the very address of the client either', async () => {
    pair = await createPair();
    await connect(pair);
    const { server, clientPort, serverPort } = pair;
    for (const datagram of [clearAlert, clearClientHello, makeRtp(9), Buffer.from('17fefd000100000000000900050102030405', 'hex'), Buffer.from('16fefd0001', 'hex')]) {
      clientPort.send(datagram, serverPort.port, '127.0.0.1');
    }
    await expectMediaBothWays();
    expect(server.peer.counters).to.include({ droppedDtls: 3, droppedSrtp: 1 });
    expect(server.peer.state).to.equal('connected');
    await server.peer.close();
    await pair.client.reached(({ ended }) => ended !== undefined);
    expect(pair.client.ended).to.equal('closed_by_peer');
  });

  it('answers no STUN without the password, even under the right name, and remembers nothing of it', async () => {
    pair = await createPair();
    let ufrag = '';
    exchange(pair, { answer: (sdp) => ((ufrag = /a=ice-ufrag:(.*)\r\n/.exec(sdp)?.[1] ?? ''), sdp) });
    await Promise.all([pair.client.reached(isConnected), pair.server.reached(isConnected)]);
    expect(ufrag).to.have.lengthOf(8);
    const before = { ...pair.serverPort.counters };
    let answers = 0;
    stranger.on('message', () => answers++);
    await attack(Array.from({ length: 100 }, (_, index) => makeBindingRequest(index % 2 === 0 ? 'unknown:x' : `${ufrag}:x`)));
    const { counters } = pair.serverPort;
    expect([counters.droppedStun - before.droppedStun, counters.droppedStunIntegrity - before.droppedStunIntegrity]).to.deep.equal([50, 50]);
    expect(pair.serverPort.sourceCount).to.equal(1);
    await expectMediaBothWays();
    expect(answers).to.equal(0);
  });

  it('holds what an authentic client can make it remember within bounds', async () => {
    pair = await createPair();
    let [ufrag, password] = ['', ''];
    exchange(pair, {
      answer: (sdp) => {
        [ufrag, password] = [/a=ice-ufrag:(.*)\r\n/.exec(sdp)?.[1] ?? '', /a=ice-pwd:(.*)\r\n/.exec(sdp)?.[1] ?? ''];
        return sdp;
      },
    });
    await Promise.all([pair.client.reached(isConnected), pair.server.reached(isConnected)]);
    const { counters } = pair.serverPort;
    for (let index = 0; index < 120; index++) {
      const before = counters.receivedDatagrams;
      const socket = createSocket('udp4');
      socket.send(makeCheck(ufrag, password), pair.serverPort.port, '127.0.0.1');
      while (counters.receivedDatagrams === before) await new Promise((resolve) => setImmediate(resolve));
      socket.close();
    }
    // 21, but for those that the time which all this takes allows again.
    expect(pair.server.peer.counters.droppedChecks).to.be.within(10, 21);
    expect(pair.serverPort.sourceCount).to.be.at.most(17);
    // The client's own address was proved longest ago; its next check, within 6 s, proves it again.
    pair.clientPort.send(makeCheck(ufrag, password), pair.serverPort.port, '127.0.0.1');
    await expectMediaBothWays();
  });

  it('refuses a peer whose certificate the SDP does not announce, before a packet of media', async () => {
    pair = await createPair();
    const { fingerprintSha256 } = await createCertificate();
    exchange(pair, { offer: (sdp) => sdp.replaceAll(/a=fingerprint:.*\r\n/g, `a=fingerprint:sha-256 ${fingerprintSha256}\r\n`) });
    await pair.server.reached(({ ended }) => ended !== undefined);
    expect([pair.server.ended, pair.server.endedDetail]).to.deep.equal(['dtls_failed', 'the peer is not proved: fingerprint']);
    expect([pair.server.isConnected, pair.server.rtp.length]).to.deep.equal([false, 0]);
  });

  it('refuses a server whose certificate the SDP does not announce', async () => {
    pair = await createPair();
    const { fingerprintSha256 } = await createCertificate();
    exchange(pair, { answer: (sdp) => sdp.replaceAll(/a=fingerprint:.*\r\n/g, `a=fingerprint:sha-256 ${fingerprintSha256}\r\n`) });
    await pair.client.reached(({ ended }) => ended !== undefined);
    expect([pair.client.ended, pair.client.endedDetail, pair.client.isConnected]).to.deep.equal(['dtls_failed', 'the peer is not proved: fingerprint', false]);
  });

  it('drops media that comes before the proof', async () => {
    pair = await createPair();
    exchange(pair);
    // Proved as a source by its first check, long before DTLS is done.
    while (pair.serverPort.sourceCount === 0) await new Promise((resolve) => setImmediate(resolve));
    pair.clientPort.send(makeRtp(1), pair.serverPort.port, '127.0.0.1');
    await Promise.all([pair.client.reached(isConnected), pair.server.reached(isConnected)]);
    await expectMediaBothWays();
    expect(pair.server.peer.counters.droppedEarlyMedia).to.equal(1);
    expect(pair.server.rtp).to.deep.equal([makeRtp(500)]);
  });
});

/** A Binding request with a user name and a made-up MESSAGE-INTEGRITY. */
function makeBindingRequest(username: string): Buffer {
  const name = Buffer.from(username.padEnd(Math.ceil(username.length / 4) * 4));
  const header = Buffer.from('000100002112a442', 'hex');
  header.writeUInt16BE(4 + name.length + 24, 2);
  const nameHeader = Buffer.from([0, 6, 0, name.length]);
  return Buffer.concat([header, randomBytes(12), nameHeader, name, Buffer.from('00080014', 'hex'), randomBytes(20)]);
}

/** A check as the client makes it. */
function makeCheck(ufrag: string, password: string): Buffer {
  const request = new Message(methods.BINDING, classes.REQUEST);
  request.setAttribute('USERNAME', `${ufrag}:whoever`).setAttribute('PRIORITY', 1).setAttribute('ICE-CONTROLLING', 1n);
  return request.addMessageIntegrity(Buffer.from(password)).addFingerprint().bytes;
}
