/** Who says what when: conversations made up by a seed, of turns, interruptions, acknowledgements and noises. Pure. */
import type { SeededRandom } from '../network/seeded-random.js';
import type { Turn } from './level-trace.js';
import { speechRateHz, type SpokenVoice } from './spoken-phrases.js';

export interface ConversationKind {
  readonly name: string;
  readonly people: number;
  /** Share of turns that begin while the last speaker still speaks. */
  readonly interruptionShare: number;
  /** A listener says "mm-hm" or the like so often; 0: never. */
  readonly acknowledgementsPerMinute: number;
  readonly coughsPerMinute: number;
  readonly slamsPerMinute: number;
  /** A stretch of typing, some seconds long. */
  readonly typingPerMinute: number;
  /** Microphones differ by so much, up and down. */
  readonly gainSpreadDb: number;
  /** Noise of each room, below the speech in it; from the quietest to the loudest. */
  readonly fanBelowSpeechDb: readonly [quietest: number, loudest: number];
  /** How a voice comes back out of every other loudspeaker into its microphone, below that one's own speech; undefined: not. */
  readonly echoBelowSpeechDb: number | undefined;
  /** Share of people whose client sends nothing while nothing is to be heard (DTX). */
  readonly dtxShare: number;
}

/** A piece of sound in somebody's microphone. */
export interface Sound {
  readonly person: number;
  readonly startSample: number;
  readonly samples: Float32Array;
  /** Of a voice: others hear it, so it may echo. */
  readonly isVoice: boolean;
}

export interface ConversationScript {
  readonly kind: ConversationKind;
  readonly samples: number;
  readonly sounds: readonly Sound[];
  readonly turns: readonly Turn[];
}

/** Most turns follow on the last with a short gap (Stivers et al. 2009: a fifth of a second in ten languages), some after a thought. */
const usualGapMs = 200;
const gapSpreadMs = 600;
const thoughtShare = 0.12;
const thoughtMs = 3_500;
/** Who is interrupted goes on for so long and then gives way. */
const givesWayAfterMs = [500, 1_400] as const;
/** Peak of a cough and of a door beside speech at -26 dBov: louder than it, as they are. */
const coughPeak = 0.35;
const slamPeak = 0.6;
const clickPeak = 0.08;

export function writeScript(kind: ConversationKind, voices: readonly SpokenVoice[], seconds: number, random: SeededRandom): ConversationScript {
  const sounds: Sound[] = [];
  const turns: Turn[] = [];
  const endMs = seconds * 1000;
  let person = pick(random, kind.people);
  let startMs = 1_000;
  for (;;) {
    const speech = oneTurn(voices[person], random);
    const lengthMs = toMs(speech.length);
    if (startMs + lengthMs > endMs - 1_000) break;
    const isInterrupted = random.next() < kind.interruptionShare && lengthMs > 3_000;
    const heardMs = isInterrupted ? Math.max(2_000, lengthMs * (0.4 + 0.4 * random.next())) : lengthMs;
    const heard = speech.subarray(0, toSample(heardMs));
    sounds.push({ person, startSample: toSample(startMs), samples: heard, isVoice: true });
    turns.push({ person, startMs: Math.round(startMs), endMs: Math.round(startMs + heardMs) });
    const next = (person + 1 + pick(random, kind.people - 1)) % kind.people;
    const [least, most] = givesWayAfterMs;
    const gapMs = isInterrupted ? -(least + (most - least) * random.next()) : random.next() < thoughtShare ? thoughtMs * (0.5 + random.next()) : usualGapMs + gapSpreadMs * (random.next() - 0.3);
    startMs += heardMs + gapMs;
    person = next;
  }
  const sometimes = (perMinute: number, add: (who: number, atSample: number) => void): void => {
    for (let count = Math.round((perMinute * seconds) / 60); count > 0; count -= 1) add(pick(random, kind.people), toSample(random.next() * (endMs - 5_000)));
  };
  sometimes(kind.acknowledgementsPerMinute, (who, startSample) => {
    const said = voices[who]?.acknowledgements ?? [];
    const samples = said[pick(random, said.length)];
    // Only a listener acknowledges.
    if (samples !== undefined && !turns.some((turn) => turn.person === who && toSample(turn.startMs - 1_500) < startSample && startSample < toSample(turn.endMs + 1_500))) sounds.push({ person: who, startSample, samples, isVoice: true });
  });
  const addNoise = (who: number, startSample: number, samples: Float32Array): void => void sounds.push({ person: who, startSample, samples, isVoice: false });
  sometimes(kind.coughsPerMinute, (who, startSample) => {
    for (let burst = 1 + pick(random, 2); burst > 0; burst -= 1) addNoise(who, startSample + toSample(burst * 420), noiseBurst(random, 250 + 150 * random.next(), coughPeak, 3));
  });
  sometimes(kind.slamsPerMinute, (who, startSample) => addNoise(who, startSample, noiseBurst(random, 600, slamPeak, 9)));
  sometimes(kind.typingPerMinute, (who, startSample) => {
    for (let at = 0; at < toSample(4_000); at += toSample(110 + 120 * random.next())) addNoise(who, startSample + at, noiseBurst(random, 25, clickPeak * (0.5 + random.next()), 4));
  });
  return { kind, samples: toSample(endMs), sounds, turns };
}

/** One to three sentences. */
function oneTurn(voice: SpokenVoice | undefined, random: SeededRandom): Float32Array {
  const sentences = voice?.sentences ?? [];
  const parts = Array.from({ length: 1 + pick(random, 3) }, () => sentences[pick(random, sentences.length)] ?? new Float32Array());
  const pauses = parts.map(() => toSample(250 + 350 * random.next()));
  const whole = new Float32Array(parts.reduce((sum, part, index) => sum + part.length + (index === 0 ? 0 : (pauses[index] ?? 0)), 0));
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if (index > 0) at += pauses[index] ?? 0;
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Noise that begins at once and dies away, `decay` times its own length's e-fold. */
function noiseBurst(random: SeededRandom, lengthMs: number, peak: number, decay: number): Float32Array {
  const length = toSample(lengthMs);
  return Float32Array.from({ length }, (_unused, sample) => peak * (2 * random.next() - 1) * Math.exp((-decay * sample) / length));
}

function pick(random: SeededRandom, count: number): number {
  return Math.floor(random.next() * count);
}

function toSample(ms: number): number {
  return Math.round((ms * speechRateHz) / 1000);
}

function toMs(samples: number): number {
  return (samples * 1000) / speechRateHz;
}
