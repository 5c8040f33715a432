/**
 * One timer for all the beats of a process: each beat has its own rate and phase, and every due time is computed from its start, so nothing adds up.
 * Beats of a whole crowd that fall close together share one wake-up, which is most of what a client costs between its packets.
 */
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import type { CancelTimer, Timers } from '../../mixer/clock/timers.js';

export interface MetronomeOptions {
  readonly time: RoomTime;
  readonly timers: Timers;
}

/** Stops a beat; harmless afterwards. */
export type StopBeat = () => void;

/** Called with 0, 1, 2… and the time at which that one was due. */
export type Beat = (index: number, dueUs: number) => void;

interface RunningBeat {
  readonly startUs: number;
  readonly periodUs: number;
  readonly beat: Beat;
  nextIndex: number;
  dueUs: number;
}

/** No packet leaves later than this after its time: well below what a network adds, and a wake-up less often costs nothing that can be measured. */
const gatherUs = 3_000;
/** What was due during a stop (a suspended process, a starved machine) is left out: no network delivers a second of media at once. */
const longestCatchUpUs = 500_000;

export class Metronome {
  /** Beats that were left out. */
  skippedBeats = 0;
  readonly #time: RoomTime;
  readonly #timers: Timers;
  readonly #beats = new Set<RunningBeat>();
  #cancel: CancelTimer | undefined;
  #wakeUs = Number.POSITIVE_INFINITY;

  constructor({ time, timers }: MetronomeOptions) {
    this.#time = time;
    this.#timers = timers;
  }

  /**
   * @param periodUs need not be whole: 1e6 / 30.
   * @param startUs when beat 0 is due; in the past is as good as now.
   */
  add(periodUs: number, startUs: number, beat: Beat): StopBeat {
    const running: RunningBeat = { startUs, periodUs, beat, nextIndex: 0, dueUs: startUs };
    this.#beats.add(running);
    this.#sleepUntil(startUs);
    return () => {
      this.#beats.delete(running);
      if (this.#beats.size === 0) this.#sleepUntil(Number.POSITIVE_INFINITY);
    };
  }

  #sleepUntil(wakeUs: number): void {
    if (wakeUs >= this.#wakeUs && wakeUs !== Number.POSITIVE_INFINITY) return;
    this.#cancel?.();
    this.#wakeUs = wakeUs;
    if (wakeUs === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.#timers.after(Math.max(0, Math.ceil((wakeUs - this.#time.nowUs()) / 1000)), this.#wake);
  }

  readonly #wake = (): void => {
    this.#wakeUs = Number.POSITIVE_INFINITY;
    const nowUs = this.#time.nowUs();
    let nextUs = Number.POSITIVE_INFINITY;
    for (const running of this.#beats) {
      if (running.dueUs <= nowUs) this.#run(running, nowUs);
      if (running.dueUs < nextUs && this.#beats.has(running)) nextUs = running.dueUs;
    }
    // A beat may have added others, for which a timer runs already.
    if (this.#beats.size > 0) this.#sleepUntil(Math.max(nextUs, nowUs + gatherUs));
  };

  #run(running: RunningBeat, nowUs: number): void {
    const { startUs, periodUs, beat } = running;
    const oldestIndex = Math.ceil((nowUs - longestCatchUpUs - startUs) / periodUs);
    if (oldestIndex > running.nextIndex) {
      this.skippedBeats += oldestIndex - running.nextIndex;
      running.nextIndex = oldestIndex;
    }
    for (;;) {
      const dueUs = startUs + running.nextIndex * periodUs;
      running.dueUs = dueUs;
      if (dueUs > nowUs || !this.#beats.has(running)) return;
      const index = running.nextIndex;
      running.nextIndex += 1;
      beat(index, dueUs);
    }
  }
}
