import { expect } from 'chai';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { DecodeGate } from '../../../mixer/video/decode-gate.js';
import { VideoDecoder } from '../../../mixer/ffmpeg/video-decoder.js';
import type { Colour } from '../../../mixer/video/plane-drawing.js';
import { VideoInput } from '../../../mixer/video/video-input.js';
import { until } from '../../support/until.js';
import { encodeStream, frameUs, green, red, type Pattern } from './plain-pictures.js';

/** Numerical Recipes' generator: the same breakage in each run. */
function randomSource(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

function blocks(seed: number): Pattern {
  const row = (index: number): Colour[] => Array.from({ length: 10 }, (_, column) => ({ y: 16 + ((index * 37 + column * 91 + seed * 53) % 220), u: 128, v: 128 }));
  return Array.from({ length: 6 }, (_, index) => row(index));
}

describe('broken frames', () => {
  for (const codec of ['vp8', 'h264'] as const) {
    it(`end neither the process nor the input (${codec})`, async () => {
      const random = randomSource(42);
      const counted = (): string => JSON.stringify(input.counters);
      const frames = await encodeStream({ codec, patterns: Array.from({ length: 30 }, (_, index) => blocks(index)), keyframes: [10, 20] });
      const clock = new ManualClock();
      let keyframesNeeded = 0;
      let decodes = 0;
      const input = new VideoInput({
        maxInputPixels: 1 << 20,
        time: clock,
        gate: new DecodeGate(3),
        openDecoder: async (options) => {
          const decoder = await VideoDecoder.open(options);
          return { codec, close: () => decoder.close(), decode: (frame) => decoder.decode(frame).finally(() => (decodes += 1)) };
        },
        events: { onKeyframeNeeded: () => (keyframesNeeded += 1), onPictureSize: () => undefined, onFault: () => undefined },
      });
      input.setWanted(true);
      for (let count = 0; count < 400; count += 1) {
        const frame = frames[count % frames.length]!;
        const data = Uint8Array.from(frame.data.subarray(0, random(4) === 0 ? random(frame.data.length) : frame.data.length));
        for (let flips = random(6); flips > 0; flips -= 1) data[random(Math.max(1, data.length))] = random(256);
        const { droppedAwaitingKeyframe, droppedTooLarge, droppedDamaged } = input.counters;
        const decodesBefore = decodes;
        input.push({ ...frame, data, ptsUs: clock.nowUs(), rotationDegrees: ([0, 90, 180, 270] as const)[random(4)]! });
        const refused = input.counters.droppedAwaitingKeyframe > droppedAwaitingKeyframe || input.counters.droppedTooLarge > droppedTooLarge;
        if (!refused) await until(() => decodes > decodesBefore || input.counters.droppedDamaged > droppedDamaged, 'decoded or dropped');
        clock.advance(frameUs);
        input.advance(clock.nowUs(), clock.nowUs(), 0);
      }
      expect(input.counters.droppedDamaged + input.counters.droppedTooLarge, counted()).to.be.greaterThan(0);
      expect(keyframesNeeded).to.be.greaterThan(1);

      // And then he sends well again.
      const good = await encodeStream({ codec, patterns: [[[red]], [[green]]] });
      const decodedBefore = input.counters.decoded;
      for (const frame of good) input.push({ ...frame, ptsUs: clock.nowUs() });
      await until(() => input.counters.decoded >= decodedBefore + 2, 'decoded again');
      await input.close();
      expect(liveNativeObjects()).to.equal(0);
    });
  }
});
