/** Keeps one room process warm, so that a room is made in the time of one question instead of a process start. */
import { AppError } from '../errors.js';
import { describeError, type Log } from '../log.js';
import type { CancelTimer, Time } from '../time.js';
import type { RoomProcess } from './room-process.js';

export interface SpareProcessOptions {
  readonly spawn: () => RoomProcess;
  readonly time: Time;
  readonly log: Log;
}

/** A process that dies before it is ready will do so again: the first retry is quick, none is a busy loop. */
const firstRetryMs = 500;
const longestRetryMs = 10_000;
/** A start takes 0.3 s, on a busy machine ten times that; a process that hangs would keep all rooms from being made. */
const readyTimeoutMs = 15_000;

export class SpareProcess {
  readonly #spawn: () => RoomProcess;
  readonly #time: Time;
  readonly #log: Log;
  #spare: RoomProcess | undefined;
  #retryMs = firstRetryMs;
  #cancelRetry: CancelTimer | undefined;
  #canSpawn = false;
  #isClosed = false;

  constructor({ spawn, time, log }: SpareProcessOptions) {
    this.#spawn = spawn;
    this.#time = time;
    this.#log = log;
  }

  /** True when the newest process that was started became ready: rooms can be made. */
  get canSpawn(): boolean {
    return this.#canSpawn && !this.#isClosed;
  }

  /** Starts the spare unless there is one. */
  refill(): void {
    if (this.#isClosed || this.#spare !== undefined || this.#cancelRetry !== undefined) return;
    this.#start();
  }

  /**
   * Hands over a ready process; the next one is started only by `refill`, so that the two do not compete for the processor.
   *
   * @throws {AppError} starting when no process gets ready, server_closing after `close`
   */
  async take(): Promise<RoomProcess> {
    if (this.#isClosed) throw new AppError('server_closing');
    const taken = this.#spare ?? this.#start();
    this.#spare = undefined;
    try {
      await taken.ready;
      return taken;
    } catch {
      throw new AppError('starting');
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#spare?.kill();
    this.#spare = undefined;
  }

  #start(): RoomProcess {
    const started = this.#spawn();
    this.#spare = started;
    const cancelTimeout = this.#time.after(readyTimeoutMs, () => started.kill());
    started.ready.then(
      () => {
        cancelTimeout();
        this.#canSpawn = true;
        this.#retryMs = firstRetryMs;
      },
      (error: unknown) => {
        cancelTimeout();
        if (this.#isClosed) return;
        this.#canSpawn = false;
        this.#log.limited('error', 'a room process ended before it was ready', { error: describeError(error) });
        this.#retryLater();
      },
    );
    void started.exited.then(() => {
      if (this.#spare !== started) return;
      this.#spare = undefined;
      // One that was ready and idle: nobody was hurt, the next one is started at once.
      if (this.#canSpawn) this.refill();
    });
    return started;
  }

  #retryLater(): void {
    if (this.#cancelRetry !== undefined) return;
    this.#cancelRetry = this.#time.after(this.#retryMs, () => {
      this.#cancelRetry = undefined;
      this.refill();
    });
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
  }
}
