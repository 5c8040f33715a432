import { expect } from 'chai';
import { GatedLoudness } from '../../../mixer/audio/gated-loudness.js';
import { powerOfLufs } from '../../../mixer/audio/k-weighting.js';
import { LoudnessMeter } from '../../../mixer/audio/loudness-meter.js';
import { join, rateHz, tone } from './sound.js';
import { integratedLufs } from './spoken.js';

/** 1 kHz, as EBU Tech 3341 has it; -Infinity: silence. */
function sines(...parts: readonly (readonly [levelDb: number, seconds: number])[]): Float32Array {
  let from = 0;
  return join(parts.map(([levelDb, seconds]) => {
    const count = Math.round(seconds * rateHz);
    const part = tone(1000, 10 ** (levelDb / 20), from, count);
    from += count;
    return part;
  }));
}

interface Readings {
  readonly momentary: number[];
  readonly shortTerm: number[];
}

/** Both sides the same, as the standard's signals are. */
function readings(sound: Float32Array): Readings {
  const meter = new LoudnessMeter();
  const read: Readings = { momentary: [], shortTerm: [] };
  for (let from = 0; from + 960 <= sound.length; from += 960) {
    const tick = sound.subarray(from, from + 960);
    meter.add(tick, tick);
    read.momentary.push(meter.momentaryLufs);
    read.shortTerm.push(meter.shortTermLufs);
  }
  return read;
}

describe('LoudnessMeter', () => {
  // BS.1770-5, annex 1: 0 dB FS, 997 Hz, one channel.
  it('reads -3.01 LKFS for a full sine in one channel', () => {
    expect(integratedLufs(tone(997, 1, 0, 5 * rateHz))).to.be.closeTo(-3.01, 0.02);
  });

  it('reads 3 LU more for the same on both sides', () => {
    const sine = tone(1000, 0.1, 0, 5 * rateHz);
    expect(integratedLufs(sine, sine) - integratedLufs(sine)).to.be.closeTo(3.01, 0.01);
  });

  it('weights as the ear does: nothing of rumble, 4 dB more of what is bright', () => {
    const at = (hz: number): number => integratedLufs(tone(hz, 0.1, 0, 5 * rateHz));
    expect(at(30) - at(1000)).to.be.below(-6);
    expect(at(8000) - at(1000)).to.be.closeTo(3.3, 0.3);
  });

  // EBU Tech 3341, table 1; 6 needs five channels, 7 and 8 are programmes.
  const integrated: readonly (readonly [number: number, parts: readonly (readonly [number, number])[], lufs: number])[] = [
    [1, [[-23, 20]], -23],
    [2, [[-33, 20]], -33],
    [3, [[-36, 10], [-23, 60], [-36, 10]], -23],
    [4, [[-72, 10], [-36, 10], [-23, 60], [-36, 10], [-72, 10]], -23],
    [5, [[-26, 20], [-20, 20.1], [-26, 20]], -23],
  ];
  for (const [number, parts, lufs] of integrated) {
    it(`reads ${lufs} LUFS in case ${number} of EBU Tech 3341`, () => {
      const sound = sines(...parts);
      expect(integratedLufs(sound, sound)).to.be.closeTo(lufs, 0.1);
    });
  }

  it('reads momentary and short-term of the plain cases 1 and 2', () => {
    for (const levelDb of [-23, -33]) {
      const { momentary, shortTerm } = readings(sines([levelDb, 4]));
      expect(momentary.at(-1)).to.be.closeTo(levelDb, 0.1);
      expect(shortTerm.at(-1)).to.be.closeTo(levelDb, 0.1);
    }
  });

  it('reads a steady short-term loudness in case 9', () => {
    const { shortTerm } = readings(sines(...Array.from({ length: 5 }, () => [[-20, 1.34], [-30, 1.66]] as const).flat()));
    expect(shortTerm.length).to.be.above(700);
    for (const lufs of shortTerm.slice(150)) expect(lufs).to.be.closeTo(-23, 0.1);
  });

  it('reads the highest short-term loudness wherever the tone begins, as in case 10', () => {
    for (let i = 0; i < 20; i += 1) expect(Math.max(...readings(sines([Number.NEGATIVE_INFINITY, 0.15 * i], [-23, 3], [Number.NEGATIVE_INFINITY, 1])).shortTerm)).to.be.closeTo(-23, 0.1);
  });

  it('reads a steady momentary loudness in case 12', () => {
    const { momentary } = readings(sines(...Array.from({ length: 25 }, () => [[-20, 0.18], [-30, 0.22]] as const).flat()));
    expect(momentary.length).to.be.above(450);
    for (const lufs of momentary.slice(50)) expect(lufs).to.be.closeTo(-23, 0.1);
  });

  it('reads the highest momentary loudness wherever the tone begins, as in case 13', () => {
    for (let i = 0; i < 20; i += 1) expect(Math.max(...readings(sines([Number.NEGATIVE_INFINITY, 0.02 * i], [-23, 0.4], [Number.NEGATIVE_INFINITY, 1])).momentary)).to.be.closeTo(-23, 0.1);
  });

  it('is silent for silence, and comes to rest after sound', () => {
    const { momentary } = readings(sines([-20, 1], [Number.NEGATIVE_INFINITY, 9]));
    expect(momentary.at(-1)).to.equal(Number.NEGATIVE_INFINITY);
  });
});

describe('GatedLoudness', () => {
  it('knows nothing before something passed the absolute gate', () => {
    const gated = new GatedLoudness(Number.POSITIVE_INFINITY);
    expect(gated.lufs).to.equal(undefined);
    for (const power of [0, Number.NaN, powerOfLufs(-70.1)]) gated.add(power);
    expect(gated.lufs).to.equal(undefined);
    gated.add(powerOfLufs(-69.9));
    expect(gated.lufs).to.be.closeTo(-69.9, 1e-9);
  });

  it('leaves out what is 10 LU below the rest', () => {
    const gated = new GatedLoudness(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 100; i += 1) gated.add(powerOfLufs(i % 2 === 0 ? -20 : -45));
    expect(gated.lufs).to.be.closeTo(-20, 0.01);
  });

  it('forgets: after its memory a third of what was, after five times nothing', () => {
    const gated = new GatedLoudness(100);
    for (let i = 0; i < 1000; i += 1) gated.add(powerOfLufs(-20));
    for (let i = 0; i < 100; i += 1) gated.add(powerOfLufs(-26));
    const old = Math.exp(-1);
    expect(gated.lufs).to.be.closeTo(10 * Math.log10(old * 10 ** -2 + (1 - old) * 10 ** -2.6), 0.05);
    for (let i = 0; i < 400; i += 1) gated.add(powerOfLufs(-26));
    expect(gated.lufs).to.be.closeTo(-26, 0.1);
  });

  it('reads the same after ten hours as after a minute', () => {
    const gated = new GatedLoudness(100);
    const turn = (): void => {
      for (let i = 0; i < 600; i += 1) gated.add(powerOfLufs(-23 + 4 * Math.sin(i)));
    };
    turn();
    const first = gated.lufs!;
    for (let minute = 1; minute < 600; minute += 1) turn();
    expect(gated.lufs).to.be.closeTo(first, 0.01);
  });

  it('counts louder than its last drawer as what it is', () => {
    const gated = new GatedLoudness(Number.POSITIVE_INFINITY);
    gated.add(powerOfLufs(25));
    expect(gated.lufs).to.be.closeTo(25, 1e-9);
  });
});
