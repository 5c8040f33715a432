/** @import { EncodingWish } from './types.js' */

/**
 * @typedef {object} SenderLimits whatever the server wishes
 * @property {number} maxBps
 * @property {number} maxFps
 */

/**
 * Keeps one RTCRtpSender at what the server wishes: the size, rate and bitrate that a tile shows. The wish stays through changes of the track,
 * whose size decides by how much it is scaled down.
 */
export class SenderEncoding {
  #limits;
  /** @type {EncodingWish | null} */
  #wish = null;
  /** @type {RTCRtpSender | null} */
  #sender = null;
  /** Of the track when it was looked at last. */
  #size = '';
  /** One change at a time: parameters that are set must be those that were read last. @type {Promise<void>} */
  #applying = Promise.resolve();

  /** @param {SenderLimits} limits */
  constructor(limits) {
    this.#limits = limits;
  }

  /** The sender from now on. @param {RTCRtpSender | null} sender */
  attach(sender) {
    this.#sender = sender;
    return this.apply();
  }

  /** @param {EncodingWish} wish */
  follow(wish) {
    this.#wish = wish;
    return this.apply();
  }

  /** To be called now and then: a shared window is drawn larger or smaller by whoever shares it, and nothing tells. */
  refresh() {
    return sizeOf(this.#sender) === this.#size ? this.#applying : this.apply();
  }

  /** To be called when the sender has another track. @returns {Promise<void>} never rejects */
  apply() {
    this.#applying = this.#applying.then(() => this.#set());
    return this.#applying;
  }

  async #set() {
    const parameters = this.#sender?.getParameters();
    // Before the answer there is no encoding to set.
    if (this.#sender === null || parameters === undefined || parameters.encodings.length === 0) return;
    this.#size = sizeOf(this.#sender);
    const { width = 0, height = 0 } = this.#sender.track?.getSettings() ?? {};
    const { active, scaleResolutionDownBy, maxBitrate, maxFramerate } = encodingFor(this.#wish, this.#limits, width, height);
    for (const encoding of parameters.encodings) Object.assign(encoding, { active, scaleResolutionDownBy, maxBitrate, maxFramerate });
    // A browser that refuses a limit sends unlimited, which the server's own bandwidth feedback then holds.
    await this.#sender.setParameters(parameters).catch(() => undefined);
  }
}

/** @param {RTCRtpSender | null} sender */
function sizeOf(sender) {
  const { width, height } = sender?.track?.getSettings() ?? {};
  return `${width}x${height}`;
}

/**
 * The part of RTCRtpEncodingParameters that a wish comes to. The picture stays at least as large as its tile shows it, and is never made larger than it is.
 * Long sides are held against long ones, since a phone that stands upright may give its camera's size lying.
 *
 * @param {EncodingWish | null} wish null: nothing was wished yet
 * @param {SenderLimits} limits
 * @param {number} widthPx of the track; 0 when it is not known
 * @param {number} heightPx
 */
export function encodingFor(wish, { maxBps, maxFps }, widthPx, heightPx) {
  const unlimited = { active: true, scaleResolutionDownBy: 1, maxBitrate: maxBps, maxFramerate: maxFps };
  if (wish === null) return unlimited;
  if (!wish.active) return { ...unlimited, active: false };
  const longSides = Math.max(widthPx, heightPx) / Math.max(wish.width, wish.height);
  const shortSides = Math.min(widthPx, heightPx) / Math.min(wish.width, wish.height);
  const scale = Math.min(longSides, shortSides);
  return {
    active: true,
    scaleResolutionDownBy: Number.isFinite(scale) ? Math.max(1, scale) : 1,
    maxBitrate: Math.min(maxBps, wish.maxBitrate),
    maxFramerate: Math.min(maxFps, wish.maxFps),
  };
}
