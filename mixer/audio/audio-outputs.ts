import type { AudioListeners, EncodedAudio } from '../protocol.js';
import { tickSamples } from './audio-format.js';
import { AudioOutput, type SoundEncoder } from './audio-output.js';
import type { MixSum } from './mix-sum.js';

export interface AudioOutputsOptions {
  readonly createEncoder: () => SoundEncoder;
  /** An encoder failed; its stream goes on with silence and opens another one after a second. */
  readonly onFault: (message: string) => void;
}

/**
 * A talker keeps his own stream this long after his last mixed tick, so that the pauses of a conversation do not switch him to and fro. Each
 * switch costs five encodes (a new standby); each second here costs the encodes of one who no longer needs them.
 */
const keepOwnUs = 3_000_000;

interface OwnOutput {
  readonly output: AudioOutput;
  lastTalkUs: number;
}

/**
 * Who is encoded for: one stream with everything in it for all who are silent or only listen, and one without himself for each listener who talks.
 *
 * Opus predicts from what was sent before, so a listener's decoder must not notice that it gets another encoder's packets. While anybody might begin to
 * talk, a standby runs in step with the shared stream, unheard, and becomes the next talker's own: both have the same past, and what it sends
 * next is what the shared one would have sent. Measured on the decoded stream: no more error after the switch than without one, for speech and for
 * tones, where an encoder that was given only the last 100 ms overshoots by up to 15 dB on a tone. It costs one encode. Who comes right
 * after another, and who goes back to a shared stream that did not run, gets such a one nevertheless (`AudioOutput.continueFrom`).
 */
export class AudioOutputs {
  readonly #options: AudioOutputsOptions;
  readonly #own = new Map<string, OwnOutput>();
  readonly #samples = new Float32Array(tickSamples);
  #shared: AudioOutput | undefined;
  #standby: AudioOutput | undefined;
  #lowestGain = 1;
  #encodesOfClosed = 0;
  #switches = 0;

  constructor(options: AudioOutputsOptions) {
    this.#options = options;
  }

  /** One tick. @param talkers those whose samples `sum` holds, by their id */
  process(tickUs: number, sum: MixSum, talkers: ReadonlyMap<string, Float32Array>, listeners: AudioListeners): EncodedAudio {
    this.#closeForgotten(listeners);
    let mayTalk = false;
    for (const participantId of listeners.participantIds) {
      if (talkers.has(participantId)) this.#giveOwn(participantId, tickUs);
      else if (!this.#keepsOwn(participantId, tickUs)) mayTalk = true;
    }
    const sharedWanted = listeners.mix || mayTalk;
    if (!sharedWanted) this.#closeShared();
    if (!mayTalk) this.#closeStandby();
    const { participantIds } = listeners;
    return { ptsUs: tickUs, participantIds, mix: sharedWanted ? this.#processShared(sum, mayTalk) : undefined, minus: this.#processOwn(sum, talkers, listeners) };
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
    this.#own.set(participantId, { output: this.#standby ?? this.#openAfter(this.#shared), lastTalkUs: tickUs });
    this.#standby = undefined;
    this.#switches += 1;
  }

  /** Whether one who does not talk now goes on with a stream of his own; if not, he has the shared one from this tick on. */
  #keepsOwn(participantId: string, tickUs: number): boolean {
    const own = this.#own.get(participantId);
    if (own === undefined) return false;
    if (tickUs - own.lastTalkUs <= keepOwnUs) return true;
    this.#own.delete(participantId);
    this.#shared ??= this.#openAfter(own.output);
    this.#close(own.output);
    this.#switches += 1;
    return false;
  }

  #processShared(sum: MixSum, mayTalk: boolean): Uint8Array {
    this.#shared ??= this.#openAfter(undefined);
    sum.copyInto(this.#samples);
    const packet = this.#process(this.#shared);
    if (!mayTalk) return packet;
    if (this.#standby === undefined) this.#standby = this.#openAfter(this.#shared);
    else this.#process(this.#standby);
    return packet;
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

  #openAfter(before: AudioOutput | undefined): AudioOutput {
    const output = new AudioOutput(this.#options);
    if (before !== undefined) output.continueFrom(before);
    return output;
  }

  #close(output: AudioOutput): void {
    this.#encodesOfClosed += output.encodes;
    output.close();
  }

  #closeShared(): void {
    if (this.#shared !== undefined) this.#close(this.#shared);
    this.#shared = undefined;
  }

  #closeStandby(): void {
    if (this.#standby !== undefined) this.#close(this.#standby);
    this.#standby = undefined;
  }

  stats(): Record<string, unknown> {
    let encodes = this.#encodesOfClosed + (this.#shared?.encodes ?? 0) + (this.#standby?.encodes ?? 0);
    for (const { output } of this.#own.values()) encodes += output.encodes;
    const lowestGain = this.#lowestGain;
    this.#lowestGain = 1;
    return { shared: this.#shared !== undefined, own: this.#own.size, encodes, switches: this.#switches, lowestGain };
  }

  /** Nobody listens, or the end; may be used again after it. */
  close(): void {
    this.#closeShared();
    this.#closeStandby();
    for (const { output } of this.#own.values()) this.#close(output);
    this.#own.clear();
  }
}
