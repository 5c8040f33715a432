/** How often a rule names the wrong speaker, and how late the right one: the room's own beside plain energy and FreeSWITCH's, on the same levels of the same made-up conversations. Nothing is measured in time but the cost. */
import { conversationKinds } from './speakers/conversation-kinds.js';
import type { LevelTrace } from './speakers/level-trace.js';
import { measureRuleCost } from './speakers/rule-cost.js';
import { PlainEnergyRule } from './speakers/plain-energy-rule.js';
import { recordTrace } from './speakers/record-trace.js';
import { RoomRule } from './speakers/room-rule.js';
import { ScoreDecayRule } from './speakers/score-decay-rule.js';
import { runRule, type SpeakerRule } from './speakers/speaker-rule.js';
import { voiceNames, speakPhrases } from './speakers/spoken-phrases.js';
import { addScores, quantile, scoreSwitches, type SwitchScore } from './speakers/switch-score.js';
import type { Bench, BenchContext, BenchRow } from './support/bench.js';

/** Long enough for a dozen turns. */
const conversationSeconds = 180;
const firstSeed = 9_000;

interface NamedRule {
  readonly name: string;
  readonly create: (people: number) => SpeakerRule;
}

const room: NamedRule = { name: 'dominant speaker identification', create: (people) => new RoomRule(people, false) };
const layout: NamedRule = { name: 'its layout', create: (people) => new RoomRule(people, true) };
const energy: NamedRule = { name: 'plain energy', create: (people) => new PlainEnergyRule(people) };
const decay: NamedRule = { name: "FreeSWITCH's rule", create: (people) => new ScoreDecayRule(people) };

export const bench: Bench = {
  name: 'speakers',
  meaning: 'False speaker switches a minute, missed turns and the time to switch, of made-up conversations whose true speaker is known.',
  async run(context) {
    const voices = await speakPhrases(voiceNames);
    const kinds = conversationKinds.filter(({ name }) => context.isWanted(name));
    const traces = kinds.flatMap((kind, place) => Array.from({ length: context.rounds }, (_unused, round) => recordTrace(kind, voices, conversationSeconds, firstSeed + 100 * place + round + 1)));
    for (const { name } of kinds) {
      context.say(name);
      const ofKind = traces.filter((trace) => trace.name === name);
      for (const rule of [room, layout, energy, decay]) context.say(`  ${describe(rule, scoreOf(rule, ofKind))}`);
    }
    return rows(traces, context);
  },
};

function rows(traces: readonly LevelTrace[], context: BenchContext): readonly BenchRow[] {
  const [own, shown, ofEnergy, ofDecay] = [room, layout, energy, decay].map((rule) => scoreOf(rule, traces));
  if (own === undefined || shown === undefined || ofEnergy === undefined || ofDecay === undefined) return [];
  context.say(`all of them, ${own.minutes.toFixed(0)} minutes`);
  for (const [rule, score] of [[room, own], [layout, shown], [energy, ofEnergy], [decay, ofDecay]] as const) context.say(`  ${describe(rule, score)}`);
  const [ownCost, energyCost] = [room, energy].map(({ create }) => measureRuleCost(create)) as [number, number];
  const row = (figure: string, unit: string, of: (score: SwitchScore) => number, most?: number): BenchRow[] =>
    [
      { anchor: energy.name, value: of(own), other: of(ofEnergy), prefix: '' },
      { anchor: decay.name, value: of(own), other: of(ofDecay), prefix: '' },
      { anchor: energy.name, value: of(shown), other: of(ofEnergy), prefix: 'layout, ' },
    ].map(({ anchor, value, other, prefix }) => ({ figure: prefix + figure, value, unit, against: anchor, againstValue: other, goal: most === undefined || anchor !== energy.name ? undefined : { most, isRatio: true }, doubt: '' }));
  return [
    ...row('false switches', 'a minute', ({ falseSwitches, minutes }) => falseSwitches / minutes, 0.5),
    ...row('missed turns', '%', ({ missedTurns, turns }) => (100 * missedTurns) / turns),
    ...row('time to switch, median', 'ms', ({ delaysMs }) => quantile(delaysMs, 0.5)),
    ...row('time to switch, p95', 'ms', ({ delaysMs }) => quantile(delaysMs, 0.95)),
    { figure: 'CPU of 1,000 open microphones', value: ownCost, unit: 'ms a second', against: energy.name, againstValue: energyCost, goal: undefined, doubt: '' },
  ];
}

function scoreOf({ create }: NamedRule, traces: readonly LevelTrace[]): SwitchScore {
  return addScores(traces.map((trace) => scoreSwitches(trace, runRule(create(trace.levels.length), trace))));
}

function describe({ name }: NamedRule, { falseSwitches, minutes, missedTurns, turns, delaysMs }: SwitchScore): string {
  const delays = `median ${quantile(delaysMs, 0.5)} ms, p95 ${quantile(delaysMs, 0.95)} ms`;
  return `${name.padEnd(32)} ${(falseSwitches / minutes).toFixed(2)} false switches a minute, ${missedTurns} of ${turns} turns missed, ${delays}`;
}
