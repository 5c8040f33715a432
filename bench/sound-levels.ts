/**
 * How loud people leave, and that nothing leaves too loud: levelling, the true-peak limiter, one's own voice in one's own ears, noise suppression, and what they cost.
 * Loudness and true peak are read by FFmpeg's `ebur128`; speech is espeak-ng's.
 */
import { integratedLufs } from './levels/integrated.js';
import { ebur128 } from './levels/ebur128.js';
import { measureCosts } from './levels/costs.js';
import { correlationDb, distortionPercent, leakDb, meanPower, noiseDb } from './levels/measures.js';
import { heardByFirst, throughChain, throughLimiter, throughOpus } from './levels/passes.js';
import { atFullScale, atLufs, hiss, pinkNoise, repeated, speakAll, sumOf, tone } from './levels/people.js';
import { rnnoiseDelaySamples } from '../mixer/audio/rnnoise.js';
import { limiterDelaySamples } from '../mixer/audio/peak-limiter.js';
import type { Bench, BenchRow } from './support/bench.js';

const second = 48_000;
const speechSeconds = 20;
/** When people are to be as loud as each other, and RNNoise has found its noise. */
const settledSeconds = 5;
const recordedLufs = [-35, -23, -12] as const;
const shouters = 10;
const tonesHz = [100, 1000, 5000] as const;
const roomBitratesBps = [24_000, 48_000, 96_000] as const;
const noiseBelowDb = 10;

export const bench: Bench = {
  name: 'sound-levels',
  meaning: 'Levelling, true-peak limiter, leak of the own voice, noise suppression: figures by FFmpeg\'s ebur128 on espeak-ng\'s speech, and microseconds of CPU for a tick of 20 ms.',
  async run({ rounds, say }) {
    const voices = await speakAll(speechSeconds);
    const shouting = Array.from({ length: shouters }, (_, i) => atFullScale(repeated(voices[i % voices.length] ?? new Float32Array(0), 17_000 * i, speechSeconds * second)));
    const parts = [levelRows(voices), peakRows(shouting), leakRows(voices, shouting), noiseRows(voices), costRows(voices, shouting, rounds)];
    const rows = (await Promise.all(parts)).flat();
    for (const { figure, value, unit } of rows) say(`${figure}: ${value.toFixed(2)} ${unit}`);
    return rows;
  },
};

function row(figure: string, value: number, unit: string, against: string, againstValue: number | undefined, most?: number): BenchRow {
  return { figure, value, unit, against, againstValue, goal: most === undefined ? undefined : { most, isRatio: false }, doubt: '' };
}

async function levelRows(voices: readonly Float32Array[]): Promise<readonly BenchRow[]> {
  const [before, after, heard, differences]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (const [i, voice] of voices.entries()) {
    const recorded = await atLufs(voice, recordedLufs[i % recordedLufs.length] ?? 0);
    const levelled = await throughChain(recorded, { levelled: true });
    const left = await throughOpus(throughLimiter(levelled), 48_000);
    const settled = (sound: Float32Array): Float32Array => sound.subarray(settledSeconds * second);
    const read = await ebur128(settled(levelled));
    before.push((await ebur128(settled(recorded))).integratedLufs);
    after.push(read.integratedLufs);
    heard.push((await ebur128(settled(left))).integratedLufs);
    differences.push(Math.abs(integratedLufs(settled(levelled)) - read.integratedLufs));
  }
  return [
    row('four people recorded at -35, -23, -12 LUFS, apart after 5 s', spread(after), 'LU', 'as recorded', spread(before), 3),
    row('the same, limited and through Opus at 48 kbps', spread(heard), 'LU', 'as recorded', spread(before), 3),
    row('farthest of them from -20 LUFS', Math.max(...after.map((lufs) => Math.abs(lufs + 20))), 'LU', 'as recorded', Math.max(...before.map((lufs) => Math.abs(lufs + 20)))),
    row('our loudness meter, farthest from FFmpeg\'s', Math.max(...differences), 'LU', '-', undefined, 0.1),
  ];
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

async function peakRows(shouting: readonly Float32Array[]): Promise<readonly BenchRow[]> {
  const sum = sumOf(shouting);
  const limited = throughLimiter(sum);
  const [sumPeak, limitedPeak] = [(await ebur128(sum)).truePeakDb, (await ebur128(limited)).truePeakDb];
  const rows = [row('ten at full scale, true peak', limitedPeak, 'dBTP', 'their bare sum', sumPeak, -1)];
  for (const bitrateBps of roomBitratesBps) {
    const { truePeakDb } = await ebur128(await throughOpus(limited, bitrateBps));
    rows.push(row(`the same, through Opus at ${bitrateBps / 1000} kbps`, truePeakDb, 'dBTP', 'before Opus', limitedPeak));
  }
  const noise = sumOf(Array.from({ length: shouters }, (_, i) => hiss(5 * second, i)));
  rows.push(row('ten noises at full scale, true peak', (await ebur128(throughLimiter(noise))).truePeakDb, 'dBTP', 'their bare sum', (await ebur128(noise)).truePeakDb, -1));
  for (const hz of tonesHz) rows.push(row(`a lone full-scale tone of ${hz} Hz, distortion`, distortionPercent(throughLimiter(tone(hz, 1, 3 * second)).subarray(2 * second), hz), '%', '-', undefined, 0.5));
  return rows;
}

async function leakRows(voices: readonly Float32Array[], shouting: readonly Float32Array[]): Promise<readonly BenchRow[]> {
  const count = speechSeconds * second;
  const own = { speech: atFullScale(repeated(voices[0] ?? new Float32Array(0), 5_000, count)), hiss: hiss(count, 77) };
  const heard = async (mine: Float32Array): Promise<Float32Array> => heardByFirst([mine, ...shouting], { levelled: true });
  const without = await heard(new Float32Array(count));
  const withSpeech = await heard(own.speech);
  const withHiss = await heard(own.hiss);
  const coded = [await throughOpus(withSpeech, 48_000), await throughOpus(without, 48_000)] as const;
  const delays = [0, limiterDelaySamples];
  const shared = correlationDb(throughLimiter(sumOf([own.hiss, ...shouting])), own.hiss, delays);
  return [
    row('own voice in own ears while ten shout, difference it makes', leakDb(withSpeech, without, own.speech), 'dB', '-', undefined, -60),
    row('the same, through Opus at 48 kbps', leakDb(coded[0], coded[1], own.speech), 'dB', '-', undefined, -60),
    row('own noise in own ears while ten shout, correlation', correlationDb(withHiss, own.hiss, delays), 'dB', 'in the shared mix', shared, -60),
  ];
}

async function noiseRows(voices: readonly Float32Array[]): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  const voice = await atLufs(voices[1] ?? new Float32Array(0), -25);
  const noises = { hiss: hiss(voice.length, 5), 'pink noise': pinkNoise(voice.length, 6) };
  for (const [name, noise] of Object.entries(noises)) {
    const size = Math.sqrt(meanPower(voice) / meanPower(noise) / 10 ** (noiseBelowDb / 10));
    const noisy = voice.map((sample, i) => sample + size * (noise[i] ?? 0));
    const clean = await throughChain(noisy, { noiseSuppressed: true });
    const from = settledSeconds * second;
    const after = noiseDb(clean.subarray(from), voice.subarray(from), rnnoiseDelaySamples);
    rows.push(row(`${name} behind speech, suppressed`, after, 'dB', 'as it came', noiseDb(noisy.subarray(from), voice.subarray(from), 0)));
  }
  const [quiet, loud] = [hiss(10 * second, 8).map((sample) => 0.01 * sample), settledSeconds * second];
  const left = await throughChain(quiet, { noiseSuppressed: true });
  rows.push(row('hiss alone, suppressed', 10 * Math.log10(meanPower(left.subarray(loud))), 'dBFS', 'as it came', 10 * Math.log10(meanPower(quiet))));
  return rows;
}

async function costRows(voices: readonly Float32Array[], shouting: readonly Float32Array[], rounds: number): Promise<readonly BenchRow[]> {
  const voice = await atLufs(voices[0] ?? new Float32Array(0), -20);
  const costs = await measureCosts(voice, sumOf(shouting), rounds);
  const perTick = (figure: string, us: number, against: string, againstUs: number): BenchRow => row(figure, us, 'us', against, againstUs);
  return [
    perTick('voice chain with nothing switched on', costs.plainChainUs, 'Opus decode', costs.decodeUs),
    perTick('leveller', costs.levellerUs, 'Opus decode', costs.decodeUs),
    perTick('noise suppression', costs.suppressorUs, 'Opus decode', costs.decodeUs),
    perTick('limiter, a lone talker', costs.limiterUs, 'Opus encode', costs.encodeUs),
    perTick('limiter, ten at full scale', costs.limiterAtWorkUs, 'Opus encode', costs.encodeUs),
  ];
}
