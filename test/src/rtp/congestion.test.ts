import { expect } from 'chai';
import fc from 'fast-check';
import { BandwidthEstimate } from '../../../src/rtp/congestion/bandwidth-estimate.js';
import { FeedbackReader } from '../../../src/rtp/congestion/feedback-reader.js';
import { QueueDelay } from '../../../src/rtp/congestion/queue-delay.js';
import { SentLog } from '../../../src/rtp/congestion/sent-log.js';
import { parseRtcp } from '../../../src/rtp/rtcp/parse-rtcp.js';
import { TransportFeedback } from '../../../src/rtp/transport-feedback.js';

/** The bodies of feedback packets, as they come out of RTCP. */
function bodies(packets: readonly Buffer[]): Buffer[] {
  return packets.flatMap((packet) => parseRtcp(packet).packets.flatMap((parsed) => (parsed.type === 'transport-feedback' ? [parsed.body] : [])));
}

describe('FeedbackReader', () => {
  it('reads what our own writer says, whatever was lost and however late it came', () => {
    const fate = fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 60_000 }));
    fc.assert(fc.property(fc.array(fate, { minLength: 1, maxLength: 400 }), fc.nat(0xffff), (delays, firstSequence) => {
      const writer = new TransportFeedback();
      const reader = new FeedbackReader();
      const arrivals = new Map<number, number>();
      delays.forEach((delayUs, at) => {
        if (delayUs === undefined) return;
        arrivals.set((firstSequence + at) & 0xffff, 5_000_000 + at * 2_000 + delayUs);
      });
      for (const [sequence, arrivalUs] of arrivals) writer.onPacket(sequence, arrivalUs);
      const read = new Map<number, number>();
      for (const body of bodies(writer.build({ senderSsrc: 1, mediaSsrc: 2 }))) {
        const report = reader.read(body);
        expect(report).to.not.equal(undefined);
        report?.arrivalsUs.forEach((arrivalUs, at) => {
          if (!Number.isNaN(arrivalUs)) read.set((report.baseSequence + at) & 0xffff, arrivalUs);
        });
      }
      expect([...read.keys()].sort()).to.deep.equal([...arrivals.keys()].sort());
      for (const [sequence, arrivalUs] of arrivals) expect(read.get(sequence)).to.equal(Math.floor(arrivalUs / 250) * 250);
    }), { numRuns: 200 });
  });

  it('goes on over the wrap of the reference time', () => {
    const reader = new FeedbackReader();
    const at = (reference: number): number | undefined => {
      const body = Buffer.alloc(12);
      body.writeUInt16BE(1, 2);
      body.writeUIntBE(reference, 4, 3);
      body.writeUInt16BE(0x2001, 8);
      return reader.read(body)?.arrivalsUs[0];
    };
    const before = at(0xffffff) ?? 0;
    expect((at(0) ?? 0) - before).to.equal(64_000);
    expect((at(0xfffffe) ?? 0) - before).to.equal(-64_000);
  });

  it('answers undefined for what contradicts itself, and never throws', () => {
    const reader = new FeedbackReader();
    const huge = Buffer.alloc(12);
    huge.writeUInt16BE(0xffff, 2);
    expect(reader.read(huge), 'too many').to.equal(undefined);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const report = reader.read(Buffer.from(bytes));
      if (report !== undefined) expect(report.arrivalsUs.length).to.equal((bytes[2]! << 8) | bytes[3]!);
    }), { numRuns: 2_000 });
  });
});

describe('SentLog', () => {
  it('delivers each packet once and loses it once, over the wrap', () => {
    const log = new SentLog();
    for (let packet = 0; packet < 0x10000 + 10; packet += 1) log.add(packet * 1_000, 100, 0);
    expect(log.nextSequence).to.equal(10);
    const report = { baseSequence: 0xfffe, arrivalsUs: [1, Number.NaN, 3, 4] };
    expect(log.take(report).delivered).to.deep.equal([0xfffe, 0x10000, 0x10001].map((index, at) => ({ sentUs: index * 1_000, arrivalUs: [1, 3, 4][at], bytes: 100, probeId: 0 })));
    expect(log.take(report)).to.deep.equal({ delivered: [], lost: 0 });
    expect(log.take({ baseSequence: 0xffff, arrivalsUs: [2] }).delivered.length, 'late, and still news').to.equal(1);
  });

  it('gives up what was sent 100 ms before something that has come', () => {
    const log = new SentLog();
    for (let packet = 0; packet < 200; packet += 1) log.add(packet * 1_000, 100, 0);
    const arrivalsUs = Array.from({ length: 100 }, (_unused, at) => (at % 10 === 0 ? Number.NaN : at));
    expect(log.take({ baseSequence: 0, arrivalsUs }).lost, 'it may have been overtaken').to.equal(0);
    expect(log.take({ baseSequence: 0, arrivalsUs: [7] }).delivered.length).to.equal(1);
    expect(log.take({ baseSequence: 150, arrivalsUs: [1] }).lost, 'number 10 to 50').to.equal(5);
    expect(log.take({ baseSequence: 199, arrivalsUs: [1] }).lost, 'number 60 to 90').to.equal(4);
  });

  it('knows what is under way, beyond the newest that has come', () => {
    const log = new SentLog();
    expect(log.unreportedBytes).to.equal(0);
    for (let packet = 0; packet < 10; packet += 1) log.add(packet * 1_000, 100, 0);
    expect(log.unreportedBytes).to.equal(1_000);
    log.take({ baseSequence: 4, arrivalsUs: [1, Number.NaN, 2] });
    log.take({ baseSequence: 2, arrivalsUs: [3] });
    expect(log.unreportedBytes).to.equal(300);
    for (let packet = 10; packet < 5_000; packet += 1) log.add(packet * 1_000, 100, 0);
    expect(log.unreportedBytes, 'as far as is remembered').to.equal(204_800);
  });

  it('knows nothing of what was not sent, or too long ago', () => {
    const log = new SentLog();
    for (let packet = 0; packet < 5_000; packet += 1) log.add(packet, 100, 0);
    expect(log.take({ baseSequence: 5_000, arrivalsUs: [1, 2] })).to.deep.equal({ delivered: [], lost: 0 });
    expect(log.take({ baseSequence: 10, arrivalsUs: [1, Number.NaN] })).to.deep.equal({ delivered: [], lost: 0 });
  });
});

/** A sender of frames and sound, a queue before a bottleneck, and a receiver that reports each 50 ms, in steps of a millisecond. */
class SimulatedPath {
  readonly log = new SentLog();
  readonly estimate: BandwidthEstimate;
  limitBps = 5_000_000;
  lossShare = 0;
  jitterUs = 0;
  /** Handed on only at multiples of that. */
  bunchUs = 1;
  delayUs = 25_000;
  sendBps = 1_600_000;
  readonly #queueUs = 300_000;
  readonly #reader = new FeedbackReader();
  readonly #writer = new TransportFeedback();
  #underWay: { sequence: number; arrivalUs: number }[] = [];
  #reports: { atUs: number; body: Buffer }[] = [];
  #freeUs = 0;
  #random = 1;
  nowUs = 0;

  constructor(startBps = 2_000_000) {
    this.estimate = new BandwidthEstimate({ sentLog: this.log, startBps, mostBps: 10_000_000 });
  }

  get estimateBps(): number {
    return this.estimate.bitrateBps(this.nowUs) ?? Number.NaN;
  }

  run(ms: number): void {
    for (let step = 0; step < ms; step += 1) {
      this.nowUs += 1_000;
      const tick = this.nowUs / 1_000;
      if (tick % 20 === 0) this.#send(150, 0);
      if (tick % 33 === 0) this.#sendFrame((this.sendBps * 0.033) / 8);
      this.#receive(tick % 50 === 0);
    }
  }

  /** So many bytes, paced at this rate. */
  frame(bytes: number, bps: number): void {
    for (let left = bytes; left > 0; left -= 1_200) {
      this.#send(1_200, 0);
      this.run(Math.round(9_600_000 / bps));
    }
  }

  /** Packets at this rate for 30 ms, of which each is part of the probe. @param stepsMs when there is a turn to send what the time is worth, and 5 ms more */
  probe(bps: number, probeId: number, stepsMs: readonly number[] = [0, 5, 10, 15, 20, 25]): void {
    this.estimate.expectProbe(this.nowUs, 50_000);
    let sentMs = 0;
    let nowMs = 0;
    for (const stepMs of stepsMs) {
      this.run(stepMs - nowMs);
      nowMs = stepMs;
      for (let bytes = (bps * (stepMs + 5 - sentMs)) / 8_000; bytes > 0; bytes -= 300) this.#send(Math.min(300, Math.ceil(bytes)), probeId);
      sentMs = stepMs + 5;
    }
    this.run(5);
  }

  /** Packets of 1,200 bytes, as large frames more than others. */
  #sendFrame(bytes: number): void {
    for (let left = bytes * (0.7 + 0.6 * this.#next()); left > 0; left -= 1_200) this.#send(Math.min(1_200, Math.ceil(left)), 0);
  }

  #send(bytes: number, probeId: number): void {
    const sequence = this.log.nextSequence;
    this.log.add(this.nowUs, bytes, probeId);
    const startUs = Math.max(this.nowUs, this.#freeUs);
    if (this.#next() < this.lossShare || startUs - this.nowUs > this.#queueUs) return;
    this.#freeUs = startUs + (bytes * 8e6) / this.limitBps;
    const arrivalUs = this.#freeUs + this.delayUs + this.#next() * this.jitterUs;
    this.#underWay.push({ sequence, arrivalUs: Math.ceil(arrivalUs / this.bunchUs) * this.bunchUs });
  }

  #receive(isReportDue: boolean): void {
    const arrived = this.#underWay.filter(({ arrivalUs }) => arrivalUs <= this.nowUs).sort((a, b) => a.arrivalUs - b.arrivalUs);
    this.#underWay = this.#underWay.filter(({ arrivalUs }) => arrivalUs > this.nowUs);
    for (const { sequence, arrivalUs } of arrived) this.#writer.onPacket(sequence, arrivalUs);
    if (isReportDue) for (const body of bodies(this.#writer.build({ senderSsrc: 1, mediaSsrc: 2 }))) this.#reports.push({ atUs: this.nowUs + this.delayUs, body });
    while ((this.#reports[0]?.atUs ?? Number.POSITIVE_INFINITY) <= this.nowUs) {
      const report = this.#reader.read(this.#reports.shift()?.body ?? Buffer.alloc(0));
      if (report !== undefined) this.estimate.takeReport(report, this.nowUs, 50_000);
    }
  }

  /** Park and Miller's minimal standard: the same each time. */
  #next(): number {
    this.#random = (this.#random * 48_271) % 0x7fffffff;
    return this.#random / 0x7fffffff;
  }
}

describe('BandwidthEstimate', () => {
  it('knows nothing before the listener says something', () => {
    const estimate = new BandwidthEstimate({ sentLog: new SentLog(), startBps: 1_000_000, mostBps: 10_000_000 });
    expect(estimate.bitrateBps(0)).to.equal(undefined);
    estimate.takeRemb(300_000, 0);
    expect(estimate.bitrateBps(1_000_000)).to.equal(300_000);
    expect(estimate.bitrateBps(20_000_000), 'his word is old').to.equal(undefined);
  });

  it('stays above what is sent on a path that carries it, also with jitter that reorders and with some loss', () => {
    for (const [jitterUs, lossShare] of [[0, 0], [50_000, 0], [0, 0.05]] as const) {
      const path = new SimulatedPath();
      path.jitterUs = jitterUs;
      path.lossShare = lossShare;
      path.run(20_000);
      expect(path.estimateBps, `${jitterUs} ${lossShare}`).to.be.above(1_500_000);
    }
  });

  for (const limitBps of [1_000_000, 500_000, 300_000]) {
    it(`finds ${limitBps / 1000} kbps within half a second after a path was cut to that`, () => {
      const path = new SimulatedPath();
      path.run(5_000);
      path.limitBps = limitBps;
      path.run(500);
      expect(path.estimateBps).to.be.within(0.8 * limitBps, 1.05 * limitBps);
    });

    it(`finds them as well where the path became longer at the same time, and what was too much is not sent any more`, () => {
      const path = new SimulatedPath();
      path.run(5_000);
      path.limitBps = limitBps;
      path.delayUs += 25_000;
      const beforeBps = path.estimateBps;
      for (let ms = 0; ms < 1_500; ms += 50) {
        path.run(50);
        if (path.estimateBps < beforeBps) path.sendBps = 0;
      }
      expect(path.estimateBps).to.be.within(0.8 * limitBps, 1.05 * limitBps);
    });
  }

  it('finds what is left within 300 ms where a queue stood already', () => {
    const path = new SimulatedPath(2_200_000);
    path.limitBps = 1_700_000;
    path.run(2_000);
    path.limitBps = 1_500_000;
    path.run(200);
    path.limitBps = 300_000;
    path.run(300);
    expect(path.estimateBps).to.be.within(0.8 * 300_000, 1.05 * 300_000);
  });

  it('measures a bottleneck by what waits before it: a keyframe after sound alone does not halve it', () => {
    const path = new SimulatedPath(240_000);
    path.limitBps = 280_000;
    path.sendBps = 0;
    path.run(5_000);
    path.frame(10_000, 600_000);
    path.sendBps = 90_000;
    for (let tick = 0; tick < 20; tick += 1) {
      path.run(100);
      expect(path.estimateBps, `${tick * 100} ms after the keyframe`).to.be.within(0.8 * 280_000, 1.05 * 280_000);
    }
  });

  it('stays a number that can be sent at, whatever a listener reports', () => {
    const arrival = fc.oneof(fc.constant(Number.NaN), fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.constantFrom(0, 1, 1e15, -1e15));
    const report = fc.record({ baseSequence: fc.nat(0xffff), arrivalsUs: fc.array(arrival, { minLength: 1, maxLength: 60 }), afterUs: fc.nat(3_000_000), isProbe: fc.boolean() });
    fc.assert(fc.property(fc.array(report, { maxLength: 30 }), (reports) => {
      const sentLog = new SentLog();
      const estimate = new BandwidthEstimate({ sentLog, startBps: 1_000_000, mostBps: 10_000_000 });
      let nowUs = 0;
      for (const { baseSequence, arrivalsUs, afterUs, isProbe } of reports) {
        for (let packet = 0; packet < 30; packet += 1) sentLog.add(nowUs + packet * 1_000, 1_000, isProbe ? 1 : 0);
        nowUs += afterUs;
        estimate.takeReport({ baseSequence: baseSequence % 300, arrivalsUs }, nowUs, 50_000);
        const bitrateBps = estimate.bitrateBps(nowUs) ?? 50_000;
        expect(bitrateBps).to.be.within(50_000, Number.MAX_VALUE);
        expect(Number.isFinite(estimate.queueUs)).to.equal(true);
      }
    }), { numRuns: 300 });
  });

  it('goes on after the receiver\'s clock has leapt, there and back', () => {
    const log = new SentLog();
    const estimate = new BandwidthEstimate({ sentLog: log, startBps: 1_000_000, mostBps: 10_000_000 });
    let sequence = 0;
    const report = (leapUs: number): void => {
      const base = sequence;
      for (let packet = 0; packet < 10; packet += 1) log.add((sequence++) * 5_000, 1_000, 0);
      estimate.takeReport({ baseSequence: base & 0xffff, arrivalsUs: Array.from({ length: 10 }, (_unused, at) => leapUs + (base + at) * 5_000) }, sequence * 5_000, 50_000);
    };
    for (let at = 0; at < 20; at += 1) report(0);
    report(86_400e6);
    for (let at = 0; at < 20; at += 1) report(0);
    expect(estimate.stats(0)['deliveredBps']).to.be.closeTo(1_600_000, 100_000);
    expect(estimate.queueUs).to.be.below(1_000);
  });

  it('loses no more than a share of its belief when a still picture\'s few packets are held up once', () => {
    const path = new SimulatedPath();
    path.run(5_000);
    path.sendBps = 30_000;
    path.run(4_000);
    const beforeBps = path.estimateBps;
    path.limitBps = 60_000;
    path.run(400);
    path.limitBps = 5_000_000;
    path.run(1_000);
    expect(path.estimateBps).to.be.above(0.4 * beforeBps);
  });

  it('measures how long packets wait', () => {
    const path = new SimulatedPath();
    path.run(5_000);
    expect(path.estimate.queueUs).to.be.below(15_000);
    path.limitBps = 300_000;
    path.run(1_500);
    expect(path.estimate.queueUs).to.be.within(250_000, 350_000);
  });

  it('grows to what a probe has shown, and no further than the bottleneck', () => {
    const path = new SimulatedPath();
    path.limitBps = 400_000;
    path.run(3_000);
    path.sendBps = 100_000;
    path.run(3_000);
    path.limitBps = 1_000_000;
    path.run(2_000);
    expect(path.estimateBps).to.be.below(500_000);
    path.probe(2_000_000, 1);
    path.run(300);
    expect(path.estimateBps).to.be.within(700_000, 1_010_000);
    path.run(3_000);
    expect(path.estimateBps, 'the queue of the probe itself is no reason to fall').to.be.above(600_000);
  });

  it('sees the rate of a probe whose steps were late', () => {
    for (const stepsMs of [[0, 15, 30], [0, 5, 10, 15, 28], [0, 5, 30], [0, 25], [0, 12, 24, 45]]) {
      const path = new SimulatedPath(600_000);
      path.limitBps = 50_000_000;
      path.sendBps = 500_000;
      path.run(2_000);
      path.probe(2_000_000, 1, stepsMs);
      path.run(300);
      expect(path.estimateBps, stepsMs.join(' ')).to.be.within(1_900_000, 2_200_000);
    }
  });

  it('believes no beginning of a probe that was handed on in one go', () => {
    for (let restMs = 0; restMs < 50; restMs += 5) {
      const path = new SimulatedPath(600_000);
      path.limitBps = 1_000_000;
      path.sendBps = 500_000;
      path.bunchUs = 12_000;
      path.run(2_000 + restMs);
      path.probe(2_000_000, 1);
      path.run(400);
      expect(path.estimateBps, `${restMs} ms later`).to.be.below(1_300_000);
    }
  });

  it('falls at once for a cut that comes with a probe', () => {
    const path = new SimulatedPath();
    path.sendBps = 600_000;
    path.run(5_000);
    const beforeBps = path.estimateBps;
    path.probe(2_000_000, 1);
    path.limitBps = 300_000;
    path.run(350);
    expect(path.estimateBps).to.be.below(0.3 * beforeBps);
    expect(path.estimateBps).to.be.within(0.8 * 300_000, 1.05 * 300_000);
  });

  it('tells for how long a queue stands that has grown, and of none where the way became longer', () => {
    const longer = new SimulatedPath();
    longer.run(5_000);
    longer.delayUs += 120_000;
    const full = new SimulatedPath();
    full.limitBps = 2_500_000;
    full.run(5_000);
    full.limitBps = 1_400_000;
    let mostUs = 0;
    for (let tick = 0; tick < 40; tick += 1) {
      longer.run(100);
      full.run(100);
      mostUs = Math.max(mostUs, full.estimate.standsForUs(full.nowUs));
      expect(longer.estimate.standsForUs(longer.nowUs)).to.equal(0);
    }
    expect(mostUs).to.be.above(1_500_000);
    full.limitBps = 5_000_000;
    full.run(1_000);
    expect(full.estimate.standsForUs(full.nowUs)).to.equal(0);
  });

  it('takes no queue for one that stands while it empties', () => {
    const queue = new QueueDelay();
    let mostUs = 0;
    for (let sentUs = 0; sentUs < 4_000_000; sentUs += 10_000) {
      // 240 ms within 0.3 s, gone 1.4 s later, as of a probe and a keyframe before a path that carries a fifth more than is sent.
      const waitUs = Math.max(0, Math.min(0.8 * (sentUs - 1_000_000), 240_000 - 0.17 * (sentUs - 1_300_000)));
      queue.add(sentUs, sentUs + 25_000 + waitUs);
      mostUs = Math.max(mostUs, queue.standsForUs);
    }
    expect(mostUs).to.be.within(500_000, 950_000);
  });

  it('tells of one that stays when it has fallen to less than half', () => {
    const path = new SimulatedPath();
    path.limitBps = 1_000_000;
    path.sendBps = 300_000;
    path.run(2_000);
    path.sendBps = 2_000_000;
    path.run(400);
    path.sendBps = 100_000;
    path.run(200);
    // What passes, with sound.
    path.sendBps = 940_000;
    let mostUs = 0;
    for (let tick = 0; tick < 15; tick += 1) {
      path.run(100);
      mostUs = Math.max(mostUs, path.estimate.standsForUs(path.nowUs));
    }
    expect(path.estimate.queueUs).to.be.within(60_000, 150_000);
    expect(mostUs).to.be.above(1_000_000);
  });

  it('falls with losses that are its own, and not for ever with those of the path', () => {
    const path = new SimulatedPath();
    path.run(2_000);
    const beforeBps = path.estimateBps;
    path.lossShare = 0.2;
    path.run(3_000);
    const fallenBps = path.estimateBps;
    expect(fallenBps).to.be.below(0.9 * beforeBps);
    path.sendBps = 400_000;
    path.run(6_000);
    expect(path.estimateBps, 'less was sent, and as much was lost').to.be.above(fallenBps * 0.5);
  });
});
