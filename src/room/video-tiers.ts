/** The encodes of one canvas: the whole picture, and smaller ones for listeners whose path or device does not take it. */
import type { VideoFormat } from '../../mixer/index.js';

export interface VideoTier {
  readonly format: VideoFormat;
  readonly bitrateBps: number;
}

/** The encodes of the room, as one listener may have them. */
export interface ListenerTiers {
  /** What each takes, sound and headers included, in bps, best first. */
  readonly needsBps: readonly number[];
  /** The best that he may have. */
  readonly best: number;
}

/** Below the configured one; by pixels, so that upright canvases get the same. Coarser pictures than these are harder to read than a lower frame rate. */
const lowerTiers = [
  { mostPixels: 640 * 360, mostFps: 30, bitrateBps: 500_000 },
  { mostPixels: 320 * 180, mostFps: 15, bitrateBps: 100_000 },
] as const;
/** RTP and SRTP around a payload of usual length, and the encoder's own wandering. */
const packetOverhead = 1.05;
/** The same for 50 packets of sound a second, with some RTCP. */
const audioOverheadBps = 22_000;
/** A tier that saves less than this is not worth an encoder. */
const leastSaving = 0.6;

/** Best first; one at least. */
export function videoTiers(canvas: VideoFormat, bitrateBps: number): readonly VideoTier[] {
  const tiers: VideoTier[] = [{ format: canvas, bitrateBps }];
  for (const { mostPixels, mostFps, bitrateBps: lowerBps } of lowerTiers) {
    const above = tiers.at(-1)?.bitrateBps ?? bitrateBps;
    if (lowerBps > above * leastSaving) continue;
    tiers.push({ format: shrunk(canvas, mostPixels, mostFps), bitrateBps: lowerBps });
  }
  return tiers;
}

/** @param maxHeightPx of the best that this listener may have; undefined for any */
export function listenerTiers(tiers: readonly VideoTier[], audioBitrateBps: number, maxHeightPx: number | undefined): ListenerTiers {
  return {
    needsBps: tiers.map(({ bitrateBps }) => bitrateBps * packetOverhead + audioBitrateBps + audioOverheadBps),
    best: maxHeightPx === undefined ? 0 : tierBelow(tiers, maxHeightPx),
  };
}

/** The best tier whose picture is at most so high; the lowest where none is. */
function tierBelow(tiers: readonly VideoTier[], maxHeightPx: number): number {
  const index = tiers.findIndex(({ format }) => format.heightPx <= maxHeightPx);
  return index === -1 ? tiers.length - 1 : index;
}

function shrunk({ widthPx, heightPx, fps }: VideoFormat, mostPixels: number, mostFps: number): VideoFormat {
  const scale = Math.min(1, Math.sqrt(mostPixels / (widthPx * heightPx)));
  const even = (length: number): number => Math.max(2, 2 * Math.round((length * scale) / 2));
  return { widthPx: even(widthPx), heightPx: even(heightPx), fps: Math.min(fps, mostFps) };
}
