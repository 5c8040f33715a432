/** How everyone is heard and whom he hears: tells the mixer what moderators have set, and plays to who is on hold. */
import { HearingRow, type Mixer } from '../../mixer/index.js';
import { AppError } from '../errors.js';
import type { HearingDescription, SoundFileReference, VoiceChanges } from '../rooms/protocol.js';
import { countEntries, tidyHearing } from './hearing-description.js';
import type { Participant } from './participant.js';
import { hearsEverybody, hearsNobody } from './participant-voice.js';

export interface RoomVoicesOptions {
  readonly mixer: Pick<Mixer, 'send'>;
  /** Different ways of hearing others than everyone as he is: each is an encode. */
  readonly maxHearingGroups: number;
  /** Those that are played to some, him among them; not the music of a hold. */
  readonly soundIdsOf: (participantId: string) => readonly string[];
}

/** What may be about to change. */
interface HearingChange {
  readonly participant?: Participant;
  readonly hears?: HearingDescription | undefined;
  readonly holdPath?: string | undefined;
  /** Who is to hear a sound that is not played yet. */
  readonly newSoundFor?: ReadonlySet<string>;
}

/** What of one participant the mixer was told last. */
interface Told {
  readonly participant: Participant;
  voice: string;
  hearing: string;
  hold: Hold | undefined;
}

/** One file, however many wait with it. */
interface Hold {
  readonly soundId: string;
  readonly path: string;
  readonly participantIds: Set<string>;
}

/** Of all rows of a room together. Each is told to everybody in 25 bytes, with the whole room: 125 kB in all, which goes to each of them once in two seconds (`RoomNews`). 70 people may each have one for each; in larger rooms `rest` says it for most. */
export const maxRowEntries = 5000;
/** Different files that are played to people on hold at the same time: each is a decoder and an encode. As many as may be played into the room. */
const maxHoldFiles = 8;
/** The room's own mix, and silence. */
const keysWithoutGroup = [hearsEverybody, hearsNobody].map((hearing) => groupKey(new HearingRow(hearing).key, []));
/** In the place of the id of a sound that is not played yet. */
const newSoundId = 'new';

export class RoomVoices {
  readonly #mixer: Pick<Mixer, 'send'>;
  readonly #maxHearingGroups: number;
  readonly #soundIdsOf: RoomVoicesOptions['soundIdsOf'];
  readonly #told = new Map<string, Told>();
  /** By their paths. */
  readonly #holdOf = new Map<string, Hold>();
  /** A sound that is stopped tells its end later: the next one has to have another id. */
  #holds = 0;
  #refusedHearingGroups = 0;

  constructor({ mixer, maxHearingGroups, soundIdsOf }: RoomVoicesOptions) {
    this.#mixer = mixer;
    this.#maxHearingGroups = maxHearingGroups;
    this.#soundIdsOf = soundIdsOf;
  }

  /** The mixer knows him already. */
  add(participant: Participant): void {
    this.#told.set(participant.id, { participant, voice: '', hearing: JSON.stringify(hearsEverybody), hold: undefined });
    this.#tell(participant.id);
  }

  /** @throws {AppError} `unknown_participants`, `too_many_hearing_groups`, `too_many_hearing_entries`, `too_many_sounds`, and nothing is changed */
  change(participant: Participant, changes: VoiceChanges): void {
    const { hears, hold } = changes;
    const strangers = Object.keys(hears?.sources ?? {}).filter((id) => id === participant.id || !this.#told.has(id));
    if (strangers.length > 0) throw new AppError('unknown_participants', undefined, { participantIds: strangers });
    const row = hears === undefined ? undefined : tidyHearing(hears);
    const holdPath = hold === undefined || hold === false ? undefined : hold.sound?.path;
    if (row !== undefined || holdPath !== undefined) this.#checkGroups({ participant, hears: row, holdPath });
    if (row !== undefined) this.#checkEntries(participant, row);
    if (holdPath !== undefined) this.#checkHoldFiles(participant.id, holdPath);
    participant.voice.change(changes);
    this.#tell(participant.id);
  }

  /** Of a sound that is to be played to these alone. @throws {AppError} `too_many_hearing_groups` */
  checkSound(participantIds: readonly string[]): void {
    this.#checkGroups({ newSoundFor: new Set(participantIds) });
  }

  #checkGroups(change: HearingChange): void {
    const groups = this.#hearingGroups(change);
    // Who leaves a mix for one that is there already may always do it.
    if (groups <= this.#maxHearingGroups || groups <= this.#hearingGroups()) return;
    this.#refusedHearingGroups += 1;
    throw new AppError('too_many_hearing_groups');
  }

  #checkEntries(participant: Participant, hears: HearingDescription): void {
    const more = countEntries(hears) - countEntries(participant.voice.hears);
    if (more > 0 && this.#rowEntries() + more > maxRowEntries) throw new AppError('too_many_hearing_entries');
  }

  #checkHoldFiles(participantId: string, path: string): void {
    if (this.#holdOf.has(path) || this.#holdOf.size < maxHoldFiles) return;
    // The file that he alone waits with makes room for the next.
    if (this.#told.get(participantId)?.hold?.participantIds.size !== 1) throw new AppError('too_many_sounds');
  }

  /**
   * How many mixes there are, or would be after a change: one for each row with each set of sounds that are played to some. Rows count while their owners are
   * deaf or on hold as well: so both may be begun and ended at any time. Who hears nobody makes none: he is sent silence, or the music of his hold, which is
   * bounded by itself; with further sounds in it that is a mix of its own.
   */
  #hearingGroups({ participant: changed, hears, holdPath, newSoundFor }: HearingChange = {}): number {
    const groups = new Set<string>();
    for (const { participant } of this.#told.values()) {
      const { id, voice } = participant;
      const isChanged = participant === changed;
      const { rest, sources } = (isChanged ? hears : undefined) ?? voice.hears;
      const soundIds = [...this.#soundIdsOf(id), ...(newSoundFor?.has(id) === true ? [newSoundId] : [])];
      groups.add(groupKey(new HearingRow({ restDb: rest, sources }, id).key, soundIds));
      if (soundIds.length === 0) continue;
      const path = (isChanged ? holdPath : undefined) ?? voice.holdSound?.path;
      if (path !== undefined || voice.hearing === hearsNobody) groups.add(groupKey(`hold ${path}`, soundIds));
    }
    for (const key of keysWithoutGroup) groups.delete(key);
    return groups.size;
  }

  #rowEntries(): number {
    let entries = 0;
    for (const { participant } of this.#told.values()) entries += countEntries(participant.voice.hears);
    return entries;
  }

  stats(): Readonly<Record<string, unknown>> {
    return { hearingGroups: this.#hearingGroups(), refusedHearingGroups: this.#refusedHearingGroups };
  }

  /** Called before the mixer forgets him. */
  remove(id: string): void {
    const told = this.#told.get(id);
    if (told === undefined) return;
    this.#hold(told, undefined);
    this.#told.delete(id);
    for (const { participant } of this.#told.values()) {
      participant.voice.forget(id);
      this.#tell(participant.id);
    }
  }

  /** Answers whether it was somebody's hold music that ended: then it cannot be played, and he waits in silence. */
  endSound(soundId: string): boolean {
    const hold = [...this.#holdOf.values()].find((one) => one.soundId === soundId);
    if (hold === undefined) return false;
    this.#holdOf.delete(hold.path);
    for (const told of this.#told.values()) {
      if (told.hold !== hold) continue;
      told.hold = undefined;
      told.participant.voice.giveUpHoldSound();
    }
    return true;
  }

  #tell(participantId: string): void {
    const told = this.#told.get(participantId);
    if (told === undefined) return;
    const { settings, hearing, holdSound } = told.participant.voice;
    const voiceText = JSON.stringify(settings);
    if (voiceText !== told.voice) this.#mixer.send({ type: 'setVoice', participantId, voice: settings });
    told.voice = voiceText;
    const hearingText = JSON.stringify(hearing);
    if (hearingText !== told.hearing) this.#mixer.send({ type: 'setHearing', participantId, hearing });
    told.hearing = hearingText;
    this.#hold(told, holdSound);
  }

  #hold(told: Told, sound: SoundFileReference | undefined): void {
    if (told.hold?.path === sound?.path) return;
    if (told.hold !== undefined) this.#endHold(told.hold, told.participant.id);
    told.hold = sound === undefined ? undefined : this.#joinHold(sound.path, told.participant.id);
  }

  #joinHold(path: string, participantId: string): Hold {
    const there = this.#holdOf.get(path);
    if (there !== undefined) {
      there.participantIds.add(participantId);
      this.#tellListeners(there);
      return there;
    }
    this.#holds += 1;
    const hold = { soundId: `hold-${this.#holds}`, path, participantIds: new Set([participantId]) };
    this.#holdOf.set(path, hold);
    this.#mixer.send({ type: 'playSound', sound: { soundId: hold.soundId, path, loop: true, gainDb: 0, participantIds: [participantId] } });
    return hold;
  }

  #endHold(hold: Hold, participantId: string): void {
    hold.participantIds.delete(participantId);
    if (hold.participantIds.size > 0) {
      this.#tellListeners(hold);
      return;
    }
    this.#holdOf.delete(hold.path);
    this.#mixer.send({ type: 'stopSound', soundId: hold.soundId });
  }

  #tellListeners({ soundId, participantIds }: Hold): void {
    this.#mixer.send({ type: 'setSoundListeners', soundId, participantIds: [...participantIds] });
  }
}

function groupKey(hearing: string, soundIds: readonly string[]): string {
  return JSON.stringify([hearing, ...soundIds]);
}
