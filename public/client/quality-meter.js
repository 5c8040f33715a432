/** @import { QualitySample } from './quality.js' */
import { emit } from './events.js';
import { judgeQuality, sampleQuality } from './quality.js';

// Long enough that one late frame is no verdict, short enough that one sees what a change of place does.
const intervalMs = 2000;

/**
 * Judges a TesseraRoom's or TesseraViewer's connection every two seconds. Event: `quality` (detail: Quality of the last interval).
 */
export class QualityMeter extends EventTarget {
  #source;
  #timer;
  /** @type {QualitySample | null} */
  #before = null;

  /** @param {{ getStats(): Promise<RTCStatsReport | null> }} source */
  constructor(source) {
    super();
    this.#source = source;
    this.#timer = setInterval(() => void this.#measure(), intervalMs);
  }

  /** A new connection counts from zero again. */
  reset() {
    this.#before = null;
  }

  close() {
    clearInterval(this.#timer);
  }

  async #measure() {
    const report = await this.#source.getStats().catch(() => null);
    if (report === null) return this.reset();
    const now = sampleQuality(report.values(), performance.now());
    if (this.#before !== null) emit(this, 'quality', judgeQuality(this.#before, now));
    this.#before = now;
  }
}
