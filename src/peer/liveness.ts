/**
 * Whether the client is still there, judged by what is authentic: media, RTCP, DTLS and ICE checks alike. Who is silent is asked, so that silence means
 * absence also for those who only listen; room time, from its own zero, with a pause of the whole process taken for nobody's silence.
 */
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import type { CancelTimer, Timers } from '../../mixer/clock/timers.js';

export interface LivenessOptions {
  readonly clock: RoomTime;
  readonly timers: Timers;
  /** Of silence, until `onTimeout`. */
  readonly timeoutMs: number;
  readonly events: LivenessEvents;
}

export interface LivenessEvents {
  /** Ask for a sign of life. */
  onProbe(): void;
  /** Nothing for 5 s. */
  onDisconnected(): void;
  /** Heard again after that; called out of `hear`. */
  onReconnected(): void;
  /** Once, and the last. */
  onTimeout(silentMs: number): void;
}

/** Notices silence within a sixteenth more than the limit: with 8 s set, nobody stays longer than 8.5 s. */
const checksPerTimeout = 16;
/** However long the limit: who vanishes is disconnected after 5 to 5.5 s. */
const maxCheckMs = 500;
/** Who only listens says something each 1 to 2.5 s (a browser) or 6 s (others). */
const probeAfterUs = 2_000_000;
/** Three questions before he counts as disconnected: with 10 % loss either way, all of them go unanswered once in 150 times. */
const probeIntervalUs = 1_000_000;
/** Longer than any pause of a live path that is being asked, shorter than people's patience. */
const disconnectedAfterUs = 5_000_000;

export class Liveness {
  probes = 0;
  readonly #clock: RoomTime;
  readonly #timers: Timers;
  readonly #events: LivenessEvents;
  readonly #timeoutUs: number;
  readonly #checkMs: number;
  #lastHeardUs = 0;
  #lastCheckUs = 0;
  #lastProbeUs = 0;
  #isSilent = false;
  #cancelTimer: CancelTimer | undefined;

  constructor({ clock, timers, timeoutMs, events }: LivenessOptions) {
    this.#clock = clock;
    this.#timers = timers;
    this.#events = events;
    this.#timeoutUs = timeoutMs * 1000;
    this.#checkMs = Math.min(maxCheckMs, timeoutMs / checksPerTimeout);
  }

  /** Heard just now. Once. */
  start(): void {
    this.#lastHeardUs = this.#clock.nowUs();
    this.#lastCheckUs = this.#lastHeardUs;
    this.#cancelTimer = this.#timers.every(this.#checkMs, () => this.#check());
  }

  hear(nowUs: number): void {
    this.#lastHeardUs = nowUs;
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#events.onReconnected();
  }

  /** Idempotent. */
  close(): void {
    this.#cancelTimer?.();
  }

  #check(): void {
    const nowUs = this.#clock.nowUs();
    // Timers come before what has arrived: time in which this process stood still is nobody's silence.
    const lateUs = nowUs - this.#lastCheckUs - this.#checkMs * 1000;
    if (lateUs > this.#checkMs * 1000) this.#lastHeardUs += lateUs;
    this.#lastCheckUs = nowUs;
    const silentUs = nowUs - this.#lastHeardUs;
    if (silentUs >= this.#timeoutUs) {
      this.close();
      this.#events.onTimeout(Math.round(silentUs / 1000));
      return;
    }
    if (silentUs >= probeAfterUs && nowUs - this.#lastProbeUs >= probeIntervalUs) {
      this.#lastProbeUs = nowUs;
      this.probes++;
      this.#events.onProbe();
    }
    if (silentUs < disconnectedAfterUs || this.#isSilent) return;
    this.#isSilent = true;
    this.#events.onDisconnected();
  }
}
