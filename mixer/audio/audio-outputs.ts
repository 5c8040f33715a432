import type { AudioListeners, EncodedAudio } from '../protocol.js';
import { tickSamples } from './audio-format.js';
import { AudioOutput, type SoundEncoder } from './audio-output.js';
import type { MixSum } from './mix-sum.js';

export interface AudioOutputsOptions {
  readonly createEncoder: () => SoundEncoder;
  /** @param participantId whose own stream it was; undefined for the shared one */
  readonly onFault: (participantId: string | undefined, message: string) => void;
}

/**
 * A talker keeps his own stream this long after his last mixed tick, so that the pauses of a conversation do not switch him to and fro. Each
 * switch costs three encodes and a breath of coding noise; each second here costs the encodes of one who no longer needs them.
 */
const keepOwnUs = 3_000_000;

interface OwnOutput {
  readonly output: AudioOutput;
  lastTalkUs: number;
}

/**
 * Who is encoded for: one stream with everything in it for all who are silent or only listen, and one without himself for each listener who talks.
 * Where a listener goes from one stream to the other, the new one is made a continuation of the old (`AudioOutput.continueFrom`).
 */
export class AudioOutputs {
  readonly #options: AudioOutputsOptions;
  readonly #own = new Map<string, OwnOutput>();
  readonly #samples = new Float32Array(tickSamples);
  #shared: AudioOutput | undefined;
  #lowestGain = 1;
  #encodesOfClosed = 0;
  #switches = 0;

  constructor(options: AudioOutputsOptions) {
    this.#options = options;
  }

  /** One tick. @param talkers those whose samples `sum` holds, by their id */
  process(tickUs: number, sum: MixSum, talkers: ReadonlyMap<string, Float32Array>, listeners: AudioListeners): EncodedAudio {
    this.#closeForgotten(listeners);
    let sharedWanted = listeners.mix;
    for (const participantId of listeners.participantIds) {
      if (talkers.has(participantId)) this.#giveOwn(participantId, tickUs);
      else if (!this.#keepsOwn(participantId, tickUs)) sharedWanted = true;
    }
    if (!sharedWanted) this.#closeShared();
    return { ptsUs: tickUs, mix: sharedWanted ? this.#processShared(sum) : undefined, minus: this.#processOwn(sum, talkers, listeners) };
  }

  #closeForgotten({ participantIds }: AudioListeners): void {
    for (const [participantId, { output }] of this.#own) {
      if (participantIds.includes(participantId)) continue;
      this.#own.delete(participantId);
      this.#close(output);
    }
  }

  #giveOwn(participantId: string, tickUs: number): void {
    const own = this.#own.get(participantId);
    if (own !== undefined) {
      own.lastTalkUs = tickUs;
      return;
    }
    const output = this.#open(participantId);
    if (this.#shared !== undefined) output.continueFrom(this.#shared);
    this.#own.set(participantId, { output, lastTalkUs: tickUs });
    this.#switches += 1;
  }

  /** Whether one who does not talk now goes on with a stream of his own; if not, he has the shared one from this tick on. */
  #keepsOwn(participantId: string, tickUs: number): boolean {
    const own = this.#own.get(participantId);
    if (own === undefined) return false;
    if (tickUs - own.lastTalkUs <= keepOwnUs) return true;
    this.#own.delete(participantId);
    if (this.#shared === undefined) {
      this.#shared = this.#open(undefined);
      this.#shared.continueFrom(own.output);
    }
    this.#close(own.output);
    this.#switches += 1;
    return false;
  }

  #processShared(sum: MixSum): Uint8Array {
    this.#shared ??= this.#open(undefined);
    sum.copyInto(this.#samples);
    return this.#process(this.#shared);
  }

  #processOwn(sum: MixSum, talkers: ReadonlyMap<string, Float32Array>, { participantIds }: AudioListeners): EncodedAudio['minus'] {
    const minus: { participantId: string; data: Uint8Array }[] = [];
    for (const participantId of participantIds) {
      const own = this.#own.get(participantId);
      if (own === undefined) continue;
      const samples = talkers.get(participantId);
      if (samples === undefined) sum.copyInto(this.#samples);
      else sum.withoutInto(samples, this.#samples);
      minus.push({ participantId, data: this.#process(own.output) });
    }
    return minus;
  }

  #process(output: AudioOutput): Uint8Array {
    const packet = output.process(this.#samples);
    this.#lowestGain = Math.min(this.#lowestGain, output.takeLowestGain());
    return packet;
  }

  #open(participantId: string | undefined): AudioOutput {
    const { createEncoder, onFault } = this.#options;
    return new AudioOutput({ createEncoder, onFault: (message) => onFault(participantId, message) });
  }

  #close(output: AudioOutput): void {
    this.#encodesOfClosed += output.encodes;
    output.close();
  }

  #closeShared(): void {
    if (this.#shared === undefined) return;
    this.#close(this.#shared);
    this.#shared = undefined;
  }

  stats(): Record<string, unknown> {
    let encodes = this.#encodesOfClosed + (this.#shared?.encodes ?? 0);
    for (const { output } of this.#own.values()) encodes += output.encodes;
    const lowestGain = this.#lowestGain;
    this.#lowestGain = 1;
    return { shared: this.#shared !== undefined, own: this.#own.size, encodes, switches: this.#switches, lowestGain };
  }

  /** Nobody listens, or the end; may be used again after it. */
  close(): void {
    this.#closeShared();
    for (const { output } of this.#own.values()) this.#close(output);
    this.#own.clear();
  }
}
