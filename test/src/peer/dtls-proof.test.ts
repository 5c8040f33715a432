import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { DtlsClient, DtlsServer } from '../../../src/peer/werift.js';
import { createCertificate, type PeerCertificate } from '../../../src/peer/certificate.js';
import { findHandshakeFlaw, type Fingerprint, type HandshakeToProve } from '../../../src/peer/dtls-proof.js';
import { dtlsSocketInternals, type DtlsSocketInternals, type HandshakeMessage } from '../../../src/peer/werift-internals.js';

/** Its content is not read there: it is decrypted apart. */
const finished = 20;

type Role = 'server' | 'client';

/** werift's own two ends, directly joined, with certificates of their own. */
async function shakeHands(certificates: Record<Role, PeerCertificate>): Promise<Record<Role, DtlsSocketInternals>> {
  const transports = { server: createTransport(), client: createTransport() };
  transports.server.send = (datagram): Promise<void> => Promise.resolve(void setImmediate(() => transports.client.onData(datagram)));
  transports.client.send = (datagram): Promise<void> => Promise.resolve(void setImmediate(() => transports.server.onData(datagram)));
  const options = (role: Role): ConstructorParameters<typeof DtlsServer>[0] => ({
    cert: certificates[role].certPem,
    key: certificates[role].keyPem,
    signatureHash: certificates[role].signatureHash,
    srtpProfiles: [7],
    extendedMasterSecret: true,
    certificateRequest: true,
    transport: transports[role] as unknown as ConstructorParameters<typeof DtlsServer>[0]['transport'],
  });
  const [server, client] = [new DtlsServer(options('server')), new DtlsClient(options('client'))];
  const connected = Promise.all([server, client].map(({ onConnect }) => new Promise<void>((resolve) => void onConnect.subscribe(() => resolve()))));
  void client.connect();
  await connected;
  return { server: dtlsSocketInternals(server), client: dtlsSocketInternals(client) };
}

interface JoinedTransport {
  onData: (datagram: Buffer) => void;
  send: (datagram: Buffer) => Promise<void>;
  readonly type: string;
}

function createTransport(): JoinedTransport {
  return { type: 'test', onData: () => undefined, send: () => Promise.resolve() };
}

describe('findHandshakeFlaw', () => {
  let certificates: Record<Role, PeerCertificate>;
  let sockets: Record<Role, DtlsSocketInternals>;

  before(async () => {
    certificates = { server: await createCertificate(), client: await createCertificate() };
    sockets = await shakeHands(certificates);
  });

  /** The handshake as `role` has seen it, with nothing wrong. */
  function honest(role: Role): HandshakeToProve {
    const other = role === 'server' ? 'client' : 'server';
    const both = sockets.server.dtls.sortedHandshakeCache.filter(({ msg_type }) => msg_type === finished);
    return {
      socket: sockets[role],
      role,
      fingerprints: [{ hash: 'sha256', value: certificates[other].fingerprintSha256 }],
      peerFinished: (role === 'server' ? both[0] : both[1])?.fragment,
    };
  }

  /** The same with other messages or another cipher context. */
  function changed(handshake: HandshakeToProve, change: { messages?: (messages: readonly HandshakeMessage[]) => readonly HandshakeMessage[]; cipher?: object }): HandshakeToProve {
    const { dtls, cipher } = handshake.socket;
    const messages = change.messages?.(dtls.sortedHandshakeCache) ?? dtls.sortedHandshakeCache;
    const changedCipher = Object.assign(Object.create(cipher) as DtlsSocketInternals['cipher'], change.cipher);
    return { ...handshake, socket: { ...handshake.socket, dtls: { ...dtls, sortedHandshakeCache: messages }, cipher: changedCipher } };
  }

  function replaceBody(type: number, change: (body: Buffer) => void): (messages: readonly HandshakeMessage[]) => HandshakeMessage[] {
    return (messages) =>
      messages.map((message) => {
        if (message.msg_type !== type) return message;
        const fragment = Buffer.from(message.fragment);
        change(fragment);
        return { msg_type: type, fragment, serialize: () => Buffer.concat([message.serialize().subarray(0, 12), fragment]) };
      });
  }

  function replaceWithNothing(type: number): (messages: readonly HandshakeMessage[]) => HandshakeMessage[] {
    return (messages) => messages.map((message) => (message.msg_type === type ? { ...message, fragment: Buffer.alloc(0), serialize: () => Buffer.alloc(0) } : message));
  }

  for (const role of ['server', 'client'] as const) {
    it(`finds none in an honest handshake, as ${role}`, () => {
      expect(findHandshakeFlaw(honest(role))).to.equal(undefined);
      expect(findHandshakeFlaw(changed(honest(role), {}))).to.equal(undefined);
    });

    it(`takes any of the announced fingerprints, by any of the three hashes, as ${role}`, () => {
      const right = honest(role).fingerprints[0]!;
      const wrong: Fingerprint = { hash: 'sha256', value: certificates[role].fingerprintSha256 };
      expect(findHandshakeFlaw({ ...honest(role), fingerprints: [wrong, right] })).to.equal(undefined);
      expect(findHandshakeFlaw({ ...honest(role), fingerprints: [wrong] })).to.equal('fingerprint');
      expect(findHandshakeFlaw({ ...honest(role), fingerprints: [{ ...right, hash: 'sha512' }] })).to.equal('fingerprint');
      expect(findHandshakeFlaw({ ...honest(role), fingerprints: [] })).to.equal('fingerprint');
    });

    it(`misses Finished, and sees a wrong one, as ${role}`, () => {
      const right = honest(role).peerFinished!;
      const turned = Buffer.from(right);
      turned.writeUInt8(turned.readUInt8(11) ^ 1, 11);
      for (const peerFinished of [undefined, turned, right.subarray(0, 11), Buffer.alloc(12), Buffer.alloc(0)]) expect(findHandshakeFlaw({ ...honest(role), peerFinished })).to.equal('Finished');
      expect(findHandshakeFlaw(changed(honest(role), { cipher: { masterSecret: createHash('sha384').digest() } }))).to.equal('Finished');
    });

    it(`sees keys that were made with another share than the transcript's, as ${role}`, () => {
      expect(findHandshakeFlaw(changed(honest(role), { cipher: { remoteKeyPair: { publicKey: Buffer.alloc(32, 5) } } }))).to.equal('key share');
      expect(findHandshakeFlaw(changed(honest(role), { cipher: { remoteKeyPair: undefined } }))).to.equal('key share');
    });

    it(`sees that a message is missing or malformed, as ${role}`, () => {
      for (const type of role === 'server' ? [11, 15, 16, finished] : [11, 12]) {
        const without = changed(honest(role), { messages: (messages) => messages.filter(({ msg_type }) => msg_type !== type) });
        expect(findHandshakeFlaw(without), `without ${type}`).to.be.a('string');
        if (type === finished) continue;
        const empty = changed(honest(role), { messages: replaceWithNothing(type) });
        expect(findHandshakeFlaw(empty), `empty ${type}`).to.be.a('string');
      }
    });
  }

  it('sees a CertificateVerify by another key, over another transcript, or with SHA-1', () => {
    const flip = (body: Buffer): void => void body.writeUInt8(body.readUInt8(body.length - 1) ^ 1, body.length - 1);
    expect(findHandshakeFlaw(changed(honest('server'), { messages: replaceBody(15, flip) }))).to.equal('CertificateVerify');
    expect(findHandshakeFlaw(changed(honest('server'), { messages: replaceBody(1, flip) }))).to.equal('CertificateVerify');
    expect(findHandshakeFlaw(changed(honest('server'), { messages: replaceBody(15, (body) => void body.writeUInt8(2, 0)) }))).to.match(/hash algorithm 2/);
  });

  it('sees a ServerKeyExchange with another share, or over other randoms', () => {
    expect(findHandshakeFlaw(changed(honest('client'), { messages: replaceBody(12, (body) => void body.writeUInt8(body.readUInt8(10) ^ 1, 10)) }))).to.equal('ServerKeyExchange');
    expect(findHandshakeFlaw(changed(honest('client'), { cipher: { localRandom: { serialize: () => Buffer.alloc(32) } } }))).to.equal('ServerKeyExchange');
  });
});
