import { expect } from 'chai';
import { PlayoutBuffer } from '../../../mixer/audio/playout-buffer.js';
import { SoundBlock } from '../../../mixer/audio/sound-block.js';
import { capturedUs, CountingDecoder, countingPacket, cycle } from './fake-decoder.js';
import { randomSource } from './sound.js';

const tickUs = 20_000;

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

describe('PlayoutBuffer under clock drift', () => {
  for (const { name, ppm, corrected, minutes } of [
    { name: 'a clock 300 ppm slow, capture times corrected by its sender reports', ppm: -300, corrected: true, minutes: 120 },
    { name: 'a clock 300 ppm fast, capture times as they come', ppm: 300, corrected: false, minutes: 120 },
    { name: 'a clock 300 ppm fast, capture times corrected', ppm: 300, corrected: true, minutes: 15 },
    { name: 'a clock 300 ppm slow, capture times as they come', ppm: -300, corrected: false, minutes: 15 },
  ]) {
    it(`never lets the delay creep in ${minutes} minutes: ${name}`, function () {
      // 2 s on a free machine.
      this.timeout(60_000);
      const buffer = new PlayoutBuffer();
      const decoder = new CountingDecoder({ keepCalls: false });
      const random = randomSource(7);
      const out = new SoundBlock();
      const samples = 2880;
      const trueUs = (sample: number): number => (sample * 1_000_000) / (48_000 * (1 + ppm / 1e6));
      const senderUs = (sample: number): number => (corrected ? trueUs(sample) : (sample * 1_000_000) / 48_000);
      const delays: number[] = [];
      let index = 0;
      let arrivalUs = 0;
      for (let nowUs = 0; nowUs < minutes * 60_000_000; nowUs += tickUs) {
        for (;;) {
          const whole = trueUs((index + 1) * samples);
          if (arrivalUs < whole) arrivalUs = whole + 3_000 + 8_000 * random();
          if (arrivalUs > nowUs) break;
          buffer.push(countingPacket({ index, first: index * samples, samples, ptsUs: Math.round(senderUs(index * samples)), arrivalUs }));
          index += 1;
        }
        buffer.pull(nowUs, out, decoder);
        // What is made up, or faded into it, does not count on.
        const counts = Math.abs((out.left[1]! - out.left[0]!) * cycle - 1) < 0.02;
        if (nowUs % 1_000_000 === 0 && nowUs > 0) delays.push(counts ? nowUs - trueUs((capturedUs(out.left[0]!, nowUs) * 48) / 1000) : delays.at(-1)!);
      }
      const medians = Array.from({ length: minutes - 1 }, (_, minute) => median(delays.slice(30 + 60 * minute, 90 + 60 * minute)));
      expect(Math.max(...medians.map((delay) => Math.abs(delay - medians[0]!))), 'largest change of the delay from that of the first minute').to.be.below(5_000);
      // A packet that came too late is played whole and moves the delay for a few seconds.
      expect(Math.max(...delays.slice(30)) - medians[0]!, 'longest moment').to.be.below(25_000);
      // 8 ms of jitter without a tail: what 2 % of the packets are late by, in the worst phase of the ticks.
      expect(buffer.counters.concealedMs / (minutes * 60_000), 'share concealed').to.be.below(0.0005);
      expect(buffer.counters.late).to.equal(0);
      expect(buffer.counters.overflowed + buffer.counters.skipped).to.equal(0);
    });
  }
});
