/**
 * What becomes of each datagram in one direction of a link. In this order: black-out, loss, the queue before the bottleneck, duplication, delay and jitter.
 * Times are microseconds of any clock that goes forward; the same seed and the same datagrams at the same times give the same fates, and losses, copies
 * and jitter follow from the seed and the order alone. What waits already keeps its time when the limit changes.
 */
import { unimpaired, type ImpairmentStep } from './impairment.js';
import { SeededRandom } from './seeded-random.js';

export interface LinkCounters {
  /** Datagrams that came. */
  offered: number;
  /** Of those, handed on at least once. */
  passed: number;
  lost: number;
  blackedOut: number;
  droppedByQueue: number;
  duplicated: number;
  /** Handed on before one that came earlier. */
  reordered: number;
  /** UDP payload handed on, copies included. */
  bytes: number;
}

/** IPv4 and UDP, without options: a limited link carries them as well. */
const headerBytes = 28;

export class LinkDirection {
  readonly counters: LinkCounters = { offered: 0, passed: 0, lost: 0, blackedOut: 0, droppedByQueue: 0, duplicated: 0, reordered: 0, bytes: 0 };
  readonly #lossRandom: SeededRandom;
  readonly #jitterRandom: SeededRandom;
  readonly #copyRandom: SeededRandom;
  #steps: readonly ImpairmentStep[] = [];
  #stepsFromUs = 0;
  #nextStep = 0;
  #impairment = unimpaired;
  #isInBurst = false;
  /** When the bottleneck has sent all that it accepted. */
  #sentUs = Number.NEGATIVE_INFINITY;
  #latestDueUs = Number.NEGATIVE_INFINITY;

  constructor({ seed }: { readonly seed: number }) {
    this.#lossRandom = new SeededRandom(3 * seed);
    this.#jitterRandom = new SeededRandom(3 * seed + 1);
    this.#copyRandom = new SeededRandom(3 * seed + 2);
  }

  /** Replaces all steps; what holds now goes on until the first is due. */
  setSteps(steps: readonly ImpairmentStep[], fromUs: number): void {
    this.#steps = [...steps].sort((a, b) => a.atMs - b.atMs);
    this.#stepsFromUs = fromUs;
    this.#nextStep = 0;
  }

  /** @returns when it is to be handed on: never, once or twice; not before `nowUs`. */
  admit(sizeBytes: number, nowUs: number): readonly number[] {
    this.#applySteps(nowUs);
    this.counters.offered += 1;
    // Drawn for each datagram, whatever becomes of it: what happens to one changes nothing for those after it.
    const isLost = this.#drawLoss();
    const jitter = this.#jitterRandom.next();
    const copyJitter = this.#jitterRandom.next();
    const isCopied = this.#copyRandom.next() < this.#impairment.duplicateShare;
    if (this.#impairment.isBlackedOut) {
      this.counters.blackedOut += 1;
      return [];
    }
    if (isLost) {
      this.counters.lost += 1;
      return [];
    }
    const sentUs = this.#queue(sizeBytes, nowUs);
    if (sentUs === undefined) {
      this.counters.droppedByQueue += 1;
      return [];
    }
    this.counters.passed += 1;
    const dueUs = this.#arrive(sentUs, jitter, sizeBytes);
    if (!isCopied) return [dueUs];
    this.counters.duplicated += 1;
    return [dueUs, this.#arrive(sentUs, copyJitter, sizeBytes)];
  }

  #applySteps(nowUs: number): void {
    for (;;) {
      const step = this.#steps[this.#nextStep];
      if (step === undefined || nowUs < this.#stepsFromUs + step.atMs * 1000) return;
      this.#impairment = step.impairment;
      this.#isInBurst = false;
      this.#nextStep += 1;
    }
  }

  /** Bursts by Gilbert's two states: in the bad one everything is lost, and it lasts `lossBurst` datagrams in the mean. */
  #drawLoss(): boolean {
    const { lossShare, lossBurst } = this.#impairment;
    const draw = this.#lossRandom.next();
    if (lossBurst <= 1 || lossShare >= 1) return draw < lossShare;
    this.#isInBurst = this.#isInBurst ? draw >= 1 / lossBurst : draw < lossShare / (lossBurst * (1 - lossShare));
    return this.#isInBurst;
  }

  /** When its last bit leaves the bottleneck; undefined when too much waits there. */
  #queue(sizeBytes: number, nowUs: number): number | undefined {
    const { limitKbps, queueMs } = this.#impairment;
    if (limitKbps === undefined) return nowUs;
    const startUs = Math.max(nowUs, this.#sentUs);
    if (startUs - nowUs > queueMs * 1000) return undefined;
    this.#sentUs = startUs + ((sizeBytes + headerBytes) * 8_000) / limitKbps;
    return this.#sentUs;
  }

  #arrive(sentUs: number, jitter: number, sizeBytes: number): number {
    const { delayMs, jitterMs, isReordering } = this.#impairment;
    const ownUs = Math.round(sentUs + 1000 * (delayMs + jitter * jitterMs));
    const dueUs = isReordering ? ownUs : Math.max(ownUs, this.#latestDueUs);
    if (dueUs < this.#latestDueUs) this.counters.reordered += 1;
    this.#latestDueUs = Math.max(this.#latestDueUs, dueUs);
    this.counters.bytes += sizeBytes;
    return dueUs;
  }
}
