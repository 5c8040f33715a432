import { expect } from 'chai';
import { ResamplingFifo } from '../../../mixer/audio/resampling-fifo.js';
import { SoundBlock } from '../../../mixer/audio/sound-block.js';
import { join, largestStep, noise, rmsDb, tone, toneDb } from './sound.js';

/** Plays `input` at the speeds given for each tick. */
function play(input: Float32Array, speeds: readonly number[]): Float32Array {
  const fifo = new ResamplingFifo();
  let written = 0;
  return join(speeds.map((speed) => {
    while (!fifo.canRead(960, speed)) {
      fifo.write({ left: input.subarray(written, written + 960), right: undefined });
      written += 960;
    }
    const out = new SoundBlock();
    fifo.read(out, speed);
    expect(out.isStereo).to.equal(false);
    return out.left;
  }));
}

describe('ResamplingFifo', () => {
  it('copies at speed 1', () => {
    const input = noise(1, 96_000, 1);
    const output = play(input, new Array<number>(90).fill(1));
    expect(output).to.deep.equal(input.subarray(0, output.length));
  });

  for (const speed of [0.995, 0.999, 1.001, 1.005]) {
    it(`moves a tone to ${speed} times its frequency and adds nothing`, () => {
      const output = play(tone(1000, 0.5, 0, 120_000), new Array<number>(100).fill(speed)).subarray(960);
      const heard = toneDb(output, 1000 * speed, 48_000);
      expect(heard).to.be.closeTo(20 * Math.log10(0.5), 0.05);
      // The rest: all power that is not the tone's.
      const total = 10 ** (rmsDb(output) / 10);
      expect(Math.abs(total - 10 ** (heard / 10) / 2) / total).to.be.below(1e-3);
    });
  }

  it('keeps high tones: 12 kHz loses less than half a dB', () => {
    const output = play(tone(12_000, 0.5, 0, 120_000), new Array<number>(100).fill(1.003)).subarray(960);
    expect(toneDb(output, 12_000 * 1.003, 48_000)).to.be.closeTo(20 * Math.log10(0.5), 0.5);
  });

  it('changes speed without a click, and copies again afterwards', () => {
    const speeds = [...new Array<number>(20).fill(1), ...new Array<number>(20).fill(1.005), ...new Array<number>(20).fill(0.995), ...new Array<number>(40).fill(1)];
    const input = tone(440, 0.5, 0, 110_000);
    const output = play(input, speeds);
    // A tone of 440 * 1.005 Hz steps by 0.0289.
    expect(largestStep(output.subarray(960))).to.be.below(0.0291);
    const end = output.subarray(70 * 960);
    const shift = Array.from({ length: 400 }, (_, i) => i - 200).find((lag) => end.every((sample, i) => sample === input[70 * 960 + i + lag]));
    expect(shift, 'whole samples again').to.not.equal(undefined);
  });

  it('knows what is left, and refuses to be overfilled', () => {
    const fifo = new ResamplingFifo();
    expect(fifo.availableUs).to.equal(0);
    expect(fifo.canRead(960, 1)).to.equal(false);
    fifo.writeSilence(480);
    expect(fifo.availableUs).to.be.closeTo(10_000, 0.001);
    expect(() => { for (let i = 0; i < 20; i += 1) fifo.writeSilence(960); }).to.throw(RangeError);
    fifo.clear();
    expect(fifo.availableUs).to.equal(0);
  });

  describe('of stereo', () => {
    /** 0 where there is nothing but that tone. */
    const othersDb = (samples: Float32Array, hz: number): number => rmsDb(samples) - toneDb(samples, hz) + 10 * Math.log10(2);

    it('keeps both channels apart and in step, and mono before and after it is in both', () => {
      const fifo = new ResamplingFifo();
      const [left, right] = [tone(400, 0.5, 0, 48_000), tone(1000, 0.5, 0, 48_000)];
      const heard: SoundBlock[] = [];
      for (let tick = 0, written = 0; tick < 45; tick += 1) {
        const speed = tick % 10 < 5 ? 1 : 1.004;
        for (; !fifo.canRead(960, speed); written += 960) {
          const isStereo = written >= 10 * 960 && written < 30 * 960;
          fifo.write({ left: left.slice(written, written + 960), right: isStereo ? right.slice(written, written + 960) : undefined });
        }
        const out = new SoundBlock();
        fifo.read(out, speed);
        heard.push(out);
      }
      expect(heard.map(({ isStereo }) => isStereo)).to.deep.equal(heard.map((_, tick) => tick >= 9 && tick < 30));
      const rights = join(heard.map((block) => (block.isStereo ? block.right : block.left)));
      expect(othersDb(join(heard.slice(12, 27).map((block) => block.left)), 400)).to.be.closeTo(0, 0.3);
      expect(othersDb(join(heard.slice(12, 27).map((block) => block.right)), 1000)).to.be.closeTo(0, 0.3);
      for (const tick of [9, 29]) expect(heard[tick]!.right).to.not.deep.equal(heard[tick]!.left);
      // Where the right channel begins and ends, its tones meet at zero crossings: no step is larger than the tone's own.
      expect(largestStep(rights)).to.be.below(0.07);
    });

    it('copies both channels at speed 1', () => {
      const fifo = new ResamplingFifo();
      const [left, right] = [noise(1, 3000, 1), noise(1, 3000, 2)];
      fifo.write({ left, right });
      const out = new SoundBlock();
      fifo.read(out, 1);
      expect(out.sound).to.deep.include({ left: left.slice(0, 960), right: right.slice(0, 960) });
      fifo.clear();
      fifo.writeSilence(2000);
      fifo.read(out, 1);
      expect(out.isStereo).to.equal(false);
      expect(out.left).to.deep.equal(new Float32Array(960));
    });
  });
});
