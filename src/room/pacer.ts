/**
 * Lets what is to be sent to one listener go out at a little more than what his path carries, so that a keyframe does not fill the bottleneck's queue and delay
 * the sound behind it. Frames of usual size pass at once.
 */
import type { CancelTimer, RoomTime, Timers } from '../../mixer/index.js';

export interface PacerOptions {
  readonly clock: RoomTime;
  readonly timers: Timers;
  /** Sends what waits, as long as {@link Pacer.mayGo}. */
  readonly onTurn: () => void;
}

/** A burst that a router's smallest queue takes. */
const burst = { us: 20_000, leastBytes: 2_500, mostBytes: 12_000 } as const;
const turnMs = 5;

export class Pacer {
  readonly #options: PacerOptions;
  #bytesPerUs: number | undefined;
  #burstBytes = 0;
  #budgetBytes = 0;
  #refilledUs: number;
  #cancelTurn: CancelTimer | undefined;

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#refilledUs = options.clock.nowUs();
  }

  /** Undefined: nothing waits. */
  setBitrate(bitrateBps: number | undefined): void {
    this.#refill();
    this.#bytesPerUs = bitrateBps === undefined ? undefined : bitrateBps / 8e6;
    this.#burstBytes = Math.min(burst.mostBytes, Math.max(burst.leastBytes, (this.#bytesPerUs ?? 0) * burst.us));
  }

  mayGo(): boolean {
    this.#refill();
    return this.#bytesPerUs === undefined || this.#budgetBytes > 0;
  }

  /** Of everything that goes out, sound included, which does not wait. */
  charge(bytes: number): void {
    // Sound goes whatever the budget says: its debt must not keep pictures waiting for longer than a burst.
    if (this.#bytesPerUs !== undefined) this.#budgetBytes = Math.max(-this.#burstBytes, this.#budgetBytes - bytes);
  }

  /** How long so much will wait. */
  waitUs(bytes: number): number {
    return this.#bytesPerUs === undefined || bytes === 0 ? 0 : Math.max(0, bytes - this.#budgetBytes) / this.#bytesPerUs;
  }

  /** `onTurn` a moment later. */
  wait(): void {
    this.#cancelTurn ??= this.#options.timers.after(turnMs, () => {
      this.#cancelTurn = undefined;
      this.#options.onTurn();
    });
  }

  #refill(): void {
    const nowUs = this.#options.clock.nowUs();
    this.#budgetBytes = Math.min(this.#burstBytes, this.#budgetBytes + (nowUs - this.#refilledUs) * (this.#bytesPerUs ?? 0));
    this.#refilledUs = nowUs;
  }

  close(): void {
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
  }
}
