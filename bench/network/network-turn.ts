/**
 * One turn of the network bench, in a process of its own: a libwebrtc publisher and a libwebrtc listener, straight or through a room, with a link in
 * front of one of them that is good until both are settled, then bad for a while, then good again. Options are the JSON of its first argument, the result
 * is its one IPC message; started by hand it is printed.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { RoomClock } from '../../mixer/clock/room-clock.js';
import type { UdpAddress } from '../../test/support/linked-sdp.js';
import type { WrtcPeerConnection } from '../../test/support/wrtc.js';
import { openDirect, openThroughRoom, type OpenPath } from '../latency/paths.js';
import { TimedSender } from '../latency/timed-sender.js';
import { steadily, type ImpairmentStep } from './impairment.js';
import type { BothCounters, LinkSteps } from './link-emulator.js';
import { Link } from './link.js';
import { MadeVoice } from './made-voice.js';
import { MediaWatch } from './media-watch.js';
import { countIn, standstillIn } from './standstill.js';

/** Where the link lies: between publisher and room, between room and listener, or between the two clients without any room. */
export type LinkPlace = 'upstream' | 'downstream' | 'straight';

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
/** "Beyond 200 ms": what nobody calls a freeze yet. */
const toleratedPauseUs = 200_000;
const pollMs = 20;

type Stats = Readonly<Record<string, unknown>>;

async function rtpStats(connection: WrtcPeerConnection, type: string, kind: string): Promise<Stats> {
  for (const [, report] of await connection.getStats()) {
    if (report['type'] === type && (report['kind'] ?? report['mediaType']) === kind) return report;
  }
  return {};
}

/** Counters of the clients under short names; all of them only grow. */
async function clientCounters({ sending, receiving }: OpenPath): Promise<Record<string, number>> {
  const heard = await rtpStats(receiving, 'inbound-rtp', 'audio');
  const seen = await rtpStats(receiving, 'inbound-rtp', 'video');
  const sent = await rtpStats(sending, 'outbound-rtp', 'video');
  const counters: Record<string, number> = {};
  const take = (name: string, stats: Stats, field: string): void => {
    const value = stats[field];
    counters[name] = typeof value === 'number' ? value : 0;
  };
  take('soundSamples', heard, 'totalSamplesReceived');
  take('concealedSamples', heard, 'concealedSamples');
  take('soundLost', heard, 'packetsLost');
  take('soundRepairsReceived', heard, 'fecPacketsReceived');
  take('picturesDecoded', seen, 'framesDecoded');
  take('picturePacketsLost', seen, 'packetsLost');
  take('nacksOfListener', seen, 'nackCount');
  take('plisOfListener', seen, 'pliCount');
  take('receivedBytes', seen, 'bytesReceived');
  take('nacksToPublisher', sent, 'nackCount');
  take('plisToPublisher', sent, 'pliCount');
  take('sentBytes', sent, 'bytesSent');
  take('repairedPackets', sent, 'retransmittedPacketsSent');
  return counters;
}

function grown(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]));
}

/** Sound that the room itself made up for the publisher, ms since it began. */
function concealedInRoomMs(stats: unknown): number {
  const participants = (stats as { mixer?: { audio?: { participants?: Record<string, { concealedMs?: number }> } } } | undefined)?.mixer?.audio?.participants ?? {};
  return Object.values(participants).reduce((sum, { concealedMs = 0 }) => sum + concealedMs, 0);
}

async function until(what: string, timeoutMs: number, isSo: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isSo(); waitedMs += pollMs) {
    if (waitedMs > timeoutMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await sleep(pollMs);
  }
}

function openPath({ place, serverUrl, room }: NetworkTurnOptions, sender: TimedSender, throughLink: (server: UdpAddress) => Promise<UdpAddress>): Promise<OpenPath> {
  const tracks = { video: sender.videoTrack, audio: sender.audioTrack };
  if (place === 'straight') return openDirect(tracks, throughLink);
  return openThroughRoom(tracks, serverUrl, room, place === 'upstream' ? { sending: throughLink } : { receiving: throughLink });
}

function linkSteps(place: LinkPlace, media: readonly ImpairmentStep[], feedback: readonly ImpairmentStep[]): LinkSteps {
  return place === 'downstream' ? { down: media, up: feedback } : { up: media, down: feedback };
}

function difference(before: BothCounters, after: BothCounters): BothCounters {
  return { up: grown({ ...before.up }, { ...after.up }) as unknown as BothCounters['up'], down: grown({ ...before.down }, { ...after.down }) as unknown as BothCounters['down'] };
}

async function runTurn(options: NetworkTurnOptions): Promise<NetworkTurnResult> {
  const { place, serverUrl, room, measureMs } = options;
  const time = new RoomClock();
  const link = Link.start();
  const sender = new TimedSender(time, new MadeVoice());
  const path = await openPath(options, sender, (server) => link.open(server, options.seed));
  const watch = new MediaWatch({ video: path.video, audio: path.audio, time });
  const serverStats = async (): Promise<unknown> => (place === 'straight' ? undefined : (await fetch(`${serverUrl}/api/rooms/${room}/stats`)).json());
  const resting = steadily({ delayMs: options.restingDelayMs });
  await link.impair({ up: resting, down: resting });
  await until('the first picture with a number', openTimeoutMs, () => watch.newPicturesUs.length > 0);
  await sleep(settlingMs);

  const before = { clients: await clientCounters(path), server: await serverStats(), link: await link.counters(), unread: watch.unreadPictures };
  const turns = monitorEventLoopDelay({ resolution: pollMs });
  turns.enable();
  await link.impair(linkSteps(place, options.media, options.feedback));
  const fromUs = time.nowUs();
  const connectionChanges: string[] = [];
  for (const [name, connection] of [['publisher', path.sending], ['listener', path.receiving]] as const) {
    connection.onconnectionstatechange = () => connectionChanges.push(`${name} ${connection.connectionState} at ${((time.nowUs() - fromUs) / 1e6).toFixed(1)} s`);
  }
  await sleep(measureMs);
  const toUs = time.nowUs();
  turns.disable();
  const after = { clients: await clientCounters(path), server: await serverStats(), link: await link.counters() };
  const unreadPictures = watch.unreadPictures - before.unread;

  await link.impair({ up: resting, down: resting });
  const faultsEndUs = Math.min(toUs, fromUs + 1000 * options.faultsEndMs);
  const backMs = (timesUs: readonly number[]): number | undefined => {
    const backUs = timesUs.find((atUs) => atUs > faultsEndUs);
    return backUs === undefined ? undefined : (backUs - faultsEndUs) / 1000;
  };
  await until('recovery', longestRecoveryMs, () => backMs(watch.newPicturesUs) !== undefined && backMs(watch.soundsUs) !== undefined).catch(() => undefined);

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
    unreadPictures,
    widthPx: watch.widthPx,
    stalledMs: turns.max / 1e6,
    connectionChanges,
    clients,
    link: difference(before.link, after.link),
    server: after.server,
  };
  for (const connection of [path.sending, path.receiving]) connection.onconnectionstatechange = null;
  watch.close();
  sender.close();
  await path.close();
  await link.close();
  return result;
}

const result = await runTurn(JSON.parse(process.argv[2] ?? '{}') as NetworkTurnOptions);
// libwebrtc's threads would keep it alive.
const end = (): void => process.exit(0);
if (process.send === undefined) process.stdout.write(`${JSON.stringify(result, undefined, 1)}\n`, end);
else process.send(result, end);
