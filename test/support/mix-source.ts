import { wrtc, type WrtcTrack } from './wrtc.js';

const widthPx = 640;
const heightPx = 360;
const frameIntervalMs = 66;
const audioIntervalMs = 10;
const sampleRateHz = 48_000;
const toneHz = 440;
const toneAmplitude = 6000;
const samplesPerChunk = (sampleRateHz * audioIntervalMs) / 1000;

interface YuvColor {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

// Four tiles, told apart at a glance: slate blue, moss, clay, plum.
const tileColors: readonly YuvColor[] = [
  { y: 96, u: 150, v: 112 },
  { y: 104, u: 112, v: 116 },
  { y: 112, u: 108, v: 152 },
  { y: 84, u: 142, v: 146 },
];

/** A stand-in for the room's mix: four coloured tiles with a bar that moves, and a 440 Hz tone. */
export class MixSource {
  readonly videoTrack: WrtcTrack;
  readonly audioTrack: WrtcTrack;
  /** False: no pictures are made, as in a room where every camera is off. */
  pictureOn = true;
  /** False: not even silence is made. */
  soundOn = true;
  readonly #videoSource = new wrtc.nonstandard.RTCVideoSource();
  readonly #audioSource = new wrtc.nonstandard.RTCAudioSource();
  readonly #timers: NodeJS.Timeout[];
  readonly #still = drawTiles();
  #frames = 0;
  #samples = 0;

  constructor() {
    this.videoTrack = this.#videoSource.createTrack();
    this.audioTrack = this.#audioSource.createTrack();
    this.#timers = [setInterval(() => this.#sendPicture(), frameIntervalMs), setInterval(() => this.#sendTone(), audioIntervalMs)];
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.videoTrack.stop();
    this.audioTrack.stop();
  }

  #sendPicture(): void {
    if (!this.pictureOn) return;
    const data = this.#still.slice();
    const barPx = (this.#frames * 6) % (widthPx - 8);
    for (let row = 0; row < heightPx; row += 1) data.fill(200, row * widthPx + barPx, row * widthPx + barPx + 8);
    this.#frames += 1;
    this.#videoSource.onFrame({ width: widthPx, height: heightPx, data });
  }

  #sendTone(): void {
    if (!this.soundOn) return;
    const samples = new Int16Array(samplesPerChunk);
    for (let index = 0; index < samples.length; index += 1) {
      samples[index] = toneAmplitude * Math.sin((2 * Math.PI * toneHz * (this.#samples + index)) / sampleRateHz);
    }
    this.#samples += samples.length;
    this.#audioSource.onData({ samples, sampleRate: sampleRateHz, bitsPerSample: 16, channelCount: 1, numberOfFrames: samples.length });
  }
}

function drawTiles(): Uint8Array {
  const ySize = widthPx * heightPx;
  const chromaWidthPx = widthPx / 2;
  const data = new Uint8Array((ySize * 3) / 2);
  const colorAt = (xShare: number, yShare: number): YuvColor => tileColors[(yShare < 0.5 ? 0 : 2) + (xShare < 0.5 ? 0 : 1)] ?? { y: 0, u: 128, v: 128 };
  for (let row = 0; row < heightPx; row += 1) {
    for (let column = 0; column < widthPx; column += 1) data[row * widthPx + column] = colorAt(column / widthPx, row / heightPx).y;
  }
  for (let row = 0; row < heightPx / 2; row += 1) {
    for (let column = 0; column < chromaWidthPx; column += 1) {
      const { u, v } = colorAt(column / chromaWidthPx, row / (heightPx / 2));
      data[ySize + row * chromaWidthPx + column] = u;
      data[ySize + ySize / 4 + row * chromaWidthPx + column] = v;
    }
  }
  return data;
}
