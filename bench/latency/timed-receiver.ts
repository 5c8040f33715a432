/** What comes out of a libwebrtc client's sinks, with the moment of each: numbers of pictures at once, the sound kept to be searched afterwards. */
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import { wrtc, type WrtcAudioSink, type WrtcTrack, type WrtcVideoSink } from '../../test/support/wrtc.js';
import { findChirps, sampleRateHz } from './chirp.js';
import { readTimeCode } from './time-code.js';

export interface SeenPicture {
  readonly code: number;
  readonly seenUs: number;
}

interface HeardChunk {
  readonly startSample: number;
  readonly heardUs: number;
}

/** Half of the pause between two chirps. */
const apartSamples = sampleRateHz / 4;

export class TimedReceiver {
  readonly pictures: SeenPicture[] = [];
  /** Pictures without a number that can be read. */
  unreadPictures = 0;
  readonly #time: RoomTime;
  readonly #videoSink: WrtcVideoSink;
  readonly #audioSink: WrtcAudioSink;
  readonly #chunks: HeardChunk[] = [];
  readonly #sound: Int16Array[] = [];
  #samples = 0;

  constructor({ video, audio, time }: { readonly video: WrtcTrack; readonly audio: WrtcTrack; readonly time: RoomTime }) {
    this.#time = time;
    this.#videoSink = new wrtc.nonstandard.RTCVideoSink(video);
    this.#videoSink.onframe = ({ frame }) => {
      const seenUs = this.#time.nowUs();
      const code = readTimeCode(frame);
      if (code === undefined) this.unreadPictures += 1;
      else this.pictures.push({ code, seenUs });
    };
    this.#audioSink = new wrtc.nonstandard.RTCAudioSink(audio);
    this.#audioSink.ondata = ({ samples, sampleRate, channelCount = 1 }) => {
      // Before the first packet it plays silence at another rate.
      if (sampleRate === sampleRateHz) this.#keep(channelCount === 1 ? samples.slice() : samples.filter((_unused, index) => index % channelCount === 0));
    };
  }

  /** When each chirp began to be heard. Takes a while: to be asked for once, at the end. */
  chirpsHeardUs(): number[] {
    return findChirps(this.#joined(), apartSamples).map((sample) => this.#heardUs(sample));
  }

  /** What was heard from then on: so many samples, or as many as there are. */
  soundFrom(heardUs: number, count: number): Int16Array {
    const from = this.#chunks.find((chunk) => chunk.heardUs >= heardUs)?.startSample ?? this.#samples;
    return this.#joined().subarray(from, from + count);
  }

  #joined(): Int16Array {
    const sound = new Int16Array(this.#samples);
    let end = 0;
    for (const piece of this.#sound) {
      sound.set(piece, end);
      end += piece.length;
    }
    return sound;
  }

  close(): void {
    this.#videoSink.stop();
    this.#audioSink.stop();
  }

  #keep(samples: Int16Array): void {
    this.#chunks.push({ startSample: this.#samples, heardUs: this.#time.nowUs() });
    this.#sound.push(samples);
    this.#samples += samples.length;
  }

  /** A sample in the middle of a piece is heard as much later than the piece came. */
  #heardUs(sample: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#chunks[middle]?.startSample ?? 0) <= sample) low = middle;
      else high = middle - 1;
    }
    const chunk = this.#chunks[low];
    if (chunk === undefined) throw new Error('a chirp was found in sound that never came');
    return chunk.heardUs + ((sample - chunk.startSample) * 1_000_000) / sampleRateHz;
  }
}
