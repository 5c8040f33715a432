/** The sounds that are played into the room: orders for the mixer, and their ends. */
import type { Mixer } from '../../mixer/index.js';
import { AppError } from '../errors.js';
import type { RoomRequests, SoundDescription, SoundStatus } from '../rooms/protocol.js';
import { roundDb } from './hearing-description.js';

export interface RoomSoundsOptions {
  readonly mixer: Pick<Mixer, 'send'>;
  readonly hasParticipant: (id: string) => boolean;
  /** Before one is played to some: each set of such sounds that somebody hears is a mix of its own. @throws {AppError} `too_many_hearing_groups` */
  readonly checkListeners: (participantIds: readonly string[]) => void;
  /** ISO 8601. */
  readonly now: () => string;
  /** It begins, or is over. */
  readonly onChanged: (sound: SoundDescription) => void;
}

interface PlayingSound {
  readonly description: SoundDescription;
  /** Undefined: everyone. */
  readonly listeners: ReadonlySet<string> | undefined;
  isStopped: boolean;
}

/** Each is a decoder and a share of every listener's mix; a chime on top of music on top of an announcement are three. */
const maxSounds = 8;

export class RoomSounds {
  readonly #options: RoomSoundsOptions;
  readonly #playing = new Map<string, PlayingSound>();

  constructor(options: RoomSoundsOptions) {
    this.#options = options;
  }

  /** @throws {AppError} `too_many_sounds`, `unknown_participants`, `too_many_hearing_groups` */
  play({ soundId, sound: { file, path }, loop, gainDb: wantedDb, participantIds }: RoomRequests['playSound']['params']): SoundDescription {
    const { mixer, hasParticipant, checkListeners, now, onChanged } = this.#options;
    if (this.#playing.size >= maxSounds) throw new AppError('too_many_sounds');
    const strangers = participantIds?.filter((id) => !hasParticipant(id)) ?? [];
    if (strangers.length > 0) throw new AppError('unknown_participants', undefined, { participantIds: strangers });
    if (participantIds !== null) checkListeners(participantIds);
    const gainDb = roundDb(wantedDb);
    const description: SoundDescription = { id: soundId, file, loop, gainDb, participantIds, status: 'playing', startedAt: now(), endedAt: null, error: null };
    this.#playing.set(soundId, { description, listeners: participantIds === null ? undefined : new Set(participantIds), isStopped: false });
    mixer.send({ type: 'playSound', sound: { soundId, path, loop, gainDb, participantIds: participantIds ?? undefined } });
    onChanged(description);
    return description;
  }

  /** @throws {AppError} `sound_not_playing` */
  stop(soundId: string): void {
    const sound = this.#playing.get(soundId);
    if (sound === undefined) throw new AppError('sound_not_playing');
    if (sound.isStopped) return;
    sound.isStopped = true;
    this.#options.mixer.send({ type: 'stopSound', soundId });
  }

  /** Those that are played to some, him among them, in the order in which they began. */
  soundIdsOf(participantId: string): readonly string[] {
    return [...this.#playing.values()].filter(({ listeners }) => listeners?.has(participantId) === true).map(({ description }) => description.id);
  }

  /** A sound whose last hearer has left plays to nobody. */
  forget(): void {
    const { hasParticipant } = this.#options;
    for (const { description } of this.#playing.values()) {
      if (description.participantIds?.some(hasParticipant) === false) this.stop(description.id);
    }
  }

  /** @param error the mixer's, undefined when it played through or was stopped */
  end(soundId: string, error: string | undefined): void {
    const sound = this.#playing.get(soundId);
    if (sound === undefined) return;
    this.#playing.delete(soundId);
    const status: SoundStatus = error !== undefined ? 'failed' : sound.isStopped ? 'stopped' : 'ended';
    const code = error === undefined ? null : error === 'sound_too_long' || error === 'sound_too_short' ? error : 'sound_unreadable';
    this.#options.onChanged({ ...sound.description, status, endedAt: this.#options.now(), error: code });
  }

  describe(): readonly SoundDescription[] {
    return [...this.#playing.values()].map(({ description }) => description);
  }
}
