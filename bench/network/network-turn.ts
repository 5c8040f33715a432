/**
 * One turn of the network bench, in a process of its own: a libwebrtc publisher and a libwebrtc listener, straight or through a room, with a link in
 * front of one of them that is good until both are settled, then bad for a while, then good again. Options are the JSON of its first argument, the result
 * is its one IPC message; started by hand it is printed.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { RoomClock } from '../../mixer/clock/room-clock.js';
import type { UdpAddress } from '../../test/support/linked-sdp.js';
import { openDirect, openRoom, openThroughRoom, view, type OpenPath } from '../latency/paths.js';
import { TimedSender } from '../latency/timed-sender.js';
import { roomStats } from '../support/room-stats.js';
import { clientCounters, grown, sentVideoBytes } from './client-counters.js';
import { fullAgainMs, levelBefore, LevelWatch } from './full-picture.js';
import { steadily, type ImpairmentStep } from './impairment.js';
import type { BothCounters } from './link-emulator.js';
import { linkSteps, type LinkPlace } from './link-place.js';
import { Link } from './link.js';
import { MadeVoice } from './made-voice.js';
import { MediaWatch } from './media-watch.js';
import { firstPictureMs, watched, type Watched } from './newcomer.js';
import { QualityWatch } from './quality-watch.js';
import { concealedInRoomMs } from './room-stats.js';
import { countIn, standstillIn, toleratedPauseUs } from './standstill.js';
import { until } from './until.js';

export interface NetworkTurnOptions {
  readonly place: LinkPlace;
  /** Unused when straight. */
  readonly serverUrl: string;
  readonly room: string;
  /** In the direction in which the media goes, and in the other. */
  readonly media: readonly ImpairmentStep[];
  readonly feedback: readonly ImpairmentStep[];
  /** Both directions before the row and after it: the delay of the row without its faults, so that only the faults are measured. */
  readonly restingDelayMs: number;
  readonly measureMs: number;
  /** When the steps have no more fault in them; `measureMs` where they have until the end. */
  readonly faultsEndMs: number;
  /** When the limit falls; undefined where none does. The time back to the full picture is measured for those alone. */
  readonly limitFallsMs: number | undefined;
  /** Whether somebody joins through the same steps afterwards. */
  readonly hasNewcomer: boolean;
  readonly seed: number;
}

export interface NetworkTurnResult {
  readonly freezeMsPerMinute: number;
  readonly longestFreezeMs: number;
  readonly picturesPerSecond: number;
  /** By the listener, and upstream by the room, too. */
  readonly concealedPercent: number;
  readonly longestSilenceMs: number;
  /** From the end of the faults; undefined: not within {@link longestRecoveryMs}. */
  readonly pictureBackMs: number | undefined;
  readonly soundBackMs: number | undefined;
  /** Mean of two pictures a second, against what was sent; undefined: none was seen. */
  readonly psnrDb: number | undefined;
  /** Of the newcomer; undefined: there was none, or it did not come. */
  readonly firstPictureMs: number | undefined;
  /** From the end of the limit; undefined: not measured, or not before the end. */
  readonly fullPictureMs: number | undefined;
  readonly unreadPictures: number;
  readonly widthPx: number;
  /** The longest time for which this process, camera and screen of both clients, had no turn: a pause in its figures that is not the network's. */
  readonly stalledMs: number;
  /** `publisher disconnected at 2.5 s`: what libwebrtc said of its connections while and after they were disturbed. */
  readonly connectionChanges: readonly string[];
  readonly clients: Readonly<Record<string, number>>;
  /** Of the bad time alone. */
  readonly link: BothCounters;
  /** `GET /api/rooms/:room/stats` at its end. */
  readonly server: unknown;
}

/** Bandwidth estimates, jitter buffers and lip sync find their values. */
const settlingMs = 4_000;
/** Until the first picture; more is a failure to be told. */
const openTimeoutMs = 15_000;
const longestRecoveryMs = 6_000;
const pollMs = 20;
/** Other losses than the first listener's. */
const newcomersSeed = 1_000;
/** A bitrate varies; of what it was before the fall. */
const fullShare = 0.8;

function openPath({ place, serverUrl, room }: NetworkTurnOptions, sender: TimedSender, throughLink: (server: UdpAddress) => Promise<UdpAddress>): Promise<OpenPath> {
  const tracks = { video: sender.videoTrack, audio: sender.audioTrack };
  if (place === 'straight') return openDirect(tracks, throughLink);
  return openThroughRoom(tracks, serverUrl, room, place === 'upstream' ? { sending: throughLink } : { receiving: throughLink });
}

/** The higher the better: the tier that the room sends to the listener, who came second; where the publisher himself adapts, his bitrate. */
function levelReader({ place }: NetworkTurnOptions, path: OpenPath, time: RoomClock, serverStats: () => Promise<unknown>): () => Promise<number> {
  if (place === 'downstream') {
    return async () => {
      const { sessions = {} } = (await serverStats()) as { sessions?: Record<string, { path?: { tier?: number } }> };
      return -(Object.values(sessions)[1]?.path?.tier ?? Number.POSITIVE_INFINITY);
    };
  }
  let lastBytes: number | undefined;
  let lastUs = 0;
  return async () => {
    const bytes = await sentVideoBytes(path.sending);
    const nowUs = time.nowUs();
    const bitrateBps = lastBytes === undefined ? 0 : ((bytes - lastBytes) * 8e6) / (nowUs - lastUs);
    lastBytes = bytes;
    lastUs = nowUs;
    return bitrateBps;
  };
}

/** Somebody who is in a room of his own before the newcomer publishes to it. */
async function joinFirst(serverUrl: string, room: string, time: RoomClock): Promise<Watched> {
  await openRoom(serverUrl, room);
  return watched(await view(serverUrl, room), time);
}

function difference(before: BothCounters, after: BothCounters): BothCounters {
  return { up: grown({ ...before.up }, { ...after.up }) as unknown as BothCounters['up'], down: grown({ ...before.down }, { ...after.down }) as unknown as BothCounters['down'] };
}

/** Of a full picture: the best tier, or about the bitrate from before the fall. */
function leastLevel(place: LinkPlace, before: number | undefined): number {
  return place === 'downstream' ? 0 : fullShare * (before ?? Number.POSITIVE_INFINITY);
}

async function runTurn(options: NetworkTurnOptions): Promise<NetworkTurnResult> {
  const { place, serverUrl, room, measureMs } = options;
  const time = new RoomClock();
  const link = Link.start();
  const sender = new TimedSender({ time, sound: new MadeVoice() });
  const path = await openPath(options, sender, (server) => link.open(server, options.seed));
  const quality = new QualityWatch({ sentPicture: (code) => sender.picture(code) });
  const watch = new MediaWatch({ video: path.video, audio: path.audio, time, onNewPicture: (picture, code, atUs) => quality.take(picture, code, atUs) });
  const serverStats = async (): Promise<unknown> => (place === 'straight' ? undefined : roomStats(serverUrl, room));
  const resting = steadily({ delayMs: options.restingDelayMs });
  await link.impair({ up: resting, down: resting });
  await until('the first picture with a number', openTimeoutMs, () => watch.newPicturesUs.length > 0);
  await sleep(settlingMs);

  const before = { clients: await clientCounters(path), server: await serverStats(), link: await link.counters(), unread: watch.unreadPictures };
  const turns = monitorEventLoopDelay({ resolution: pollMs });
  turns.enable();
  await link.impair(linkSteps(place, options.media, options.feedback));
  const fromUs = time.nowUs();
  const levels = options.limitFallsMs === undefined ? undefined : new LevelWatch({ time, readLevel: levelReader(options, path, time, serverStats) });
  const connectionChanges: string[] = [];
  for (const [name, connection] of [['publisher', path.sending], ['listener', path.receiving]] as const) {
    connection.onconnectionstatechange = () => connectionChanges.push(`${name} ${connection.connectionState} at ${((time.nowUs() - fromUs) / 1e6).toFixed(1)} s`);
  }
  await sleep(measureMs);
  const toUs = time.nowUs();
  turns.disable();
  await levels?.close();
  const after = { clients: await clientCounters(path), server: await serverStats(), link: await link.counters() };
  const unreadPictures = watch.unreadPictures - before.unread;

  await link.impair({ up: resting, down: resting });
  const faultsEndUs = Math.min(toUs, fromUs + 1000 * options.faultsEndMs);
  const backMs = (timesUs: readonly number[]): number | undefined => {
    const backUs = timesUs.find((atUs) => atUs > faultsEndUs);
    return backUs === undefined ? undefined : (backUs - faultsEndUs) / 1000;
  };
  await until('recovery', longestRecoveryMs, () => backMs(watch.newPicturesUs) !== undefined && backMs(watch.soundsUs) !== undefined).catch(() => undefined);

  for (const connection of [path.sending, path.receiving]) connection.onconnectionstatechange = null;
  // Its publisher has to be there for a viewer who comes; a publisher who comes has a room for himself.
  if (place !== 'downstream') await path.close();
  const nextRoom = place === 'upstream' ? `${room}-next` : room;
  const witness = place === 'upstream' && options.hasNewcomer ? await joinFirst(serverUrl, nextRoom, time) : undefined;
  const newcomer = { place, serverUrl, room: nextRoom, sender, time, steps: linkSteps(place, options.media, options.feedback), seed: newcomersSeed + options.seed, witness: witness?.watch };
  const firstPicture = options.hasNewcomer ? await firstPictureMs(newcomer) : undefined;
  await witness?.close();

  const clients = grown(before.clients, after.clients);
  const seconds = (toUs - fromUs) / 1e6;
  const pictures = standstillIn(watch.newPicturesUs, fromUs, toUs, toleratedPauseUs);
  const concealedInRoom = (concealedInRoomMs(after.server) - concealedInRoomMs(before.server)) / (10 * seconds);
  const result: NetworkTurnResult = {
    freezeMsPerMinute: (pictures.beyondMs * 60) / seconds,
    longestFreezeMs: pictures.longestMs,
    picturesPerSecond: countIn(watch.newPicturesUs, fromUs, toUs) / seconds,
    concealedPercent: (100 * (clients['concealedSamples'] ?? 0)) / Math.max(1, clients['soundSamples'] ?? 0) + concealedInRoom,
    longestSilenceMs: standstillIn(watch.soundsUs, fromUs, toUs, toleratedPauseUs).longestMs,
    pictureBackMs: backMs(watch.newPicturesUs),
    soundBackMs: backMs(watch.soundsUs),
    psnrDb: quality.meanDb(fromUs, toUs),
    firstPictureMs: firstPicture,
    fullPictureMs: levels === undefined ? undefined : fullAgainMs(levels.samples, faultsEndUs, leastLevel(place, levelBefore(levels.samples, fromUs + 1000 * (options.limitFallsMs ?? 0)))),
    unreadPictures,
    widthPx: watch.widthPx,
    stalledMs: turns.max / 1e6,
    connectionChanges,
    clients,
    link: difference(before.link, after.link),
    server: after.server,
  };
  watch.close();
  if (place === 'downstream') await path.close();
  sender.close();
  await link.close();
  return result;
}

const result = await runTurn(JSON.parse(process.argv[2] ?? '{}') as NetworkTurnOptions);
// libwebrtc's threads would keep it alive.
const end = (): void => process.exit(0);
if (process.send === undefined) process.stdout.write(`${JSON.stringify(result, undefined, 1)}\n`, end);
else process.send(result, end);
