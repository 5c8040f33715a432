import { expect } from 'chai';
import { UplinkBrake } from '../../../src/room/uplink-brake.js';

const soundEveryMs = 20;
const soundBytes = 80;
const packetBytes = 1_000;
const headerBytes = 66;
const pictureBits = (packetBytes + headerBytes) * 8;
const soundBps = ((soundBytes + headerBytes) * 8_000) / soundEveryMs;
const delayMs = 25;

/** What the path does to packets, beside its limit; all of it is nothing that sending less would help. */
interface Trouble {
  /** More delay of a packet sent then. */
  readonly delayMs?: (atMs: number) => number;
  /** What is held up holds up all behind it, as radios and TCP do. */
  readonly keepsOrder?: boolean;
  /** 0 in silence; 1 by default. */
  readonly soundEachMs?: number;
  /** What its frames take in a row, in bps, where it is not the limit: radios send in bunches. */
  readonly trainBps?: number;
  /** Of the sender's sound card. */
  readonly driftPpm?: number;
  /** A second copy of each sound comes so much later. */
  readonly copyAfterMs?: number;
  readonly isLost?: (atMs: number) => boolean;
}

/** A sender whose picture takes what he is told, up to a limit, and a bottleneck with a queue before us, 1 ms at a time. */
class Path {
  readonly brake = new UplinkBrake();
  /** What he was told, and when. */
  readonly told: { readonly atMs: number; readonly bps: number | undefined }[] = [];
  longestQueueMs = 0;
  wantedBps: number;
  readonly #mostBps: number;
  #nowMs = 0;
  #pictureBits = 0;
  #trainBps: number | undefined;
  #trainTimestamp = -1;
  /** When the bottleneck has sent all that it holds. */
  #sentMs = 0;
  /** Of the packet before. */
  #lastMs = 0;
  #under: { readonly atMs: number; readonly bytes: number; readonly sound: number | undefined }[] = [];

  constructor(wantedBps: number) {
    this.wantedBps = wantedBps;
    this.#mostBps = wantedBps;
  }

  run(ms: number, limitBps: number, trouble: Trouble = {}): void {
    const { soundEachMs = soundEveryMs, driftPpm = 0 } = trouble;
    this.#trainBps = trouble.trainBps;
    const endMs = this.#nowMs + ms;
    for (; this.#nowMs < endMs; this.#nowMs += 1) {
      if (soundEachMs > 0 && this.#nowMs % soundEachMs === 0) this.#send(soundBytes, Math.round(this.#nowMs * 48 * (1 + driftPpm / 1e6)) % 2 ** 32, limitBps, trouble);
      this.#sendPicture(limitBps, trouble);
      this.#arrive();
      if (this.#nowMs % 20 === 0) this.brake.tick(this.#nowMs * 1000, this.#mostBps);
      if (this.told.at(-1)?.bps !== this.brake.ceilingBps) this.told.push({ atMs: this.#nowMs, bps: this.brake.ceilingBps });
    }
  }

  #sendPicture(limitBps: number, trouble: Trouble): void {
    // He hears of it after the way back.
    const obeyed = this.told.findLast(({ atMs }) => atMs + delayMs <= this.#nowMs)?.bps ?? this.wantedBps;
    this.#pictureBits += (Math.min(this.wantedBps, obeyed) - soundBps) / 1000;
    if (this.#pictureBits < pictureBits) return;
    this.#pictureBits -= pictureBits;
    this.#send(packetBytes, undefined, limitBps, trouble);
  }

  #send(bytes: number, sound: number | undefined, limitBps: number, { delayMs: extraMs = () => 0, keepsOrder = false, copyAfterMs, isLost = () => false }: Trouble): void {
    this.#sentMs = Math.max(this.#nowMs, this.#sentMs) + ((bytes + headerBytes) * 8_000) / limitBps;
    this.longestQueueMs = Math.max(this.longestQueueMs, this.#sentMs - this.#nowMs);
    const atMs = Math.max(this.#sentMs + delayMs + extraMs(this.#nowMs), keepsOrder ? this.#lastMs : 0);
    this.#lastMs = atMs;
    if (!isLost(this.#nowMs)) this.#under.push({ atMs, bytes, sound });
    if (sound !== undefined && copyAfterMs !== undefined) this.#under.push({ atMs: atMs + copyAfterMs, bytes, sound });
  }

  /** A frame of three packets, each tenth of a second. */
  #takeTrain(atMs: number, trainBps: number): void {
    const timestamp = Math.floor(atMs / 100) * 9_000;
    if (timestamp === this.#trainTimestamp) return;
    this.#trainTimestamp = timestamp;
    for (let packet = 0; packet < 3; packet += 1) this.brake.takePicture({ ssrc: 1, timestamp, bytes: packetBytes, arrivalUs: atMs * 1000 + (packet * packetBytes * 8e6) / trainBps });
  }

  #arrive(): void {
    const due = this.#under.filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#under = this.#under.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { atMs, bytes, sound } of due) {
      this.brake.takePacket(bytes, atMs * 1000);
      if (sound === undefined && this.#trainBps !== undefined) this.#takeTrain(atMs, this.#trainBps);
      if (sound !== undefined) this.brake.takeSound(sound, atMs * 1000);
    }
  }
}

/** From 0 to 1, the same in each run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('UplinkBrake', () => {
  it('says nothing of a path that carries all, be it jittery', () => {
    const path = new Path(700_000);
    path.run(10_000, 2_000_000);
    path.run(10_000, 2_000_000, { delayMs: (atMs) => (atMs * 7_919) % 50 });
    expect([path.told, path.brake.count]).to.deep.equal([[], 0]);
  });

  it('tells of a cut to less than half before the queue is 350 ms long, and what passes then', () => {
    const path = new Path(700_000);
    path.run(5_000, 2_000_000);
    path.run(500, 300_000);
    expect(path.told[0]?.atMs).to.be.within(5_050, 5_250);
    path.run(3_000, 300_000);
    expect(path.longestQueueMs).to.be.below(350);
    expect(Math.min(...path.told.map(({ bps }) => bps ?? Infinity))).to.be.within(120_000, 300_000);
    expect(path.brake.count).to.be.at.most(5);
  });

  it('knows how long a packet waits on the way up, and nothing of it without sound', () => {
    const brake = new UplinkBrake();
    expect(brake.queueUs(0)).to.equal(0);
    // 20 ms of sound each, the first at once, the last 180 ms late.
    for (let index = 0; index < 10; index += 1) brake.takeSound(index * 960, index * 40_000);
    expect(brake.queueUs(360_000)).to.equal(180_000);
    expect(brake.queueUs(360_000 + 999_999)).to.equal(180_000);
    expect(brake.queueUs(360_000 + 1_000_000)).to.equal(0);
  });

  it('lets go within 15 s of the end of the cut, and then is off', () => {
    const path = new Path(700_000);
    path.run(5_000, 2_000_000);
    path.run(10_000, 300_000);
    path.run(15_000, 2_000_000);
    expect(path.told.at(-1)?.bps).to.equal(undefined);
    const before = path.told.length;
    path.run(5_000, 2_000_000);
    expect(path.told.length).to.equal(before);
  });

  it('stays near what passes while the cut lasts, with a short queue, and needs no second cut to be seen', () => {
    for (const limitBps of [200_000, 300_000, 450_000]) {
      const path = new Path(700_000);
      path.run(5_000, 2_000_000);
      path.run(3_000, limitBps);
      const brakes = path.brake.count;
      path.longestQueueMs = 0;
      for (let second = 0; second < 20; second += 1) {
        path.run(1_000, limitBps);
        expect(path.brake.ceilingBps, `${limitBps} bps, second ${second}`).to.be.within(0.85 * limitBps, 1.1 * limitBps);
      }
      expect(path.longestQueueMs).to.be.below(100);
      expect(path.brake.count).to.equal(brakes);
    }
  });

  it('lets go within 6 s where frames tell that more passes, and stands where they tell that no more does', () => {
    const path = new Path(700_000);
    path.run(5_000, 2_000_000, { trainBps: 1_700_000 });
    path.run(4_000, 300_000, { trainBps: 300_000 });
    const standsAt = path.told.at(-1);
    expect(standsAt?.bps).to.be.within(0.9 * 300_000, 1.01 * 300_000);
    path.run(3_000, 300_000, { trainBps: 300_000 });
    expect(path.told.at(-1), 'each queue would cost more than it wins').to.equal(standsAt);
    path.run(6_000, 2_000_000, { trainBps: 1_700_000 });
    expect(path.told.at(-1)?.bps).to.equal(undefined);
  });

  it('is misled once by a radio that sends in bunches, not again and again', () => {
    const path = new Path(700_000);
    path.run(5_000, 2_000_000, { trainBps: 10_000_000 });
    path.run(25_000, 300_000, { trainBps: 10_000_000 });
    const later = path.told.filter(({ atMs }) => atMs > 7_000).map(({ bps }) => bps ?? Infinity);
    expect(Math.max(...later)).to.be.below(1.25 * 300_000);
    expect(later.filter((bps, index) => bps < (later[index - 1] ?? 0)).length, 'queues that it made').to.be.within(1, 4);
    expect(path.longestQueueMs).to.be.below(450);
  });

  it('takes no longer route for a queue of one who sends much less than he may', () => {
    const path = new Path(700_000);
    path.run(5_000, 2_000_000, { trainBps: 1_700_000 });
    path.run(6_000, 300_000, { trainBps: 300_000 });
    path.run(1_500, 2_000_000, { trainBps: 1_700_000 });
    const beforeBps = path.brake.ceilingBps;
    path.wantedBps = 100_000;
    path.run(500, 2_000_000, { trainBps: 1_700_000 });
    path.run(4_000, 2_000_000, { trainBps: 1_700_000, delayMs: () => 40 });
    expect(path.brake.ceilingBps).to.be.at.least(beforeBps!);
  });

  it('brakes again where the queue stays, and never to less than sound and a picture that moves', () => {
    const path = new Path(2_000_000);
    path.run(5_000, 4_000_000);
    path.run(8_000, 150_000);
    expect(path.brake.count).to.be.at.least(2);
    expect(path.told.at(-1)?.bps).to.be.at.least(120_000);
  });

  it('lets go although the sound stops while it brakes', () => {
    for (const soundEachMs of [0, 3_000]) {
      const path = new Path(700_000);
      path.run(5_000, 2_000_000);
      path.run(1_000, 300_000);
      expect(path.told.at(-1)?.bps).to.be.below(300_000);
      path.run(15_000, 2_000_000, { soundEachMs });
      expect(path.told.at(-1)?.bps, `a sound each ${soundEachMs} ms`).to.equal(undefined);
    }
  });

  it('does not brake on and on for a route that became longer while it braked', () => {
    const path = new Path(700_000);
    path.run(5_000, 2_000_000);
    path.run(1_500, 300_000);
    const brakes = path.brake.count;
    path.run(10_000, 2_000_000, { delayMs: () => 300 });
    expect(path.brake.count - brakes).to.be.at.most(2);
    path.run(10_000, 2_000_000, { delayMs: () => 300 });
    expect(path.told.at(-1)?.bps).to.equal(undefined);
  });

  it('sees a cut through usual jitter, and takes back what a client that stood still made it say', () => {
    const jittery = new Path(700_000);
    const random = chance(11);
    const delay = (): number => random() * 40;
    jittery.run(5_000, 2_000_000, { delayMs: delay });
    jittery.run(600, 300_000, { delayMs: delay });
    expect(jittery.told[0]?.atMs).to.be.within(5_050, 5_350);
    expect(jittery.told[0]?.bps).to.be.below(300_000);
    const slow = new Path(700_000);
    slow.run(5_000, 2_000_000);
    // For 0.4 s his machine does everything at half speed, then it catches up.
    slow.run(5_000, 2_000_000, { delayMs: (atMs) => (atMs < 5_400 ? (atMs - 5_000) / 2 : 0), keepsOrder: true });
    expect(slow.told.length, 'told and taken back').to.equal(2);
    expect(slow.told[1]?.bps).to.equal(undefined);
    expect((slow.told[1]?.atMs ?? 0) - (slow.told[0]?.atMs ?? 0)).to.be.below(400);
  });

  describe('without a limit', () => {
    const wide = 4_000_000;
    /** Half a minute of it, after as much without; @returns the brakes and the lowest that was told. */
    const suffer = (trouble: Trouble, wantedBps = 700_000): { readonly brakes: number; readonly lowestBps: number } => {
      const path = new Path(wantedBps);
      path.run(5_000, wide);
      path.run(30_000, wide, trouble);
      return { brakes: path.brake.count, lowestBps: Math.min(...path.told.map(({ bps }) => bps ?? Infinity)) };
    };
    const none = { brakes: 0, lowestBps: Infinity };

    it('does not take another route for a queue, jittery or not, there or back', () => {
      for (const longerMs of [60, 85, 120, 300, 900]) {
        for (const jitterMs of [0, 15, 30, 45]) {
          const random = chance(longerMs + jitterMs + 1);
          for (const keepsOrder of [false, true]) {
            const routes = (atMs: number): number => (atMs % 10_000 > 5_000 ? longerMs : 0) + random() * jitterMs;
            expect(suffer({ delayMs: routes, keepsOrder }), `${longerMs} ms longer, ${jitterMs} ms of jitter`).to.deep.equal(none);
          }
        }
      }
    });

    it('does not mind packets that come in any order, a second time, or not at all', () => {
      const random = chance(5);
      for (const spreadMs of [50, 100, 200, 400]) expect(suffer({ delayMs: () => random() * spreadMs }), `${spreadMs} ms`).to.deep.equal(none);
      for (const copyAfterMs of [5, 30, 100, 250]) expect(suffer({ copyAfterMs }), `a copy ${copyAfterMs} ms later`).to.deep.equal(none);
      for (const share of [0.01, 0.1, 0.3]) expect(suffer({ isLost: () => random() < share }), `${share} lost`).to.deep.equal(none);
      expect(suffer({ isLost: () => random() < 0.1, delayMs: () => random() * 60, copyAfterMs: 90 })).to.deep.equal(none);
    });

    it('does not mind a sound card that runs fast or slow, in an hour', () => {
      for (const driftPpm of [300, -300]) {
        const path = new Path(100_000);
        path.run(3_600_000, wide, { driftPpm });
        expect([path.brake.count, path.told]).to.deep.equal([0, []]);
      }
    });

    it('does not mind pauses of the talker, with a packet each 400 ms or without', () => {
      for (const soundEachMs of [0, 400]) {
        const path = new Path(700_000);
        for (let turn = 0; turn < 10; turn += 1) {
          path.run(2_000, wide, { delayMs: (atMs) => (atMs * 7_919) % 40 });
          path.run(3_000, wide, { soundEachMs, delayMs: (atMs) => (atMs * 7_919) % 40 });
        }
        expect([path.brake.count, path.told]).to.deep.equal([0, []]);
      }
    });

    it('does not mind a radio that holds up everything for a moment, again and again', () => {
      for (const [everyMs, holdMs] of [[400, 100], [700, 150], [1_000, 300], [2_000, 600]] as const) {
        const hold = (atMs: number): number => Math.max(0, holdMs - (atMs % everyMs));
        expect(suffer({ delayMs: hold, keepsOrder: true }), `${holdMs} ms each ${everyMs}`).to.deep.equal(none);
      }
    });
  });
});
