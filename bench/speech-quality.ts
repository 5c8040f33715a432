/**
 * How well speech is understood, and how far its spectrum is from what was said, through a room under loss, before the room and behind it; beside it the same
 * two libwebrtc clients wired straight, with the same losses between them.
 *
 * The measure is STOI (Taal et al. 2011), with the log-spectral distance beside it for what STOI does not tell of good speech. ViSQOL and PESQ would tell more, but neither was
 * found as a package of npm or Debian.
 */
import { fileURLToPath } from 'node:url';
import type { LinkPlace } from './network/link-place.js';
import type { SpeechScore, SpeechTurnOptions, SpeechTurnResult } from './speech/turn.js';
import { median, type Bench, type BenchRow } from './support/bench.js';
import { childResult } from './support/child-result.js';
import { ServerProcess } from './support/server-process.js';

const turnModule = fileURLToPath(new URL('./speech/turn.js', import.meta.url));
const lossPercents = [0, 1, 5, 10, 20] as const;
const places: readonly LinkPlace[] = ['straight', 'upstream', 'downstream'];
/** What a room may take: coding twice costs 0.006 and 1.1 dB. */
const mostStoiLost = 0.02;
const mostDistanceAddedDb = 1.5;
/** Straight it is 0.98 and more up to 10 % loss: below this the machine had no time for it, and nothing is said about the room. */
const leastStraightStoi = 0.9;
/** Nobody sends a picture. */
const environment = { TESSERA_CANVAS_WIDTH: '320', TESSERA_CANVAS_HEIGHT: '180' };

export const bench: Bench = {
  name: 'speech-quality',
  meaning: 'Speech of espeak-ng (four voices) through a room under loss: intelligibility (STOI, 1 is the same) and log-spectral distance (dB, 0 is the same); in turns straight.',
  async run({ rounds, isWanted, say }) {
    const server = await ServerProcess.start({ environment });
    try {
      const rows: BenchRow[] = [];
      for (const lossPercent of lossPercents.filter((percent) => isWanted(`${percent} % loss`))) {
        const scores: Record<LinkPlace, SpeechScore[]> = { straight: [], upstream: [], downstream: [] };
        const startedMs = performance.now();
        for (let round = 0; round < rounds; round += 1) {
          // At the same time, since each waits for its own sentences nearly always: a third of the time, and the same machine for all three.
          await Promise.all(places.map(async (place) => {
            const options: SpeechTurnOptions = { place, serverUrl: server.url.origin, room: `speech-${lossPercent}-${place}-${round}`, lossShare: lossPercent / 100, seed: 1 + lossPercent + 100 * round };
            const turn = await childResult<SpeechTurnResult>(turnModule, options);
            scores[place].push(...turn.scores);
            say(`${lossPercent} % loss, ${place}: ${turn.scores.map(({ voice, stoi, distanceDb }) => `${voice} ${stoi.toFixed(3)} ${distanceDb.toFixed(1)} dB`).join(', ')}; ${turn.lost} of ${turn.offered} datagrams lost`);
          }));
        }
        say(`${lossPercent} % loss took ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
        for (const place of ['upstream', 'downstream'] as const) rows.push(...compare(`${lossPercent} % loss ${place}`, scores[place], scores.straight));
      }
      return rows;
    } finally {
      await server.stop();
    }
  },
};

/** Medians over voices and rounds. */
function compare(name: string, room: readonly SpeechScore[], straight: readonly SpeechScore[]): readonly BenchRow[] {
  const medians = (value: (score: SpeechScore) => number): readonly [number, number] => [median(room.map(value)), median(straight.map(value))];
  const [stoi, straightStoi] = medians((score) => score.stoi);
  const doubt = straightStoi < leastStraightStoi ? 'straight is broken, too: a busy machine' : '';
  const row = (figure: string, unit: string, value: number, againstValue: number | undefined, most?: number): BenchRow => ({
    figure: `${name}: ${figure}`, value, unit, against: 'straight', againstValue, goal: most === undefined ? undefined : { most, isRatio: false }, doubt,
  });
  const [distanceDb, straightDistanceDb] = medians((score) => score.distanceDb);
  return [
    row('STOI', '', stoi, straightStoi), row('STOI less than straight', '', straightStoi - stoi, undefined, mostStoiLost),
    row('spectral distance', 'dB', distanceDb, straightDistanceDb), row('distance more than straight', 'dB', distanceDb - straightDistanceDb, undefined, mostDistanceAddedDb),
  ];
}
