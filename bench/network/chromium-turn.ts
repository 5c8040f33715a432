/** One turn of the network bench with Chromium at both ends: good until both are settled, then bad for a while, then good again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PageBrowser } from '../../test/support/page-browser.js';
import { roomStats } from '../support/room-stats.js';
import { ChromiumClient, type ChromiumCounters } from './chromium-client.js';
import { steadily } from './impairment.js';
import { linkSteps, type LinkPlace } from './link-place.js';
import { Link } from './link.js';
import type { NetworkRow } from './network-rows.js';
import { concealedInRoomMs } from './room-stats.js';
import { countIn, standstillIn, toleratedPauseUs } from './standstill.js';

export interface ChromiumTurnOptions {
  readonly browser: PageBrowser;
  readonly place: LinkPlace;
  /** Straight, only for its page. */
  readonly serverUrl: string;
  readonly room: string;
  readonly row: NetworkRow;
  readonly seed: number;
}

export interface ChromiumTurnResult {
  /** By the numbers in what it shows, as in the bench with libwebrtc. */
  readonly freezeMsPerMinute: number;
  readonly longestFreezeMs: number;
  readonly picturesPerSecond: number;
  readonly unreadPictures: number;
  /** From the end of the faults; undefined: not within {@link longestRecoveryMs}. */
  readonly pictureBackMs: number | undefined;
  /** By Chromium's own account. */
  readonly decodedPerSecond: number;
  readonly freezes: number;
  readonly frozenMs: number;
  /** By the listener, and upstream by the room, too. */
  readonly concealedPercent: number;
  readonly sentKbps: number;
  readonly nacksOfListener: number;
  readonly plisOfListener: number;
  /** The longest time for which one of the pages had no turn: a pause in these figures that is not the network's. */
  readonly stalledMs: number;
}

/** As with libwebrtc. */
const settlingMs = 4_000;
const openTimeoutMs = 15_000;
const longestRecoveryMs = 6_000;
const pollMs = 100;

interface Clients {
  readonly publisher: ChromiumClient;
  readonly listener: ChromiumClient;
}

async function connect({ place, serverUrl, room, seed }: ChromiumTurnOptions, { publisher, listener }: Clients, link: Link): Promise<void> {
  const throughLink: Parameters<ChromiumClient['publishTo']>[1] = (server) => link.open(server, seed);
  if (place === 'straight') return publisher.publishTo(listener, throughLink);
  await publisher.publish(serverUrl, room, place === 'upstream' ? throughLink : undefined);
  return listener.view(serverUrl, room, place === 'downstream' ? throughLink : undefined);
}

/** @returns whether it came within the time */
async function newPictureAfter(listener: ChromiumClient, afterUs: number, timeoutMs: number): Promise<number | undefined> {
  const find = async (): Promise<number | undefined> => (await listener.shown()).newPicturesUs.find((atUs) => atUs > afterUs);
  let foundUs = await find();
  for (let waitedMs = 0; foundUs === undefined && waitedMs < timeoutMs; waitedMs += pollMs) {
    await sleep(pollMs);
    foundUs = await find();
  }
  return foundUs;
}

export async function chromiumTurn(options: ChromiumTurnOptions): Promise<ChromiumTurnResult> {
  const { browser, place, serverUrl, room, row } = options;
  const link = Link.start();
  const clients = { publisher: await ChromiumClient.open(browser, serverUrl), listener: await ChromiumClient.open(browser, serverUrl) };
  const { publisher, listener } = clients;
  await connect(options, clients, link);
  const resting = steadily({ delayMs: row.restingDelayMs });
  await link.impair({ up: resting, down: resting });
  if ((await newPictureAfter(listener, 0, openTimeoutMs)) === undefined) throw new Error(`the first picture with a number: not within ${openTimeoutMs} ms`);
  await sleep(settlingMs);

  const stats = async (): Promise<unknown> => (place === 'straight' ? undefined : roomStats(serverUrl, room));
  const readAll = async (): Promise<{ readonly heard: ChromiumCounters; readonly sent: ChromiumCounters; readonly concealedMs: number; readonly unread: number }> => ({
    heard: await listener.counters(), sent: await publisher.counters(), concealedMs: concealedInRoomMs(await stats()), unread: (await listener.shown()).unreadPictures,
  });
  const takeStallMs = async (): Promise<number> => Math.max(await publisher.takeStallMs(), await listener.takeStallMs());
  await takeStallMs();
  const before = await readAll();
  await link.impair(linkSteps(place, row.media, row.feedback));
  await sleep(row.measureMs);
  const after = await readAll();
  const stalledMs = await takeStallMs();
  await link.impair({ up: resting, down: resting });
  const fromUs = before.heard.atUs;
  const toUs = after.heard.atUs;
  const faultsEndUs = Math.min(toUs, fromUs + 1000 * (row.faultsEndMs ?? row.measureMs));
  const backUs = await newPictureAfter(listener, faultsEndUs, longestRecoveryMs);

  const { newPicturesUs } = await listener.shown();
  const pictures = standstillIn(newPicturesUs, fromUs, toUs, toleratedPauseUs);
  const seconds = (toUs - fromUs) / 1e6;
  const grown = (name: keyof ChromiumCounters, who: 'heard' | 'sent' = 'heard'): number => after[who][name] - before[who][name];
  await publisher.close();
  await listener.close();
  await link.close();
  return {
    freezeMsPerMinute: (pictures.beyondMs * 60) / seconds,
    longestFreezeMs: pictures.longestMs,
    picturesPerSecond: countIn(newPicturesUs, fromUs, toUs) / seconds,
    unreadPictures: after.unread - before.unread,
    pictureBackMs: backUs === undefined ? undefined : (backUs - faultsEndUs) / 1000,
    decodedPerSecond: grown('picturesDecoded') / seconds,
    freezes: grown('freezes'),
    frozenMs: grown('frozenMs'),
    concealedPercent: (100 * grown('concealedSamples')) / Math.max(1, grown('soundSamples')) + (after.concealedMs - before.concealedMs) / (10 * seconds),
    sentKbps: (8 * grown('sentBytes', 'sent')) / 1000 / ((after.sent.atUs - before.sent.atUs) / 1e6),
    nacksOfListener: grown('nacksOfListener'),
    plisOfListener: grown('plisOfListener'),
    stalledMs,
  };
}
