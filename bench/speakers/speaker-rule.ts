/** A rule for the dominant speaker, as the bench runs it, and what it said of a trace. */
import { frameMs, noPacket, type LevelTrace } from './level-trace.js';

export interface SpeakerRule {
  takeLevel(person: number, levelDbov: number): void;
  /** After each frame's levels. Answers who dominates now, undefined for nobody yet. */
  decide(nowMs: number): number | undefined;
}

export interface Switch {
  readonly atMs: number;
  readonly person: number;
}

/** From nobody to the first one counts too. */
export function runRule(rule: SpeakerRule, { levels }: LevelTrace): readonly Switch[] {
  const switches: Switch[] = [];
  const frames = levels[0]?.length ?? 0;
  let current: number | undefined;
  for (let frame = 0; frame < frames; frame += 1) {
    for (const [person, bytes] of levels.entries()) {
      const level = bytes[frame];
      if (level !== undefined && level !== noPacket) rule.takeLevel(person, 0 - level);
    }
    const atMs = (frame + 1) * frameMs;
    const person = rule.decide(atMs);
    if (person !== undefined && person !== current) switches.push({ atMs, person });
    current = person;
  }
  return switches;
}
