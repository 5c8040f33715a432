import { AV_FRAME_FLAG_CORRUPT, AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import type { RotationDegrees } from '../protocol.js';
import { countFreed, countOpened } from './native-ledger.js';

/** What a decoder made. It has one owner, who closes it; it moves from the decoder to the input's queue to the tile. */
export class DecodedPicture {
  readonly ptsUs: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Clockwise, to be done before it is shown. */
  readonly rotationDegrees: RotationDegrees;
  /** The decoder saw that something was missing or damaged: not to be shown. */
  readonly damaged: boolean;
  /** 4:2:0 with 8 bits, the only kind that WebRTC's codecs send. */
  readonly usable: boolean;
  /** Uses all 256 steps, not the 219 and 224 of BT.601. */
  readonly fullRange: boolean;
  readonly #frame: Frame;
  #open = true;

  /** Takes the frame over. */
  constructor(frame: Frame, rotationDegrees: RotationDegrees) {
    countOpened('frame');
    this.#frame = frame;
    this.ptsUs = Number(frame.pts);
    this.widthPx = frame.width;
    this.heightPx = frame.height;
    this.rotationDegrees = rotationDegrees;
    this.damaged = frame.decodeErrorFlags !== 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) !== 0;
    this.fullRange = frame.format === AV_PIX_FMT_YUVJ420P;
    this.usable = this.fullRange || frame.format === AV_PIX_FMT_YUV420P;
  }

  /** For the other files of this folder only. @throws {Error} after `close()` */
  get frame(): Frame {
    if (!this.#open) throw new Error('A picture was used after it was closed.');
    return this.#frame;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#frame.free();
    countFreed('frame');
  }
}
