/**
 * How long after its capture a sender's sound should be played: late enough for nearly all of its packets, no later.
 *
 * Fed with `arrival - capture` of each packet, where the zero of the capture clock does not matter: only differences do. A histogram that forgets
 * gives the delay that 98 % stay below; the fastest packet of the last seconds gives the floor that the limits count from (both as
 * WebRTC's NetEQ does it). Clock drift moves both together. Not supported: a capture clock that steps; a step of more than
 * `outlierUs` starts the estimate anew, a smaller one is taken for a change of the network.
 */

/** Half of it changes nothing audible; twice as much adds its width to the delay. */
const bucketUs = 2_000;
/** 512 ms: well past the largest delay that is ever used (200 ms) plus what the floor moves between two corrections. */
const buckets = 256;
/** Where the floor is put when the histogram is shifted: packets may get this many buckets faster before it shifts again. */
const floorBucket = 32;
/** What a second ago weighs against now: half is forgotten in 7 s; shorter forgets a WLAN's scan pauses between two of them. */
const keptPerSecond = 0.905;
/** The rest is late where the sender's packets also fall into the worst phase of the ticks: a few in a thousand, and those are concealed. */
const quantile = 0.98;
/** Renormalise before weights leave the range in which their sums are exact enough. */
const largestWeight = 1e6;

/** A path that got slower shows after this long; shorter, a burst of late packets would be taken for a slower path. */
const floorBlocks = 4;
const floorBlockUs = 1_000_000;

/** No network's jitter is this large: the sender's clock was set, or the stream is another one. */
const outlierUs = 1_000_000;

/** Until so much sound was seen the start value holds. */
const usToTrust = 1_000_000;
/**
 * What was seen until then is forgotten once: a connection begins with handshakes, decoders that open and code that runs for the first time, on both sides,
 * and who remembers that burst of late packets is heard with its delay for the half minute that forgetting takes.
 */
const usOfBeginning = 2_000_000;

export interface DelayLimits {
  /** Above the fastest packet: the mixer takes sound in steps of 20 ms, so less would run dry in the worst phase. */
  readonly leastUs: number;
  readonly startUs: number;
  /** A sender whose jitter is larger is heard with gaps rather than later still: above about 200 ms people talk into each other. */
  readonly mostUs: number;
}

export const defaultDelayLimits: DelayLimits = { leastUs: 20_000, startUs: 40_000, mostUs: 200_000 };

export class DelayEstimator {
  readonly #limits: DelayLimits;
  readonly #weights = new Float64Array(buckets);
  readonly #floors = new Float64Array(floorBlocks);
  #anchorUs = 0;
  #weight = 1;
  #total = 0;
  #seenUs = 0;
  #floorBlock = 0;
  #floorBlockStartUs = 0;
  #floorUs = 0;
  #highUs = 0;
  #resets = 0;

  constructor({ limits = defaultDelayLimits }: { readonly limits?: DelayLimits } = {}) {
    this.#limits = limits;
  }

  /**
   * @param arrivalUs the moment from which the mixer had the packet
   * @param lengthUs how much sound is in it: so much of the past is forgotten, whatever the packets' size, and nothing in silence
   */
  add(ptsUs: number, arrivalUs: number, lengthUs: number): void {
    const delayUs = arrivalUs - ptsUs;
    if (this.#seenUs > 0 && Math.abs(delayUs - this.#floorUs) > outlierUs) {
      this.#seenUs = 0;
      this.#resets += 1;
    }
    if (this.#seenUs === 0) this.#start(delayUs, arrivalUs);
    const before = this.#seenUs;
    this.#seenUs += lengthUs;
    if (before < usOfBeginning && this.#seenUs >= usOfBeginning) this.#forget();
    this.#trackFloor(delayUs, arrivalUs);
    this.#count(delayUs, lengthUs);
    this.#highUs = this.#findHigh();
  }

  #start(delayUs: number, arrivalUs: number): void {
    this.#forget();
    this.#floors.fill(delayUs);
    this.#floorUs = delayUs;
    this.#floorBlockStartUs = arrivalUs;
    this.#anchorUs = delayUs - floorBucket * bucketUs;
  }

  #forget(): void {
    this.#weights.fill(0);
    this.#weight = 1;
    this.#total = 0;
  }

  #trackFloor(delayUs: number, arrivalUs: number): void {
    if (arrivalUs - this.#floorBlockStartUs >= floorBlockUs) {
      this.#floorBlock = (this.#floorBlock + 1) % floorBlocks;
      this.#floorBlockStartUs = arrivalUs;
      this.#floors[this.#floorBlock] = delayUs;
    } else if (delayUs < (this.#floors[this.#floorBlock] ?? delayUs)) {
      this.#floors[this.#floorBlock] = delayUs;
    }
    this.#floorUs = Math.min(...this.#floors);
    const bucket = Math.floor((this.#floorUs - this.#anchorUs) / bucketUs);
    if (bucket < 0 || bucket > 2 * floorBucket) this.#shift(bucket - floorBucket);
  }

  /** Moves the anchor by whole buckets; what falls off an end is kept in that end's bucket. */
  #shift(by: number): void {
    const old = this.#weights.slice();
    this.#weights.fill(0);
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      const target = Math.min(buckets - 1, Math.max(0, bucket - by));
      this.#weights[target] = (this.#weights[target] ?? 0) + (old[bucket] ?? 0);
    }
    this.#anchorUs += by * bucketUs;
  }

  /** Growing weights instead of shrinking all the others: the same forgetting in one addition. */
  #count(delayUs: number, lengthUs: number): void {
    const bucket = Math.min(buckets - 1, Math.max(0, Math.floor((delayUs - this.#anchorUs) / bucketUs)));
    this.#weight *= keptPerSecond ** (-lengthUs / 1_000_000);
    const weight = this.#weight * lengthUs;
    this.#weights[bucket] = (this.#weights[bucket] ?? 0) + weight;
    this.#total += weight;
    if (this.#weight < largestWeight) return;
    for (let index = 0; index < buckets; index += 1) this.#weights[index] = (this.#weights[index] ?? 0) / this.#weight;
    this.#total /= this.#weight;
    this.#weight = 1;
  }

  #findHigh(): number {
    let above = this.#total * (1 - quantile);
    for (let bucket = buckets - 1; bucket >= 0; bucket -= 1) {
      const weight = this.#weights[bucket] ?? 0;
      if (weight > above) return this.#anchorUs + (bucket + 1 - above / weight) * bucketUs;
      above -= weight;
    }
    return this.#anchorUs;
  }

  /** True once a packet was seen: before that there is nothing to say. */
  get known(): boolean {
    return this.#seenUs > 0;
  }

  /** `arrival - capture` of the fastest recent packet. */
  get floorUs(): number {
    return this.#floorUs;
  }

  get resets(): number {
    return this.#resets;
  }

  /**
   * The wanted `tick - capture` of the sound played at a tick.
   * @param extraUs more than jitter asks for, e.g. one packet's length so that the next packet's FEC is there when it is needed
   */
  targetUs(extraUs = 0): number {
    const { leastUs, startUs, mostUs } = this.#limits;
    // Jitter is what the quantile lies above the floor; the least delay comes on top of it, for it covers another thing.
    const wantedUs = Math.max(this.#highUs, this.#floorUs) + leastUs + extraUs;
    const startedUs = this.#seenUs < usToTrust ? Math.max(wantedUs, this.#floorUs + startUs) : wantedUs;
    return Math.min(startedUs, this.#floorUs + mostUs);
  }
}
