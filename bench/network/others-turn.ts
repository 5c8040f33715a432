/**
 * One row of the bench of what others miss, in a process of its own: a small room in which the network of one person is bad for a while, downstream and
 * upstream in turn, each after as long a time without any fault. The load is light, so that what is missed is not the machine's. Options are the JSON of its
 * first argument, the result is its one IPC message.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { RoomClock } from '../../mixer/clock/room-clock.js';
import { openRoom, publish, view, type RoomClient, type RoomViewer } from '../latency/paths.js';
import { TimedSender } from '../latency/timed-sender.js';
import { steadily } from './impairment.js';
import { linkSteps } from './link-place.js';
import { Link } from './link.js';
import type { NetworkTurnOptions } from './network-turn.js';
import { mostDelayMs, SeenTile } from './seen-tile.js';
import { markStream, missedBetween, pictureStats, tierOf } from './sent-pictures.js';
import { twoTiles, twoTilesRoom } from './two-tiles.js';
import { until } from './until.js';

export type OthersTurnOptions = Pick<NetworkTurnOptions, 'serverUrl' | 'room' | 'media' | 'feedback' | 'restingDelayMs' | 'measureMs' | 'seed'>;

/** Of pictures. */
export interface Missed {
  /** Of what the room encoded for the viewer, what never came or was never shown. */
  readonly stream: number;
  /** Of the room's ticks, those without a picture. */
  readonly ticks: number;
  /** Of what the cameras of those on a good network took, what the viewer never saw. */
  readonly tiles: number;
  /** Half seconds in which the viewer was led to a lower tier. */
  readonly lowered: number;
  /** Between two new pictures of one of those cameras. */
  readonly longestPauseMs: number;
  /** The longest time for which this process, all cameras and the screen, had no turn: what is missed then is the machine's. */
  readonly stalledMs: number;
}

/** Nobody's network is bad, then that of one person. */
export interface CalmAndBad {
  readonly calm: Missed;
  readonly bad: Missed;
}

/** That of another viewer, and of one of the two publishers. */
export type OthersTurnResult = Readonly<Record<'downstream' | 'upstream', CalmAndBad>>;

/** In the order in which they join. Whose network gets bad: the first and the last one's. */
const places = { firstPublisher: 0, secondPublisher: 1, viewer: 2, badViewer: 3 } as const;
/** Half the room's rate: each picture stands for two ticks, so that one that is missed was never drawn, whatever the phase of the two clocks. */
const camera = { widthPx: 320, heightPx: 180, fps: 7.5 } as const;
const firstCodes = [0, 0x8000] as const;
const settlingMs = 4_000;
const openTimeoutMs = 15_000;
/** A viewer whose path was full is back at the full picture, and no probe of his any more between what is measured. */
const recoveryMs = 30_000;
const pollMs = 20;
const tierEveryMs = 500;

interface SmallRoom {
  readonly links: Readonly<Record<'upstream' | 'downstream', Link>>;
  readonly clients: readonly RoomClient[];
  readonly viewer: RoomViewer;
}

async function joinAll({ serverUrl, room, seed }: OthersTurnOptions, [first, second]: readonly TimedSender[]): Promise<SmallRoom> {
  if (first === undefined || second === undefined) throw new Error('two publishers are needed');
  const links = { upstream: Link.start(), downstream: Link.start() };
  await openRoom(serverUrl, room, twoTilesRoom);
  const ann = await publish({ video: first.videoTrack, audio: first.audioTrack }, serverUrl, room, { name: 'Ann', throughLink: (server) => links.upstream.open(server, seed) });
  const bob = await publish({ video: second.videoTrack, audio: second.audioTrack }, serverUrl, room, { name: 'Bob' });
  const viewer = await view(serverUrl, room);
  const badViewer = await view(serverUrl, room, (server) => links.downstream.open(server, seed));
  return { links, clients: [ann, bob, viewer, badViewer], viewer };
}

async function runTurn(options: OthersTurnOptions): Promise<OthersTurnResult> {
  const { serverUrl, room, media, feedback, measureMs } = options;
  const time = new RoomClock();
  const senders = firstCodes.map((firstCode) => new TimedSender({ time, camera: { ...camera, firstCode } }));
  const { links, clients, viewer } = await joinAll(options, senders);
  const resting = steadily({ delayMs: options.restingDelayMs });
  for (const link of Object.values(links)) await link.impair({ up: resting, down: resting });
  const tiles = senders.map((sender, index) => new SeenTile({ sender, viewer, part: twoTiles[index] ?? twoTiles[0], time }));
  await until('both tiles', openTimeoutMs, () => tiles.every(({ isSeen }) => isSeen));
  const tierAt = async (place: number): Promise<number | undefined> => tierOf(await pictureStats(serverUrl, room), place);

  const measure = async (link: Link | undefined, place: 'upstream' | 'downstream', watched: readonly SeenTile[]): Promise<Missed> => {
    const before = await markStream(viewer, serverUrl, room);
    await link?.impair(linkSteps(place, media, feedback));
    const turns = monitorEventLoopDelay({ resolution: pollMs });
    turns.enable();
    const fromUs = time.nowUs();
    let lowered = 0;
    while (time.nowUs() - fromUs < 1000 * measureMs) {
      await sleep(Math.min(tierEveryMs, measureMs));
      if ((await tierAt(places.viewer)) !== 0) lowered += 1;
    }
    const toUs = time.nowUs();
    turns.disable();
    await link?.impair({ up: resting, down: resting });
    await sleep(mostDelayMs);
    return {
      ...missedBetween(before, await markStream(viewer, serverUrl, room)),
      tiles: watched.reduce((sum, tile) => sum + tile.missed(fromUs, toUs), 0),
      lowered,
      longestPauseMs: Math.max(...watched.map((tile) => tile.longestPauseMs(fromUs, toUs))),
      stalledMs: turns.max / 1e6,
    };
  };
  const measureBoth = async (place: 'upstream' | 'downstream', watched: readonly SeenTile[]): Promise<CalmAndBad> => {
    await until('the full picture for all', recoveryMs, async () => (await tierAt(places.badViewer)) === 0);
    await sleep(settlingMs);
    return { calm: await measure(undefined, place, watched), bad: await measure(links[place], place, watched) };
  };
  const result = { downstream: await measureBoth('downstream', tiles), upstream: await measureBoth('upstream', tiles.slice(places.secondPublisher)) };

  for (const tile of tiles) tile.close();
  for (const client of clients) await client.close();
  for (const sender of senders) sender.close();
  for (const link of Object.values(links)) await link.close();
  return result;
}

const result = await runTurn(JSON.parse(process.argv[2] ?? '{}') as OthersTurnOptions);
// libwebrtc's threads would keep it alive.
const end = (): void => process.exit(0);
if (process.send === undefined) process.stdout.write(`${JSON.stringify(result, undefined, 1)}\n`, end);
else process.send(result, end);
