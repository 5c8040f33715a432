/** A microphone into which sentences are spoken, silence between them, and a camera that never sends a picture: the paths of the latency bench want one. */
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import { systemTimers } from '../../mixer/clock/timers.js';
import { wrtc, type WrtcTrack } from '../../test/support/wrtc.js';
import { Metronome } from '../clients/metronome.js';

const sampleRateHz = 48_000;
const chunkSamples = sampleRateHz / 100;
/** About -70 dB of full scale: digital silence would let every receiver stretch and cut as it likes. */
const noiseAmplitude = 10;

export class SpeechSender {
  readonly audioTrack: WrtcTrack;
  readonly videoTrack: WrtcTrack;
  readonly #time: RoomTime;
  readonly #audio = new wrtc.nonstandard.RTCAudioSource();
  readonly #stop: () => void;
  #saying: { readonly samples: Int16Array; at: number; readonly onBegun: (nowUs: number) => void } | undefined;
  #seed = 7;

  constructor(time: RoomTime) {
    this.#time = time;
    this.audioTrack = this.#audio.createTrack();
    this.videoTrack = new wrtc.nonstandard.RTCVideoSource().createTrack();
    this.#stop = new Metronome({ time, timers: systemTimers }).add(10_000, time.nowUs(), () => this.#send());
  }

  /** @returns when its first sample was handed to the microphone */
  say(samples: Int16Array): Promise<number> {
    return new Promise((resolve) => {
      this.#saying = { samples, at: 0, onBegun: resolve };
    });
  }

  #send(): void {
    const samples = Int16Array.from({ length: chunkSamples }, () => {
      this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
      return noiseAmplitude * (this.#seed / 0x8000_0000 - 1);
    });
    const saying = this.#saying;
    if (saying !== undefined) {
      if (saying.at === 0) saying.onBegun(this.#time.nowUs());
      samples.set(saying.samples.subarray(saying.at, saying.at + chunkSamples));
      saying.at += chunkSamples;
      if (saying.at >= saying.samples.length) this.#saying = undefined;
    }
    this.#audio.onData({ samples, sampleRate: sampleRateHz, bitsPerSample: 16, channelCount: 1, numberOfFrames: chunkSamples });
  }

  close(): void {
    this.#stop();
    this.audioTrack.stop();
    this.videoTrack.stop();
  }
}
