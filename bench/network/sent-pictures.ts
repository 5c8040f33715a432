/** What one viewer on a good network misses of his stream: pictures that the room passed over, that it encoded and that never came, and that came and were never shown. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RoomViewer } from '../latency/paths.js';
import { roomStats } from '../support/room-stats.js';
import { arrivedPictures } from './client-counters.js';

/** As far as it is read here; the counters only grow. */
export interface PictureStats {
  /** In the order in which they came. */
  readonly sessions: Readonly<Record<string, { readonly path?: { readonly tier?: number } }>>;
  readonly mixer: {
    readonly clock: { readonly videoTicksSkipped: number };
    readonly video: {
      readonly canvas: { readonly ticksSkippedDrawing: number; readonly ticksSkippedNoCanvas: number };
      readonly outputs: readonly { readonly outputId: string; readonly bitrateBps: number; readonly framesEncoded: number; readonly ticksSkipped: number }[];
    };
  };
}

export interface StreamMark {
  /** Of the best of the room's encodes: who has a good network gets no other. */
  readonly outputId: string;
  /** Encoded and not received, what is under way not counted; and received and dropped. */
  readonly lost: number;
  /** Ticks of the room without a picture for him, since the machine was too busy. */
  readonly skippedTicks: number;
}

/** A picture is on its way for some milliseconds of the 66 from one to the next: of so many readings one is taken when none is. */
const readings = 25;
const betweenReadingsMs = 23;

export async function pictureStats(serverUrl: string, room: string): Promise<PictureStats> {
  return (await roomStats(serverUrl, room)) as PictureStats;
}

/** 0 for the best. */
export function tierOf({ sessions }: PictureStats, place: number): number | undefined {
  return Object.values(sessions)[place]?.path?.tier;
}

export async function markStream(viewer: RoomViewer, serverUrl: string, room: string): Promise<StreamMark> {
  let lost = Number.POSITIVE_INFINITY;
  for (let reading = 1; ; reading += 1) {
    const { received, dropped } = await arrivedPictures(viewer.connection);
    const { clock, video } = (await pictureStats(serverUrl, room)).mixer;
    const [best] = [...video.outputs].sort((a, b) => b.bitrateBps - a.bitrateBps);
    if (best === undefined) throw new Error('the room encodes no picture');
    lost = Math.min(lost, best.framesEncoded - received + dropped);
    if (reading === readings) {
      return { outputId: best.outputId, lost, skippedTicks: clock.videoTicksSkipped + video.canvas.ticksSkippedDrawing + video.canvas.ticksSkippedNoCanvas + best.ticksSkipped };
    }
    await sleep(betweenReadingsMs);
  }
}

/** @throws {Error} where they are of two encodes, which cannot be compared: the viewer was led to another one */
export function missedBetween(before: StreamMark, after: StreamMark): { readonly stream: number; readonly ticks: number } {
  if (before.outputId !== after.outputId) throw new Error(`the viewer on a good network got ${after.outputId} in place of ${before.outputId}`);
  return { stream: after.lost - before.lost, ticks: after.skippedTicks - before.skippedTicks };
}
