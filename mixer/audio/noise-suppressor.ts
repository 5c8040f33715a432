import { tickSamples } from './audio-format.js';
import { loadRnnoise, rnnoiseDelaySamples, type RnnoiseVoice } from './rnnoise.js';
import type { SoundBlock } from './sound-block.js';

export interface NoiseSuppressorOptions {
  /** It cannot be had on this machine, or not for so many, or has failed; the sound goes on as it comes. */
  readonly onFault: (message: string) => void;
}

export type NoiseSuppression = 'off' | 'loading' | 'on';

/** 200 ms run unheard before it is faded in: from its first frames RNNoise gives next to nothing back, voice or not. */
const warmUpTicks = 10;

/**
 * Noise suppression for one talker, switched while he speaks. Off it costs nothing and delays nothing; on it delays by 10 ms. Between the two it fades within one tick,
 * in which 10 ms are heard twice over each other (on) or fade out early (off): a soft edge, no click.
 *
 * Mono: of stereo, what both sides have in common is kept, and comes out as mono.
 */
export class NoiseSuppressor {
  readonly #onFault: NoiseSuppressorOptions['onFault'];
  readonly #clean = new Float32Array(tickSamples);
  #voice: RnnoiseVoice | undefined;
  #wanted = false;
  #loading = false;
  #ticksToWarm = warmUpTicks;
  #heard = false;
  #closed = false;

  constructor({ onFault }: NoiseSuppressorOptions) {
    this.#onFault = onFault;
  }

  /** Takes effect within some ticks. After a fault it has to be switched off and on again. Resolves when RNNoise is there, or will not be; never rejects. */
  async switch(on: boolean): Promise<void> {
    if (on === this.#wanted) return;
    this.#wanted = on;
    if (on && this.#voice === undefined && !this.#loading) await this.#load();
  }

  async #load(): Promise<void> {
    this.#loading = true;
    try {
      const rnnoise = await loadRnnoise();
      if (this.#wanted && !this.#closed) this.#open(rnnoise.open());
    } catch (error) {
      this.#onFault(`no noise suppression: ${messageOf(error)}`);
    } finally {
      this.#loading = false;
    }
  }

  #open(voice: RnnoiseVoice): void {
    this.#voice = voice;
    this.#ticksToWarm = warmUpTicks;
  }

  /** One tick, in place. @param block finite @returns whether that changed it */
  process(block: SoundBlock): boolean {
    const voice = this.#voice;
    if (voice === undefined) return false;
    if (!this.#wanted && !this.#heard) {
      this.#release(voice);
      return false;
    }
    const { left } = block;
    if (block.isStereo) mixDown(block);
    this.#clean.set(left);
    if (!this.#suppress(voice)) return true;
    if (this.#ticksToWarm > 0) {
      this.#ticksToWarm -= 1;
      return true;
    }
    if (this.#wanted && this.#heard) left.set(this.#clean);
    else crossfade(left, this.#clean, this.#wanted);
    this.#heard = this.#wanted;
    return true;
  }

  /** One tick of `#clean`. Foreign code: what it throws ends the suppression and nothing else. */
  #suppress(voice: RnnoiseVoice): boolean {
    try {
      voice.process(this.#clean);
      return true;
    } catch (error) {
      this.#onFault(`noise suppression has failed: ${messageOf(error)}`);
      this.#voice = undefined;
      this.#heard = false;
      return false;
    }
  }

  /** What comes next does not follow what came last: what is still inside is dropped. Two ticks, since its filter for the pitch remembers more than a window. */
  restart(): void {
    for (let tick = 0; tick < 2; tick += 1) {
      this.#clean.fill(0);
      if (this.#voice !== undefined && !this.#suppress(this.#voice)) return;
    }
  }

  #release(voice: RnnoiseVoice): void {
    voice.close();
    this.#voice = undefined;
  }

  get state(): NoiseSuppression {
    if (this.#wanted && this.#loading) return 'loading';
    return this.#voice === undefined ? 'off' : 'on';
  }

  /** By how much the sound of the last tick came out late. */
  get delaySamples(): number {
    return this.#heard ? rnnoiseDelaySamples : 0;
  }

  close(): void {
    this.#closed = true;
    this.#wanted = false;
    this.#heard = false;
    if (this.#voice !== undefined) this.#release(this.#voice);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function mixDown(block: SoundBlock): void {
  const { left, right } = block;
  for (let i = 0; i < tickSamples; i += 1) left[i] = ((left[i] ?? 0) + (right[i] ?? 0)) / 2;
  block.isStereo = false;
}

/** Within the tick, from the sound as it is to the clean one, or back. */
function crossfade(sound: Float32Array, clean: Float32Array, toClean: boolean): void {
  for (let i = 0; i < tickSamples; i += 1) {
    const share = toClean ? (i + 1) / tickSamples : 1 - (i + 1) / tickSamples;
    sound[i] = (clean[i] ?? 0) * share + (sound[i] ?? 0) * (1 - share);
  }
}
