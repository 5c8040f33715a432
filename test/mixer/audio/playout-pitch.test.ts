import { expect } from 'chai';
import type { SoundDecoder } from '../../../mixer/audio/opus-decoder.js';
import { PlayoutBuffer } from '../../../mixer/audio/playout-buffer.js';
import { SoundBlock, type Sound } from '../../../mixer/audio/sound-block.js';
import { countingPacket } from './fake-decoder.js';
import { join, largestStep, rmsDb, tone, toneDb } from './sound.js';

const tickUs = 20_000;
const frame = 960;
const pitchHz = 137;
const overtones = [[1, 0.2], [2, 0.15], [3, 0.1], [5, 0.05]] as const;

/** Decodes each packet to 20 ms of a vowel that goes on from packet to packet, twice as loud on the left as on the right. */
class VowelDecoder implements SoundDecoder {
  decode(packet: Uint8Array): Sound {
    const from = new DataView(packet.buffer).getFloat64(2);
    const left = new Float32Array(frame);
    for (const [overtone, amplitude] of overtones) for (const [i, sample] of tone(pitchHz * overtone, amplitude, from, frame).entries()) left[i] = left[i]! + sample;
    return { left, right: left.map((sample) => 0.5 * sample) };
  }

  decodeFec(): undefined {
    return undefined;
  }

  conceal(): undefined {
    return undefined;
  }
}

describe('playing faster and slower', () => {
  for (const { name, wantedUs, until } of [{ name: 'stretched by 100 ms', wantedUs: 150_000, until: 300 }, { name: 'shortened by 100 ms afterwards', wantedUs: 0, until: 900 }]) {
    it(`keeps a voice's pitch, its loudness and the place between the channels, without a click: ${name}`, () => {
      const buffer = new PlayoutBuffer();
      const decoder = new VowelDecoder();
      const heard: SoundBlock[] = [];
      for (let index = 0; index < until; index += 1) {
        const nowUs = 1_000_000 + index * tickUs;
        buffer.push(countingPacket({ index, first: index * frame, ptsUs: nowUs - 23_000, arrivalUs: nowUs - 3_000 }));
        // Both begin with the long delay; the second lets it go, as a sender does whose network got better.
        if (index >= 100 && (wantedUs > 0 || index < 300)) buffer.requestMinimumDelay(150_000);
        const block = new SoundBlock();
        buffer.pull(nowUs, block, decoder);
        heard.push(block);
      }
      const moved = heard.slice(wantedUs > 0 ? 100 : 300);
      const left = join(moved.map((block) => block.left));
      const right = join(moved.map((block) => block.right));
      expect(buffer.counters.lengthened, 'periods played twice').to.be.above(3);
      expect(buffer.counters.concealedMs).to.equal(0);
      if (wantedUs > 0) expect(buffer.delayUs!).to.be.above(110_000);
      // 9 cents of speed are 0.7 Hz: within the window's 20 Hz each overtone keeps its level, and there is nothing else.
      for (const [overtone, amplitude] of overtones) expect(toneDb(left, pitchHz * overtone), `${overtone}`).to.be.closeTo(20 * Math.log10(amplitude), 0.6);
      const inTones = overtones.reduce((sum, [overtone]) => sum + 10 ** (toneDb(left, pitchHz * overtone) / 10) / 2, 0);
      expect(rmsDb(left) - 10 * Math.log10(inTones), 'dB of all above the voice itself').to.be.closeTo(0, 0.3);
      expect(largestStep(left)).to.be.below(largestStep(decoder.decode(countingPacket({ index: 0, first: 0, ptsUs: 0, arrivalUs: 0 }).data).left) * 1.03);
      for (const [i, sample] of left.entries()) if (i % 97 === 0) expect(right[i]).to.be.closeTo(0.5 * sample, 1e-6);
    });
  }
});
