/**
 * Which packets of one source are missing, and when to ask for them again (RFC 4585 6.2.1, receive side).
 *
 * It is fed with unwrapped indices (`SequenceUnwrapper`), so a wrap is nothing special. Times are microseconds from any zero, the same for all calls.
 * Not its business: the wire format, and what a loss means for a frame.
 */

/**
 * Most paths keep the order, so a gap is a loss and each millisecond before the request is one more of a picture that stands. Where packets do overtake each other,
 * asking at once would fetch what is already under way: the wait grows to what they were late, and shrinks by a part with each packet that really was lost.
 */
const mostToleranceUs = 20_000;
const toleranceDecay = 7 / 8;
/**
 * Of the round trip: what comes sooner after it was asked for was under way before. Nothing else tells where repairs have no stream of their own, for the answer that follows is the same SRTP
 * packet once more, which nobody sees. Half, because round trips vary.
 */
const overtakenShare = 0.5;
/** While the path's is not known: hardly any answer takes so little. */
const mostOvertakenUs = 15_000;
/** Floor of the time between two requests for one packet: a measured round trip of 1 ms says nothing about the sender's own delay to answer. */
const minRetryUs = 20_000;
/** At 30 % loss each way ten tries leave 1 packet in 800 unrepaired; a path that needs more carries no video anyway. */
const maxTries = 10;
/** A second of stillness is worse than a keyframe. */
const maxAgeUs = 1_000_000;
/** Bounds memory and the size of a request: 512 is half a second of 8 Mbps. */
const maxMissing = 512;
/** A jump ahead by more than this, half a second or more, is a black-out or a new start: a keyframe mends it; hundreds of old packets would only be before it. */
const blackOutPackets = 200;
/** One from further behind than this is no late packet any more. */
const maxJump = 1_000;
/** Weight of a new measurement of the round trip, as in RFC 6298. */
const roundTripGain = 1 / 8;

/** How a packet came: on its first journey, in the stream of repairs, or rebuilt from its protection. */
export type Coming = 'sent' | 'repair' | 'rebuilt';

interface Gap {
  readonly sinceUs: number;
  /** Of the first request. */
  requestedUs: number;
  tries: number;
  lastRequestUs: number;
}

const nothingDue: readonly number[] = Object.freeze([]);

export class NackTracker {
  /** Packets that came after they had been asked for. */
  recoveredCount = 0;
  /** Packets that came late by themselves. */
  reorderedCount = 0;
  /** Packets given up: too old, asked for too often, pushed out, or lost in a jump. */
  abandonedCount = 0;
  /** Single packets asked for, repeats included. */
  requestedCount = 0;
  /** Jumps after which it began anew. */
  resetCount = 0;

  #toleranceUs = 0;
  /** Not before then is anything due; after it perhaps. */
  #nextDueUs = Number.POSITIVE_INFINITY;
  /** Repairs come as a stream of their own: what comes late under its own number is none. */
  #hasRepairStream = false;
  #isJumpExpected = false;
  #repairRoundTripUs: number | undefined;
  #isRoundTripSure = false;
  #pathRoundTripUs: number | undefined;
  /** Oldest first, because gaps are only ever added above the newest. */
  readonly #missing = new Map<number, Gap>();
  #newest: number | undefined;
  /** The index that, coming next, would prove that the source went on from far behind. */
  #strayNext: number | undefined;

  /** Packets waited for at this moment. */
  get missingCount(): number {
    return this.#missing.size;
  }

  /** How often the oldest of them was asked for. */
  get mostTries(): number {
    for (const { tries } of this.#missing.values()) return tries;
    return 0;
  }

  /**
   * From a request to the packet that it brought, smoothed; undefined before the first. By packets asked for once; until there is one, by the first request of
   * one asked for more often, which may be too long but never too short (Karn and Partridge 1987: an answer does not say which request it answers).
   */
  get repairRoundTripUs(): number | undefined {
    return this.#repairRoundTripUs;
  }

  /** Whether {@link due} may have something. Cheap: to be asked with each packet. */
  isDue(nowUs: number): boolean {
    return this.#missing.size > 0 && nowUs >= this.#nextDueUs;
  }

  /** Nothing has come for so long that what is missing, now and up to the next packet, is not worth asking for: a keyframe is. */
  expectJump(): void {
    this.abandonedCount += this.#missing.size;
    this.#missing.clear();
    this.#isJumpExpected = true;
  }

  /**
   * Every packet that arrived, also retransmitted ones, under its original index.
   *
   */
  onPacket(index: number, nowUs: number, coming: Coming = 'sent'): void {
    this.#hasRepairStream ||= coming === 'repair';
    if (this.#newest === undefined) {
      this.#newest = index;
      return;
    }
    const ahead = index - this.#newest;
    if (ahead === 1 && this.#missing.size === 0) {
      this.#newest = index;
      this.#isJumpExpected = false;
    } else if (ahead > 0) {
      this.#advance(index, this.#newest, nowUs);
    } else if (ahead >= -maxJump) {
      this.#onLate(index, nowUs, coming);
    } else if (index === this.#strayNext) {
      this.#reset(index);
    } else {
      // One packet from far behind is a straggler; two in sequence are a sender that began again (RFC 3550 A.1 judges alike).
      this.#strayNext = index + 1;
    }
  }

  /**
   * The indices to ask for now, oldest first; they count as asked. Call it often (each 20 ms, and when {@link isDue}): it is cheap while nothing is missing.
   *
   * @param roundTripUs a packet is not asked for again before its answer can have come. 0 when not yet known.
   * @param pathRoundTripUs measured by other means than by what comes late; undefined when not yet known.
   */
  due(nowUs: number, roundTripUs: number, pathRoundTripUs?: number): readonly number[] {
    if (this.#missing.size === 0) return nothingDue;
    this.#pathRoundTripUs = pathRoundTripUs;
    const retryUs = Math.max(minRetryUs, roundTripUs);
    const due: number[] = [];
    this.#nextDueUs = Number.POSITIVE_INFINITY;
    for (const [index, gap] of this.#missing) {
      const dueUs = gap.tries === 0 ? gap.sinceUs + this.#toleranceUs : gap.lastRequestUs + retryUs;
      const isDue = nowUs >= dueUs;
      if (nowUs - gap.sinceUs > maxAgeUs || (isDue && gap.tries >= maxTries)) {
        this.#missing.delete(index);
        this.abandonedCount += 1;
      } else if (isDue) {
        if (gap.tries === 0) gap.requestedUs = nowUs;
        gap.tries += 1;
        gap.lastRequestUs = nowUs;
        due.push(index);
        this.#nextDueUs = Math.min(this.#nextDueUs, nowUs + retryUs);
      } else this.#nextDueUs = Math.min(this.#nextDueUs, dueUs);
    }
    this.requestedCount += due.length;
    return due;
  }

  /** There is nothing in the places from `first` up to `end`, that one excluded: they held protection of what has come. */
  dismiss(first: number, end: number): void {
    for (let index = first; index < end; index += 1) this.#missing.delete(index);
  }

  /** After a keyframe nothing before it is needed any more: forgets the gaps below `index`. */
  forgetBefore(index: number): void {
    for (const missing of this.#missing.keys()) {
      if (missing >= index) return;
      this.#missing.delete(missing);
      this.abandonedCount += 1;
    }
  }

  #advance(index: number, newest: number, nowUs: number): void {
    if (index - newest > blackOutPackets || (this.#isJumpExpected && index - newest > 1)) {
      this.#reset(index);
      return;
    }
    this.#isJumpExpected = false;
    if (index - newest > 1) this.#nextDueUs = Math.min(this.#nextDueUs, nowUs + this.#toleranceUs);
    for (let gap = newest + 1; gap < index; gap += 1) this.#missing.set(gap, { sinceUs: nowUs, requestedUs: nowUs, tries: 0, lastRequestUs: nowUs });
    this.#newest = index;
    this.#strayNext = undefined;
    if (this.#missing.size > maxMissing) this.#dropOldest(this.#missing.size - maxMissing);
  }

  #dropOldest(count: number): void {
    let left = count;
    for (const index of this.#missing.keys()) {
      if (left === 0) return;
      this.#missing.delete(index);
      this.abandonedCount += 1;
      left -= 1;
    }
  }

  #onLate(index: number, nowUs: number, coming: Coming): void {
    const gap = this.#missing.get(index);
    if (gap === undefined) return;
    this.#missing.delete(index);
    // That says nothing about the path.
    if (coming === 'rebuilt') return;
    const isOvertaken = gap.tries === 0 || (coming === 'sent' && (this.#hasRepairStream || nowUs - gap.requestedUs < this.#leastAnswerUs()));
    if (isOvertaken) {
      this.reorderedCount += 1;
      this.#toleranceUs = Math.min(mostToleranceUs, Math.max(this.#toleranceUs, nowUs - gap.sinceUs + 1));
      return;
    }
    this.recoveredCount += 1;
    this.#toleranceUs *= toleranceDecay;
    this.#measure(nowUs - gap.requestedUs, gap.tries === 1);
  }

  #leastAnswerUs(): number {
    if (this.#pathRoundTripUs !== undefined) return overtakenShare * this.#pathRoundTripUs;
    return Math.min(mostOvertakenUs, overtakenShare * (this.#repairRoundTripUs ?? Number.POSITIVE_INFINITY));
  }

  #measure(roundTripUs: number, isSure: boolean): void {
    if (isSure && this.#isRoundTripSure) this.#repairRoundTripUs = (this.#repairRoundTripUs ?? 0) + (roundTripUs - (this.#repairRoundTripUs ?? 0)) * roundTripGain;
    else if (isSure || !this.#isRoundTripSure) this.#repairRoundTripUs = roundTripUs;
    this.#isRoundTripSure ||= isSure;
  }

  #reset(index: number): void {
    this.abandonedCount += this.#missing.size;
    this.resetCount += 1;
    this.#missing.clear();
    this.#newest = index;
    this.#strayNext = undefined;
    this.#isJumpExpected = false;
  }
}
