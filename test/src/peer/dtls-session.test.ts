import { expect } from 'chai';
import { DtlsServer } from '../../../src/peer/werift.js';
import type { PeerCertificate } from '../../../src/peer/certificate.js';
import { contentTypes, handshakeTypes, recordEpoch, recordHeaderBytes, recordNumber, recordType, splitHandshake, splitRecords, writeClearHandshake } from '../../../src/peer/dtls-records.js';
import { DtlsSession, type SrtpKeys } from '../../../src/peer/dtls-session.js';
import type { Fingerprint } from '../../../src/peer/dtls-proof.js';
import { sharedCertificate } from './peer-rig.js';

const certificateRequest = 13;

type Side = 'client' | 'server';

/** What one side has been told, in order. */
interface Outcome {
  keys?: SrtpKeys;
  failure?: string;
  closedByPeer?: boolean;
}

interface Link {
  readonly client: DtlsSession;
  readonly server: DtlsSession;
  readonly outcomes: Record<Side, Outcome>;
  /** Resolves when both sides, or those named, have been told something that fits. */
  readonly told: (isMet: (outcome: Outcome) => boolean, sides?: readonly Side[]) => Promise<void>;
}

/** Both sides of an association in one process. `carry` is the network: it answers what arrives for what was sent in one turn of the event loop by `from`. */
async function createLink(carry: (datagrams: Buffer[], from: Side) => Buffer[] = (datagrams) => datagrams): Promise<Link> {
  const certificate = await sharedCertificate();
  const fingerprints: Fingerprint[] = [{ hash: 'sha256', value: certificate.fingerprintSha256 }];
  const outcomes: Record<Side, Outcome> = { client: {}, server: {} };
  const queues: Record<Side, Buffer[]> = { client: [], server: [] };
  const waiting = new Set<() => void>();
  const note = (side: Side, change: Outcome): void => {
    Object.assign(outcomes[side], change);
    for (const look of waiting) look();
  };
  const told: Link['told'] = (isMet, sides = ['client', 'server']) =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!sides.every((side) => isMet(outcomes[side]))) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const create = (side: Side): DtlsSession =>
    new DtlsSession({
      role: side,
      certificate,
      fingerprints,
      send: (datagram) => {
        if (queues[side].push(datagram) > 1) return;
        setImmediate(() => {
          const other = side === 'client' ? server : client;
          for (const arriving of carry(queues[side].splice(0), side)) other.receive(arriving);
        });
      },
      events: {
        onConnected: (keys) => note(side, { keys }),
        onFailed: (failure) => note(side, { failure }),
        onClosedByPeer: () => note(side, { closedByPeer: true }),
      },
    });
  const [client, server] = [create('client'), create('server')];
  server.start();
  client.start();
  return { client, server, outcomes, told };
}

/** Applies `change` to the body of a clear handshake message of this type wherever it passes. */
function tamper(type: number, change: (body: Buffer) => void): (datagrams: Buffer[]) => Buffer[] {
  return (datagrams) =>
    datagrams.map((datagram) => {
      const copy = Buffer.from(datagram);
      for (const record of splitRecords(copy)) {
        if (recordType(record) !== contentTypes.handshake || recordEpoch(record) !== 0) continue;
        for (const message of splitHandshake(record.subarray(recordHeaderBytes)) ?? []) if (message.type === type) change(message.body);
      }
      return copy;
    });
}

function flipLastByte(body: Buffer): void {
  body.writeUInt8(body.readUInt8(body.length - 1) ^ 1, body.length - 1);
}

const isConnected = ({ keys }: Outcome): boolean => keys !== undefined;
const isFailed = ({ failure }: Outcome): boolean => failure !== undefined;

/** werift's own server, which asks for no certificate and gives ours. */
function createAnonymousServer(certificate: PeerCertificate, send: (datagram: Buffer) => void): (datagram: Buffer) => void {
  const transport: ConstructorParameters<typeof DtlsServer>[0]['transport'] = {
    type: 'test',
    address: { address: '', family: '', port: 0 },
    closed: false,
    onData: () => undefined,
    send: (datagram) => {
      send(datagram);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  new DtlsServer({ cert: certificate.certPem, key: certificate.keyPem, signatureHash: certificate.signatureHash, srtpProfiles: [1], certificateRequest: false, transport });
  return (datagram) => transport.onData(datagram, ['', 0]);
}

describe('DtlsSession', () => {
  let link: Link;

  afterEach(() => {
    link.client.close();
    link.server.close();
  });

  it('ends in the same keys on both sides, crosswise', async () => {
    link = await createLink();
    await link.told(isConnected);
    const { client, server } = link.outcomes;
    expect(client.keys?.local).to.deep.equal(server.keys?.remote);
    expect(client.keys?.remote).to.deep.equal(server.keys?.local);
    expect(client.keys?.local).to.not.deep.equal(client.keys?.remote);
    expect(client.keys?.local).to.include({ profile: 'AEAD_AES_128_GCM' });
    expect([client.keys?.local.masterKey.length, client.keys?.local.masterSalt.length]).to.deep.equal([16, 12]);
    expect([link.client.droppedHandshakes, link.server.droppedHandshakes]).to.deep.equal([0, 0]);
  });

  it('stands datagrams that come twice and in the wrong order', async () => {
    link = await createLink((datagrams) => [...datagrams, ...datagrams].reverse());
    await link.told(isConnected);
    expect(link.outcomes.client.keys?.local).to.deep.equal(link.outcomes.server.keys?.remote);
    expect(link.outcomes.server.failure ?? link.outcomes.client.failure).to.equal(undefined);
  });

  it('stands the loss of any one datagram', async () => {
    link = await createLink();
    // 1 to 3 are the hellos, then come flights of one message a datagram, 15 is the last Finished; werift sends a flight again after 500 ms.
    const links = await Promise.all(
      [1, 2, 3, 5, 9, 11, 13, 15].map((lost) => {
        let count = 0;
        return createLink((datagrams) => datagrams.filter(() => ++count !== lost));
      }),
    );
    await Promise.all(links.map(({ told }) => told(isConnected)));
    for (const { client, server, outcomes } of links) {
      expect(outcomes.client.keys?.local).to.deep.equal(outcomes.server.keys?.remote);
      client.close();
      server.close();
    }
  });

  it('never sends two records under one number', async () => {
    const numbers: Record<Side, string[]> = { client: [], server: [] };
    let count = 0;
    link = await createLink((datagrams, from) => {
      for (const datagram of datagrams) for (const record of splitRecords(datagram)) numbers[from].push(`${recordEpoch(record)} ${recordNumber(record)}`);
      // The last Finished is lost, so both last flights are sent again.
      return datagrams.filter(() => ++count !== 15);
    });
    await link.told(isConnected);
    link.client.close();
    link.server.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(numbers.client.filter((number) => number.startsWith('1 '))).to.have.lengthOf(3);
    for (const side of ['client', 'server'] as const) expect(new Set(numbers[side])).to.have.lengthOf(numbers[side].length);
  });

  it('connects to a server that asks for no certificate, as FFmpeg does not', async () => {
    link = await createLink(() => []);
    const certificate = await sharedCertificate();
    const keys = new Promise<SrtpKeys>((resolve, reject) => {
      const client: DtlsSession = new DtlsSession({
        role: 'client',
        certificate,
        fingerprints: [{ hash: 'sha256', value: certificate.fingerprintSha256 }],
        send: (datagram) => void setImmediate(() => toServer(datagram)),
        events: { onConnected: resolve, onFailed: (reason) => reject(new Error(reason)), onClosedByPeer: () => undefined },
      });
      const toServer = createAnonymousServer(certificate, (datagram) => void setImmediate(() => client.receive(datagram)));
      client.start();
    });
    expect((await keys).local.profile).to.equal('AES_CM_128_HMAC_SHA1_80');
  });

  it('tells the other side when it closes, once', async () => {
    link = await createLink();
    await link.told(isConnected);
    link.client.close();
    link.client.close();
    await link.told(({ closedByPeer }) => closedByPeer === true, ['server']);
    expect(link.outcomes.client.closedByPeer).to.equal(undefined);
  });

  it('refuses a client whose CertificateVerify is not signed by its certificate', async () => {
    link = await createLink(tamper(handshakeTypes.certificateVerify, flipLastByte));
    await link.told(isFailed, ['server']);
    expect(link.outcomes).to.deep.equal({ client: {}, server: { failure: 'the peer is not proved: CertificateVerify' } });
  });

  for (const [name, type, change] of [
    ['the signature of the key share', handshakeTypes.serverKeyExchange, flipLastByte],
    // Nobody acts on the kinds of certificates that a server asks for, but signature and Finished cover them.
    ['what no one looks at', certificateRequest, (body: Buffer) => body.writeUInt8(body.readUInt8(2) ^ 0x40, 2)],
  ] as const) {
    it(`does not connect when ${name} was changed on the way`, async () => {
      link = await createLink(tamper(type, change));
      // The two transcripts differ, so do the keys: the client's Finished cannot be read, and the handshake stands until it is given up.
      for (let turns = 0; turns < 10_000 && link.server.droppedRecords === 0; turns++) await new Promise((resolve) => setImmediate(resolve));
      expect([link.server.droppedRecords, link.outcomes]).to.deep.equal([1, { client: {}, server: {} }]);
    });
  }

  for (const [name, sequence, type, body] of [
    ['a second ClientKeyExchange after the signature', 5, handshakeTypes.clientKeyExchange, Buffer.concat([Buffer.from([32]), Buffer.alloc(32, 9)])],
    ['a second Certificate', 6, handshakeTypes.certificate, Buffer.from('00000600000342424242', 'hex')],
    ['a Finished in clear', 5, handshakeTypes.finished, Buffer.alloc(12)],
    ['a ClientKeyExchange under the number of another message', 2, handshakeTypes.clientKeyExchange, Buffer.concat([Buffer.from([32]), Buffer.alloc(32, 9)])],
  ] as const) {
    it(`is not misled by ${name}, injected on the way`, async () => {
      const injected = writeClearHandshake(type, sequence, body);
      link = await createLink((datagrams, from) => (from === 'client' && datagrams.length > 2 ? [...datagrams.slice(0, -1), injected, ...datagrams.slice(-1)] : datagrams));
      await link.told(isConnected);
      expect(link.outcomes.server.keys?.remote).to.deep.equal(link.outcomes.client.keys?.local);
      expect(link.server.droppedHandshakes).to.equal(1);
    });
  }

  it('ends a handshake that does not end by itself', async () => {
    link = await createLink(() => []);
    const flood = Buffer.concat(Array.from({ length: 40 }, () => writeClearHandshake(99, 500, Buffer.alloc(1000))));
    for (let round = 0; round < 10 && link.outcomes.server.failure === undefined; round++) link.server.receive(flood);
    expect(link.outcomes.server.failure).to.equal('too much handshake');
  });

  it('survives whatever comes', async () => {
    link = await createLink();
    for (let length = 0; length < 60; length++) {
      for (const first of [20, 21, 22, 23, 24, 63]) {
        const noise = Buffer.alloc(length, length);
        if (length > 0) noise.writeUInt8(first, 0);
        if (length > 12) noise.writeUInt16BE(length - recordHeaderBytes, 11);
        link.server.receive(noise);
        if (length > 4) noise.writeUInt16BE(0, 3);
        link.server.receive(noise);
      }
    }
    await link.told(isConnected);
    expect(link.outcomes.server.keys).to.not.equal(undefined);
  });
});
