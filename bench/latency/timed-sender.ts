/** A camera that paints the number of each picture into it and a microphone with a chirp each half second over soft noise, or with a sound that is given; both remember when. */
import { systemTimers } from '../../mixer/clock/timers.js';
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import { wrtc, type WrtcTrack } from '../../test/support/wrtc.js';
import { Metronome } from '../clients/metronome.js';
import { makeChirp, sampleRateHz } from './chirp.js';
import { MovingTexture } from './moving-texture.js';
import { paintTimeCode, timeCodeRange, type LumaPicture } from './time-code.js';

const usualCamera: TimedCamera = { widthPx: 640, heightPx: 360, fps: 30, firstCode: 0 };
const chunkSamples = sampleRateHz / 100;
/** Longer than any delay measured here, so that what is heard belongs to the last chirp sent; not a multiple of any period in the way. */
const chunksBetweenChirps = 51;
/** About -38 dB of full scale: a room with people in it. In digital silence a receiver may stretch and cut as it likes, which flatters. */
const noiseAmplitude = 700;

/** Gives the next samples of its sound, 16 bits at 48 kHz. */
export interface SoundSource {
  fill(samples: Int16Array): void;
}

export interface TimedCamera {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number;
  /** Of its first picture: tells it from another's. */
  readonly firstCode: number;
}

export interface TimedSenderOptions {
  readonly time: RoomTime;
  /** Instead of chirps. */
  readonly sound?: SoundSource;
  /** Other than 640x360 with 30 pictures a second. */
  readonly camera?: TimedCamera;
}

export class TimedSender {
  readonly videoTrack: WrtcTrack;
  readonly audioTrack: WrtcTrack;
  /** By the number in the picture. */
  readonly #pictureUs = new Map<number, number>();
  readonly #chirpUs: number[] = [];
  readonly #time: RoomTime;
  readonly #video = new wrtc.nonstandard.RTCVideoSource();
  readonly #audio = new wrtc.nonstandard.RTCAudioSource();
  readonly #texture: MovingTexture;
  readonly #chirp = makeChirp();
  readonly #sound: SoundSource | undefined;
  readonly #firstCode: number;
  readonly #stops: readonly (() => void)[];
  #chunk = new Int16Array(chunkSamples);
  #seed = 7;

  constructor({ time, sound, camera = usualCamera }: TimedSenderOptions) {
    this.#time = time;
    this.#sound = sound;
    this.#texture = new MovingTexture(camera);
    this.#firstCode = camera.firstCode;
    this.videoTrack = this.#video.createTrack();
    this.audioTrack = this.#audio.createTrack();
    const metronome = new Metronome({ time, timers: systemTimers });
    const startUs = time.nowUs();
    this.#stops = [metronome.add(1_000_000 / camera.fps, startUs, (index) => this.#sendPicture(index)), metronome.add(10_000, startUs, (index) => this.#sendSound(index))];
  }

  /** When the picture with that number was handed to the camera; undefined for one that never was. */
  pictureSentUs(code: number): number | undefined {
    return this.#pictureUs.get(code);
  }

  /** Numbers of the pictures that were handed to the camera from `fromUs` until before `toUs`. */
  codesSentIn(fromUs: number, toUs: number): number[] {
    return [...this.#pictureUs].filter(([, atUs]) => atUs >= fromUs && atUs < toUs).map(([code]) => code);
  }

  /** What the picture with that number looks like, made anew. */
  picture(code: number): LumaPicture {
    const picture = this.#texture.frame(code);
    paintTimeCode(picture, code);
    return picture;
  }

  /** When the first sample of each chirp was handed to the microphone. */
  get chirpsSentUs(): readonly number[] {
    return this.#chirpUs;
  }

  get picturesSent(): number {
    return this.#pictureUs.size;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.videoTrack.stop();
    this.audioTrack.stop();
  }

  #sendPicture(index: number): void {
    const code = (this.#firstCode + index) % timeCodeRange;
    const picture = this.picture(code);
    this.#pictureUs.set(code, this.#time.nowUs());
    this.#video.onFrame(picture);
  }

  #sendSound(index: number): void {
    const samples = this.#chunk;
    if (this.#sound === undefined) this.#fillWithChirps(samples, index);
    else this.#sound.fill(samples);
    this.#audio.onData({ samples, sampleRate: sampleRateHz, bitsPerSample: 16, channelCount: 1, numberOfFrames: chunkSamples });
    // The source may still read the one before.
    this.#chunk = new Int16Array(chunkSamples);
  }

  #fillWithChirps(samples: Int16Array, index: number): void {
    const place = index % chunksBetweenChirps;
    const chirpFrom = place * chunkSamples;
    for (let sample = 0; sample < chunkSamples; sample += 1) {
      this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
      samples[sample] = noiseAmplitude * (this.#seed / 0x8000_0000 - 1) + (this.#chirp[chirpFrom + sample] ?? 0);
    }
    if (place === 0) this.#chirpUs.push(this.#time.nowUs());
  }
}
