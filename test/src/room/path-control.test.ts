import { expect } from 'chai';
import type { Timers } from '../../../mixer/clock/timers.js';
import { PathControl, type PacedStream, type PacketSender } from '../../../src/room/path-control.js';
import { parseRtcp } from '../../../src/rtp/rtcp/parse-rtcp.js';
import { writeRtpHeader } from '../../../src/rtp/rtp-packet.js';
import { TransportFeedback } from '../../../src/rtp/transport-feedback.js';
import { ManualTime } from '../../support/manual-time.js';
import { mustParseRtp } from './room-rig.js';

const sequenceId = 3;
const roundTripUs = 40_000;
/** The best picture, a small one; sound alone is what is left. */
const needsBps = [1_000_000, 200_000];

/** Something to fill a probe with, which is told apart by its payload type. */
class Stream implements PacedStream {
  readonly canFill: boolean;
  readonly budgets: number[] = [];
  queuedBytes = 0;
  drained = 0;
  isLossy = false;
  isTwofold = false;
  hasFiller = true;

  constructor(canFill: boolean) {
    this.canFill = canFill;
  }

  drain(): void {
    this.drained += 1;
  }

  setResendBudget(bytesPerSecond: number): void {
    this.budgets.push(bytesPerSecond);
  }

  setLossy(isLossy: boolean): void {
    this.isLossy = isLossy;
  }

  setTwofold(isTwofold: boolean): void {
    this.isTwofold = isTwofold;
  }

  filler(bytes: number): Buffer | undefined {
    return !this.hasFiller ? undefined : packet(97, Math.min(1_000, Math.max(20, Math.floor(bytes))));
  }
}

let sequenceData: Uint8Array = new Uint8Array(2);

function packet(payloadType: number, bytes: number): Buffer {
  const made = Buffer.alloc(20 + bytes);
  writeRtpHeader(made, 0, { ssrc: 1, payloadType, sequenceNumber: 0, timestamp: 0, marker: false, extensions: [{ id: sequenceId, data: sequenceData }] });
  return made;
}

describe('PathControl', () => {
  let time: ManualTime;
  let sent: Buffer[];
  let path: PathControl;
  let stream: Stream;
  let sender: PacketSender;
  let receiver: TransportFeedback;
  /** When the tiers changed that `run` has told. */
  let changedMs: number[];
  let underWay: { readonly number: number; readonly arrivalUs: number }[];

  const nowUs = (): number => time.nowMs() * 1000;
  const numberOf = (datagram: Buffer): number => Buffer.from(mustParseRtp(datagram).extension(sequenceId)!).readUInt16BE();

  function open(best = 0, canFill = true, lateMs = 0): void {
    const raw: PacketSender = { sendRtp: (made) => (sent.push(made), made), resend: () => undefined };
    const timers: Timers = { after: (ms, action) => time.after(ms + lateMs, action), every: (ms, action) => time.every(ms, action) };
    path = new PathControl({ sender: raw, clock: { nowUs }, timers, needsBps, bestTier: best });
    const lane = path.lane(sequenceId);
    sender = lane.sender;
    sequenceData = lane.extensions[0]!.data;
    stream = new Stream(canFill);
    path.attach(stream, true);
    receiver = new TransportFeedback();
    underWay = [];
    changedMs = [];
  }

  beforeEach(() => {
    time = new ManualTime();
    sent = [];
    open();
  });
  afterEach(() => {
    path.close();
    expect(time.pending, 'timers left behind').to.equal(0);
  });

  /** Sends 1,000 bytes each 10 ms, of which this share comes, with a delay that grows, in their order; answers the tiers that were told. */
  function run(ms: number, delayMsAt: (atMs: number) => number, isLost: (at: number) => boolean = () => false, tripUs = roundTripUs): number[] {
    const changes: number[] = [];
    const fromMs = time.nowMs();
    for (let at = 0; at * 10 < ms; at += 1) {
      const before = sent.length;
      sender.sendRtp(packet(96, 1_000));
      time.advance(10);
      for (const datagram of sent.slice(before)) {
        const arrivalUs = Math.max(nowUs() + delayMsAt(time.nowMs() - fromMs) * 1000, underWay.at(-1)?.arrivalUs ?? 0);
        if (!isLost(at)) underWay.push({ number: numberOf(datagram), arrivalUs });
      }
      while (underWay[0] !== undefined && underWay[0].arrivalUs <= nowUs()) {
        const { number, arrivalUs } = underWay.shift()!;
        receiver.onPacket(number, arrivalUs);
      }
      if (at % 5 === 4) {
        for (const report of receiver.build({ senderSsrc: 1, mediaSsrc: 2 })) {
          for (const parsed of parseRtcp(report).packets) if (parsed.type === 'transport-feedback') path.takeReport(parsed.body, nowUs(), tripUs);
        }
      }
      if (at % 2 === 1 && path.tick(nowUs(), tripUs)) {
        changes.push(path.tier);
        changedMs.push(time.nowMs());
      }
    }
    return changes;
  }

  it('numbers what it sends, in one row over all streams, and writes the number before the packet is made', () => {
    const other = path.lane(sequenceId);
    for (const lane of [sender, other.sender, sender]) lane.sendRtp(packet(96, 10));
    expect(sent.map(numberOf)).to.deep.equal([0, 1, 2]);
  });

  it('calls a path lossy that loses one packet in ten, and one no longer that is full', () => {
    run(2_000, () => 20);
    expect(stream.isLossy).to.equal(false);
    run(3_000, () => 20, (at) => at % 10 === 0);
    expect(stream.isLossy).to.equal(true);
    run(1_000, (atMs) => 20 + atMs / 5, (at) => at % 10 === 0);
    expect(stream.isLossy, 'what is lost is lost to the queue').to.equal(false);
  });

  it('has packets go twice on a long path that loses some, once a probe has shown that as much passes', () => {
    const loses = (at: number): boolean => at % 20 === 0;
    run(10_000, () => 20, loses);
    expect([stream.isTwofold, path.stats()['probes']], 'a short path').to.deep.equal([false, 0]);
    run(20_000, () => 20, loses, 300_000);
    expect(stream.isTwofold).to.equal(true);
    expect(path.stats()).to.include({ twofold: true, tier: 0 });
    expect(path.stats()['probes']).to.be.greaterThan(0);
    run(1_000, (atMs) => 20 + atMs / 5, loses, 300_000);
    expect(stream.isTwofold, 'a queue').to.equal(false);
  });

  it('has none go twice that would look like the first, or of which nothing would be heard, however much passes', () => {
    const loses = (at: number): boolean => at % 20 === 0;
    for (const [canFill, isNumbered] of [[true, true], [false, true], [true, false]] as const) {
      path.close();
      // What is sent is four times what the small picture takes: no probe has to show it.
      open(1, canFill);
      path.attach(stream, isNumbered);
      run(20_000, () => 20, loses, 300_000);
      expect(stream.isTwofold, `${canFill} ${isNumbered}`).to.equal(canFill && isNumbered);
      expect(Number(path.stats()['estimateBps'])).to.be.greaterThan(2.1 * needsBps[1]!);
    }
    path.close();
    open(0, false);
    run(20_000, () => 20, loses, 300_000);
    expect([stream.isTwofold, path.stats()['probes']], 'nor does it try').to.deep.equal([false, 0]);
  });

  it('has those of a small picture go twice where the best would not fit twice', () => {
    // No probe shows more than what is sent, 800 kbps.
    stream.hasFiller = false;
    run(1_000, () => 20);
    run(600, (atMs) => 20 + atMs / 2);
    for (let turn = 0; turn < 20 && !stream.isTwofold; turn += 1) run(200, () => 20, (at) => at === 0, 300_000);
    expect([stream.isTwofold, path.tier]).to.deep.equal([true, 1]);
    expect(Number(path.stats()['estimateBps'])).to.be.within(2.1 * needsBps[1]!, 2 * needsBps[0]!);
  });

  it('leaves packets without the extension unnumbered, and reads no reports then', () => {
    path.close();
    path = new PathControl({ sender: { sendRtp: (made) => made, resend: () => undefined }, clock: { nowUs }, timers: time, needsBps, bestTier: 0 });
    expect(path.lane(undefined).extensions).to.deep.equal([]);
    path.takeReport(Buffer.alloc(12), 0, roundTripUs);
    expect(path.stats()).to.include({ malformedReports: 1, reports: 0 });
    path.attach(stream, true);
    expect(path.tick(0, roundTripUs), 'who tells nothing stays').to.equal(false);
  });

  it('stays on a path that carries it', () => {
    expect(run(3_000, () => 20)).to.deep.equal([]);
    expect(path.tier).to.equal(0);
    // Half of the estimate, in bytes.
    expect(stream.budgets.at(-1)).to.be.above(800_000 / 16);
  });

  it('sends no picture until a queue that filled has drained, then the tier that fits; and tries the path with fillers', () => {
    run(1_000, () => 20);
    const changes = run(600, (atMs) => 20 + 2 * atMs);
    expect(changes, 'nothing, then the small one').to.deep.equal([2, 1]);
    const [fellMs = 0, beganMs = 0] = changedMs;
    // A third of what is sent passes: 0.4 s for what is under way, less what passes until a keyframe is there.
    expect(beganMs - fellMs).to.be.within(240, 360);
    sent.length = 0;
    run(3_000, () => 20);
    const fillers = sent.filter((datagram) => mustParseRtp(datagram).payloadType === 97);
    expect(fillers.length).to.be.above(0);
    expect(path.stats()).to.have.property('probes').that.is.above(0);
  });

  it('tries as much where timers are late, and no more', () => {
    for (const lateMs of [0, 10, 40, 100]) {
      path.close();
      open(0, true, lateMs);
      run(1_000, () => 20);
      run(600, (atMs) => 20 + atMs / 2);
      while (path.stats()['probes'] === 0) run(20, () => 20);
      sent.length = 0;
      const sentUs: number[] = [];
      for (let ms = 0; ms < 300; ms += 1) {
        const before = sent.length;
        time.advance(1);
        if (sent.length > before) sentUs.push(nowUs());
      }
      const bytes = sent.reduce((sum, { length }) => sum + length, 0);
      const triedBps = 1.2 * needsBps[0]!;
      // Very late, a probe ends before it is one burst that fills the path's queue.
      expect(bytes * 8, `${lateMs} ms`).to.be.below(0.055 * triedBps);
      if (lateMs > 40) continue;
      // The first packets are those of five milliseconds.
      expect((bytes * 8e6) / (sentUs.at(-1)! - sentUs[0]! + 5_000), `${lateMs} ms`).to.be.within(0.9 * triedBps, 1.3 * triedBps);
    }
  });

  it('sends no fillers to who does not know them as such', () => {
    path.close();
    open(0, false);
    run(1_000, () => 20);
    run(600, (atMs) => 20 + atMs / 2);
    sent.length = 0;
    run(3_000, () => 20);
    expect(sent.filter((datagram) => mustParseRtp(datagram).payloadType === 97)).to.deep.equal([]);
  });

  it('believes REMB where there is nothing better, and waits for no queue of which nobody tells', () => {
    for (let sentBefore = 0; sentBefore < 100; sentBefore += 1) sender.sendRtp(packet(96, 1_000));
    path.takeRemb(300_000, nowUs());
    expect(path.tick(nowUs(), roundTripUs)).to.equal(true);
    expect(path.tier).to.equal(1);
    path.takeRemb(1, nowUs());
    path.tick(nowUs(), roundTripUs);
    time.advance(600);
    path.tick(nowUs(), roundTripUs);
    expect(path.tier, 'sound alone').to.equal(2);
    path.takeRemb(2 ** 81, nowUs());
    for (let tick = 0; tick < 200; tick += 1) {
      time.advance(20);
      path.takeRemb(2 ** 81, nowUs());
      path.tick(nowUs(), roundTripUs);
    }
    expect(path.tier).to.equal(0);
  });

  it('gives the best again to who has stopped telling', () => {
    path.takeRemb(200_000, nowUs());
    path.tick(nowUs(), roundTripUs);
    expect(path.tier).to.equal(1);
    time.advance(11_000);
    expect(path.tick(nowUs(), roundTripUs)).to.equal(true);
    expect(path.tier).to.equal(0);
    expect(path.pacer.mayGo()).to.equal(true);
  });

  it('sends no picture into a black-out, and the same one as before when its end is heard', () => {
    run(2_000, () => 20);
    expect(run(3_000, () => 20, () => true)).to.deep.equal([2]);
    expect(run(200, () => 20)).to.deep.equal([0]);
  });

  it('takes a longer way for no queue, and stays where it was', () => {
    run(3_000, () => 20);
    expect(run(6_000, () => 140)).to.deep.equal([]);
    expect(Number(path.stats()['queueUs']), 'the new way is the measure').to.be.below(5_000);
  });

  it('lets nobody raise what repairs may cost, nor read reports without end', () => {
    path.takeRemb(2 ** 81, nowUs());
    path.tick(nowUs(), roundTripUs);
    expect(stream.budgets.at(-1)).to.equal(needsBps[0]! / 16);
    const allLost = Buffer.from('0000080000000000a800', 'hex');
    for (let report = 0; report < 100; report += 1) path.takeReport(allLost, nowUs(), roundTripUs);
    expect(path.stats()).to.include({ refusedReports: 98 });
  });

  it('sends no fillers where nothing would be heard of them', () => {
    path.close();
    open();
    path.attach(stream, false);
    run(1_000, () => 20);
    run(600, (atMs) => 20 + atMs / 2);
    sent.length = 0;
    run(3_000, () => 20);
    expect(sent.filter((datagram) => mustParseRtp(datagram).payloadType === 97)).to.deep.equal([]);
  });

  it('begins with the best that its listener may have', () => {
    path.close();
    open(1);
    run(3_000, () => 20);
    expect(path.tier).to.equal(1);
  });
});
