import type { AudioMode, VoiceSettings } from '../protocol.js';
import { tickSamples } from './audio-format.js';
import { peakOf } from './level-meter.js';
import { Leveller } from './leveller.js';
import { NoiseSuppressor } from './noise-suppressor.js';
import { SoftClip } from './soft-clip.js';
import type { SoundBlock } from './sound-block.js';
import { rampGain } from './splice.js';

export interface VoiceChainOptions {
  /** In `music` rooms only the gain works: levels and noises there are meant. */
  readonly mode: AudioMode;
  /** A stage cannot be had or has failed; the sound goes on without it. */
  readonly onFault: (stage: 'noise suppression' | 'levelling', message: string) => void;
}

/** What held a gain back because of a peak lets go by 1 dB each 100 ms: faster is heard as pumping. */
const releasePerTick = 10 ** (0.2 / 20);

/**
 * What happens to one participant's sound between his decoder and the mix, each tick that he is decoded: noise suppression, levelling, gain; in this order, so that the
 * leveller measures the voice and not the noise. Both gains are one ramp over the tick. What comes in and what goes out stays within full scale: the limiter of a mix turns down everybody in it,
 * and nobody is to do that to the others. With nothing switched on the samples stay what they were, bit by bit.
 */
export class VoiceChain {
  readonly #mode: AudioMode;
  readonly #onFault: VoiceChainOptions['onFault'];
  readonly #leveller = new Leveller();
  readonly #suppressor: NoiseSuppressor;
  readonly #before = { left: new SoftClip(), right: new SoftClip() };
  readonly #after = { left: new SoftClip(), right: new SoftClip() };
  #levelled = false;
  #cannotLevel = false;
  #gain = 1;
  #rampedTo = 1;
  /** Above it the gain would bring his peaks above full scale. */
  #mostGain = Number.POSITIVE_INFINITY;
  #notFinite = 0;

  constructor({ mode, onFault }: VoiceChainOptions) {
    this.#mode = mode;
    this.#onFault = onFault;
    this.#suppressor = new NoiseSuppressor({ onFault: (message) => onFault('noise suppression', message) });
  }

  /**
   * From the next tick on. Of `muted` nothing is done here: who is muted has no sound to be worked on.
   * @returns when noise suppression, if it was switched on, is there; never rejects, and need not be waited for
   */
  async set({ gainDb, levelled, noiseSuppressed }: VoiceSettings): Promise<void> {
    this.#gain = gainDb === 0 ? 1 : 10 ** (gainDb / 20);
    this.#levelled = levelled && this.#mode === 'voice';
    await this.#suppressor.switch(noiseSuppressed && this.#mode === 'voice');
  }

  /** One tick, in place. */
  process(block: SoundBlock): void {
    // Looked for once: while it is within full scale, nothing but this one look is done.
    let peak = peakOfBlock(block);
    // What is no number would stay in every filter's memory for ever, and in the mix.
    if (!Number.isFinite(peak)) {
      this.#notFinite += 1;
      block.clear();
      peak = 0;
    }
    clip(this.#before, block, peak);
    peak = Math.min(1, peak);
    if (this.#suppressor.process(block)) peak = peakOfBlock(block);
    const { left } = block;
    const right = block.isStereo ? block.right : undefined;
    const gain = this.#bounded(this.#gain * this.#level(left, right), peak);
    rampGain(left, this.#rampedTo, gain, tickSamples);
    if (right !== undefined) rampGain(right, this.#rampedTo, gain, tickSamples);
    // Within a tick the ramp may be late for a peak.
    if (gain > 1 || this.#rampedTo > 1) clip(this.#after, block, peakOfBlock(block));
    this.#rampedTo = gain;
  }

  #level(left: Float32Array, right: Float32Array | undefined): number {
    if (!this.#levelled || this.#cannotLevel) return this.#leveller.rest();
    try {
      return this.#leveller.follow(left, right);
    } catch (error) {
      this.#cannotLevel = true;
      this.#onFault('levelling', error instanceof Error ? error.message : String(error));
      return this.#leveller.gain;
    }
  }

  #bounded(gain: number, peak: number): number {
    if (gain <= 1) return gain;
    this.#mostGain = Math.max(1, Math.min(this.#mostGain * releasePerTick, 1 / peak));
    return Math.min(gain, this.#mostGain);
  }

  /** Before the first tick after some in which he was not decoded: nothing of what he said then comes out now. His level stays. */
  restart(): void {
    this.#suppressor.restart();
    this.#rampedTo = this.#gain * this.#leveller.gain;
  }

  /** By how much later than it came in the sound of the last tick left. */
  get delaySamples(): number {
    return this.#suppressor.delaySamples;
  }

  stats(): Record<string, unknown> {
    return {
      levelGainDb: this.#leveller.gainDb,
      speechLufs: this.#leveller.speechLufs,
      levelMoves: this.#leveller.moves,
      noiseSuppression: this.#suppressor.state,
      delaySamples: this.delaySamples,
      notFinite: this.#notFinite,
    };
  }

  close(): void {
    this.#suppressor.close();
  }
}

function peakOfBlock({ left, right, isStereo }: SoundBlock): number {
  return isStereo ? Math.max(peakOf(left), peakOf(right)) : peakOf(left);
}

function clip(clips: { readonly left: SoftClip; readonly right: SoftClip }, { left, right, isStereo }: SoundBlock, peak: number): void {
  clips.left.process(left, peak);
  if (isStereo) clips.right.process(right, peak);
}
