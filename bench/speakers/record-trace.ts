/** Scripts, spoken and measured: one trace of each kind of conversation for each seed. */
import { SeededRandom } from '../network/seeded-random.js';
import { measureLevels } from './conversation-levels.js';
import { writeScript, type ConversationKind } from './conversation-script.js';
import type { LevelTrace } from './level-trace.js';
import type { SpokenVoice } from './spoken-phrases.js';

export function recordTrace(kind: ConversationKind, voices: readonly SpokenVoice[], seconds: number, seed: number): LevelTrace {
  const random = new SeededRandom(seed);
  return measureLevels(writeScript(kind, voices, seconds, random), random);
}
