/**
 * How much one microphone sounds like speech, on three lengths of time (Volfin and Cohen 2013, 3): now, within the last 100 ms, and within the last second.
 * From levels alone, where the paper counts sub-bands: how far a frame stands above the noise of its own room, in steps, so that loud and quiet microphones are alike.
 *
 *     levels      ........#####.###.#####....      frames of 20 ms
 *     immediate                          ^         steps of the newest frame, 0 to 13
 *     medium                         |---|         active frames of the newest block, 0 to 5
 *     long        |  .  |  .  |  .  |  .  |        active blocks of the last ten, 0 to 10
 */
import { NoiseFloor } from '../../mixer/index.js';

/** RFC 6464 levels come once a packet, and packets are 20 ms nearly everywhere. */
export const frameUs = 20_000;
export const immediateSteps = 13;
export const mediumFrames = 5;
export const longBlocks = 10;
const windowFrames = mediumFrames * longBlocks;
/** Thirteen of them span 52 dB, from a room's noise to somebody who shouts into its microphone. */
const stepDb = 4;
/** 12 dB above the noise of the room: less comes from breathing and chairs, vowels stand 20 to 40 dB above. */
const activeSteps = 3;
/** Of the five frames of a block: words have gaps of a frame or two; a key's click is one frame long, and two clicks are never so near. */
const activeFramesOfBlock = 4;
/** A level holds until the next one for so long: the longest Opus packet has 120 ms (RFC 7587 4.2), measured levels come each 100. After that the client was silent (DTX) or lost. */
const heldFrames = 6;

export class SpeechActivity {
  readonly #floor = new NoiseFloor();
  /** Steps of each frame of the last second, a ring. */
  readonly #steps = new Uint8Array(windowFrames);
  /** The newest frame, counted from the clock's zero; undefined before the first level. */
  #frame: number | undefined;
  /** While it is 0 nothing has to be looked at. */
  #activeFrames = 0;
  #medium = 0;
  #long = 0;

  takeLevel(levelDbov: number, nowUs: number): void {
    const frame = Math.floor(nowUs / frameUs);
    const steps = Math.max(0, Math.min(immediateSteps, Math.floor((levelDbov - this.#floor.levelDbov) / stepDb)));
    const last = this.#frame;
    this.#floor.takeLevel(levelDbov, last === undefined ? 1 : Math.max(1, Math.min(heldFrames, frame - last)));
    if (last !== undefined && frame <= last) {
      // Two in one frame, as jitter has it: the louder one counts.
      if (steps > this.immediate) this.#set(last, steps);
      return;
    }
    const gap = last === undefined ? 1 : frame - last;
    if (gap > heldFrames) this.#fill(frame - 1, 0);
    else this.#fill(frame - 1, this.immediate);
    this.#set(frame, steps);
    this.#frame = frame;
  }

  /** To be called before the scores are read. Costs next to nothing for who is silent. Answers whether there is anything in the last second. */
  weigh(nowUs: number): boolean {
    const frame = Math.floor(nowUs / frameUs);
    if (this.#frame !== undefined && frame - this.#frame > heldFrames && this.#activeFrames > 0) {
      this.#fill(frame, 0);
      this.#frame = frame;
    }
    this.#medium = 0;
    this.#long = 0;
    if (this.#frame === undefined || this.#activeFrames === 0) return false;
    for (let block = 0; block < longBlocks; block += 1) {
      const active = this.#activeFramesOf(this.#frame - block * mediumFrames);
      if (block === 0) this.#medium = active;
      if (active >= activeFramesOfBlock) this.#long += 1;
    }
    return true;
  }

  get immediate(): number {
    return this.#frame === undefined ? 0 : this.#at(this.#frame);
  }

  get medium(): number {
    return this.#medium;
  }

  get long(): number {
    return this.#long;
  }

  /** The newest 100 ms are speech, as far as they go. */
  get isActive(): boolean {
    return this.#medium >= activeFramesOfBlock;
  }

  #activeFramesOf(newest: number): number {
    let active = 0;
    for (let back = 0; back < mediumFrames; back += 1) if (this.#at(newest - back) >= activeSteps) active += 1;
    return active;
  }

  /** All frames after the newest one up to `until`; what is older than the window is overwritten but once. */
  #fill(until: number, steps: number): void {
    const from = Math.max((this.#frame ?? until) + 1, until - windowFrames + 1);
    for (let frame = from; frame <= until; frame += 1) this.#set(frame, steps);
  }

  #set(frame: number, steps: number): void {
    if (this.#at(frame) >= activeSteps) this.#activeFrames -= 1;
    if (steps >= activeSteps) this.#activeFrames += 1;
    this.#steps[frame % windowFrames] = steps;
  }

  #at(frame: number): number {
    return this.#steps[(frame + windowFrames) % windowFrames] ?? 0;
  }
}
