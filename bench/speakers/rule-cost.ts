/** What a rule costs in a large room: everybody's microphone is open, four of them speak. */
import { SeededRandom } from '../network/seeded-random.js';
import { frameMs } from './level-trace.js';
import type { SpeakerRule } from './speaker-rule.js';

const people = 1_000;
const speakers = 4;
const seconds = 20;

/** CPU milliseconds a second of conversation. */
export function measureRuleCost(create: (people: number) => SpeakerRule): number {
  const random = new SeededRandom(5);
  const rule = create(people);
  const before = process.cpuUsage();
  for (let nowMs = frameMs; nowMs <= seconds * 1000; nowMs += frameMs) {
    for (let person = 0; person < people; person += 1) rule.takeLevel(person, (person < speakers ? -30 : -62) - Math.floor(8 * random.next()));
    rule.decide(nowMs);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / seconds;
}
