/**
 * One turn of the latency bench, in a process of its own: two libwebrtc clients, connected straight or through a room, measured for a while.
 * Its options are the JSON of its first argument, its result is its one IPC message.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RoomClock } from '../../mixer/clock/room-clock.js';
import type { ThroughLink } from '../../test/support/linked-sdp.js';
import type { WrtcPeerConnection } from '../../test/support/wrtc.js';
import { steadily } from '../network/impairment.js';
import { Link } from '../network/link.js';
import { roomStats } from '../support/room-stats.js';
import { openDirect, openThroughRoom, type OpenPath } from './paths.js';
import { TimedReceiver } from './timed-receiver.js';
import { TimedSender } from './timed-sender.js';

export interface TurnOptions {
  /** Undefined: straight. */
  readonly serverUrl: string | undefined;
  readonly room: string;
  /** Bandwidth estimates, jitter buffers and lip sync find their values in this time. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Of the sender's path: evenly from 0 to this, in order; 0: his path is not touched at all. */
  readonly jitterMs: number;
}

export interface TurnResult {
  /** From the camera to the sink, each picture in the order in which they were seen. */
  readonly videoMs: readonly number[];
  /** From the microphone to the sink, each chirp. */
  readonly soundMs: readonly number[];
  readonly picturesSent: number;
  readonly unreadPictures: number;
  readonly client: ClientShare;
  /** `GET /api/rooms/:room/stats`. */
  readonly server: unknown;
}

/** What the clients say about themselves, means over the measured time; undefined where this libwebrtc does not tell. */
export interface ClientShare {
  readonly encodeMs: number | undefined;
  readonly sendMs: number | undefined;
  readonly videoJitterBufferMs: number | undefined;
  /** At the end: what lip sync asks of the picture's jitter buffer, and the jitter that it sees in what arrives. */
  readonly videoLipSyncMs: number | undefined;
  readonly videoJitterMs: number | undefined;
  readonly decodeMs: number | undefined;
  readonly soundJitterBufferMs: number | undefined;
  readonly soundConcealedMs: number | undefined;
  readonly freezes: number | undefined;
  readonly sentKbps: number | undefined;
}

/** Longest delay that is told from one that wrapped round. */
const longestDelayUs = 400_000;
/** Until the first picture and sound; more is a failure to be told. */
const openTimeoutMs = 15_000;
const linkSeed = 1;

type Stats = Readonly<Record<string, unknown>>;

async function statsOf(connection: WrtcPeerConnection, type: string, kind: string): Promise<Stats> {
  for (const [, report] of await connection.getStats()) {
    if (report['type'] === type && (report['kind'] ?? report['mediaType']) === kind && report['isRemote'] !== true) return report;
  }
  return {};
}

async function clientStats({ sending, receiving }: OpenPath): Promise<{ sentVideo: Stats; seenVideo: Stats; heardAudio: Stats }> {
  return {
    sentVideo: await statsOf(sending, 'outbound-rtp', 'video'),
    seenVideo: await statsOf(receiving, 'inbound-rtp', 'video'),
    heardAudio: await statsOf(receiving, 'inbound-rtp', 'audio'),
  };
}

type ClientStats = Awaited<ReturnType<typeof clientStats>>;

function share(before: ClientStats, after: ClientStats, seconds: number): ClientShare {
  const grown = (stream: keyof ClientStats, name: string): number | undefined => {
    const end = after[stream][name];
    const start = before[stream][name];
    return typeof end === 'number' ? end - (typeof start === 'number' ? start : 0) : undefined;
  };
  const ratio = (stream: keyof ClientStats, total: string, count: string, scale: number): number | undefined => {
    const sum = grown(stream, total);
    const over = grown(stream, count);
    return sum === undefined || over === undefined || over === 0 ? undefined : (scale * sum) / over;
  };
  const atEnd = (stream: keyof ClientStats, name: string): number | undefined => {
    const value = after[stream][name];
    return typeof value === 'number' ? value : undefined;
  };
  const jitterSeconds = atEnd('seenVideo', 'jitter');
  const bytes = grown('sentVideo', 'bytesSent');
  return {
    encodeMs: ratio('sentVideo', 'totalEncodeTime', 'framesEncoded', 1000),
    sendMs: ratio('sentVideo', 'totalPacketSendDelay', 'packetsSent', 1000),
    videoJitterBufferMs: ratio('seenVideo', 'jitterBufferDelay', 'jitterBufferEmittedCount', 1000),
    videoLipSyncMs: atEnd('seenVideo', 'minPlayoutDelay'),
    videoJitterMs: jitterSeconds === undefined ? undefined : 1000 * jitterSeconds,
    decodeMs: ratio('seenVideo', 'totalDecodeTime', 'framesDecoded', 1000),
    soundJitterBufferMs: ratio('heardAudio', 'jitterBufferDelay', 'jitterBufferEmittedCount', 1000),
    soundConcealedMs: ((grown('heardAudio', 'concealedSamples') ?? 0) / 48_000) * 1000,
    freezes: grown('seenVideo', 'freezeCount'),
    sentKbps: bytes === undefined ? undefined : (bytes * 8) / 1000 / seconds,
  };
}

async function untilSeen(receiver: TimedReceiver): Promise<void> {
  for (let waitedMs = 0; receiver.pictures.length === 0; waitedMs += 20) {
    if (waitedMs > openTimeoutMs) throw new Error(`no picture with a number came within ${openTimeoutMs} ms; ${receiver.unreadPictures} came without`);
    await sleep(20);
  }
}

function videoDelaysMs(sender: TimedSender, receiver: TimedReceiver, fromUs: number): number[] {
  return receiver.pictures.flatMap(({ code, seenUs }, index) => {
    const sentUs = sender.pictureSentUs(code);
    // Seen before: a picture that is shown again is not late.
    const isRepeated = receiver.pictures[index - 1]?.code === code;
    return sentUs === undefined || sentUs < fromUs || isRepeated ? [] : [(seenUs - sentUs) / 1000];
  });
}

function soundDelaysMs(sender: TimedSender, receiver: TimedReceiver, fromUs: number): number[] {
  return receiver.chirpsHeardUs().flatMap((heardUs) => {
    const sentUs = sender.chirpsSentUs.findLast((us) => us < heardUs);
    return sentUs === undefined || sentUs < fromUs || heardUs - sentUs > longestDelayUs ? [] : [(heardUs - sentUs) / 1000];
  });
}

/** The link of a sender whose path jitters, the same in each turn. */
function openLink(jitterMs: number): { readonly link: Link; readonly throughLink: ThroughLink } | undefined {
  if (jitterMs === 0) return undefined;
  const link = Link.start();
  const throughLink: ThroughLink = async (server) => {
    const address = await link.open(server, linkSeed);
    await link.impair({ up: steadily({ jitterMs }), down: steadily({}) });
    return address;
  };
  return { link, throughLink };
}

async function runTurn({ serverUrl, room, warmUpMs, measureMs, jitterMs }: TurnOptions): Promise<TurnResult> {
  const time = new RoomClock();
  const sender = new TimedSender({ time });
  const tracks = { video: sender.videoTrack, audio: sender.audioTrack };
  const opened = openLink(jitterMs);
  const path = serverUrl === undefined ? await openDirect(tracks, opened?.throughLink) : await openThroughRoom(tracks, serverUrl, room, { sending: opened?.throughLink });
  const receiver = new TimedReceiver({ video: path.video, audio: path.audio, time });
  await untilSeen(receiver);
  await sleep(warmUpMs);
  const before = await clientStats(path);
  const fromUs = time.nowUs();
  const sentBefore = sender.picturesSent;
  const unreadBefore = receiver.unreadPictures;
  await sleep(measureMs);
  const after = await clientStats(path);
  const picturesSent = sender.picturesSent - sentBefore;
  const server = serverUrl === undefined ? undefined : await roomStats(serverUrl, room);
  const result = {
    videoMs: videoDelaysMs(sender, receiver, fromUs),
    soundMs: soundDelaysMs(sender, receiver, fromUs),
    picturesSent,
    unreadPictures: receiver.unreadPictures - unreadBefore,
    client: share(before, after, measureMs / 1000),
    server,
  };
  receiver.close();
  sender.close();
  await path.close();
  await opened?.link.close();
  return result;
}

const options = JSON.parse(process.argv[2] ?? '{}') as TurnOptions;
const result = await runTurn(options);
process.send?.(result, () => {
  // libwebrtc's threads would keep it alive.
  process.exit(0);
});
