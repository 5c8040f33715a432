/** What moderators have set of one participant's sound, apart from what he says of his own microphone; and what the mixer is told of it. Pure. */
import type { Hearing, VoiceSettings } from '../../mixer/index.js';
import type { HearingDescription, SoundFileReference, VoiceChanges, VoiceDescription } from '../rooms/protocol.js';
import { roundDb, tidyHearing } from './hearing-description.js';

/** Of the room's options. */
export interface VoiceDefaults {
  readonly noiseSuppression: boolean;
  readonly levelling: boolean;
}

export const hearsEverybody: Hearing = { restDb: 0, sources: {} };
export const hearsNobody: Hearing = { restDb: null, sources: {} };

export class ParticipantVoice {
  #muted = false;
  #gainDb = 0;
  #deaf = false;
  #hears: HearingDescription = { rest: 0, sources: {} };
  /** Undefined: not on hold. The rest stays as it was set, and counts again when the hold ends. */
  #hold: { readonly sound: SoundFileReference | null } | undefined;
  #noiseSuppression: boolean;
  #levelling: boolean;

  constructor({ noiseSuppression, levelling }: VoiceDefaults) {
    this.#noiseSuppression = noiseSuppression;
    this.#levelling = levelling;
  }

  change({ muted, gainDb, deaf, hears, hold, noiseSuppression, levelling }: VoiceChanges): void {
    this.#muted = muted ?? this.#muted;
    this.#gainDb = gainDb === undefined ? this.#gainDb : roundDb(gainDb);
    this.#deaf = deaf ?? this.#deaf;
    this.#hears = hears === undefined ? this.#hears : tidyHearing(hears);
    this.#noiseSuppression = noiseSuppression ?? this.#noiseSuppression;
    this.#levelling = levelling ?? this.#levelling;
    if (hold !== undefined) this.#hold = hold === false ? undefined : hold;
  }

  /** Somebody left: his id means nobody any more. */
  forget(participantId: string): void {
    const { rest, sources } = this.#hears;
    if (!Object.hasOwn(sources, participantId)) return;
    this.#hears = { rest, sources: Object.fromEntries(Object.entries(sources).filter(([id]) => id !== participantId)) };
  }

  /** The file of the hold cannot be played. */
  giveUpHoldSound(): void {
    if (this.#hold !== undefined) this.#hold = { sound: null };
  }

  /** Whatever he says, nobody hears it. */
  get isSilenced(): boolean {
    return this.#muted || this.#hold !== undefined;
  }

  /** Undefined: no music of a hold. */
  get holdSound(): SoundFileReference | undefined {
    return this.#hold?.sound ?? undefined;
  }

  get settings(): VoiceSettings {
    return { muted: this.isSilenced, gainDb: this.#gainDb, levelled: this.#levelling, noiseSuppressed: this.#noiseSuppression };
  }

  /** His row, whether it counts now or, while he is deaf or on hold, later. */
  get hears(): HearingDescription {
    return this.#hears;
  }

  /** Everyone as he is. */
  get hearsMix(): boolean {
    return !this.#deaf && this.#hold === undefined && this.#hears.rest === 0 && Object.keys(this.#hears.sources).length === 0;
  }

  get hearing(): Hearing {
    return this.#deaf || this.#hold !== undefined ? hearsNobody : { restDb: this.#hears.rest, sources: this.#hears.sources };
  }

  describe(): VoiceDescription {
    return {
      muted: this.#muted,
      gainDb: this.#gainDb,
      deaf: this.#deaf,
      hears: this.#hears,
      onHold: this.#hold !== undefined,
      holdSound: this.#hold?.sound?.file ?? null,
      noiseSuppression: this.#noiseSuppression,
      levelling: this.#levelling,
    };
  }
}
