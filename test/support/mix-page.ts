/** A page in a browser that plays the mix in its one video (id `mix`), asked by content: what it shows and what it plays. */
import type { Page } from 'playwright-core';
import { testColors, toRgb, type Rgb, type TestColor } from './colored-tone-source.js';
import { toneLevelDb } from './encoded-media.js';
import { eventually } from './eventually.js';
import type { Region } from './mix-receiver.js';

/** Two lossy encodings and a conversion of colour spaces; the test colours are 100 and more apart in some channel. */
const colorTolerance = 48;
/** The tones are made at -12 to -10 dB; browsers' noise suppression takes some of it. */
const hearableDb = -35;
const ownBelowDb = 40;

/** Measures sound and picture of the page's video. In functions of the page's own world: its policy forbids `eval`. */
export const mixProbe = `
  window.mixProbe = {
    color({ left, top, width, height }) {
      const video = document.getElementById('mix');
      if (video.videoWidth === 0) return null;
      this.context ??= new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true });
      const { videoWidth, videoHeight } = video;
      // The outer quarter on each side may hold a border or a name.
      this.context.drawImage(video, (left + width / 4) * videoWidth, (top + height / 4) * videoHeight, (width / 2) * videoWidth, (height / 2) * videoHeight, 0, 0, 8, 8);
      const { data } = this.context.getImageData(0, 0, 8, 8);
      return [0, 1, 2].map((channel) => data.reduce((sum, value, index) => (index % 4 === channel ? sum + value : sum), 0) / 64);
    },
    // The last 0.7 s of what the video plays, in whole numbers of 16 bits, as base64: an array would go over to the test with a message's costs for each number.
    samples() {
      const { srcObject } = document.getElementById('mix');
      if (srcObject === null || srcObject.getAudioTracks().length === 0) return '';
      if (this.listenedTo !== srcObject) {
        this.audio ??= new AudioContext({ sampleRate: 48000 });
        this.source?.disconnect();
        this.source = this.audio.createMediaStreamSource(srcObject);
        this.analyser = new AnalyserNode(this.audio, { fftSize: 32768 });
        this.source.connect(this.analyser);
        this.listenedTo = srcObject;
      }
      const samples = new Float32Array(this.analyser.fftSize);
      this.analyser.getFloatTimeDomainData(samples);
      const bytes = new Uint8Array(Int16Array.from(samples, (sample) => Math.round(32767 * Math.max(-1, Math.min(1, sample)))).buffer);
      // As many arguments as any engine takes.
      const words = Array.from({ length: bytes.length / 4096 }, (_unused, index) => String.fromCharCode(...bytes.subarray(4096 * index, 4096 * (index + 1))));
      return btoa(words.join(''));
    },
  };
`;

/** What is asked of a page: Playwright's, or one of Firefox. */
export interface EvaluatingPage {
  evaluate<Result>(expression: string): Promise<Result>;
}

export class MixPage<Driven extends EvaluatingPage = Page> {
  readonly page: Driven;

  /** @param page one that ran {@link mixProbe} before anything else */
  constructor(page: Driven) {
    this.page = page;
  }

  /** The mean colour of the middle half of a region; undefined before the first picture. */
  async colorIn(region: Region): Promise<Rgb | undefined> {
    return (await this.page.evaluate<Rgb | null>(`window.mixProbe.color(${JSON.stringify(region)})`)) ?? undefined;
  }

  async sees(color: TestColor, region: Region): Promise<boolean> {
    const seen = await this.colorIn(region);
    return seen !== undefined && isNearColor(seen, color);
  }

  async untilSees(color: TestColor, region: Region, timeoutMs?: number): Promise<void> {
    let seen: Rgb | undefined;
    await eventually(
      `${color} in ${JSON.stringify(region)}`,
      async () => {
        seen = await this.colorIn(region);
        if (seen !== undefined && isNearColor(seen, color)) return true;
        throw new Error(`seen was ${seen?.map(Math.round).join(' ') ?? 'nothing'}`);
      },
      timeoutMs,
    );
  }

  /** Levels of tones in what the page plays, dB of full scale; -180 before it plays. */
  async tonesDb(frequenciesHz: readonly number[]): Promise<readonly number[]> {
    const bytes = Buffer.from(await this.page.evaluate<string>('window.mixProbe.samples()'), 'base64');
    const samples = Float32Array.from({ length: bytes.length / 2 }, (_unused, index) => bytes.readInt16LE(2 * index) / 32_767);
    return frequenciesHz.map((frequencyHz) => (samples.length === 0 ? -180 : toneLevelDb(samples, frequencyHz)));
  }

  /** Every one of `othersHz` is loud, and the own tone at least 40 dB below the softest of them. */
  async untilHears(othersHz: readonly number[], ownHz: number): Promise<void> {
    await eventually(`${othersHz.join(', ')} Hz without ${ownHz} Hz`, async () => {
      const [own = 0, ...others] = await this.tonesDb([ownHz, ...othersHz]);
      const softest = Math.min(...others);
      if (softest > hearableDb && own < softest - ownBelowDb) return true;
      throw new Error(`own ${own.toFixed(1)} dB, others ${others.map((level) => level.toFixed(1)).join(' ')} dB`);
    });
  }
}

function isNearColor(seen: Rgb, color: TestColor): boolean {
  const wanted = toRgb(testColors[color]);
  return seen.every((value, channel) => Math.abs(value - (wanted[channel] ?? 0)) <= colorTolerance);
}
