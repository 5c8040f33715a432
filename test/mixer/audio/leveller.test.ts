import { expect } from 'chai';
import { Leveller, levelTargetLufs } from '../../../mixer/audio/leveller.js';
import { LoudnessMeter } from '../../../mixer/audio/loudness-meter.js';
import { SpeechDetector } from '../../../mixer/audio/speech-detector.js';
import { noise, randomSource, rateHz, rmsDb, tone } from './sound.js';
import { atLufs, integratedLufs, talk } from './spoken.js';

const people = [{ pitchHz: 85, seed: 1 }, { pitchHz: 120, seed: 2 }, { pitchHz: 220, seed: 3 }, { pitchHz: 320, seed: 4 }];

/** Gain in dB at the end of each tick. */
function follow(sound: Float32Array, leveller = new Leveller(), right?: Float32Array): number[] {
  const gains: number[] = [];
  for (let from = 0; from + 960 <= sound.length; from += 960) {
    leveller.follow(sound.subarray(from, from + 960), right?.subarray(from, from + 960));
    gains.push(leveller.gainDb);
  }
  return gains;
}

function levelled(sound: Float32Array, gainsDb: readonly number[]): Float32Array {
  return sound.map((sample, i) => sample * 10 ** ((gainsDb[Math.floor(i / 960)] ?? 0) / 20));
}

function speechShare(sound: Float32Array): number {
  const [meter, detector] = [new LoudnessMeter(), new SpeechDetector()];
  let speech = 0;
  for (let from = 0; from + 960 <= sound.length; from += 960) {
    const tick = sound.subarray(from, from + 960);
    meter.add(tick, undefined);
    detector.add(tick, meter.tickPower);
    if (detector.isSpeech) speech += 1;
  }
  return speech / Math.floor(sound.length / 960);
}

const seconds = 20;
const count = seconds * rateHz;

/** Nobody speaks in these. Key strokes are short noises, rumble has all its power in the bass, a fan starts and stops. */
const noises: Readonly<Record<string, () => Float32Array>> = {
  hiss: () => noise(0.1, count, 1),
  rumble: () => {
    const random = randomSource(2);
    let at = 0;
    return Float32Array.from({ length: count }, () => (at = 0.998 * at + 0.02 * (random() - 0.5)));
  },
  hum: () => tone(100, 0.1, 0, count).map((sample, i) => sample + 0.05 * Math.sin((2 * Math.PI * 200 * i) / rateHz)),
  keys: () => {
    const random = randomSource(3);
    const sound = new Float32Array(count);
    for (let at = 0; at < count; at += Math.round(rateHz * (0.08 + 0.25 * random()))) {
      const size = 0.1 + 0.3 * random();
      for (let i = 0; i < 3000 && at + i < count; i += 1) sound[at + i] = sound[at + i]! + size * (2 * random() - 1) * Math.exp(-i / 400);
    }
    return sound;
  },
  'a fan that starts and stops': () => noise(0.1, count, 4).map((sample, i) => sample * (Math.floor(i / rateHz / 2) % 2 === 0 ? 0.01 : 1)),
  silence: () => new Float32Array(count),
};

describe('SpeechDetector', () => {
  for (const { pitchHz, seed } of people) {
    it(`hears a voice of ${pitchHz} Hz, in noise too`, () => {
      const voice = atLufs(talk({ seconds, pitchHz, seed }), -30);
      expect(speechShare(voice)).to.be.above(0.7);
      const behind = noise(10 ** ((rmsDb(voice) - 10) / 20) * Math.sqrt(3), count, seed);
      expect(speechShare(voice.map((sample, i) => sample + behind[i]!)), '10 dB above a noise').to.be.above(0.4);
    });
  }

  for (const [name, make] of Object.entries(noises)) {
    it(`hears no voice in ${name}`, () => expect(speechShare(make())).to.be.below(0.03));
  }

  it('hears no voice below what anybody could be raised from', () => {
    expect(speechShare(atLufs(talk({ seconds, pitchHz: 120, seed: 1 }), -75))).to.equal(0);
  });
});

describe('Leveller', () => {
  for (const { pitchHz, seed } of people) {
    it(`brings a voice of ${pitchHz} Hz, recorded at -35, -23 or -12 LUFS, within 1.5 LU of the target after 5 s`, () => {
      const said = talk({ seconds: 15, pitchHz, seed });
      for (const lufs of [-35, -23, -12]) {
        const voice = atLufs(said, lufs);
        const after = levelled(voice, follow(voice)).subarray(5 * rateHz);
        expect(integratedLufs(after), `from ${lufs}`).to.be.closeTo(levelTargetLufs, 1.5);
      }
    });
  }

  for (const [name, make] of Object.entries(noises)) {
    it(`does not move for ${name}, neither at first nor after speech`, () => {
      expect(Math.max(...follow(make()).map(Math.abs)), 'at first').to.equal(0);
      const leveller = new Leveller();
      const before = follow(atLufs(talk({ seconds: 8, pitchHz: 150, seed: 7 }), -30), leveller).at(-1)!;
      // The last word still rings in the measure for 400 ms.
      const later = follow(make(), leveller).slice(25);
      for (const gainDb of [later[0]!, later.at(-1)!]) expect(gainDb, 'after speech').to.be.closeTo(before, 0.5);
      expect(later.at(-1)).to.equal(later[0]);
    });
  }

  it('keeps its gain through pauses, and goes on where it was', () => {
    const leveller = new Leveller();
    const voice = atLufs(talk({ seconds: 10, pitchHz: 140, seed: 5 }), -32);
    follow(voice, leveller);
    const pause = follow(new Float32Array(60 * rateHz), leveller);
    expect(pause.at(-1)).to.equal(pause[25]);
    const again = follow(voice, leveller);
    expect(Math.min(...again)).to.be.above(pause.at(-1)! - 3);
    expect(Math.max(...again)).to.be.below(pause.at(-1)! + 3);
  });

  it('moves by no more than 0.3 dB a tick at first, and by 3 dB a second up and 6 down later', () => {
    const leveller = new Leveller();
    const [soft, loud] = [-38, -14].map((lufs) => atLufs(talk({ seconds: 12, pitchHz: 130, seed: 6 }), lufs)) as [Float32Array, Float32Array];
    const first = steps(follow(soft, leveller));
    expect(first.highest).to.be.within(0.1, 0.3001);
    const down = steps(follow(loud, leveller));
    expect(-down.lowest).to.be.within(0.05, 0.1201);
    const up = steps(follow(soft, leveller));
    expect(up.highest).to.be.within(0.03, 0.0601);
  });

  it('follows somebody who moves away and comes back', () => {
    const leveller = new Leveller();
    const near = atLufs(talk({ seconds: 20, pitchHz: 130, seed: 6 }), -18);
    const far = near.map((sample) => sample / 4);
    follow(near, leveller);
    expect(leveller.gainDb).to.be.closeTo(-2, 1.5);
    const away = follow(far, leveller);
    expect(away[50 * 10], 'ten seconds later').to.be.closeTo(10, 3);
    expect(away.at(-1)).to.be.closeTo(10, 1.5);
    const back = follow(near, leveller);
    expect(back[50 * 8], 'and eight after he came back').to.be.closeTo(-2, 3);
    expect(leveller.moves).to.be.within(1, 4);
  });

  it('is not moved by one loud word', () => {
    const leveller = new Leveller();
    const voice = atLufs(talk({ seconds: 30, pitchHz: 130, seed: 8 }), -25);
    const loud = voice.map((sample, i) => (i > 15 * rateHz && i < 15.7 * rateHz ? 2 * sample : sample));
    const [plain, moved] = [follow(voice), follow(loud, leveller)];
    expect(moved).to.have.lengthOf(30 * 50);
    for (const [tick, gainDb] of moved.entries()) expect(gainDb).to.be.closeTo(plain[tick]!, 2);
    expect(leveller.moves).to.equal(0);
  });

  it('stays within 20 dB either way', () => {
    const voice = talk({ seconds, pitchHz: 130, seed: 6 });
    expect(follow(atLufs(voice, -50)).at(-1)).to.equal(20);
    expect(follow(atLufs(voice, 6)).at(-1)).to.be.closeTo(-20, 1e-9);
  });

  it('takes a voice on both sides for as loud as the same in mono', () => {
    const voice = atLufs(talk({ seconds, pitchHz: 130, seed: 6 }), -30);
    expect(follow(voice, new Leveller(), voice)).to.deep.equal(follow(voice));
  });

  it('is exactly 1 before it is used, and again within a second after it was switched off', () => {
    const leveller = new Leveller();
    expect(leveller.rest()).to.equal(1);
    follow(atLufs(talk({ seconds: 8, pitchHz: 130, seed: 6 }), -50), leveller);
    const gains = Array.from({ length: 50 }, () => leveller.rest());
    expect(gains.at(-1)).to.equal(1);
    expect(Math.max(...gains.slice(1).map((gain, i) => Math.abs(20 * Math.log10(gain / gains[i]!))))).to.be.below(0.51);
    expect(leveller.speechLufs, 'the measure begins anew').to.equal(undefined);
  });

  it('says the same of the same after twenty minutes', () => {
    const leveller = new Leveller();
    const voice = atLufs(talk({ seconds: 40, pitchHz: 130, seed: 6 }), -30);
    const first = follow(voice, leveller);
    for (let turn = 1; turn < 30; turn += 1) follow(voice, leveller);
    const last = follow(voice, leveller);
    for (let tick = 1000; tick < last.length; tick += 1) expect(last[tick]).to.be.closeTo(first[tick]!, 0.5);
  });
});

function steps(gains: readonly number[]): { readonly highest: number; readonly lowest: number } {
  const all = gains.slice(1).map((gain, i) => gain - gains[i]!);
  return { highest: Math.max(...all), lowest: Math.min(...all) };
}

