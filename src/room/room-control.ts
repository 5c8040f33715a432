/** What moderators may do: how people are heard and whom they hear, who has to go, and what is played into the room. */
import type { Mixer, RoomClock } from '../../mixer/index.js';
import type { RoomRequests, SoundDescription } from '../rooms/protocol.js';
import type { Participant } from './participant.js';
import type { RoomSessions } from './room-sessions.js';
import { RoomSounds } from './room-sounds.js';
import { RoomVoices } from './room-voices.js';

export interface RoomControlOptions {
  readonly mixer: Pick<Mixer, 'send'>;
  readonly clock: Pick<RoomClock, 'nowUs' | 'wallClockZeroUs'>;
  readonly maxHearingGroups: number;
  readonly sessions: Pick<RoomSessions, 'findParticipant' | 'requireParticipant' | 'end'>;
  /** What is told of a participant, or shown of him, is another one. */
  readonly onChanged: () => void;
  /** It begins, or is over. */
  readonly onSound: (sound: SoundDescription) => void;
}

export class RoomControl {
  readonly #options: RoomControlOptions;
  readonly #voices: RoomVoices;
  readonly #sounds: RoomSounds;

  constructor(options: RoomControlOptions) {
    const { mixer, clock, maxHearingGroups, sessions, onSound } = options;
    this.#options = options;
    this.#voices = new RoomVoices({ mixer, maxHearingGroups, soundIdsOf: (id) => this.#sounds.soundIdsOf(id) });
    this.#sounds = new RoomSounds({
      mixer,
      hasParticipant: (id) => sessions.findParticipant(id) !== undefined,
      checkListeners: (participantIds) => this.#voices.checkSound(participantIds),
      now: () => new Date((clock.wallClockZeroUs() + clock.nowUs()) / 1000).toISOString(),
      onChanged: onSound,
    });
  }

  /** The mixer knows him already. */
  enter(participant: Participant): void {
    this.#voices.add(participant);
  }

  /** Called before the mixer forgets him. */
  leave(participantId: string): void {
    this.#voices.remove(participantId);
    this.#sounds.forget();
  }

  /** @throws {AppError} `participant_not_found`, and what `RoomVoices.change` throws */
  change({ participantId, changes }: RoomRequests['changeParticipant']['params']): void {
    this.#voices.change(this.#options.sessions.requireParticipant(participantId), changes);
    this.#options.onChanged();
  }

  /** @throws {AppError} `participant_not_found` */
  remove({ participantId }: RoomRequests['removeParticipant']['params']): Promise<void> {
    const { sessions } = this.#options;
    return sessions.end(sessions.requireParticipant(participantId).id, 'removed');
  }

  /** @throws {AppError} `too_many_sounds`, `unknown_participants`, `too_many_hearing_groups` */
  play(request: RoomRequests['playSound']['params']): SoundDescription {
    return this.#sounds.play(request);
  }

  /** @throws {AppError} `sound_not_playing` */
  stop({ soundId }: RoomRequests['stopSound']['params']): void {
    this.#sounds.stop(soundId);
  }

  /** The mixer says so. @param error undefined when it played through or was stopped */
  endSound(soundId: string, error: string | undefined): void {
    if (this.#voices.endSound(soundId)) this.#options.onChanged();
    else this.#sounds.end(soundId, error);
  }

  describeSounds(): readonly SoundDescription[] {
    return this.#sounds.describe();
  }

  stats(): Readonly<Record<string, unknown>> {
    return this.#voices.stats();
  }
}
