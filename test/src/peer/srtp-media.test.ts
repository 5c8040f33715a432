import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { SrtpKeys } from '../../../src/peer/dtls-session.js';
import { createPeerCounters, type PeerCounters } from '../../../src/peer/peer-options.js';
import type { PortSource } from '../../../src/peer/port-binding.js';
import { SrtpMedia } from '../../../src/peer/srtp-media.js';
import { makeReceiverReport, makeRtp } from './peer-rig.js';

function makeSource(port: number): PortSource {
  return { address: '192.0.2.7', port, isProved: true, roundTripUs: undefined, stream: undefined };
}

/** What a test steers. */
class Path {
  route = makeSource(1_000);
  isFollowing = true;
  readonly sent: Buffer[] = [];
  readonly followed: PortSource[] = [];

  follow(source: PortSource): boolean {
    this.followed.push(source);
    if (this.isFollowing) this.route = source;
    return this.isFollowing;
  }

  sendMedia(datagram: Buffer): boolean {
    this.sent.push(Buffer.from(datagram));
    return true;
  }
}

/** One end with its diary. */
class End {
  readonly counters: PeerCounters = createPeerCounters();
  readonly told: string[] = [];
  readonly path = new Path();
  readonly media = new SrtpMedia({
    path: this.path,
    port: { lendDatagram: (bytes) => Buffer.alloc(bytes) },
    counters: this.counters,
    events: {
      onHeard: (arrivalUs) => this.told.push(`heard ${arrivalUs}`),
      onRtp: (packet, arrivalUs) => this.told.push(`rtp ${Buffer.from(packet.subarray(12)).toString('latin1')} ${arrivalUs}`),
      onRtcp: (packet, arrivalUs) => this.told.push(`rtcp ${packet.readUInt8(1)} ${arrivalUs}`),
    },
  });
}

describe('SrtpMedia', () => {
  const keying = { profile: 'AEAD_AES_128_GCM', masterKey: randomBytes(16), masterSalt: randomBytes(12) } as const;
  const otherKeying = { ...keying, masterKey: randomBytes(16) };
  const keys: SrtpKeys = { local: keying, remote: otherKeying };
  let near: End;
  let far: End;

  beforeEach(() => {
    [near, far] = [new End(), new End()];
  });

  function open(nowUs = 0): void {
    near.media.open(keys, nowUs);
    far.media.open({ local: otherKeying, remote: keying }, nowUs);
  }

  /** The datagram of the far end's packet. */
  function fromFar(number: number): Buffer {
    far.media.sendRtp(makeRtp(number));
    return far.path.sent.at(-1)!;
  }

  it('protects what goes out and opens what comes in, each told after the sign of life that it is', () => {
    open();
    const datagram = far.media.sendRtp(makeRtp(1));
    far.media.sendRtcp(makeReceiverReport(7));
    expect(datagram).to.deep.equal(far.path.sent[0]);
    expect(far.path.sent.map((sent) => sent.includes('packet 1'))).to.deep.equal([false, false]);
    for (const [at, sent] of far.path.sent.entries()) near.media.receive(sent, near.path.route, at + 5);
    expect(near.told).to.deep.equal(['heard 5', 'rtp packet 1 5', 'heard 6', 'rtcp 201 6']);
    expect(near.counters).to.include({ receivedRtp: 1, receivedRtcp: 1, droppedEarlyMedia: 0 });
    expect(far.counters).to.include({ sentRtp: 1, sentRtcp: 1, droppedSends: 0 });
    expect([near.media.profile, near.media.droppedCount]).to.deep.equal(['AEAD_AES_128_GCM', 0]);
  });

  it('sends a protected datagram again as it is', () => {
    open();
    const datagram = far.media.sendRtp(makeRtp(1))!;
    far.media.resend(datagram);
    expect(far.path.sent[1]).to.deep.equal(far.path.sent[0]);
    expect(far.counters.sentRtp).to.equal(2);
  });

  it('drops and counts what is not authentic or was seen before, which is no sign of life', () => {
    open();
    const datagram = fromFar(1);
    const forged = Buffer.from(datagram);
    forged.writeUInt8(forged.readUInt8(20) ^ 1, 20);
    near.media.receive(forged, near.path.route, 1);
    near.media.receive(Buffer.from(datagram), near.path.route, 2);
    near.media.receive(Buffer.from(datagram), near.path.route, 3);
    expect(near.told).to.deep.equal(['heard 2', 'rtp packet 1 2']);
    expect(near.media.droppedCount).to.equal(2);
  });

  it('lets nothing through before it is open, and nothing once it is closed', () => {
    const sendAll = (): void => {
      expect(near.media.sendRtp(makeRtp(1))).to.equal(undefined);
      near.media.sendRtcp(makeReceiverReport(1));
      near.media.resend(makeRtp(1));
    };
    far.media.open({ local: otherKeying, remote: keying }, 0);
    sendAll();
    near.media.receive(fromFar(1), near.path.route, 1);
    expect(near.counters).to.include({ droppedSends: 3, droppedEarlyMedia: 1 });
    near.media.open(keys, 0);
    near.media.close();
    sendAll();
    near.media.receive(fromFar(2), near.path.route, 2);
    expect(near.counters).to.include({ droppedSends: 6, droppedEarlyMedia: 1, sentRtp: 0, receivedRtp: 0 });
    expect([near.path.sent, near.told]).to.deep.equal([[], []]);
  });

  it('follows media to another address when none has come from the old one for a second', () => {
    open(1_000_000);
    const [old, other] = [near.path.route, makeSource(2_000)];
    near.media.receive(fromFar(1), other, 1_999_999);
    near.media.receive(fromFar(2), old, 2_000_000);
    near.media.receive(fromFar(3), other, 2_999_999);
    expect([near.path.followed, near.counters.routeChanges]).to.deep.equal([[], 0]);
    near.path.isFollowing = false;
    near.media.receive(fromFar(4), other, 3_000_000);
    expect([near.path.followed.length, near.counters.routeChanges], 'the path may refuse').to.deep.equal([1, 0]);
    near.path.isFollowing = true;
    near.media.receive(fromFar(5), other, 3_000_001);
    expect([near.path.route, near.counters.routeChanges]).to.deep.equal([other, 1]);
    expect(near.counters.receivedRtp, 'wherever it came from').to.equal(5);
  });

  it('gives a path that was moved to a second to be heard on', () => {
    open();
    near.media.moved(5_000_000);
    near.media.receive(fromFar(1), makeSource(2_000), 5_999_999);
    expect(near.path.followed).to.deep.equal([]);
    near.media.receive(fromFar(2), makeSource(2_000), 6_000_000);
    expect(near.counters.routeChanges).to.equal(1);
  });
});
