/** What moderators ask of one open room, in the server process: names of files become files here, the rest is the room's. */
import { newId } from '../ids.js';
import type { ParticipantChanges, SoundWishes } from './control-schemas.js';
import type { SoundDescription } from './protocol.js';
import type { RoomProcess } from './room-process.js';
import { SoundBook } from './sound-book.js';
import type { SoundFolder } from './sound-folder.js';

export interface ControlOfRoomOptions {
  readonly process: RoomProcess;
  readonly soundFolder: SoundFolder;
}

export class ControlOfRoom {
  readonly sounds = new SoundBook();
  readonly #process: RoomProcess;
  readonly #soundFolder: SoundFolder;

  constructor({ process, soundFolder }: ControlOfRoomOptions) {
    this.#process = process;
    this.#soundFolder = soundFolder;
  }

  /** @throws {AppError} participant_not_found, unknown_participants, too_many_hearing_groups, too_many_hearing_entries, and what is wrong with the sound of a hold */
  async change(participantId: string, { muted, gainDb, deaf, hears, onHold, noiseSuppression, levelling }: ParticipantChanges): Promise<void> {
    const hold = onHold === undefined || onHold === false ? onHold : { sound: await (onHold === true ? this.#soundFolder.findForHold() : this.#soundFolder.find(onHold.sound)) };
    await this.#process.request('changeParticipant', { participantId, changes: { muted, gainDb, deaf, hears, hold, noiseSuppression, levelling } });
  }

  /** He is told `removed`. @throws {AppError} participant_not_found */
  async remove(participantId: string): Promise<void> {
    await this.#process.request('removeParticipant', { participantId });
  }

  /** @throws {AppError} unknown_participants, too_many_sounds, too_many_hearing_groups, and what is wrong with the file's name */
  async play({ file, loop = false, gainDb = 0, participantIds }: SoundWishes): Promise<SoundDescription> {
    const sound = await this.#soundFolder.find(file);
    return (await this.#process.request('playSound', { soundId: newId(), sound, loop, gainDb, participantIds: participantIds ?? null })).sound;
  }

  /** One that has ended meanwhile is no mistake. @throws {AppError} sound_not_playing */
  async stop(soundId: string): Promise<void> {
    if (this.sounds.get(soundId).status === 'playing') await this.#process.request('stopSound', { soundId });
  }
}
