/** What moderators and pages ask of a room in those hours, over and over: rows of hearing, holds with a looped file, chimes, noise suppression. By ticks, so that it is the same each time. */
import type { AudioEngine } from '../../mixer/audio/audio-engine.js';
import type { VoiceSettings } from '../../mixer/protocol.js';

export interface ModerationOptions {
  readonly engine: AudioEngine;
  /** A file of sound. */
  readonly path: string;
  /** Listen, and stay. */
  readonly interpreter: string;
  readonly held: string;
  readonly suppressed: string;
}

export interface ModerationCounts {
  rows: number;
  holds: number;
  chimes: number;
  suppressions: number;
}

/** No two have a common period below 40 minutes, so they meet in every order. */
const rowTicks = 1_300;
const holdTicks = 4_100;
const chimeTicks = 2_300;
const suppressionTicks = 7_900;
/** Of each of these, so long it lasts. */
const lastingShare = 0.4;

const usual: VoiceSettings = { muted: false, gainDb: 0, levelled: true, noiseSuppressed: false };

export class Moderation {
  readonly counts: ModerationCounts = { rows: 0, holds: 0, chimes: 0, suppressions: 0 };
  readonly #options: ModerationOptions;

  constructor(options: ModerationOptions) {
    this.#options = options;
  }

  /** Before each tick. @param isQuiet nothing new begins, since something is measured by what is heard */
  act(tick: number, isQuiet: boolean): void {
    const { engine, interpreter, suppressed } = this.#options;
    this.#each(tick, rowTicks, isQuiet, (begins) => {
      if (begins) this.counts.rows += 1;
      engine.setHearing(interpreter, begins ? { restDb: -12, sources: { metronome: null } } : { restDb: 0, sources: {} });
    });
    this.#each(tick, holdTicks, isQuiet, (begins) => this.#hold(begins, Math.floor(tick / holdTicks)));
    this.#each(tick, chimeTicks, isQuiet, (begins) => {
      if (begins) this.#play(`chime-${tick}`, false, undefined);
    });
    this.#each(tick, suppressionTicks, isQuiet, (begins) => {
      if (begins) this.counts.suppressions += 1;
      engine.setVoice(suppressed, { ...usual, noiseSuppressed: begins });
    });
  }

  #each(tick: number, period: number, isQuiet: boolean, act: (begins: boolean) => void): void {
    if (tick % period === 0 && tick > 0 && !isQuiet) act(true);
    if (tick % period === Math.round(lastingShare * period)) act(false);
  }

  #hold(begins: boolean, round: number): void {
    const { engine, held } = this.#options;
    if (begins) {
      this.counts.holds += 1;
      this.#play(`hold-${round}`, true, [held]);
    } else engine.stopSound(`hold-${round}`);
    engine.setVoice(held, { ...usual, muted: begins });
    engine.setHearing(held, { restDb: begins ? null : 0, sources: {} });
  }

  #play(soundId: string, loop: boolean, participantIds: readonly string[] | undefined): void {
    if (!loop) this.counts.chimes += 1;
    this.#options.engine.playSound({ soundId, path: this.#options.path, loop, gainDb: -6, participantIds });
  }
}
