import { expect } from 'chai';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { Metronome } from '../../../bench/clients/metronome.js';
import { ManualTime } from '../../support/manual-time.js';

/** Time and timers that go together, a millisecond at a time. */
class Rig {
  readonly clock = new ManualClock();
  readonly timers = new ManualTime();
  readonly metronome = new Metronome({ time: this.clock, timers: this.timers });

  advance(ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.clock.advance(1_000);
      this.timers.advance(1);
    }
  }

  /** The process does not run for a while. */
  stall(ms: number): void {
    this.clock.advance(ms * 1_000);
    this.timers.advance(ms);
  }
}

describe('Metronome', () => {
  let rig: Rig;

  beforeEach(() => {
    rig = new Rig();
  });

  it('keeps each rate without a drift, and no beat comes early or more than a few milliseconds late', () => {
    const delays: number[] = [];
    const counts = { sound: 0, picture: 0 };
    const onBeat = (name: keyof typeof counts) => (index: number, dueUs: number) => {
      expect(index).to.equal(counts[name]);
      counts[name] += 1;
      delays.push(rig.clock.nowUs() - dueUs);
    };
    rig.metronome.add(20_000, 7_000, onBeat('sound'));
    rig.metronome.add(1e6 / 30, 1_500, onBeat('picture'));
    rig.advance(60_000);
    expect(counts).to.deep.equal({ sound: 3_000, picture: 1_800 });
    expect(Math.min(...delays)).to.be.at.least(0);
    expect(Math.max(...delays)).to.be.at.most(5_000);
    expect(rig.timers.pending).to.equal(1);
  });

  it('makes up for a short stop and leaves out what a long one was due for', () => {
    const indices: number[] = [];
    rig.metronome.add(20_000, 0, (index) => indices.push(index));
    rig.advance(10);
    rig.stall(100);
    expect(indices).to.deep.equal([0, 1, 2, 3, 4, 5]);
    rig.stall(10_000);
    rig.advance(5);
    expect(rig.metronome.skippedBeats).to.equal(475);
    expect(indices.at(6)).to.equal(481);
    expect(indices.at(-1)).to.equal(505);
  });

  it('stops a beat also from within itself, and runs no timer when none is left', () => {
    const beats: string[] = [];
    const stopOther = rig.metronome.add(10_000, 0, () => beats.push('other'));
    const stop = rig.metronome.add(10_000, 0, (index) => {
      beats.push('own');
      if (index === 1) stop();
    });
    rig.advance(35);
    stopOther();
    stopOther();
    rig.advance(50);
    expect(beats.filter((beat) => beat === 'own')).to.have.lengthOf(2);
    expect(beats.filter((beat) => beat === 'other')).to.have.lengthOf(4);
    expect(rig.timers.pending).to.equal(0);
  });

  it('takes up a beat that is added within another', () => {
    const indices: number[] = [];
    rig.metronome.add(1_000_000, 0, () => {
      rig.metronome.add(20_000, rig.clock.nowUs(), (index) => indices.push(index));
    });
    rig.advance(70);
    expect(indices).to.deep.equal([0, 1, 2, 3]);
  });
});
