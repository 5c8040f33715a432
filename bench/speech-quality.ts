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
        for (let round = 0; round < rounds; round += 1) {
          for (const place of places) {
            const options: SpeechTurnOptions = { place, serverUrl: server.url.origin, room: `speech-${lossPercent}-${place}-${round}`, lossShare: lossPercent / 100, seed: 1 + lossPercent + 100 * round };
            const turn = await childResult<SpeechTurnResult>(turnModule, options);
            scores[place].push(...turn.scores);
            say(`${lossPercent} % loss, ${place}: ${turn.scores.map(({ voice, stoi, distanceDb }) => `${voice} ${stoi.toFixed(3)} ${distanceDb.toFixed(1)} dB`).join(', ')}; ${turn.lost} of ${turn.offered} datagrams lost`);
          }
        }
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
  const of = (figure: string, unit: string, value: (score: SpeechScore) => number): BenchRow => ({
    figure: `${name}: ${figure}`, value: median(room.map(value)), unit, against: 'straight', againstValue: median(straight.map(value)), goal: undefined, doubt: '',
  });
  return [of('STOI', '', ({ stoi }) => stoi), of('spectral distance', 'dB', ({ distanceDb }) => distanceDb)];
}
