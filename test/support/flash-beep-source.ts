/** A camera that goes white and a microphone that beeps, both at once, now and then: to measure what lies between them at the other end. */
import { systemTimers, type CancelTimer } from '../../mixer/clock/timers.js';
import { wrtc, type WrtcTrack } from './wrtc.js';

const widthPx = 320;
const heightPx = 180;
const fps = 30;
const black = 16;
const white = 235;
const sampleRateHz = 48_000;
const samplesPerChunk = sampleRateHz / 100;
const beepAmplitude = 12_000;
export const beepHz = 1000;
/** Not a multiple of any frame period, so that the phase against the mixer's ticks wanders. */
const periodMs = 405;
const flashMs = 100;

export class FlashBeepSource {
  readonly videoTrack: WrtcTrack;
  readonly audioTrack: WrtcTrack;
  /** How many began. */
  flashes = 0;
  readonly #video = new wrtc.nonstandard.RTCVideoSource();
  readonly #audio = new wrtc.nonstandard.RTCAudioSource();
  readonly #startMs = performance.now();
  readonly #cancelTimers: readonly CancelTimer[];
  #samples = 0;
  /** In samples from the start: the beep of the flash that is on, or was last. */
  #beepFrom = Number.POSITIVE_INFINITY;
  #flashEndsMs = Number.NEGATIVE_INFINITY;
  #nextFlashMs = this.#startMs + periodMs;

  constructor() {
    this.videoTrack = this.#video.createTrack();
    this.audioTrack = this.#audio.createTrack();
    this.#cancelTimers = [systemTimers.every(1000 / fps, () => this.#sendPicture()), systemTimers.every(10, () => this.#sendDueSound())];
  }

  close(): void {
    for (const cancel of this.#cancelTimers) cancel();
    this.videoTrack.stop();
    this.audioTrack.stop();
  }

  #sendPicture(): void {
    const nowMs = performance.now();
    if (nowMs >= this.#nextFlashMs) {
      this.#nextFlashMs = nowMs + periodMs;
      this.#flashEndsMs = nowMs + flashMs;
      // What is handed over next, as the picture is now.
      this.#beepFrom = this.#samples;
      this.flashes += 1;
    }
    const data = new Uint8Array((widthPx * heightPx * 3) / 2).fill(128);
    data.fill(nowMs < this.#flashEndsMs ? white : black, 0, widthPx * heightPx);
    this.#video.onFrame({ width: widthPx, height: heightPx, data });
  }

  /** A microphone has no fewer samples a second because its process had no time for them. */
  #sendDueSound(): void {
    const dueSamples = ((performance.now() - this.#startMs) * sampleRateHz) / 1000;
    while (this.#samples + samplesPerChunk <= dueSamples) {
      const samples = new Int16Array(samplesPerChunk);
      for (let index = 0; index < samplesPerChunk; index += 1) {
        const sinceBeep = this.#samples + index - this.#beepFrom;
        if (sinceBeep >= 0 && sinceBeep < (flashMs * sampleRateHz) / 1000) samples[index] = beepAmplitude * Math.sin((2 * Math.PI * beepHz * sinceBeep) / sampleRateHz);
      }
      this.#samples += samplesPerChunk;
      this.#audio.onData({ samples, sampleRate: sampleRateHz, bitsPerSample: 16, channelCount: 1, numberOfFrames: samplesPerChunk });
    }
  }
}
