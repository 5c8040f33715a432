import type { VideoSource } from '../protocol.js';
import type { VideoInput } from './video-input.js';

/** What is asked of sound so that a sender's pictures leave in step with it. */
export interface SoundDelay {
  /** Room time minus the capture time of the sound that is mixed now; undefined when he sends none. */
  playoutDelayUs(participantId: string): number | undefined;
  requestMinimumDelay(participantId: string, delayUs: number): void;
}

export interface ParticipantVideoOptions {
  readonly participantId: string;
  readonly sound: SoundDelay;
  /** Of the canvas. */
  readonly periodUs: number;
  readonly createInput: (source: VideoSource) => VideoInput;
}

/** Of half a period: 4 ms at 30 a second, what a camera's own clock is off by. Twice as much puts twice as many streams a tick behind their sound. */
const leewayShare = 1 / 4;

/** Of sound before its picture anybody notices so much (ITU-R BT.1359-1). */
const noticedUs = 45_000;

/**
 * Sound may be so much ahead of pictures that are ready, where that spares waiting: a third of what is noticed. Pictures are 10 to 20 ms later than sound by nature, for they
 * wait in the sender's pacer; and libwebrtc's sender reports call sound younger than it is by the length of a packet, so that most of this lead is none.
 */
const mostLeadUs = 15_000;

/** One participant's sources, each made when it is first heard of, and the delay that they share with his sound. */
export class ParticipantVideo {
  readonly #participantId: string;
  readonly #sound: SoundDelay;
  readonly #halfPeriodUs: number;
  /** A ready picture waits for the next tick besides: together they stay below what is noticed. None below 23 ticks a second, all of it from 34 on. */
  readonly #leadUs: number;
  readonly #createInput: (source: VideoSource) => VideoInput;
  readonly #inputs = new Map<VideoSource, VideoInput>();

  constructor({ participantId, sound, periodUs, createInput }: ParticipantVideoOptions) {
    this.#participantId = participantId;
    this.#sound = sound;
    this.#halfPeriodUs = periodUs / 2;
    this.#leadUs = Math.max(0, Math.min(mostLeadUs, noticedUs - periodUs));
    this.#createInput = createInput;
  }

  get inputs(): ReadonlyMap<VideoSource, VideoInput> {
    return this.#inputs;
  }

  input(source: VideoSource): VideoInput {
    let input = this.#inputs.get(source);
    if (input === undefined) {
      input = this.#createInput(source);
      this.#inputs.set(source, input);
    }
    return input;
  }

  /**
   * Moves each input to what is due at this tick. A picture goes to the tick nearest to its time, so that pictures are as often early as late; to a tick before its time
   * only where sound waits long enough for it to be ready by then, or every other one would miss that tick and be shown together with the next.
   */
  advance(tickUs: number): void {
    const soundDelayUs = this.#sound.playoutDelayUs(this.#participantId);
    for (const input of this.#inputs.values()) {
      const delayUs = soundDelayUs === undefined ? input.delayUs : Math.max(soundDelayUs, Math.min(input.delayUs, soundDelayUs + this.#leadUs));
      const earlierUs = Math.min(this.#halfPeriodUs, Math.max(0, delayUs - input.delayUs));
      input.advance(tickUs, tickUs + earlierUs - delayUs, this.#halfPeriodUs * leewayShare);
    }
  }

  /**
   * Tells sound what delay his pictures need of it, but for its lead, be it less than it has by itself: what they needed at the beginning goes fast only where they ask for
   * less. To be called now and then, because sound gives up slowly what nobody asks for again.
   */
  alignSound(): void {
    let neededUs = Number.NEGATIVE_INFINITY;
    for (const input of this.#inputs.values()) if (input.wanted) neededUs = Math.max(neededUs, input.delayUs - this.#leadUs);
    if (neededUs > Number.NEGATIVE_INFINITY) this.#sound.requestMinimumDelay(this.#participantId, neededUs);
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#inputs.values(), (input) => input.close()));
  }
}
