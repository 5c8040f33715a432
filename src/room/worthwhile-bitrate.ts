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
 * libwebrtc takes what it needs for repairs and protection (RED, ULPFEC) from the picture's bits only when what it may send changes, and sends no faster than that: where packets are lost, its pacer
 * held pictures for 0.1 to 1.2 s for seconds at a time, until they came too late (bench: network, upstream). So who repairs is told now a hundredth less, now all of it again.
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

  /** A packet came that was lost before. */
  takeRepair(arrivalUs: number): void {
    this.#repairedUs = arrivalUs;
  }

  /** To be called each 20 ms. */
  tick(nowUs: number): void {
    this.#isNudged = nowUs - this.#repairedUs < nudge.afterRepairUs && Math.floor(nowUs / nudge.everyUs) % 2 === 1;
    this.#brake.tick(nowUs, this.#neededBps ?? unlimitedBps);
    this.#hasBraked ||= this.#brake.ceilingBps !== undefined;
  }

  /** Undefined where there is nothing to say, or the client does not heed such words. */
  get bitrateBps(): number | undefined {
    const mostBps = !this.#hasBraked || !this.#pictures.some(({ takesRemb }) => takesRemb) ? this.#neededBps : Math.min(this.#brake.ceilingBps ?? unlimitedBps, this.#neededBps ?? unlimitedBps);
    return mostBps === undefined ? undefined : Math.round(this.#isNudged ? nudge.share * mostBps : mostBps);
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
