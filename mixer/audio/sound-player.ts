import { SoundFile, SoundFileError } from '../ffmpeg/sound-file.js';
import type { SoundOrder } from '../protocol.js';
import { rampSamples, sampleRateHz, tickSamples } from './audio-format.js';
import type { SoundBlock } from './sound-block.js';
import { SoundQueue } from './sound-queue.js';

export interface SoundPlayerOptions {
  readonly sound: Pick<SoundOrder, 'path' | 'loop' | 'gainDb'>;
  /** Once, whatever its end is: played through or stopped (undefined), or the code of what is wrong with the file. Not after `close()`. */
  readonly onEnded: (error: string | undefined) => void;
  /** What is wrong with the file, in words, for the log. */
  readonly onFault: (message: string) => void;
}

/** What is decoded ahead: a disk or a pool that is busy for half a second is not heard. */
const aheadSamples = sampleRateHz / 2;

/**
 * One file on its way into the mix. The thread calls `read` each tick, whether anybody listens or not; decoding runs ahead of it, off the tick. It begins
 * when half a second is there (or all of it), begins and breaks off in ramps, and ends by itself.
 */
export class SoundPlayer {
  readonly #options: SoundPlayerOptions;
  readonly #gain: number;
  readonly #queue = new SoundQueue();
  #file: SoundFile | undefined;
  #filling: Promise<void> | undefined;
  /** Nothing more comes out of the file. */
  #isDecoded = false;
  #fault: SoundFileError | undefined;
  #state: 'waiting' | 'playing' | 'stopping' | 'ended' = 'waiting';
  #ranDry = 0;

  constructor(options: SoundPlayerOptions) {
    this.#options = options;
    this.#gain = 10 ** (options.sound.gainDb / 20);
    this.#fillMore();
  }

  /** How often decoding did not keep up and a silence was heard. */
  get ranDry(): number {
    return this.#ranDry;
  }

  /** Whether the file is opened or decoded right now. */
  get isDecoding(): boolean {
    return this.#filling !== undefined;
  }

  #fillMore(): void {
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
    });
  }

  async #fill(): Promise<void> {
    try {
      this.#file ??= await SoundFile.open(this.#options.sound);
      while (!this.#hasEnded && !this.#isDecoded && this.#queue.length < aheadSamples) {
        const piece = await this.#file.read();
        if (piece === undefined) this.#isDecoded = true;
        else this.#queue.push(piece);
      }
    } catch (error) {
      // A bug, too, ends this sound and nothing else. What came before the fault is played.
      this.#fault = error instanceof SoundFileError ? error : new SoundFileError('sound_unreadable', String(error));
      this.#isDecoded = true;
    }
    if (this.#isDecoded || this.#hasEnded) this.#file?.close();
  }

  get #hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Puts the next 20 ms into `block`. False: there is nothing of it in this tick. */
  read(block: SoundBlock): boolean {
    if (this.#state === 'ended') return false;
    const begins = this.#state === 'waiting';
    if (begins && !this.#isDecoded && this.#queue.length < aheadSamples) return false;
    if (begins) this.#state = 'playing';
    const samples = this.#queue.read(block);
    scale(block, this.#gain);
    if (begins) rampUp(block);
    const isLast = this.#state === 'stopping' || (this.#isDecoded && this.#queue.length === 0);
    const runsDry = !this.#isDecoded && this.#queue.length < tickSamples;
    if (isLast || runsDry) rampDown(block, samples);
    if (isLast) this.#end();
    else this.#goOn(runsDry);
    return samples > 0;
  }

  #goOn(runsDry: boolean): void {
    if (runsDry) {
      this.#ranDry += 1;
      this.#state = 'waiting';
    }
    if (!this.#isDecoded && this.#queue.length < aheadSamples) this.#fillMore();
  }

  /** Ends it with a ramp in the next tick, or at once if nothing of it has been heard. */
  stop(): void {
    if (this.#state === 'waiting') this.#end();
    else if (this.#state === 'playing') this.#state = 'stopping';
  }

  #end(): void {
    this.#state = 'ended';
    this.#file?.close();
    if (this.#fault !== undefined) this.#options.onFault(this.#fault.message);
    this.#options.onEnded(this.#fault?.code);
  }

  /** Resolves when nothing native is left. */
  async close(): Promise<void> {
    this.#state = 'ended';
    this.#file?.close();
    await this.#filling;
  }
}

function scale({ left, right, isStereo }: SoundBlock, gain: number): void {
  if (gain === 1) return;
  for (let i = 0; i < tickSamples; i += 1) left[i] = (left[i] ?? 0) * gain;
  if (isStereo) for (let i = 0; i < tickSamples; i += 1) right[i] = (right[i] ?? 0) * gain;
}

function rampUp({ left, right }: SoundBlock): void {
  for (let i = 0; i < rampSamples; i += 1) {
    left[i] = ((left[i] ?? 0) * i) / rampSamples;
    right[i] = ((right[i] ?? 0) * i) / rampSamples;
  }
}

/** The last samples before `end`, down to silence. */
function rampDown({ left, right }: SoundBlock, end: number): void {
  const length = Math.min(rampSamples, end);
  for (let i = 1; i <= length; i += 1) {
    const at = end - i;
    left[at] = ((left[at] ?? 0) * (i - 1)) / length;
    right[at] = ((right[at] ?? 0) * (i - 1)) / length;
  }
}
