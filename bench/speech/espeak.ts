/** Sentences spoken by espeak-ng: known words in several voices, the same in each run. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { resample } from './resample.js';

export interface Sentence {
  /** espeak-ng's name of a voice, with its variant. */
  readonly voice: string;
  readonly text: string;
}

/** Two men, two women; of the Harvard sentences (IEEE Recommended Practice for Speech Quality Measurements, 1969, lists 1 and 2). */
export const sentences: readonly Sentence[] = [
  { voice: 'en-us', text: 'The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background.' },
  { voice: 'en-gb+f3', text: 'It is easy to tell the depth of a well. These days a chicken leg is a rare dish.' },
  { voice: 'en-us+m3', text: 'Rice is often served in round bowls. The juice of lemons makes fine punch.' },
  { voice: 'en-gb+f5', text: 'The boy was there when the sun rose. A rod is used to catch pink salmon.' },
];

const run = promisify(execFile);
export const wavHeaderBytes = 44;
const mostBytes = 1 << 24;
/** Where the header of a WAV file tells the rate. */
const rateOffset = 24;
const sampleRateHz = 48_000;
/** About -23 dB of full scale while somebody speaks, so that nothing clips. */
const speechRms = 2_300;

/**
 * What espeak-ng says with these arguments, as it writes a WAV file into a pipe: the lengths in its header are made up, the samples go to the end.
 *
 * @throws {Error} with a clear word where the program is not there
 */
export async function spokenWav(args: readonly string[]): Promise<Buffer> {
  const program = process.env['ESPEAK_PATH'] ?? 'espeak-ng';
  try {
    return (await run(program, [...args, '--stdout'], { encoding: 'buffer', maxBuffer: mostBytes })).stdout;
  } catch (error) {
    throw new Error('The speech comes from espeak-ng: install it (on Debian: apt-get install espeak-ng) or set ESPEAK_PATH.', { cause: error });
  }
}

/** @returns 48 kHz, 16 bits */
export async function speak({ voice, text }: Sentence): Promise<Int16Array> {
  const wav = await spokenWav(['-v', voice, text]);
  const own = Float64Array.from({ length: (wav.length - wavHeaderBytes) >> 1 }, (_unused, index) => wav.readInt16LE(wavHeaderBytes + 2 * index));
  const sound = resample(own, wav.readUInt32LE(rateOffset), sampleRateHz);
  const rms = Math.sqrt(sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length);
  return Int16Array.from(sound, (sample) => Math.max(-32_768, Math.min(32_767, Math.round((sample * speechRms) / rms))));
}
