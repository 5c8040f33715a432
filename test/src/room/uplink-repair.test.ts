/**
 * A camera without RTX on paths that lose packets or let them overtake each other, through real SRTP, on a manual clock: what is asked for in vain, and what is given up.
 * Its repair is the same datagram once more, of which SRTP passes only the first copy: who asked for a packet that was merely late is never told so.
 */
import { expect } from 'chai';
import { VideoUplink } from '../../../src/room/video-uplink.js';
import { CaptureClock } from '../../../src/rtp/capture-clock.js';
import { parseRtpPacket, rtpHeaderBytes, writeRtpHeader } from '../../../src/rtp/rtp-packet.js';
import type { SrtpKeying } from '../../../src/rtp/srtp/session-keys.js';
import { SrtpReceiver } from '../../../src/rtp/srtp/srtp-receiver.js';
import { SrtpSender } from '../../../src/rtp/srtp/srtp-sender.js';
import { Vp8Depacketiser } from '../../../src/rtp/vp8-payload.js';
import { vp8Frame } from '../../support/video-frames.js';
import { vp8Type } from './room-rig.js';

const ssrc = 22;
const keying: SrtpKeying = { profile: 'AEAD_AES_128_GCM', masterKey: Buffer.alloc(16, 1), masterSalt: Buffer.alloc(12, 2) };
const packetMs = 3;
const packetCount = 10_000;
/** As a session asks: with each tick, and after a packet if a request went out no less than so long ago. */
const tickMs = 20;
const urgentMs = 5;

interface Path {
  readonly roundTripMs: number;
  /** Each packet and each repair. */
  readonly lossShare?: number;
  /** How late each tenth packet is. */
  readonly lateMs?: readonly [least: number, most: number];
  /** What is known of it; by default what is so. */
  readonly knownUs?: number | undefined;
}

interface Outcome {
  readonly lost: number;
  readonly requests: number;
  /** Packets that were asked for and not lost. */
  readonly needless: number;
  readonly abandoned: number;
  readonly copies: number;
}

/** Numerical Recipes' generator: the same losses in each run. */
function createRandom(): () => number {
  let state = 7;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

function datagramOf(sender: SrtpSender, sequenceNumber: number): Buffer {
  const payload = Uint8Array.of(0x10, ...vp8Frame(50, { keyframe: sequenceNumber === 0, seed: sequenceNumber }));
  const headerBytes = rtpHeaderBytes(undefined);
  const packet = Buffer.alloc(headerBytes + payload.length);
  writeRtpHeader(packet, 0, { payloadType: vp8Type, marker: true, sequenceNumber, timestamp: sequenceNumber * packetMs * 90, ssrc });
  packet.set(payload, headerBytes);
  return sender.protectRtp(packet);
}

function createUplink(): VideoUplink {
  return new VideoUplink({
    participantId: 'ann', source: 'camera', ssrc, captureClock: new CaptureClock(), orientationExtensionId: undefined,
    depacketisers: new Map([[vp8Type, new Vp8Depacketiser()]]), onFrame: () => undefined,
  });
}

/** Times are milliseconds from the first packet; each step is one. */
class Run {
  readonly #path: Path;
  readonly #random = createRandom();
  readonly #sender = new SrtpSender(keying);
  readonly #receiver = new SrtpReceiver(keying);
  readonly #uplink = createUplink();
  readonly #events = new Map<number, (() => void)[]>();
  readonly #sent: Buffer[] = [];
  readonly #resentMs = new Map<number, number>();
  readonly #lost = new Set<number>();
  readonly #asked = new Set<number>();
  #lastUrgentMs = Number.NEGATIVE_INFINITY;

  constructor(path: Path) {
    this.#path = path;
  }

  finish(): Outcome {
    const endMs = packetCount * packetMs + 2_000;
    for (let nowMs = 0; nowMs < endMs; nowMs += 1) {
      if (nowMs % packetMs === 0 && this.#sent.length < packetCount) this.#send(nowMs);
      this.#events.get(nowMs)?.forEach((event) => event());
      this.#events.delete(nowMs);
      if (nowMs % tickMs === 0) this.#ask(nowMs);
    }
    const { nackedPackets = 0, abandonedPackets = 0 } = this.#uplink.stats();
    const needless = [...this.#asked].filter((sequenceNumber) => !this.#lost.has(sequenceNumber)).length;
    return { lost: this.#lost.size, requests: nackedPackets, needless, abandoned: abandonedPackets, copies: this.#receiver.replayedCount };
  }

  #at(atMs: number, event: () => void): void {
    this.#events.set(atMs, [...(this.#events.get(atMs) ?? []), event]);
  }

  #send(nowMs: number): void {
    const sequenceNumber = this.#sent.length;
    this.#sent.push(datagramOf(this.#sender, sequenceNumber));
    const { lateMs, lossShare = 0, roundTripMs } = this.#path;
    const [least, most] = sequenceNumber % 10 === 5 && lateMs !== undefined ? lateMs : [0, 0];
    const delayMs = Math.ceil(roundTripMs / 2) + least + Math.floor(this.#random() * (most - least + 1));
    // The first makes the stream known.
    if (sequenceNumber > 0 && this.#random() < lossShare) this.#lost.add(sequenceNumber);
    else this.#at(nowMs + delayMs, () => this.#receive(sequenceNumber, nowMs + delayMs));
  }

  #receive(sequenceNumber: number, nowMs: number): void {
    const opened = this.#receiver.unprotectRtp(Buffer.from(this.#sent[sequenceNumber]!));
    const packet = opened === undefined ? undefined : parseRtpPacket(opened);
    if (packet === undefined) return;
    this.#uplink.receive(packet, nowMs * 1_000);
    if (nowMs - this.#lastUrgentMs < urgentMs || !this.#uplink.isUrgent(nowMs * 1_000)) return;
    if (this.#ask(nowMs)) this.#lastUrgentMs = nowMs;
  }

  #ask(nowMs: number): boolean {
    const { roundTripMs } = this.#path;
    const due = this.#uplink.dueNacks(nowMs * 1_000, 'knownUs' in this.#path ? this.#path.knownUs : roundTripMs * 1_000);
    for (const sequenceNumber of due) {
      this.#asked.add(sequenceNumber);
      const atMs = nowMs + Math.floor(roundTripMs / 2);
      this.#at(atMs, () => this.#resend(sequenceNumber, atMs));
    }
    return due.length > 0;
  }

  /** Once a round trip, as libwebrtc does. */
  #resend(sequenceNumber: number, nowMs: number): void {
    const { roundTripMs, lossShare = 0 } = this.#path;
    if (nowMs - (this.#resentMs.get(sequenceNumber) ?? Number.NEGATIVE_INFINITY) < roundTripMs) return;
    this.#resentMs.set(sequenceNumber, nowMs);
    if (this.#random() < lossShare) return;
    const atMs = nowMs + Math.ceil(roundTripMs / 2);
    this.#at(atMs, () => this.#receive(sequenceNumber, atMs));
  }
}

describe('the repair of a camera without RTX', () => {
  it('brings no second copy of what was only overtaken: SRTP drops it', () => {
    const sender = new SrtpSender(keying);
    const receiver = new SrtpReceiver(keying);
    const uplink = createUplink();
    const datagrams = [0, 1, 2].map((sequenceNumber) => datagramOf(sender, sequenceNumber));
    const receive = (place: number, nowUs: number): boolean => {
      const opened = receiver.unprotectRtp(Buffer.from(datagrams[place]!));
      if (opened !== undefined) uplink.receive(parseRtpPacket(opened)!, nowUs);
      return opened !== undefined;
    };
    expect([receive(0, 0), receive(2, 6_000)]).to.deep.equal([true, true]);
    expect(uplink.dueNacks(6_000, 80_000)).to.deep.equal([1]);
    expect(receive(1, 9_000), 'overtaken').to.equal(true);
    expect(receive(1, 86_000), 'what was asked for').to.equal(false);
    expect(receiver.replayedCount).to.equal(1);
    expect(uplink.stats()).to.include({ packets: 3, recoveredPackets: 0 });
  });

  for (const roundTripMs of [20, 80, 250]) {
    it(`asks for hardly any of 1,000 packets that are 3 to 14 ms late, at a round trip of ${roundTripMs} ms`, () => {
      const outcome = new Run({ roundTripMs, lateMs: [3, 14] }).finish();
      expect(outcome).to.include({ lost: 0, abandoned: 0 });
      expect(outcome.needless).to.be.at.most(5);
      expect(outcome.copies).to.equal(outcome.needless);
    });
  }

  for (const roundTripMs of [3, 80, 250]) {
    it(`asks once for each packet that is lost once and gives none up, at 2 % loss and a round trip of ${roundTripMs} ms`, () => {
      const outcome = new Run({ roundTripMs, lossShare: 0.02 }).finish();
      expect(outcome.lost).to.be.within(150, 250);
      expect(outcome).to.include({ needless: 0, abandoned: 0, copies: 0 });
      expect(outcome.requests).to.be.at.most(Math.ceil(outcome.lost * 1.05));
    });
  }

  for (const roundTripMs of [20, 80, 250]) {
    it(`repairs 2 % loss between packets that are 3 to 14 ms late, at a round trip of ${roundTripMs} ms`, () => {
      const outcome = new Run({ roundTripMs, lossShare: 0.02, lateMs: [3, 14] }).finish();
      expect(outcome.abandoned, 'given up').to.equal(0);
      expect(outcome.needless).to.be.at.most(80);
      expect(outcome.requests - outcome.needless).to.be.at.most(Math.ceil(outcome.lost * 1.1));
    });
  }

  it('repairs all the same where the path has become shorter or longer since it was measured', () => {
    for (const [roundTripMs, knownMs] of [[20, 200], [200, 20]] as const) {
      const outcome = new Run({ roundTripMs, lossShare: 0.02, knownUs: knownMs * 1_000 }).finish();
      expect(outcome, `${roundTripMs} ms`).to.include({ needless: 0, abandoned: 0 });
      // The first one on the path that has become longer is asked for each 20 ms.
      expect(outcome.requests, `${roundTripMs} ms`).to.be.at.most(Math.ceil(outcome.lost * 1.2));
    }
  });

  it('repairs all the same where nothing is known of the path', () => {
    for (const roundTripMs of [20, 80, 250]) {
      const outcome = new Run({ roundTripMs, lossShare: 0.02, lateMs: [3, 14], knownUs: undefined }).finish();
      expect(outcome.abandoned, `${roundTripMs} ms`).to.equal(0);
      expect(outcome.needless, `${roundTripMs} ms`).to.be.at.most(80);
    }
  });
});
