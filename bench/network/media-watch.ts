/** When a libwebrtc client showed a picture that it had not shown before, and when it played sound; nothing is kept but times and numbers. */
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import { wrtc, type WrtcAudioSink, type WrtcTrack, type WrtcVideoSink } from '../../test/support/wrtc.js';
import { readTimeCode, type LumaPicture } from '../latency/time-code.js';
import { partOf, type PicturePart } from './picture-part.js';

export interface MediaWatchOptions {
  readonly video: WrtcTrack;
  readonly audio: WrtcTrack;
  readonly time: RoomTime;
  /** What is looked at of the picture; default: all of it. */
  readonly part?: PicturePart | undefined;
  /** The picture is the caller's until it returns. */
  readonly onNewPicture?: (picture: LumaPicture, code: number, atUs: number) => void;
}

/** {@link MadeVoice} is nowhere below 200 of 32768 (rms); concealment that has faded, comfort noise and silence are far below this. */
const leastSoundRms = 120;

export class MediaWatch {
  readonly newPicturesUs: number[] = [];
  /** Their numbers. */
  readonly newCodes: number[] = [];
  readonly soundsUs: number[] = [];
  /** Pictures whose number could not be read, too blurred or of somebody who is not there. */
  unreadPictures = 0;
  widthPx = 0;
  readonly #time: RoomTime;
  readonly #videoSink: WrtcVideoSink;
  readonly #audioSink: WrtcAudioSink;
  #lastCode: number | undefined;

  constructor({ video, audio, time, part, onNewPicture = () => undefined }: MediaWatchOptions) {
    this.#time = time;
    this.#videoSink = new wrtc.nonstandard.RTCVideoSink(video);
    this.#videoSink.onframe = ({ frame }) => {
      const nowUs = this.#time.nowUs();
      this.widthPx = frame.width;
      const picture = part === undefined ? frame : partOf(frame, part);
      const code = readTimeCode(picture);
      if (code === undefined) this.unreadPictures += 1;
      else if (code !== this.#lastCode) {
        this.#lastCode = code;
        this.newPicturesUs.push(nowUs);
        this.newCodes.push(code);
        onNewPicture(picture, code, nowUs);
      }
    };
    this.#audioSink = new wrtc.nonstandard.RTCAudioSink(audio);
    this.#audioSink.ondata = ({ samples }) => {
      let energy = 0;
      for (const sample of samples) energy += sample * sample;
      if (Math.sqrt(energy / samples.length) >= leastSoundRms) this.soundsUs.push(this.#time.nowUs());
    };
  }

  close(): void {
    this.#videoSink.stop();
    this.#audioSink.stop();
  }
}
