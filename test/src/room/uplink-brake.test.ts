import { expect } from 'chai';
import { UplinkBrake } from '../../../src/room/uplink-brake.js';

const soundEveryMs = 20;
const soundBytes = 80;
const packetBytes = 1_000;
const headerBytes = 66;
const pictureBits = (packetBytes + headerBytes) * 8;
const soundBps = ((soundBytes + headerBytes) * 8_000) / soundEveryMs;
const delayMs = 25;

/** A sender whose picture takes what he is told, up to a limit, and a bottleneck with a queue before us, 1 ms at a time. */
class Path {
  readonly brake = new UplinkBrake();
  /** What he was told, and when. */
  readonly told: { readonly atMs: number; readonly bps: number | undefined }[] = [];
  longestQueueMs = 0;
  readonly #wantedBps: number;
  #nowMs = 0;
  #pictureBits = 0;
  /** When the bottleneck has sent all that it holds. */
  #sentMs = 0;
  #under: { readonly atMs: number; readonly bytes: number; readonly sound: number | undefined }[] = [];

  constructor(wantedBps: number) {
    this.#wantedBps = wantedBps;
  }

  run(ms: number, limitBps: number, jitterMs: (atMs: number) => number = () => 0): void {
    const endMs = this.#nowMs + ms;
    for (; this.#nowMs < endMs; this.#nowMs += 1) {
      if (this.#nowMs % soundEveryMs === 0) this.#send(soundBytes, this.#nowMs * 48, limitBps, jitterMs);
      // He hears of it after the way back.
      const obeyed = this.told.findLast(({ atMs }) => atMs + delayMs <= this.#nowMs)?.bps ?? this.#wantedBps;
      this.#pictureBits += (Math.min(this.#wantedBps, obeyed) - soundBps) / 1000;
      if (this.#pictureBits >= pictureBits) {
        this.#pictureBits -= pictureBits;
        this.#send(packetBytes, undefined, limitBps, jitterMs);
      }
      this.#arrive();
      if (this.#nowMs % 20 === 0) this.brake.tick(this.#nowMs * 1000, this.#wantedBps);
      if (this.told.at(-1)?.bps !== this.brake.ceilingBps) this.told.push({ atMs: this.#nowMs, bps: this.brake.ceilingBps });
    }
  }

  #send(bytes: number, sound: number | undefined, limitBps: number, jitterMs: (atMs: number) => number): void {
    this.#sentMs = Math.max(this.#nowMs, this.#sentMs) + ((bytes + headerBytes) * 8_000) / limitBps;
    this.longestQueueMs = Math.max(this.longestQueueMs, this.#sentMs - this.#nowMs);
    this.#under.push({ atMs: this.#sentMs + delayMs + jitterMs(this.#nowMs), bytes, sound });
  }

  #arrive(): void {
    const due = this.#under.filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#under = this.#under.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { atMs, bytes, sound } of due) {
      this.brake.takePacket(bytes, atMs * 1000);
      if (sound !== undefined) this.brake.takeSound(sound, atMs * 1000);
    }
  }
}

describe('UplinkBrake', () => {
  it('says nothing of a path that carries all, be it jittery', () => {
    const path = new Path(700_000);
    path.run(10_000, 2_000_000);
    path.run(10_000, 2_000_000, (atMs) => (atMs * 7_919) % 50);
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

  it('brakes again where the queue stays, and never to less than sound and a picture that moves', () => {
    const path = new Path(2_000_000);
    path.run(5_000, 4_000_000);
    path.run(8_000, 150_000);
    expect(path.brake.count).to.be.at.least(2);
    expect(path.told.at(-1)?.bps).to.be.at.least(120_000);
  });
});
