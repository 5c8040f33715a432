import type { AudioListeners, EncodedAudio, EncodedStream, Hearing, HeardVoice, ReportedLoss } from '../protocol.js';
import type { AudioOutputOptions } from './audio-output.js';
import { defaultHearing, HearingRow } from './hearing-row.js';
import { ListenerLoss } from './listener-loss.js';
import { MixGroup } from './mix-group.js';
import type { PlayedSound, TickSound } from './tick-sound.js';

/** Each that comes from another mix with an encoder of his own costs five encodes, 1.5 ms: so many in a tick, the rest in the next ones. */
const mostMovesInTick = 4;

const noLoss: ReportedLoss = { mix: [], participants: {} };

/** Who gets which stream: listeners are grouped by what they hear, and each group makes as few streams as will do. */
export class AudioOutputs {
  readonly #options: AudioOutputOptions;
  readonly #roomMix: MixGroup;
  /** By what is heard in them; the room's mix is always there. */
  readonly #groups = new Map<string, MixGroup>();
  readonly #groupOf = new Map<string, MixGroup>();
  /** Of those who hear others than everyone as they are. */
  readonly #rows = new Map<string, HearingRow>();
  #listeners: AudioListeners = { mix: false, participantIds: [] };
  #loss: ListenerLoss;
  /** The sounds of the last tick. */
  #sounds: readonly PlayedSound[] = [];
  #isRegrouped = true;
  #lowestGain = 1;
  #encodesOfClosed = 0;
  #switchesOfClosed = 0;

  constructor(options: AudioOutputOptions) {
    this.#options = options;
    this.#roomMix = new MixGroup({ ...options, hearing: defaultHearing, soundIds: new Set(), isRoomMix: true });
    this.#groups.set(defaultHearing.key, this.#roomMix);
    this.#loss = new ListenerLoss(noLoss, options.leastLossPercent);
  }

  setListeners({ mix, participantIds }: AudioListeners): void {
    this.#listeners = { mix, participantIds: [...new Set(participantIds)] };
    this.#isRegrouped = false;
  }

  setHearing(participantId: string, hearing: Hearing): void {
    const row = new HearingRow(hearing, participantId);
    if (row.key === defaultHearing.key) this.#rows.delete(participantId);
    else this.#rows.set(participantId, row);
    this.#isRegrouped = false;
  }

  /** He hears everyone again, should he come back. */
  removeParticipant(participantId: string): void {
    if (this.#rows.delete(participantId)) this.#isRegrouped = false;
  }

  setReportedLoss(loss: ReportedLoss): void {
    this.#loss = new ListenerLoss(loss, this.#options.leastLossPercent);
  }

  get isTaken(): boolean {
    return this.#listeners.mix || this.#listeners.participantIds.length > 0;
  }

  /** Whether anybody who listens hears him. */
  hears(participantId: string): boolean {
    // Nobody is missed in the tick in which listeners come.
    if (this.#listeners.mix || !this.#isRegrouped) return true;
    for (const group of this.#groups.values()) if (!group.isEmpty && group.hears(participantId)) return true;
    return false;
  }

  /** One tick. @param heard those of the room's mix, loudest first */
  process(tickUs: number, sound: TickSound, heard: readonly HeardVoice[]): EncodedAudio {
    if (this.#sounds.length !== sound.sounds.length || sound.sounds.some(({ soundId, participantIds }, i) => this.#sounds[i]?.soundId !== soundId || this.#sounds[i].participantIds !== participantIds)) {
      this.#sounds = [...sound.sounds];
      this.#isRegrouped = false;
    }
    if (!this.#isRegrouped) this.#regroup(tickUs, sound);
    for (const group of this.#groups.values()) group.heard.sumUp(sound);
    const { mix: isMixTaken, participantIds } = this.#listeners;
    const streams: EncodedStream[] = [];
    let mix: Uint8Array | undefined;
    let hasFollowed = false;
    for (const [key, group] of this.#groups) {
      const isTaken = isMixTaken && group === this.#roomMix;
      const shared = group.process(tickUs, sound, isTaken, streams);
      hasFollowed ||= group.followLoss(this.#loss, isTaken, tickUs);
      if (group === this.#roomMix) mix = shared;
      else if (group.isEmpty) this.#remove(key, group);
    }
    return { ptsUs: tickUs, heard, mix, participantIds, streams };
  }

  /** Everyone into the group of what he hears now; from the group that he was in he takes along what was sent to him. Where many move it takes several ticks. */
  #regroup(tickUs: number, sound: TickSound): void {
    let moves = 0;
    const { participantIds } = this.#listeners;
    const listening = new Set(participantIds);
    for (const [participantId, group] of this.#groupOf) {
      if (listening.has(participantId)) continue;
      group.leave(participantId);
      this.#groupOf.delete(participantId);
    }
    for (const participantId of participantIds) {
      const before = this.#groupOf.get(participantId);
      const after = this.#groupFor(participantId);
      if (before === after) continue;
      if (moves === mostMovesInTick) return;
      if (after.enter(participantId, before?.leave(participantId), tickUs, sound)) moves += 1;
      this.#groupOf.set(participantId, after);
    }
    this.#isRegrouped = true;
  }

  #groupFor(participantId: string): MixGroup {
    const hearing = this.#rows.get(participantId) ?? defaultHearing;
    const soundIds = this.#sounds.filter(({ participantIds }) => participantIds?.has(participantId) === true).map(({ soundId }) => soundId).sort();
    const key = soundIds.length === 0 ? hearing.key : `${hearing.key} ${JSON.stringify(soundIds)}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new MixGroup({ ...this.#options, hearing, soundIds: new Set(soundIds), isRoomMix: false });
      this.#groups.set(key, group);
    }
    return group;
  }

  #remove(key: string, group: MixGroup): void {
    group.close();
    this.#groups.delete(key);
    this.#encodesOfClosed += group.encodes;
    this.#switchesOfClosed += group.switches;
    this.#lowestGain = Math.min(this.#lowestGain, group.takeLowestGain());
  }

  stats(): Record<string, unknown> {
    let [encodes, switches, own, lowestGain] = [this.#encodesOfClosed, this.#switchesOfClosed, 0, this.#lowestGain];
    for (const group of this.#groups.values()) {
      encodes += group.encodes;
      switches += group.switches;
      own += group.sideCount;
      lowestGain = Math.min(lowestGain, group.takeLowestGain());
    }
    this.#lowestGain = 1;
    return { shared: this.#roomMix.hasShared, own, groups: this.#groups.size, encodes, switches, lowestGain };
  }

  /** Nobody listens, or the end; may be used again after it. */
  close(): void {
    for (const [key, group] of this.#groups) {
      if (group === this.#roomMix) group.close();
      else this.#remove(key, group);
    }
    this.#groupOf.clear();
    this.#isRegrouped = false;
  }
}
