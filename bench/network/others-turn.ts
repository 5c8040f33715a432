/**
 * One row of the bench of what others miss, in a process of its own: a small room in which the network of one person is bad for a while, downstream and
 * upstream in turn, each after as long a time without any fault. The load is light, so that what is missed is not the machine's. Options are the JSON of its
 * first argument, the result is its one IPC message.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { RoomClock } from '../../mixer/clock/room-clock.js';
import { openRoom, publish, view } from '../latency/paths.js';
import { TimedSender } from '../latency/timed-sender.js';
import { steadily, type ImpairmentStep } from './impairment.js';
import { linkSteps } from './link-place.js';
import { Link } from './link.js';
import { mostDelayMs, SeenTile } from './seen-tile.js';
import { markStream } from './sent-pictures.js';
import { twoTiles, twoTilesRoom } from './two-tiles.js';

export interface OthersTurnOptions {
  readonly serverUrl: string;
  readonly room: string;
  readonly media: readonly ImpairmentStep[];
  readonly feedback: readonly ImpairmentStep[];
  readonly restingDelayMs: number;
  readonly measureMs: number;
  readonly seed: number;
}

/** Of pictures. */
export interface Missed {
  /** Of what the room encoded for the viewer, what never came or was never shown. */
  readonly stream: number;
  /** Of the room's ticks, those without a picture. */
  readonly ticks: number;
  /** Of what the cameras of those on a good network took, what the viewer never saw. */
  readonly tiles: number;
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

/** Half the room's rate: each picture stands for two ticks, so that one that is missed was never drawn, whatever the phase of the two clocks. */
const camera = { widthPx: 320, heightPx: 180, fps: 7.5 } as const;
const firstCodes = [0, 0x8000] as const;
const settlingMs = 4_000;
const openTimeoutMs = 15_000;
const pollMs = 20;

async function joinTwo({ serverUrl, room, seed, restingDelayMs }: OthersTurnOptions, senders: readonly TimedSender[]) {
  const links = { upstream: Link.start(), downstream: Link.start() };
  const [first, second] = senders as readonly [TimedSender, TimedSender];
  await openRoom(serverUrl, room, twoTilesRoom);
  const clients = [
    await publish({ video: first.videoTrack, audio: first.audioTrack }, serverUrl, room, { name: 'Ann', throughLink: (server) => links.upstream.open(server, seed) }),
    await publish({ video: second.videoTrack, audio: second.audioTrack }, serverUrl, room, { name: 'Bob' }),
  ];
  const viewer = await view(serverUrl, room);
  clients.push(viewer, await view(serverUrl, room, (server) => links.downstream.open(server, seed)));
  const resting = steadily({ delayMs: restingDelayMs });
  for (const link of Object.values(links)) await link.impair({ up: resting, down: resting });
  return { links, clients, viewer, resting };
}

async function untilSeen(tiles: readonly SeenTile[]): Promise<void> {
  for (let waitedMs = 0; !tiles.every(({ isSeen }) => isSeen); waitedMs += pollMs) {
    if (waitedMs > openTimeoutMs) throw new Error(`both tiles: not seen within ${openTimeoutMs} ms`);
    await sleep(pollMs);
  }
}

async function runTurn(options: OthersTurnOptions): Promise<OthersTurnResult> {
  const { serverUrl, room, media, feedback, measureMs } = options;
  const time = new RoomClock();
  const senders = firstCodes.map((firstCode) => new TimedSender({ time, camera: { ...camera, firstCode } }));
  const { links, clients, viewer, resting } = await joinTwo(options, senders);
  const tiles = senders.map((sender, index) => new SeenTile({ sender, viewer, part: twoTiles[index] ?? twoTiles[0], time }));
  await untilSeen(tiles);
  await sleep(settlingMs);

  const measure = async (link: Link | undefined, place: 'upstream' | 'downstream', watched: readonly SeenTile[]): Promise<Missed> => {
    const before = await markStream(viewer, serverUrl, room);
    await link?.impair(linkSteps(place, media, feedback));
    const turns = monitorEventLoopDelay({ resolution: pollMs });
    turns.enable();
    const fromUs = time.nowUs();
    await sleep(measureMs);
    const toUs = time.nowUs();
    turns.disable();
    await link?.impair({ up: resting, down: resting });
    await sleep(mostDelayMs);
    const after = await markStream(viewer, serverUrl, room);
    return {
      stream: after.lost - before.lost,
      ticks: after.skippedTicks - before.skippedTicks,
      tiles: watched.reduce((sum, tile) => sum + tile.missed(fromUs, toUs), 0),
      stalledMs: turns.max / 1e6,
    };
  };
  const measureBoth = async (place: 'upstream' | 'downstream', watched: readonly SeenTile[]): Promise<CalmAndBad> => ({ calm: await measure(undefined, place, watched), bad: await measure(links[place], place, watched) });
  const result = { downstream: await measureBoth('downstream', tiles), upstream: await measureBoth('upstream', tiles.slice(1)) };

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
