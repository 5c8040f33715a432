/** What one viewer on a good network misses of his stream: pictures that the room passed over, that it encoded and that never came, and that came and were never shown. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RoomViewer } from '../latency/paths.js';
import { roomStats } from '../support/room-stats.js';
import { arrivedPictures } from './client-counters.js';

/** As far as it is read here; all of them only grow. */
interface VideoStats {
  readonly mixer: {
    readonly clock: { readonly videoTicksSkipped: number };
    readonly video: {
      readonly canvas: { readonly ticksSkippedDrawing: number; readonly ticksSkippedNoCanvas: number };
      readonly outputs: readonly { readonly bitrateBps: number; readonly framesEncoded: number; readonly ticksSkipped: number }[];
    };
  };
}

export interface StreamMark {
  /** Encoded and not received, what is under way not counted; and received and dropped. */
  readonly lost: number;
  /** Ticks of the room without a picture for him, since the machine was too busy. */
  readonly skippedTicks: number;
}

/** A picture is on its way for some milliseconds of the 66 from one to the next: of so many readings one is taken when none is. */
const readings = 25;
const betweenReadingsMs = 23;

export async function markStream(viewer: RoomViewer, serverUrl: string, room: string): Promise<StreamMark> {
  let lost = Number.POSITIVE_INFINITY;
  let skippedTicks = 0;
  for (let reading = 0; reading < readings; reading += 1) {
    const { received, dropped } = await arrivedPictures(viewer.connection);
    const { mixer } = (await roomStats(serverUrl, room)) as VideoStats;
    const { canvas, outputs } = mixer.video;
    // The best of the room's encodes: who has a good network gets no other.
    const [best] = [...outputs].sort((a, b) => b.bitrateBps - a.bitrateBps);
    if (best === undefined) throw new Error('the room encodes no picture');
    lost = Math.min(lost, best.framesEncoded - received + dropped);
    skippedTicks = mixer.clock.videoTicksSkipped + canvas.ticksSkippedDrawing + canvas.ticksSkippedNoCanvas + best.ticksSkipped;
    await sleep(betweenReadingsMs);
  }
  return { lost, skippedTicks };
}
