/**
 * How much of what a client sends is worth sending, as he is told by REMB (draft-alvestrand-rmcat-remb-03): no more than his tiles show, where he sends one stream of a
 * picture, and than his path carries, where that fell just now. What was said once holds until something else is. Times are microseconds of the room's clock.
 */
import type { VideoSource } from '../../mixer/index.js';
import type { FramePacket } from './frame-trains.js';
import type { PictureNeed } from './picture-need.js';
import { UplinkBrake } from './uplink-brake.js';

/** One of the client's pictures. */
export interface WorthwhilePicture {
  readonly source: VideoSource;
  /** He heeds REMB there. */
  readonly takesRemb: boolean;
  /** Simulcast: its layers are chosen among, and need no limit. */
  readonly isLayered: boolean;
}

/** Besides the picture: Opus with its headers, as browsers send it. */
const soundBps = 80_000;
/** RTP headers and retransmissions. */
const overhead = 1.1;
/** More than any camera sends. */
const unlimitedBps = 10_000_000;
/** Of a picture that nobody sees: enough to keep its encoder and the estimate of the path alive. */
const unseenBps = 100_000;
/**
 * Who sends as much as he is told, and repairs (RTX, RED with ULPFEC) besides, makes more than that for seconds at a time, and libwebrtc's pacer lets hardly more out than he is told: it held pictures for
 * 0.1 to 1.2 s, until they came too late. A ceiling that changes makes it share the bits out anew. So who repairs is told now a hundredth less, now all of it again: each half second, since with a change a
 * second pictures waited for up to 0.4 s still; for 2 s, since at 1 % loss a second or two pass between repairs. A ceiling that stays, also one of 0.9, changed nothing (`npm run bench -- network`, upstream).
 */
const nudge = { share: 0.99, everyUs: 500_000, afterRepairUs: 2_000_000 } as const;

export class WorthwhileBitrate {
  readonly #needs = new Map<VideoSource, PictureNeed | undefined>();
  readonly #brake = new UplinkBrake();
  #pictures: readonly WorthwhilePicture[] = [];
  #isToldNeeds = false;
  #neededBps: number | undefined;
  #hasBraked = false;
  #repairedUs = Number.NEGATIVE_INFINITY;
  #isNudged = false;
  #turnedUs = Number.NEGATIVE_INFINITY;

  /** @param isToldNeeds by his page, what each picture is worth: then REMB has only to say what the path carries */
  negotiate(pictures: readonly WorthwhilePicture[], isToldNeeds: boolean): void {
    this.#pictures = pictures;
    this.#isToldNeeds = isToldNeeds;
  }

  setNeed(source: VideoSource, need: PictureNeed | undefined): void {
    this.#needs.set(source, need);
    const isAllLimited = !this.#isToldNeeds && this.#pictures.length > 0 && this.#pictures.every(({ takesRemb, isLayered }) => takesRemb && !isLayered);
    this.#neededBps = isAllLimited ? this.#pictures.reduce((sum, picture) => sum + this.#bpsOf(picture.source), soundBps) : undefined;
  }

  #bpsOf(source: VideoSource): number {
    return Math.round((this.#needs.get(source)?.bitrateBps ?? unseenBps) * overhead);
  }

  /** As {@link UplinkBrake.takePacket}. */
  takePacket(payloadBytes: number, arrivalUs: number): void {
    this.#brake.takePacket(payloadBytes, arrivalUs);
  }

  /** As {@link UplinkBrake.takePicture}. */
  takePicture(packet: FramePacket): void {
    this.#brake.takePicture(packet);
  }

  /** As {@link UplinkBrake.takeSound}. */
  takeSound(timestamp: number, arrivalUs: number): void {
    this.#brake.takeSound(timestamp, arrivalUs);
  }

  /** A packet came that was lost, and had been asked for. */
  takeRepair(arrivalUs: number): void {
    this.#repairedUs = arrivalUs;
  }

  /** To be called each 20 ms. */
  tick(nowUs: number): void {
    this.#nudge(nowUs);
    this.#brake.tick(nowUs, this.#neededBps ?? unlimitedBps);
    this.#hasBraked ||= this.#brake.ceilingBps !== undefined;
  }

  #nudge(nowUs: number): void {
    if (nowUs - this.#repairedUs >= nudge.afterRepairUs) this.#isNudged = false;
    else if (nowUs - this.#turnedUs >= nudge.everyUs) {
      this.#turnedUs = nowUs;
      this.#isNudged = !this.#isNudged;
    }
  }

  /** Undefined where there is nothing to say, or the client does not heed such words. */
  get bitrateBps(): number | undefined {
    // Of what is worth sending: a page, which hears of that otherwise, has the pacer's room above it.
    const neededBps = this.#neededBps !== undefined && this.#isNudged ? Math.round(nudge.share * this.#neededBps) : this.#neededBps;
    if (!this.#hasBraked || !this.#pictures.some(({ takesRemb }) => takesRemb)) return neededBps;
    return Math.round(Math.min(this.#brake.ceilingBps ?? unlimitedBps, neededBps ?? unlimitedBps));
  }

  /** As {@link UplinkBrake.queueUs}. */
  queueUs(nowUs: number): number {
    return this.#brake.queueUs(nowUs);
  }

  /** Times at which his path was seen to carry less than he sends. */
  get brakes(): number {
    return this.#brake.count;
  }
}
