/** DTLS handshakes whose datagrams are changed on the way, in both roles: each ends as a failure or in the right keys, and none in an exception or a promise that nobody catches. */
import { expect } from 'chai';
import { SeededRandom } from '../../bench/network/seeded-random.js';
import { DtlsSession, type DtlsRole, type SrtpKeys } from '../../src/peer/dtls-session.js';
import { mutate } from '../fuzz/mutator.js';
import { sharedCertificate } from '../src/peer/peer-rig.js';

const handshakes = 150;
/** Datagrams to one side that are changed at most, from the first on. */
const attackedDatagrams = 4;

describe('DTLS handshakes that are tampered with', function () {
  this.timeout(30_000);

  it(`${handshakes} times over`, async () => {
    const escaped: unknown[] = [];
    const onEscaped = (error: unknown): number => escaped.push(error);
    process.on('unhandledRejection', onEscaped);
    process.on('uncaughtExceptionMonitor', onEscaped);
    const random = new SeededRandom(17);
    const certificate = await sharedCertificate();
    const seen: Buffer[] = [];
    const outcomes = { connected: 0, failed: 0, open: 0 };
    let changed = 0;
    for (let run = 0; run < handshakes; run++) {
      const victim: DtlsRole = run % 2 === 0 ? 'server' : 'client';
      const keys: Partial<Record<DtlsRole, SrtpKeys>> = {};
      const failures: Partial<Record<DtlsRole, string>> = {};
      let left = 1 + Math.floor(random.next() * attackedDatagrams);
      // What reaches the victim comes whole, or changed, or with something changed before it.
      const carry = (datagram: Buffer, to: DtlsRole): Buffer[] => {
        if (to !== victim || left-- <= 0) return [datagram];
        seen.push(datagram);
        const forged = mutate(datagram, seen[Math.floor(random.next() * seen.length)] ?? datagram, random);
        changed++;
        return random.next() < 0.7 ? [forged, datagram] : [forged];
      };
      const create = (role: DtlsRole, other: () => DtlsSession): DtlsSession =>
        new DtlsSession({
          role, certificate,
          fingerprints: [{ hash: 'sha256', value: certificate.fingerprintSha256 }],
          send: (datagram) => setImmediate(() => carry(datagram, role === 'server' ? 'client' : 'server').forEach((arriving) => other().receive(arriving))),
          events: { onConnected: (proved) => (keys[role] = proved), onFailed: (reason) => (failures[role] = reason), onClosedByPeer: () => undefined },
        });
      const sessions: Record<DtlsRole, DtlsSession> = { server: create('server', () => sessions.client), client: create('client', () => sessions.server) };
      sessions.server.start();
      sessions.client.start();
      // The whole handshake takes some ten turns; what waits for a retransmission after a second is left to itself.
      for (let turn = 0; turn < 60 && !(keys.server !== undefined && keys.client !== undefined) && failures[victim] === undefined; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (keys.server !== undefined && keys.client !== undefined) {
        outcomes.connected++;
        expect(keys.server.remote, 'the keys of both').to.deep.equal(keys.client.local);
      } else if (failures[victim] === undefined) outcomes.open++;
      else outcomes.failed++;
      sessions.server.close();
      sessions.client.close();
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onEscaped);
    process.off('uncaughtExceptionMonitor', onEscaped);
    expect(escaped).to.deep.equal([]);
    expect(changed).to.be.greaterThan(handshakes);
    // All three happen, or something is wrong with the test.
    for (const [outcome, count] of Object.entries(outcomes)) expect(count, outcome).to.be.greaterThan(0);
  });
});
