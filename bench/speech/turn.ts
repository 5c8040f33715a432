/**
 * One turn of the speech-quality bench, in a process of its own: all sentences through one path with one share of loss, each scored beside what was said. Options are the JSON of
 * its first argument, the result is its one IPC message.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RoomClock } from '../../mixer/clock/room-clock.js';
import type { UdpAddress } from '../../test/support/linked-sdp.js';
import { openDirect, openThroughRoom, type OpenPath } from '../latency/paths.js';
import { TimedReceiver } from '../latency/timed-receiver.js';
import { steadily } from '../network/impairment.js';
import { linkSteps, type LinkPlace } from '../network/link-place.js';
import { Link } from '../network/link.js';
import { aligned } from './align.js';
import { sentences, speak } from './espeak.js';
import { resample } from './resample.js';
import { distanceRateHz, logSpectralDistanceDb } from './spectral-distance.js';
import { SpeechSender } from './speech-sender.js';
import { stoi, stoiRateHz } from './stoi.js';

export interface SpeechTurnOptions {
  readonly place: LinkPlace;
  /** Unused when straight. */
  readonly serverUrl: string;
  readonly room: string;
  readonly lossShare: number;
  readonly seed: number;
}

export interface SpeechScore {
  readonly voice: string;
  readonly stoi: number;
  readonly distanceDb: number;
}

export interface SpeechTurnResult {
  readonly scores: readonly SpeechScore[];
  /** Datagrams of the direction with the loss. */
  readonly offered: number;
  readonly lost: number;
}

const sampleRateHz = 48_000;
/** Encoders learn of the loss, buffers of the jitter, a room to decode the newcomer: said once before it counts. */
const unscoredSentences = 2;
/** After each sentence: what is still on its way. */
const pauseMs = 700;
const mostDelayMs = 500;

async function open({ place, serverUrl, room }: SpeechTurnOptions, sender: SpeechSender, throughLink: (server: UdpAddress) => Promise<UdpAddress>): Promise<OpenPath> {
  const tracks = { video: sender.videoTrack, audio: sender.audioTrack };
  if (place === 'straight') return openDirect(tracks, throughLink);
  return openThroughRoom(tracks, serverUrl, room, place === 'upstream' ? { sending: throughLink } : { receiving: throughLink });
}

function score(voice: string, said: Int16Array, heard: Int16Array): SpeechScore {
  const at = (rateHz: number): readonly [Float64Array, Float64Array] => {
    const clean = resample(said, sampleRateHz, rateHz);
    return [clean, aligned(clean, resample(heard, sampleRateHz, rateHz), rateHz, mostDelayMs / 1000)];
  };
  return { voice, stoi: stoi(...at(stoiRateHz)), distanceDb: logSpectralDistanceDb(...at(distanceRateHz)) };
}

async function runTurn(options: SpeechTurnOptions): Promise<SpeechTurnResult> {
  const time = new RoomClock();
  const spoken = await Promise.all(sentences.map(async (sentence) => ({ voice: sentence.voice, said: await speak(sentence) })));
  const link = Link.start();
  const sender = new SpeechSender(time);
  const path = await open(options, sender, (server) => link.open(server, options.seed));
  const receiver = new TimedReceiver({ video: path.video, audio: path.audio, time });
  const loss = steadily({ lossShare: options.lossShare });
  await link.impair(linkSteps(options.place, loss, steadily({})));
  const saidFrom: number[] = [];
  for (const { said } of [...spoken.slice(0, unscoredSentences), ...spoken]) {
    saidFrom.push(await sender.say(said));
    await sleep((1000 * said.length) / sampleRateHz + pauseMs);
  }
  const counters = await link.counters();
  const { offered, lost } = options.place === 'downstream' ? counters.down : counters.up;
  receiver.close();
  sender.close();
  await path.close();
  await link.close();
  // Only now: it takes some seconds, in which the room would take the clients for gone.
  const scores = spoken.map(({ voice, said }, index) =>
    score(voice, said, receiver.soundFrom(saidFrom[unscoredSentences + index] ?? 0, said.length + (mostDelayMs * sampleRateHz) / 1000)));
  return { scores, offered, lost };
}

const result = await runTurn(JSON.parse(process.argv[2] ?? '{}') as SpeechTurnOptions);
// libwebrtc's threads would keep it alive.
process.send?.(result, () => process.exit(0));
