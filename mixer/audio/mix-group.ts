import type { EncodedStream, HeardVoice } from '../protocol.js';
import { AudioOutput, type AudioOutputOptions } from './audio-output.js';
import { HeardSum } from './heard-sum.js';
import type { HearingRow } from './hearing-row.js';
import type { ListenerLoss } from './listener-loss.js';
import { SoundBlock } from './sound-block.js';
import { crossfadeBlock } from './splice.js';
import type { TickSound } from './tick-sound.js';

export interface MixGroupOptions extends AudioOutputOptions {
  readonly hearing: HearingRow;
  /** Sounds that are played for these listeners by name. */
  readonly soundIds: ReadonlySet<string>;
  /** Everyone as he is: what recordings take as well. */
  readonly isRoomMix: boolean;
}

/** What a listener had before he came here: he goes on from there. */
export interface PastOutput {
  readonly output: AudioOutput;
  readonly group: MixGroup;
}

/** A stream of its own for a few of the group: one who talks, or those who have just come. */
interface Side {
  readonly output: AudioOutput;
  readonly members: Set<string>;
  /** Tick until which it was last worth having. */
  neededUs: number;
  /** Heard until the last tick, and faded out in this one. */
  past: MixGroup | undefined;
}

/**
 * Who has a stream of his own keeps it this long after his last mixed tick, so that the pauses of a conversation do not switch him to and fro, and so that two
 * encoders that are given the same sound agree before he goes from one to the other. Each switch costs five encodes (a new standby); each second here costs the
 * encodes of one who no longer needs them.
 */
const keepSideUs = 3_000_000;

/**
 * Listeners with the same row of the hearing matrix: one stream with everything in it for all of them who are silent, and one without himself for each who talks.
 *
 * Opus predicts from what was sent before, so a listener's decoder must not notice that it gets another encoder's packets. While anybody might begin to
 * talk, a standby runs in step with the shared stream, unheard, and becomes the next talker's own: both have the same past, and what it sends
 * next is what the shared one would have sent. Measured on the decoded stream: no more error after the switch than without one, for speech and for
 * tones, where an encoder that was given only the last 100 ms overshoots by up to 15 dB on a tone. It costs one encode, which the room's mix is worth. Who comes right
 * after another, and who comes from another group gets such a one nevertheless (`AudioOutput.continueFrom`), and so do the talkers of other groups.
 */
export class MixGroup {
  readonly #options: MixGroupOptions;
  readonly #members = new Set<string>();
  readonly #sides = new Set<Side>();
  readonly #sideOf = new Map<string, Side>();
  /** Of this tick, by what they came from: who had one stream together goes on with one. */
  readonly #arrivals = new Map<AudioOutput, Side>();
  readonly #heard: HeardSum;
  readonly #block = new SoundBlock();
  readonly #pastBlock = new SoundBlock();
  #sharedIds: readonly string[] | undefined = [];
  #sharedLoss: { readonly loss: ListenerLoss; readonly ids: readonly string[]; readonly isMixTaken: boolean; readonly percent: number } | undefined;
  #shared: AudioOutput | undefined;
  #standby: AudioOutput | undefined;
  #lowestGain = 1;
  #encodesOfClosed = 0;
  #switches = 0;

  constructor(options: MixGroupOptions) {
    this.#options = options;
    this.#heard = new HeardSum(options.hearing, options.soundIds);
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  hears(participantId: string): boolean {
    return this.#heard.hears(participantId);
  }

  /** What this group hears in this tick. Added up once a tick, before `process` of any group. */
  get heard(): HeardSum {
    return this.#heard;
  }

  /** @param past undefined for who has heard nothing yet @returns whether an encoder had to catch up for it: five encodes */
  enter(participantId: string, past: PastOutput | undefined, tickUs: number, sound: TickSound): boolean {
    this.#members.add(participantId);
    this.#sharedIds = undefined;
    if (past === undefined) {
      // Streams that are there have his words in them: whose decoder is new needs nothing of them.
      if (sound.voices.has(participantId) && this.hears(participantId)) this.#addSide(participantId, this.#openAfter(undefined), tickUs);
      return false;
    }
    // Who talks in this very tick is to be left out of what fades out, too.
    const isAlone = sound.voices.has(participantId);
    const together = isAlone ? undefined : this.#arrivals.get(past.output);
    let side = together;
    if (side === undefined) {
      side = { output: this.#openAfter(past.output), members: new Set(), neededUs: tickUs, past: past.group };
      this.#sides.add(side);
      if (!isAlone) this.#arrivals.set(past.output, side);
    }
    side.members.add(participantId);
    this.#sideOf.set(participantId, side);
    return together === undefined;
  }

  /** What he had stays open until `endTick`. */
  leave(participantId: string): PastOutput | undefined {
    if (!this.#members.delete(participantId)) return undefined;
    this.#sharedIds = undefined;
    const side = this.#sideOf.get(participantId);
    this.#sideOf.delete(participantId);
    side?.members.delete(participantId);
    const output = side?.output ?? this.#shared;
    return output === undefined ? undefined : { output, group: this };
  }

  /**
   * @param isMixTaken whether somebody who is no member takes the shared stream
   * @param streams gets those of the members; the shared one only when it is not the room's mix
   * @returns the shared stream, where anybody takes it
   */
  process(tickUs: number, sound: TickSound, isMixTaken: boolean, streams: EncodedStream[]): Uint8Array | undefined {
    for (const participantId of sound.voices.keys()) if (this.#members.has(participantId) && this.hears(participantId)) this.#giveOwn(participantId, tickUs);
    for (const side of this.#sides) if (side.members.size === 0 || tickUs - side.neededUs > keepSideUs) this.#dissolve(side);
    this.#arrivals.clear();
    const sharedIds = this.#idsWithoutSide();
    const isSharedTaken = isMixTaken || sharedIds.length > 0;
    if (!isSharedTaken) this.#closeShared();
    const shared = isSharedTaken ? this.#processShared(sharedIds.length > 0) : undefined;
    for (const side of this.#sides) streams.push({ participantIds: [...side.members], heard: this.#heardOf(sound), data: this.#processSide(side, sound) });
    if (shared !== undefined && !this.#options.isRoomMix) streams.push({ participantIds: sharedIds, heard: this.#heardOf(sound), data: shared });
    return shared;
  }

  #idsWithoutSide(): readonly string[] {
    this.#sharedIds ??= [...this.#members].filter((participantId) => !this.#sideOf.has(participantId));
    return this.#sharedIds;
  }

  #giveOwn(participantId: string, tickUs: number): void {
    const before = this.#sideOf.get(participantId);
    if (before?.members.size === 1) {
      before.neededUs = tickUs;
      return;
    }
    before?.members.delete(participantId);
    this.#addSide(participantId, this.#takeStandby(before) ?? this.#openAfter(before?.output ?? this.#shared), tickUs);
    this.#switches += 1;
  }

  #addSide(participantId: string, output: AudioOutput, tickUs: number): void {
    const side = { output, members: new Set([participantId]), neededUs: tickUs, past: undefined };
    this.#sides.add(side);
    this.#sideOf.set(participantId, side);
    this.#sharedIds = undefined;
  }

  /** It is in step with the shared stream only. */
  #takeStandby(before: Side | undefined): AudioOutput | undefined {
    if (before !== undefined) return undefined;
    const standby = this.#standby;
    this.#standby = undefined;
    return standby;
  }

  /** Its members have the shared stream from this tick on. */
  #dissolve(side: Side): void {
    this.#sides.delete(side);
    for (const participantId of side.members) this.#sideOf.delete(participantId);
    if (side.members.size > 0) {
      this.#sharedIds = undefined;
      this.#switches += 1;
    }
    if (this.#shared === undefined && side.members.size > 0) this.#shared = side.output;
    else this.#close(side.output);
  }

  #processShared(mayTalk: boolean): Uint8Array {
    this.#shared ??= this.#openAfter(undefined);
    this.#heard.copyInto(this.#block);
    const packet = this.#run(this.#shared);
    if (!mayTalk || !this.#options.isRoomMix) this.#closeStandby();
    else if (this.#standby === undefined) this.#standby = this.#openAfter(this.#shared);
    else this.#run(this.#standby);
    return packet;
  }

  #processSide(side: Side, sound: TickSound): Uint8Array {
    this.#heard.fill(side.members, sound, this.#block);
    if (side.past !== undefined) {
      side.past.heard.fill(side.members, sound, this.#pastBlock);
      crossfadeBlock(this.#block, this.#pastBlock);
      side.past = undefined;
    }
    return this.#run(side.output);
  }

  /** Undefined where everybody is heard as he is. */
  #heardOf(sound: TickSound): readonly HeardVoice[] | undefined {
    return this.#options.isRoomMix ? undefined : this.#heard.voicesOf(sound);
  }

  #run(output: AudioOutput): Uint8Array {
    const packet = output.process(this.#block);
    this.#lowestGain = Math.min(this.#lowestGain, output.takeLowestGain());
    return packet;
  }

  #openAfter(before: AudioOutput | undefined): AudioOutput {
    const output = new AudioOutput(this.#options, before?.lossPercent ?? this.#options.leastLossPercent);
    if (before !== undefined) output.continueFrom(before);
    return output;
  }

  #close(output: AudioOutput): void {
    this.#encodesOfClosed += output.encodes;
    output.close();
  }

  /** Encoders reckon with what those who take them report. @returns whether one was changed: more than one in a tick is too much work */
  followLoss(loss: ListenerLoss, isMixTaken: boolean, tickUs: number): boolean {
    for (const { output, members } of this.#sides) if (output.followLoss(loss.deciding(members, false), tickUs)) return true;
    if (this.#shared?.followLoss(this.#lossOfShared(loss, isMixTaken), tickUs) !== true) return false;
    this.#standby?.expectLoss(this.#shared.lossPercent);
    return true;
  }

  #lossOfShared(loss: ListenerLoss, isMixTaken: boolean): number {
    const ids = this.#idsWithoutSide();
    if (this.#sharedLoss?.ids !== ids || this.#sharedLoss.loss !== loss || this.#sharedLoss.isMixTaken !== isMixTaken) {
      this.#sharedLoss = { loss, ids, isMixTaken, percent: loss.deciding(ids, isMixTaken) };
    }
    return this.#sharedLoss.percent;
  }

  #closeShared(): void {
    if (this.#shared !== undefined) this.#close(this.#shared);
    this.#shared = undefined;
    this.#closeStandby();
  }

  #closeStandby(): void {
    if (this.#standby !== undefined) this.#close(this.#standby);
    this.#standby = undefined;
  }

  /** The lowest gain of a limiter since the last call. */
  takeLowestGain(): number {
    const lowest = this.#lowestGain;
    this.#lowestGain = 1;
    return lowest;
  }

  get encodes(): number {
    let encodes = this.#encodesOfClosed + (this.#shared?.encodes ?? 0) + (this.#standby?.encodes ?? 0);
    for (const { output } of this.#sides) encodes += output.encodes;
    return encodes;
  }

  get switches(): number {
    return this.#switches;
  }

  get hasShared(): boolean {
    return this.#shared !== undefined;
  }

  get sideCount(): number {
    return this.#sides.size;
  }

  close(): void {
    this.#closeShared();
    for (const { output } of this.#sides) this.#close(output);
    this.#sides.clear();
    this.#sideOf.clear();
    this.#members.clear();
    this.#sharedIds = undefined;
  }
}
