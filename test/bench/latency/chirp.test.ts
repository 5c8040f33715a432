import { expect } from 'chai';
import { createDecoder, createEncoder } from 'libopus-wasm';
import { findChirps, makeChirp, sampleRateHz } from '../../../bench/latency/chirp.js';

const second = sampleRateHz;
const apartSamples = second / 4;

function noise(samples: number, amplitude: number): Float64Array {
  let seed = 1;
  return Float64Array.from({ length: samples }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return amplitude * (seed / 0x8000_0000 - 1);
  });
}

function withChirps(sound: Float64Array, places: readonly number[], gain = 1): Float64Array {
  const chirp = makeChirp();
  for (const place of places) for (const [index, sample] of chirp.entries()) sound[place + index] = (sound[place + index] ?? 0) + gain * sample;
  return sound;
}

describe('chirp', () => {
  it('is found in soft noise, to the tenth of a millisecond', () => {
    const places = [1000, 25_003, 49_777];
    const found = findChirps(withChirps(noise(2 * second, 700), places), apartSamples);
    expect(found).to.have.length(3);
    for (const [index, place] of places.entries()) expect(found[index]).to.be.closeTo(place, 6);
  });

  it('is found at half its loudness and upside down', () => {
    const found = findChirps(withChirps(noise(second, 700), [20_000], -0.5), apartSamples);
    expect(found).to.have.length(1);
    expect(found[0]).to.be.closeTo(20_000, 6);
  });

  it('is not found in noise, silence or a tone', () => {
    expect(findChirps(noise(second, 8_000), apartSamples)).to.deep.equal([]);
    expect(findChirps(new Float64Array(second), apartSamples)).to.deep.equal([]);
    expect(findChirps(Float64Array.from({ length: second }, (_unused, index) => 8_000 * Math.sin(index / 8)), apartSamples)).to.deep.equal([]);
  });

  it('comes through Opus at the place that the codec\'s own delay says', async () => {
    const encoder = await createEncoder({ channels: 1, application: 2048, bitrate: 32_000 });
    const decoder = await createDecoder({ channels: 1 });
    const sound = withChirps(noise(second, 700), [10_000, 34_000]);
    const heard: number[] = [];
    for (let at = 0; at + 960 <= sound.length; at += 960) {
      const packet = encoder.encodeFloat(Float32Array.from(sound.subarray(at, at + 960), (sample) => sample / 32_768));
      for (const sample of decoder.decodeFloat(packet)) heard.push(sample * 32_768);
    }
    encoder.free();
    decoder.free();
    const found = findChirps(heard, apartSamples);
    expect(found).to.have.length(2);
    // 6.5 ms of look-ahead; half a millisecond for what the codec does to the shape.
    expect(found[0]).to.be.closeTo(10_312, 24);
    expect(found[1]).to.be.closeTo(34_312, 24);
  });
});
