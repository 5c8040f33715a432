import { tickSamples } from './audio-format.js';
import type { Sound, SoundBlock } from './sound-block.js';

/** Pieces of any length in, ticks out. All pieces of one queue are mono, or all are stereo. Its writer bounds it. */
export class SoundQueue {
  readonly #pieces: Sound[] = [];
  /** Of the first piece, so many samples are gone. */
  #taken = 0;
  #length = 0;

  /** In samples. */
  get length(): number {
    return this.#length;
  }

  push(piece: Sound): void {
    this.#pieces.push(piece);
    this.#length += piece.left.length;
  }

  /** Fills `block`, with silence after the end. @returns how many samples of it are sound */
  read(block: SoundBlock): number {
    block.clear();
    let done = 0;
    for (let piece = this.#pieces[0]; piece !== undefined && done < tickSamples; piece = this.#pieces[0]) {
      const samples = Math.min(tickSamples - done, piece.left.length - this.#taken);
      const end = this.#taken + samples;
      block.left.set(piece.left.subarray(this.#taken, end), done);
      if (piece.right !== undefined) {
        block.isStereo = true;
        block.right.set(piece.right.subarray(this.#taken, end), done);
      }
      done += samples;
      this.#taken = end;
      if (end === piece.left.length) {
        this.#pieces.shift();
        this.#taken = 0;
      }
    }
    this.#length -= done;
    return done;
  }
}
