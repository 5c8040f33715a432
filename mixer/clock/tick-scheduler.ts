import type { RoomTime } from './room-clock.js';
import type { CancelTimer, Timers } from './timers.js';

export interface TickSchedulerOptions {
  readonly time: RoomTime;
  readonly timers: Timers;
  /** Of the canvas. */
  readonly fps: number;
  readonly ticks: TickListener;
}

export interface TickListener {
  /** For each 20 ms of sound in order, from `tickUs` on. */
  onAudioTick(tickUs: number): void;
  /** The thread stood still for longer than sound can be caught up: the next audio tick is at `tickUs`. */
  onAudioSkip(tickUs: number): void;
  /** @param index counts the canvas's periods from the room's zero */
  onVideoTick(tickUs: number, index: number): void;
}

export interface TickStatistics {
  audioTicks: number;
  /** Audio ticks that came more than one period after their time, but were still run. */
  audioTicksLate: number;
  audioTicksSkipped: number;
  videoTicks: number;
  videoTicksSkipped: number;
}

/** Of Opus packets and of the mix. */
export const audioPeriodUs = 20_000;

/** 100 ms of sound may come late and all at once; receivers' jitter buffers hold that. After a longer stop the sound of the stop is gone for good. */
const mostAudioTicksAtOnce = 5;

/**
 * Both grids of a room: sound each 20 ms without a gap, pictures each 1/fps where a late tick is left out. Every due time is computed from the
 * room's zero, so nothing adds up. It never waits for what the ticks start.
 */
export class TickScheduler {
  readonly #time: RoomTime;
  readonly #timers: Timers;
  readonly #fps: number;
  readonly #ticks: TickListener;
  readonly #statistics: TickStatistics = { audioTicks: 0, audioTicksLate: 0, audioTicksSkipped: 0, videoTicks: 0, videoTicksSkipped: 0 };
  #nextAudio = 0;
  #nextVideo = 0;
  #cancel: CancelTimer | undefined;
  #state: 'new' | 'running' | 'closed' = 'new';

  constructor({ time, timers, fps, ticks }: TickSchedulerOptions) {
    this.#time = time;
    this.#timers = timers;
    this.#fps = fps;
    this.#ticks = ticks;
  }

  /** Begins with the next tick of each grid. */
  start(): void {
    if (this.#state !== 'new') throw new Error(`A scheduler that is ${this.#state} cannot start.`);
    this.#state = 'running';
    const nowUs = this.#time.nowUs();
    this.#nextAudio = Math.ceil(nowUs / audioPeriodUs);
    this.#nextVideo = Math.ceil((nowUs * this.#fps) / 1_000_000);
    this.#wait(nowUs);
  }

  get statistics(): Readonly<TickStatistics> {
    return { ...this.#statistics };
  }

  #videoUs(index: number): number {
    return Math.floor((index * 1_000_000) / this.#fps);
  }

  #wait(nowUs: number): void {
    const dueUs = Math.min(this.#nextAudio * audioPeriodUs, this.#videoUs(this.#nextVideo));
    // Timers count whole milliseconds: one more is up to a millisecond late, one less would wake twice.
    this.#cancel = this.#timers.after(Math.max(0, Math.ceil((dueUs - nowUs) / 1000)), this.#wake);
  }

  readonly #wake = (): void => {
    try {
      this.#runAudio();
      // A tick may close the room.
      if (this.#state === 'running') this.#runVideo();
    } finally {
      if (this.#state === 'running') this.#wait(this.#time.nowUs());
    }
  };

  #runAudio(): void {
    const current = Math.floor(this.#time.nowUs() / audioPeriodUs);
    const behind = current - this.#nextAudio + 1;
    if (behind > mostAudioTicksAtOnce) {
      this.#statistics.audioTicksSkipped += behind - 1;
      this.#nextAudio = current;
      this.#ticks.onAudioSkip(current * audioPeriodUs);
    } else if (behind > 1) this.#statistics.audioTicksLate += behind - 1;
    while (this.#nextAudio <= current && this.#state === 'running') {
      const tick = this.#nextAudio;
      this.#nextAudio += 1;
      this.#statistics.audioTicks += 1;
      this.#ticks.onAudioTick(tick * audioPeriodUs);
    }
  }

  #runVideo(): void {
    const nowUs = this.#time.nowUs();
    if (nowUs < this.#videoUs(this.#nextVideo)) return;
    const current = Math.max(this.#nextVideo, Math.floor((nowUs * this.#fps) / 1_000_000));
    this.#statistics.videoTicks += 1;
    this.#statistics.videoTicksSkipped += current - this.#nextVideo;
    this.#nextVideo = current + 1;
    this.#ticks.onVideoTick(this.#videoUs(current), current);
  }

  close(): void {
    this.#state = 'closed';
    this.#cancel?.();
  }
}
