/** Sentences spoken by espeak-ng: its voices have the syllables, pauses and melody by which rules for speakers stand or fall. */
import { spokenWav, wavHeaderBytes } from '../speech/espeak.js';

/** espeak-ng's own rate, and that of everything mixed with it: a level needs no more. */
export const speechRateHz = 22_050;
/** Sentences are brought to it before a microphone's gain: loudness is the conversation's business, not the voice's. -26 dBov is what ITU-T P.56 speech is recorded at. */
const speechDbov = -26;
/** Below it, against full scale, is the silence that espeak-ng puts around a sentence. */
const silentSample = 0.004;

const sentences = [
  'I think we should look at the numbers again before we decide anything.',
  'The release is planned for Thursday, but two of the tests still fail on the slow machines, and nobody knows why.',
  'Could you say that once more, please? I was not sure which of the two you meant.',
  'Well, last year we tried the same thing. It took three months, and in the end we threw it away.',
  'My suggestion would be to start with the small part, measure it, and then go on.',
  'That is exactly what the customer asked for, although the contract says something else.',
  'Let me share what I found out yesterday. The disk was full, so the backup had stopped, and the alarm went to somebody who has left the company.',
  'No.',
  'I agree with most of it. What worries me is the time we have left.',
  'Then who is going to write to them, and when?',
  'There were forty people in the room. Half of them had not read the paper, and the other half had written it.',
  'Maybe we can take the questions at the end, and move on with the second point now.',
  'It works on my machine, it works on yours, and it does not work on theirs.',
  'The weather in the mountains was so bad that we turned around after an hour.',
  'Right, so the plan is as follows. First we fix the leak, then we talk about the colour of the pipe.',
  'Has anybody seen the latest version of the drawing? I only have the one from March.',
] as const;
const acknowledgements = ['mm hm', 'yeah', 'right', 'okay', 'I see'] as const;

/** Men and women of several accents; the room's constants were chosen by conversations of eight others. */
export const voiceNames = ['en-gb-x-rp+m2', 'en-us+f3', 'en-029+m4', 'en-gb+f1', 'en-us+m6', 'en-us-nyc+f2', 'en-gb-scotland+m8', 'en-gb-x-gbclan+f5'] as const;

export interface SpokenVoice {
  readonly sentences: readonly Float32Array[];
  readonly acknowledgements: readonly Float32Array[];
}

/** @throws {Error} with a clear word when espeak-ng is not there. */
export async function speakPhrases(voices: readonly string[]): Promise<readonly SpokenVoice[]> {
  const spoken: SpokenVoice[] = [];
  for (const [index, voice] of voices.entries()) {
    // People speak at different speeds: 150 to 190 words a minute.
    const wordsPerMinute = 150 + ((index * 17) % 41);
    const speakAll = async (texts: readonly string[]): Promise<Float32Array[]> => {
      const sounds: Float32Array[] = [];
      for (const text of texts) sounds.push(await speak(voice, wordsPerMinute, text));
      return sounds;
    };
    spoken.push({ sentences: await speakAll(sentences), acknowledgements: await speakAll(acknowledgements) });
  }
  return spoken;
}

async function speak(voice: string, wordsPerMinute: number, text: string): Promise<Float32Array> {
  const wav = await spokenWav(['-v', voice, '-s', String(wordsPerMinute), text]);
  const count = (wav.length - wavHeaderBytes) >> 1;
  const samples = Float32Array.from({ length: count }, (_unused, sample) => wav.readInt16LE(wavHeaderBytes + sample * 2) / 32_768);
  return toCommonLoudness(withoutSilentEnds(samples));
}

function withoutSilentEnds(samples: Float32Array): Float32Array {
  const isLoud = (sample: number): boolean => Math.abs(sample) > silentSample;
  const start = samples.findIndex(isLoud);
  return start < 0 ? samples.subarray(0, 0) : samples.slice(start, samples.findLastIndex(isLoud) + 1);
}

function toCommonLoudness(samples: Float32Array): Float32Array {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  const gain = 10 ** (speechDbov / 20) / Math.sqrt(power / Math.max(1, samples.length));
  return samples.map((sample) => sample * gain);
}
