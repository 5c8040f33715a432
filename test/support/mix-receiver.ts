/** What a real libwebrtc client sees and hears of the mix, kept so that tests can ask by content. */
import { testColors, type TestColor, type YuvColor } from './colored-tone-source.js';
import { toneLevelDb } from './encoded-media.js';
import { wrtc, type WrtcAudioSink, type WrtcFrame, type WrtcTrack, type WrtcVideoSink } from './wrtc.js';

export interface Region {
  /** Fractions of the picture. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A second: long enough to tell tones 20 Hz apart from each other and from clicks. */
const keptSamples = 48_000;
/** 50 ms: sound comes every 10 ms, and to look for tones in the last second of it costs milliseconds, in which nothing else of the test's process runs. */
const samplesPerLook = 2_400;
/** Lossy coding and chroma subsampling move a flat colour by a few steps; the test colours are 60 and more apart. */
const colorTolerance = 24;

export class MixReceiver {
  frameCount = 0;
  /** When each picture came, by `performance.now()`. */
  readonly frameTimesMs: number[] = [];
  readonly #videoSink: WrtcVideoSink | undefined;
  readonly #audioSink: WrtcAudioSink | undefined;
  readonly #sound = new Float32Array(keptSamples);
  #soundEnd = 0;
  #soundTotal = 0;
  #lookedAtSound = 0;
  #frame: WrtcFrame | undefined;
  #lookers: (() => void)[] = [];

  constructor({ video, audio }: { readonly video: WrtcTrack | undefined; readonly audio: WrtcTrack | undefined }) {
    if (video !== undefined) {
      this.#videoSink = new wrtc.nonstandard.RTCVideoSink(video);
      this.#videoSink.onframe = ({ frame }) => {
        this.frameCount += 1;
        this.frameTimesMs.push(performance.now());
        this.#frame = { width: frame.width, height: frame.height, data: new Uint8Array(frame.data) };
        this.#wake();
      };
    }
    if (audio !== undefined) {
      this.#audioSink = new wrtc.nonstandard.RTCAudioSink(audio);
      this.#audioSink.ondata = ({ samples, sampleRate, channelCount = 1 }) => {
        // Before the first packet it plays silence at 16 kHz.
        if (sampleRate !== 48_000) return;
        for (let index = 0; index < samples.length; index += channelCount) {
          this.#sound[this.#soundEnd] = (samples[index] ?? 0) / 32_768;
          this.#soundEnd = (this.#soundEnd + 1) % keptSamples;
        }
        this.#soundTotal += samples.length / channelCount;
        if (this.#soundTotal - this.#lookedAtSound < samplesPerLook) return;
        this.#lookedAtSound = this.#soundTotal;
        this.#wake();
      };
    }
  }

  /** How much sound it has played, in seconds of that sound. */
  get playedSeconds(): number {
    return this.#soundTotal / keptSamples;
  }

  get pictureSize(): { readonly widthPx: number; readonly heightPx: number } | undefined {
    return this.#frame === undefined ? undefined : { widthPx: this.#frame.width, heightPx: this.#frame.height };
  }

  get frame(): WrtcFrame | undefined {
    return this.#frame;
  }

  /** The mean colour of the middle half of a region of the newest picture. */
  colorIn(region: Region): YuvColor | undefined {
    return this.#frame === undefined ? undefined : meanColor(this.#frame, region);
  }

  sees(color: TestColor, region: Region): boolean {
    const seen = this.colorIn(region);
    return seen !== undefined && isNear(seen, testColors[color]);
  }

  /** The last second of sound, the oldest sample first; undefined before a second has been heard. */
  get lastSecond(): Float32Array | undefined {
    if (this.#soundTotal < keptSamples) return undefined;
    const ordered = new Float32Array(keptSamples);
    ordered.set(this.#sound.subarray(this.#soundEnd));
    ordered.set(this.#sound.subarray(0, this.#soundEnd), keptSamples - this.#soundEnd);
    return ordered;
  }

  /** Level of a tone in the last second, dB of full scale; -180 before a second has been heard. */
  toneDb(frequencyHz: number): number {
    const sound = this.lastSecond;
    return sound === undefined ? -180 : toneLevelDb(sound, frequencyHz);
  }

  /** Resolves when `isSo` holds, asked at every picture and every 50 ms of sound; rejects after `timeoutMs` with `what`. */
  async until(what: string, isSo: () => boolean, timeoutMs = 20_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!isSo()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new Error(`not within ${timeoutMs} ms: ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#lookers.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  close(): void {
    this.#videoSink?.stop();
    this.#audioSink?.stop();
    this.#wake();
  }

  #wake(): void {
    const lookers = this.#lookers;
    this.#lookers = [];
    for (const look of lookers) look();
  }
}

export function isNear(a: YuvColor, b: YuvColor): boolean {
  return Math.abs(a.y - b.y) <= colorTolerance && Math.abs(a.u - b.u) <= colorTolerance && Math.abs(a.v - b.v) <= colorTolerance;
}

export function meanColor({ width, height, data }: WrtcFrame, region: Region): YuvColor {
  // The outer quarter on each side may hold a border, a name, or the neighbour's blur.
  const left = Math.round((region.left + region.width / 4) * width);
  const right = Math.round((region.left + (region.width * 3) / 4) * width);
  const top = Math.round((region.top + region.height / 4) * height);
  const bottom = Math.round((region.top + (region.height * 3) / 4) * height);
  const chromaWidth = width / 2;
  const uStart = width * height;
  const vStart = uStart + uStart / 4;
  let y = 0;
  let u = 0;
  let v = 0;
  let count = 0;
  for (let row = top; row < bottom; row += 2) {
    for (let column = left; column < right; column += 2) {
      const chroma = (row >> 1) * chromaWidth + (column >> 1);
      y += data[row * width + column] ?? 0;
      u += data[uStart + chroma] ?? 0;
      v += data[vStart + chroma] ?? 0;
      count += 1;
    }
  }
  return { y: y / count, u: u / count, v: v / count };
}
