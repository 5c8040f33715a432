/** Who speaks in the bench: espeak-ng's people, and noises with the same numbers in each run. */
import { sentences, speak } from '../speech/espeak.js';
import { ebur128 } from './ebur128.js';
import { peakOf } from './measures.js';

/** One for each of espeak-ng's four people: his sentences again and again. */
export async function speakAll(seconds: number): Promise<readonly Float32Array[]> {
  const spoken = await Promise.all(sentences.map(async (sentence) => Float32Array.from(await speak(sentence), (sample) => sample / 32_768)));
  return spoken.map((voice) => repeated(voice, 0, seconds * 48_000));
}

/** Begins elsewhere and goes round. */
export function repeated(voice: Float32Array, from: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => voice[(from + i) % voice.length] ?? 0);
}

/** As loud as FFmpeg's meter says it is. */
export async function atLufs(voice: Float32Array, lufs: number): Promise<Float32Array> {
  const gain = 10 ** ((lufs - (await ebur128(voice)).integratedLufs) / 20);
  return voice.map((sample) => sample * gain);
}

export function atFullScale(voice: Float32Array): Float32Array {
  const peak = peakOf(voice);
  return voice.map((sample) => sample / peak);
}

export function sumOf(voices: readonly Float32Array[]): Float32Array {
  return Float32Array.from({ length: voices[0]?.length ?? 0 }, (_, i) => voices.reduce((sum, voice) => sum + (voice[i] ?? 0), 0));
}

export function tone(hz: number, amplitude: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / 48_000));
}

/** Even over all frequencies, -1 to 1 (mulberry32). */
export function hiss(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

/** What fans and traffic make: 3 dB less with each octave (Kellet's filter of white noise). */
export function pinkNoise(count: number, seed: number): Float32Array {
  let [low, middle, high] = [0, 0, 0];
  return hiss(count, seed).map((white) => {
    low = 0.99765 * low + 0.099046 * white;
    middle = 0.963 * middle + 0.2965164 * white;
    high = 0.57 * high + 1.0526913 * white;
    return low + middle + high + 0.1848 * white;
  });
}
