/** The delay that a sender's pictures ask of his sound, so that both are played in step. Microseconds, capture to playout. */
import { defaultDelayLimits } from './delay-estimator.js';

/**
 * What video asked for goes back by 10 ms a second unless it is asked for again: faster than sound can follow, so a hiccup of the pictures at the start is not
 * heard as delay a minute later; slow enough that what is asked for ten times a second stands still within a millisecond.
 */
const decayUs = 200;
/** Who asks for less gets it by this much with each request, ten of which come a second: what a beginning took is over before anybody talks. */
const stepUs = 4_000;

export class DelayRequest {
  #delayUs = Number.NEGATIVE_INFINITY;

  /** Negative infinity where nobody has asked. */
  get delayUs(): number {
    return this.#delayUs;
  }

  /** @param floorUs delay of the sender's fastest packet, from which the most is counted */
  ask(delayUs: number, floorUs: number): void {
    this.#delayUs = Math.min(Math.max(delayUs, this.#delayUs - stepUs), floorUs + defaultDelayLimits.mostUs);
  }

  /** With each tick. A request that could not be met does not linger above what may be granted. */
  age(floorUs: number): void {
    this.#delayUs = Math.min(this.#delayUs, floorUs + defaultDelayLimits.mostUs) - decayUs;
  }
}
