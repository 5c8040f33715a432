/** When the full picture is sent again after a limit: by the tier that the room chose, or, where the publisher himself adapts, by his bitrate. Times are microseconds of any clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import { median } from '../support/bench.js';

export interface LevelSample {
  readonly atUs: number;
  /** The higher the better the picture. */
  readonly level: number;
}

const everyMs = 500;
/** What the level was before the fall. */
const referenceUs = 2_000_000;

/** @returns the middle level just before the fall; undefined when nothing was measured then */
export function levelBefore(samples: readonly LevelSample[], fallUs: number): number | undefined {
  const before = samples.filter(({ atUs }) => atUs < fallUs && atUs >= fallUs - referenceUs);
  return before.length === 0 ? undefined : median(before.map(({ level }) => level));
}

/**
 * One good sample alone is a keyframe's, or a tier that was left at once: the next has to be as good.
 *
 * @returns from `riseUs` on; undefined: not within the samples
 */
export function fullAgainMs(samples: readonly LevelSample[], riseUs: number, leastLevel: number): number | undefined {
  const index = samples.findIndex(({ atUs, level }, place) => atUs >= riseUs && level >= leastLevel && (samples[place + 1]?.level ?? Number.NEGATIVE_INFINITY) >= leastLevel);
  const sample = samples[index];
  return sample === undefined ? undefined : (sample.atUs - riseUs) / 1000;
}

export class LevelWatch {
  readonly samples: LevelSample[] = [];
  readonly #time: RoomTime;
  readonly #readLevel: () => Promise<number>;
  readonly #watching: Promise<void>;
  #isClosed = false;

  /** @param readLevel asked twice a second */
  constructor({ time, readLevel }: { readonly time: RoomTime; readonly readLevel: () => Promise<number> }) {
    this.#time = time;
    this.#readLevel = readLevel;
    this.#watching = this.#watch();
  }

  /** Idempotent. @throws {Error} where the level could not be read */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#isClosed) {
      await sleep(everyMs);
      this.samples.push({ atUs: this.#time.nowUs(), level: await this.#readLevel() });
    }
  }
}
