/** A camera of one colour with a bar that moves (so that no two pictures are the same) and a microphone of one tone: what tests know somebody by. */
import { systemTimers, type CancelTimer } from '../../mixer/clock/timers.js';
import { wrtc, type WrtcTrack } from './wrtc.js';

export interface YuvColor {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

/** BT.601 limited range, far apart from each other and from the avatar's greys. */
export const testColors = {
  red: { y: 82, u: 90, v: 240 },
  green: { y: 145, u: 54, v: 34 },
  blue: { y: 41, u: 240, v: 110 },
  yellow: { y: 210, u: 16, v: 146 },
} as const satisfies Record<string, YuvColor>;

export type TestColor = keyof typeof testColors;

/** 0 to 255 each. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** BT.601, limited range. */
export function toRgb({ y, u, v }: YuvColor): Rgb {
  const luma = 1.164 * (y - 16);
  const clamp = (value: number): number => Math.max(0, Math.min(255, value));
  return [clamp(luma + 1.596 * (v - 128)), clamp(luma - 0.392 * (u - 128) - 0.813 * (v - 128)), clamp(luma + 2.017 * (u - 128))];
}

export interface ColoredToneOptions {
  readonly color: TestColor;
  readonly toneHz: number;
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly fps?: number;
}

const sampleRateHz = 48_000;
const chunkMs = 10;
const samplesPerChunk = (sampleRateHz * chunkMs) / 1000;
const toneAmplitude = 8_000;
const barPx = 8;

export class ColoredToneSource {
  readonly videoTrack: WrtcTrack;
  readonly audioTrack: WrtcTrack;
  /** False: the camera gives no pictures; true again: it goes on. */
  isCameraOn = true;
  isSounding = true;
  readonly #video = new wrtc.nonstandard.RTCVideoSource();
  readonly #audio = new wrtc.nonstandard.RTCAudioSource();
  readonly #options: Required<ColoredToneOptions>;
  readonly #still: Uint8Array;
  readonly #cancelTimers: readonly CancelTimer[];
  readonly #startMs = performance.now();
  #frames = 0;
  #samples = 0;

  constructor({ widthPx = 640, heightPx = 360, fps = 15, ...given }: ColoredToneOptions) {
    this.#options = { widthPx, heightPx, fps, ...given };
    this.videoTrack = this.#video.createTrack();
    this.audioTrack = this.#audio.createTrack();
    this.#still = fillPicture(widthPx, heightPx, testColors[given.color]);
    this.#cancelTimers = [systemTimers.every(1000 / fps, () => this.#sendPicture()), systemTimers.every(chunkMs, () => this.#sendDueTone())];
  }

  close(): void {
    for (const cancel of this.#cancelTimers) cancel();
    this.videoTrack.stop();
    this.audioTrack.stop();
  }

  #sendPicture(): void {
    if (!this.isCameraOn) return;
    const { widthPx, heightPx } = this.#options;
    const data = this.#still.slice();
    const left = (this.#frames * 4) % (widthPx - barPx);
    // The topmost lines only: what is measured is the middle of the tile.
    for (let row = 0; row < 16; row += 1) data.fill(128, row * widthPx + left, row * widthPx + left + barPx);
    this.#frames += 1;
    this.#video.onFrame({ width: widthPx, height: heightPx, data });
  }

  /** A microphone has no fewer samples a second because its process had no time for them. */
  #sendDueTone(): void {
    const dueSamples = ((performance.now() - this.#startMs) * sampleRateHz) / 1000;
    while (this.#samples + samplesPerChunk <= dueSamples) this.#sendTone();
  }

  #sendTone(): void {
    const samples = new Int16Array(samplesPerChunk);
    if (this.isSounding) {
      for (let index = 0; index < samples.length; index += 1) {
        samples[index] = toneAmplitude * Math.sin((2 * Math.PI * this.#options.toneHz * (this.#samples + index)) / sampleRateHz);
      }
    }
    this.#samples += samples.length;
    this.#audio.onData({ samples, sampleRate: sampleRateHz, bitsPerSample: 16, channelCount: 1, numberOfFrames: samples.length });
  }
}

function fillPicture(widthPx: number, heightPx: number, { y, u, v }: YuvColor): Uint8Array {
  const luma = widthPx * heightPx;
  const data = new Uint8Array((luma * 3) / 2);
  data.fill(y, 0, luma);
  data.fill(u, luma, luma + luma / 4);
  data.fill(v, luma + luma / 4);
  return data;
}
