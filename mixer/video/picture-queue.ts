import type { DecodedPicture } from '../ffmpeg/decoded-picture.js';

/** Decoded pictures that wait for their time. It owns them until they are taken. Small: a picture of 1280x720 takes 1.4 MB; the encoded frames wait elsewhere. */
export class PictureQueue {
  readonly #pictures: DecodedPicture[] = [];
  #tookLastTime = false;
  /** How many times in a row one that was due was left. */
  #left = 0;

  get hasRoom(): boolean {
    const first = this.#pictures[0];
    const last = this.#pictures[this.#pictures.length - 1];
    return first === undefined || last === undefined || (this.#pictures.length < mostPictures && last.ptsUs - first.ptsUs < longestSpanUs);
  }

  push(picture: DecodedPicture): void {
    this.#pictures.push(picture);
  }

  /**
   * Takes the newest picture that is due; those it overtakes are closed. Pictures stay in the order of decoding, whatever their times say.
   *
   * A sender at the canvas's rate whose pictures fall due just about when a tick comes would, by his jitter, give none to one tick and two to the next. So
   * one that is due within the leeway after `dueUs` is taken where otherwise the stream would stand, and one that is due within the leeway before
   * it is left for the next tick where an older one is there; not for ever, because that is a tick of delay.
   * @returns the picture (the caller owns it) and how many were overtaken
   */
  takeDue(dueUs: number, leewayUs: number): { readonly picture: DecodedPicture; readonly overtaken: number } | undefined {
    const due = this.#countToTake(dueUs, leewayUs);
    this.#tookLastTime = due > 0;
    const picture = this.#pictures[due - 1];
    if (picture === undefined) return undefined;
    for (let index = 0; index < due - 1; index += 1) this.#pictures[index]?.close();
    this.#pictures.splice(0, due);
    return { picture, overtaken: due - 1 };
  }

  #countToTake(dueUs: number, leewayUs: number): number {
    const due = this.#countDue(dueUs);
    if (due === 0 && this.#tookLastTime) return Math.min(1, this.#countDue(dueUs + leewayUs));
    const mayLeave = due > 1 && this.#left < mostLeft && this.#countDue(dueUs - leewayUs) < due;
    this.#left = mayLeave ? this.#left + 1 : 0;
    return mayLeave ? due - 1 : due;
  }

  #countDue(dueUs: number): number {
    let due = 0;
    for (;;) {
      const next = this.#pictures[due];
      if (next === undefined || !isDue(next.ptsUs, dueUs)) return due;
      due += 1;
    }
  }

  close(): void {
    for (const picture of this.#pictures) picture.close();
    this.#pictures.length = 0;
  }
}

/**
 * A second at 30 a second: what made a picture late once is over by then; where pictures are late now and then, one a second is left out and one shown twice,
 * instead of each late one. Four times as long, and half of all streams were a tick behind their sound for good.
 */
const mostLeft = 30;

/** Six cover 200 ms at 30 pictures a second: more than the delay that pictures are given by themselves. */
const mostPictures = 6;
const longestSpanUs = 250_000;

/** No sound is held this long: a picture further ahead has a wrong time (the sender's clock jumped), and waiting for it would freeze the tile. */
const furthestAheadUs = 1_000_000;

function isDue(ptsUs: number, dueUs: number): boolean {
  return ptsUs <= dueUs || ptsUs - dueUs > furthestAheadUs;
}
