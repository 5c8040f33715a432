import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Candidate, CandidatePair, CandidatePairState, Connection, DtlsServer, StunProtocol } from '../../../src/peer/werift.js';
import { candidatePairInternals, connectionInternals, dtlsSocketInternals, stunProtocolInternals } from '../../../src/peer/werift-internals.js';
import { sharedCertificate } from './peer-rig.js';

/** What is used of werift beyond its promises. A failure here after an upgrade says which of it has moved; README.md in src/peer says what it is for. */
describe('werift inside', () => {
  it('is the version that all this was read in', () => {
    const main = fileURLToPath(import.meta.resolve('werift'));
    const { version } = JSON.parse(readFileSync(join(dirname(main), '..', 'package.json'), 'utf8')) as { version: string };
    expect(version).to.equal('0.25.2');
  });

  it('Connection: credentials that can be set, protocols that can be given, no server asked', async () => {
    const connection = new Connection(false, { useIpv4: false, useIpv6: false });
    const internals = connectionInternals(connection);
    expect(internals.stunServer, 'a public server is the default').to.deep.equal(['stun.l.google.com', 19302]);
    expect([connection.localUsername.length, connection.localPassword.length], 'too short by RFC 8445').to.deep.equal([4, 22]);
    expect(connection.userHistory).to.deep.equal({ [connection.localUsername]: connection.localPassword });
    expect(internals.protocols).to.deep.equal([]);
    expect(internals.earlyChecks).to.deep.equal([]);
    expect(internals).to.respondTo('ensureProtocol');
    expect([connection.checkList, connection.nominated, connection.state, connection.iceControlling]).to.deep.equal([[], undefined, 'new', false]);
    connection.iceControlling = true;
    expect(connection.iceControlling).to.equal(true);

    const protocol = new StunProtocol();
    protocol.localCandidate = new Candidate('1', 1, 'udp', 1, '127.0.0.1', 9, 'host');
    const check = internals.buildRequest({ nominate: false, localUsername: 'ours', remoteUsername: 'theirs', iceControlling: true, localCandidate: protocol.localCandidate });
    expect([check.getAttributeValue('USERNAME'), check.attributesKeys.includes('USE-CANDIDATE')]).to.deep.equal(['theirs:ours', false]);
    internals.stunServer = undefined;
    internals.protocols.push(protocol);
    const found: string[] = [];
    connection.onIceCandidate.subscribe(({ host }) => found.push(host));
    await connection.gatherCandidates();
    expect([found, internals.protocols.length]).to.deep.equal([['127.0.0.1'], 1]);
  });

  it('Connection: pairs each protocol with candidates of its own transport and family, and passive TCP with none that was told', async () => {
    const connection = new Connection(true, { useIpv4: false, useIpv6: false });
    const locals = [
      new Candidate('udp4', 1, 'udp', 4, '127.0.0.1', 9, 'host'),
      new Candidate('udp6', 1, 'udp', 3, '::1', 9, 'host'),
      new Candidate('tcp4', 1, 'tcp', 2, '127.0.0.1', 9, 'host', undefined, undefined, 'passive'),
    ];
    const protocols = locals.map((localCandidate) => Object.assign(new StunProtocol(), { localCandidate }));
    connectionInternals(connection).protocols.push(...protocols);
    await connection.addRemoteCandidate(new Candidate('1', 1, 'udp', 1, '127.0.0.1', 10, 'host'));
    await connection.addRemoteCandidate(new Candidate('2', 1, 'udp', 1, '::1', 10, 'host'));
    await connection.addRemoteCandidate(new Candidate('3', 1, 'tcp', 1, '127.0.0.1', 9, 'host', undefined, undefined, 'active'));
    expect(connection.checkList.map(({ protocol, remoteAddr }) => [protocol.localCandidate?.foundation, remoteAddr])).to.have.deep.members([['udp4', ['127.0.0.1', 10]], ['udp6', ['::1', 10]]]);
    connection.setRemoteParams({ iceLite: false, usernameFragment: 'theirs', password: 'secret' });
    expect([connection.remoteUsername, connection.remotePassword]).to.deep.equal(['theirs', 'secret']);
  });

  it('StunProtocol: a transport that can be given, a door for datagrams', () => {
    const internals = stunProtocolInternals(new StunProtocol());
    expect(internals.transport).to.equal(undefined);
    expect(internals).to.respondTo('datagramReceived');
  });

  it('CandidatePair: a memory of checks that grows for ever unless it is cleared', () => {
    const protocol = new StunProtocol();
    protocol.localCandidate = new Candidate('1', 1, 'udp', 1, '127.0.0.1', 9, 'host');
    const pair = new CandidatePair(protocol, new Candidate('1', 1, 'udp', 1, '127.0.0.1', 10, 'host'), false);
    const { requestTransactionIds } = candidatePairInternals(pair);
    for (let index = 0; index < 100; index++) pair.noteIncomingRequest(String(index));
    expect(requestTransactionIds.size).to.equal(100);
    expect(pair.remoteAddr).to.deep.equal(['127.0.0.1', 10]);
    pair.updateState(CandidatePairState.SUCCEEDED);
    expect([pair.state, CandidatePairState.SUCCEEDED]).to.deep.equal([3, 3]);
  });

  it('DtlsSocket: contexts of handshake, cipher and SRTP', async () => {
    const certificate = await sharedCertificate();
    const transport = { type: 'test', address: { address: '', family: '', port: 0 }, closed: false, onData: (): void => undefined, send: (): Promise<void> => Promise.resolve(), close: (): Promise<void> => Promise.resolve() };
    const given = transport.onData;
    const socket = new DtlsServer({ cert: certificate.certPem, key: certificate.keyPem, signatureHash: certificate.signatureHash, srtpProfiles: [7, 1], transport });
    const { dtls, cipher, srtp } = dtlsSocketInternals(socket);
    expect([dtls.flight, dtls.sortedHandshakeCache]).to.deep.equal([0, []]);
    expect([cipher.cipher, cipher.masterSecret, cipher.remoteKeyPair]).to.deep.equal([undefined, undefined, undefined]);
    for (const method of ['encryptPacket', 'decryptPacket']) expect(cipher).to.respondTo(method);
    expect(srtp).to.deep.equal({ srtpProfile: undefined });
    expect(socket.transport.socket).to.equal(transport);
    expect(transport.onData, 'datagrams go in by the transport').to.not.equal(given);
    for (const event of [socket.onConnect, socket.onError]) expect(event.allUnsubscribe).to.be.a('function');
  });
});
