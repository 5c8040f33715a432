/** The sounds that Tessera brings along, made of sines: nobody's recording, so nobody's licence but ours. */

export interface Chime {
  /** In `sounds/`. */
  readonly file: string;
  readonly sampleRateHz: number;
  readonly samples: Float32Array;
}

interface Note {
  readonly atMs: number;
  readonly pitchHz: number;
  /** Until it has fallen to a third. */
  readonly decayMs: number;
  readonly amplitude: number;
}

interface Score {
  readonly file: string;
  readonly lengthMs: number;
  readonly sampleRateHz: number;
  readonly notes: readonly Note[];
}

/** A struck bar: its ground and, softer and shorter, two of its partials. */
const partials = [
  { multiple: 1, amplitude: 1, decay: 1 },
  { multiple: 2, amplitude: 0.28, decay: 0.6 },
  { multiple: 4.02, amplitude: 0.08, decay: 0.3 },
] as const;
/** Softer than a click, quicker than a swell. */
const attackMs = 6;
/** The last of a sound that is not looped goes down to nothing within this. */
const releaseMs = 40;

const d5 = 587.33;
const a5 = 880;
/** The notes of D major without the fourth and seventh: whatever follows on whatever, it sounds well. */
const pentatonicHz = [293.66, 369.99, 440, 587.33, 739.99, 587.33, 440, 369.99] as const;
const holdStepMs = 600;

const scores: readonly Score[] = [
  { file: 'join.wav', lengthMs: 700, sampleRateHz: 48_000, notes: pair(d5, a5) },
  { file: 'leave.wav', lengthMs: 700, sampleRateHz: 48_000, notes: pair(a5, d5) },
  {
    file: 'hold.wav',
    lengthMs: pentatonicHz.length * holdStepMs,
    // Nothing of it is above 3 kHz, and the file stays small.
    sampleRateHz: 16_000,
    notes: pentatonicHz.map((pitchHz, step) => ({ atMs: step * holdStepMs, pitchHz, decayMs: 450, amplitude: 0.12 })),
  },
];

function pair(firstHz: number, secondHz: number): readonly Note[] {
  return [
    { atMs: 0, pitchHz: firstHz, decayMs: 140, amplitude: 0.2 },
    { atMs: 130, pitchHz: secondHz, decayMs: 160, amplitude: 0.2 },
  ];
}

export function makeChimes(): readonly Chime[] {
  return scores.map((score) => ({ file: score.file, sampleRateHz: score.sampleRateHz, samples: play(score) }));
}

/** What of the last notes is still heard at the end is heard at the beginning: a loop has no seam, and a chime is silent there anyway. */
function play({ lengthMs, sampleRateHz, notes }: Score): Float32Array {
  const length = (lengthMs * sampleRateHz) / 1000;
  const samples = new Float32Array(length);
  const isLooped = notes.length > 2;
  for (const note of notes) {
    const start = (note.atMs * sampleRateHz) / 1000;
    const until = isLooped ? start + 2 * length : length;
    for (let at = start; at < until; at += 1) {
      const place = at % length;
      samples[place] = (samples[place] ?? 0) + strike(note, ((at - start) * 1000) / sampleRateHz);
    }
  }
  if (!isLooped) release(samples, (releaseMs * sampleRateHz) / 1000);
  return samples;
}

function strike({ pitchHz, decayMs, amplitude }: Note, ms: number): number {
  const attack = Math.min(1, ms / attackMs);
  const turns = (pitchHz * ms) / 1000;
  return partials.reduce((sum, { multiple, amplitude: share, decay }) => sum + amplitude * share * attack * Math.exp(-ms / (decayMs * decay)) * Math.sin(2 * Math.PI * multiple * turns), 0);
}

function release(samples: Float32Array, length: number): void {
  for (let i = 0; i < length; i += 1) {
    const at = samples.length - 1 - i;
    samples[at] = ((samples[at] ?? 0) * i) / length;
  }
}
