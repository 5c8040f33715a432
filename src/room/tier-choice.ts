/** Which of the room's encodes one listener gets: down at once when his path does not carry it, up when it has carried more for a while. */

export interface TierChoiceOptions {
  /** What each tier takes with the sound beside it, in bps, best first. */
  readonly needsBps: readonly number[];
  /** The best tier that this listener may have. */
  readonly best: number;
}

export interface PathMoment {
  readonly nowUs: number;
  /** Undefined: the listener tells nothing, and gets the best. */
  readonly estimateBps: number | undefined;
  /** When the estimate last fell because the path was full; -Infinity for never. */
  readonly lastDecreaseUs: number;
  /** How long what waits to be sent will take. */
  readonly queuedUs: number;
  /** For how long a queue has stood on the path. */
  readonly standsForUs: number;
  /** What goes out to him; 0 where that is not what his pictures and his sound take, as with repairs, and while a picture waits. */
  readonly sentBps: number;
  /** False: an estimate beyond what is sent cannot be had. */
  readonly canProbe: boolean;
}

/** The encoder varies around its rate, and an estimate is one. */
const leastShare = 0.95;
const headroom = 1.05;
/** Far too little is seen at the first report; for a little too little the queue has grown once, which single large frames do as well. */
const farShare = 0.75;
const confirmedAfterUs = 600_000;
/** The same before the last picture is given up: an estimate that follows what little is sent falls below it now and then where twice as much would pass, and the first one after a cut is rough. */
const lastPictureAfterUs = { little: 3_000_000, far: 600_000 } as const;
/** Whatever the estimate says, the encoder sends more than passes. The last picture is given longer; longer still, and a queue that stays as long as it is would look like the path's own length (`queue-delay`). */
const standsAfterUs = { any: 1_000_000, lastPicture: 2_000_000 } as const;
/**
 * An encoder that has too much to show goes beyond its rate. What a tier took when it was too much is what it needs, for a while: pictures change. What goes out is counted over a second: sooner it is
 * another tier's. The mean of some seconds, where he had it for so long: who makes up for a pause, or is asked for a keyframe, takes twice its rate for one of them.
 */
const learnt = { mostShare: 1.5, keptUs: 60_000_000, afterUs: 1_000_000, meanOverUs: 5_000_000 } as const;
/** More than any keyframe takes: the path got slower than was known. That of the last picture goes out while the queue before it still drains. */
const longestQueueUs = { any: 400_000, lastPicture: 1_000_000 } as const;
/**
 * How long the headroom has to last: twice as long after each fall from where he had gone up to, half as long for each two minutes between two such falls. Who has
 * an encode for himself can have it begin and end only so often, whatever he says of his path.
 */
const steadyUs = { first: 2_000_000, most: 64_000_000, halvedAfter: 120_000_000 } as const;
/** Without probes going up is a try. */
const trialAfterUs = 8_000_000;
/** Between probes, longer each time that one shows no more than this beyond what was known. */
const probeEveryUs = { first: 1_500_000, most: 4_000_000, growth: 1.5 } as const;
const newsShare = 1.2;
const probeHeadroom = 1.2;

export class TierChoice {
  readonly #nominalBps: readonly number[];
  readonly #best: number;
  readonly #learnt: { bps: number; atUs: number }[];
  /** Of what goes out since he has this tier; undefined until that can be told. */
  #meanSent: { bps: number; overUs: number; atUs: number } | undefined;
  /** When what went out was something else: what is counted over a second has some of that. */
  #mixedUs = Number.NEGATIVE_INFINITY;
  #index: number;
  /** Since when the estimate is too low for the tier. */
  #tooLittleUs: number | undefined;
  #changedUs = Number.NEGATIVE_INFINITY;
  /** Since the last fall that counts. */
  #hasGoneUp = false;
  #fellUs = 0;
  #steadyUs: number = steadyUs.first;
  #probedUs = Number.NEGATIVE_INFINITY;
  #probeEveryUs: number = probeEveryUs.first;
  /** The estimate when it was last tried. */
  #triedBps = 0;

  constructor({ needsBps, best }: TierChoiceOptions) {
    this.#nominalBps = needsBps;
    this.#learnt = needsBps.map(() => ({ bps: 0, atUs: Number.NEGATIVE_INFINITY }));
    this.#best = best;
    this.#index = best;
  }

  /** From 0, the best, to the number of tiers, which means sound only. */
  get index(): number {
    return this.#index;
  }

  /** @returns whether it is another one than before */
  update(moment: PathMoment): boolean {
    const before = this.#index;
    this.#meanWhatIsSent(moment);
    const meanSentBps = this.#meanSent?.bps;
    const { nowUs, estimateBps } = moment;
    if (estimateBps === undefined) {
      if (this.#index !== this.#best) this.#goUp(this.#best, nowUs);
      return this.#index !== before;
    }
    const fitting = this.#bestOf(this.#nominalBps, estimateBps / leastShare);
    if (fitting <= this.#index) this.#tooLittleUs = undefined;
    else this.#tooLittleUs ??= nowUs;
    const lastPicture = this.#nominalBps.length - 1;
    const isLastPicture = this.#index === lastPicture;
    const which = isLastPicture ? 'lastPicture' : 'any';
    const standsForUs = this.#index > lastPicture ? 0 : Math.min(moment.standsForUs, nowUs - this.#changedUs);
    if (this.#tooLittleUs !== undefined && nowUs - this.#tooLittleUs >= this.#patienceUs(estimateBps)) this.#goDown(isLastPicture ? fitting : Math.min(fitting, lastPicture), nowUs);
    else if (moment.queuedUs > longestQueueUs[which]) this.#goDown(this.#index + 1, nowUs);
    else if (standsForUs >= standsAfterUs[which]) this.#goDown(this.#index + 1, nowUs);
    else if (this.#index > this.#best) this.#considerUp(moment, estimateBps);
    if (this.#index > before && meanSentBps !== undefined) this.#learn(before, meanSentBps, nowUs);
    return this.#index !== before;
  }

  /** For how long too little may be too little, before it counts. */
  #patienceUs(estimateBps: number): number {
    const isFar = estimateBps < farShare * (this.#nominalBps[this.#index] ?? 0);
    if (this.#index === this.#nominalBps.length - 1 && this.#index > this.#best) return isFar ? lastPictureAfterUs.far : lastPictureAfterUs.little;
    return isFar ? 0 : confirmedAfterUs;
  }

  /** At what rate the path is to be tried now; undefined for not. */
  probeBps({ nowUs, estimateBps, lastDecreaseUs, canProbe }: PathMoment): number | undefined {
    if (!canProbe || estimateBps === undefined || this.#index <= this.#best) return undefined;
    const nextBps = this.#needOf(this.#index - 1, nowUs) * headroom;
    if (estimateBps >= newsShare * this.#triedBps) this.#probeEveryUs = probeEveryUs.first;
    if (estimateBps >= nextBps || nowUs - Math.max(lastDecreaseUs, this.#changedUs, this.#probedUs) < this.#probeEveryUs) return undefined;
    this.#probedUs = nowUs;
    this.#probeEveryUs = Math.min(probeEveryUs.most, this.#probeEveryUs * probeEveryUs.growth);
    this.#triedBps = estimateBps;
    return Math.min(this.#needOf(this.#best, nowUs), Math.max(this.#needOf(this.#index - 1, nowUs), 2 * estimateBps)) * probeHeadroom;
  }

  #goDown(index: number, nowUs: number): void {
    if (this.#hasGoneUp) {
      const halvings = Math.floor((nowUs - this.#fellUs) / steadyUs.halvedAfter);
      this.#steadyUs = Math.min(steadyUs.most, Math.max(steadyUs.first, (2 * this.#steadyUs) / 2 ** halvings));
      this.#fellUs = nowUs;
      this.#hasGoneUp = false;
    }
    this.#change(Math.min(index, this.#nominalBps.length), nowUs);
  }

  #considerUp({ nowUs, lastDecreaseUs, canProbe }: PathMoment, estimateBps: number): void {
    const steadySinceUs = Math.max(this.#changedUs, lastDecreaseUs);
    const fitting = Math.max(this.#best, this.#bestOf(this.#nominalBps.map((_nominalBps, tier) => this.#needOf(tier, nowUs)), estimateBps / headroom));
    if (fitting < this.#index) {
      if (nowUs - steadySinceUs >= this.#steadyUs) this.#goUp(fitting, nowUs);
    } else if (!canProbe && nowUs - steadySinceUs >= Math.max(trialAfterUs, this.#steadyUs)) this.#goUp(this.#index - 1, nowUs);
  }

  #goUp(index: number, nowUs: number): void {
    this.#hasGoneUp = true;
    this.#change(index, nowUs);
  }

  #change(index: number, nowUs: number): void {
    this.#index = index;
    this.#changedUs = nowUs;
    this.#tooLittleUs = undefined;
    this.#meanSent = undefined;
    this.#probeEveryUs = probeEveryUs.first;
  }

  /** The best that needs no more; the number of tiers when none does. */
  #bestOf(needsBps: readonly number[], bitrateBps: number): number {
    const index = needsBps.findIndex((needBps) => needBps <= bitrateBps);
    return index === -1 ? needsBps.length : index;
  }

  /** For the way up. */
  #needOf(index: number, nowUs: number): number {
    const nominalBps = this.#nominalBps[index] ?? Number.POSITIVE_INFINITY;
    const known = this.#learnt[index];
    return known === undefined || nowUs - known.atUs > learnt.keptUs ? nominalBps : Math.max(nominalBps, known.bps);
  }

  #meanWhatIsSent({ nowUs, sentBps }: PathMoment): void {
    if (sentBps === 0) {
      this.#mixedUs = nowUs;
      this.#meanSent = undefined;
    }
    if (nowUs - Math.max(this.#changedUs, this.#mixedUs) <= learnt.afterUs) return;
    const mean = (this.#meanSent ??= { bps: sentBps, overUs: 0, atUs: nowUs });
    const elapsedUs = nowUs - mean.atUs;
    if (elapsedUs <= 0) return;
    mean.atUs = nowUs;
    mean.overUs = Math.min(learnt.meanOverUs, mean.overUs + elapsedUs);
    mean.bps += ((sentBps - mean.bps) * Math.min(elapsedUs, mean.overUs)) / mean.overUs;
  }

  #learn(tier: number, sentBps: number, nowUs: number): void {
    const known = this.#learnt[tier];
    const nominalBps = this.#nominalBps[tier];
    if (known === undefined || nominalBps === undefined || sentBps < nominalBps) return;
    known.bps = Math.min(learnt.mostShare * nominalBps, sentBps);
    known.atUs = nowUs;
  }
}
