/** What moderators have set of one participant's sound, apart from what he says of his own microphone; and what the mixer is told of it. Pure. */
import type { Hearing, VoiceSettings } from '../../mixer/index.js';
import type { HearingDescription, SoundFileReference, VoiceChanges, VoiceDescription } from '../rooms/protocol.js';

/** Of the room's options. */
export interface VoiceDefaults {
  readonly noiseSuppression: boolean;
  readonly levelling: boolean;
}

export interface HeardByOne {
  readonly hearing: Hearing;
  /** Undefined: no music of a hold. */
  readonly holdSound: SoundFileReference | undefined;
}

export const hearsEverybody: Hearing = { restDb: 0, sources: {} };
const hearsNobody: Hearing = { restDb: null, sources: {} };

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
    this.#gainDb = gainDb ?? this.#gainDb;
    this.#deaf = deaf ?? this.#deaf;
    this.#hears = hears ?? this.#hears;
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

  get holdSound(): SoundFileReference | undefined {
    return this.heardAfter({}).holdSound;
  }

  get settings(): VoiceSettings {
    return { muted: this.isSilenced, gainDb: this.#gainDb, levelled: this.#levelling, noiseSuppressed: this.#noiseSuppression };
  }

  get hearing(): Hearing {
    return this.heardAfter({}).hearing;
  }

  /** What he would hear if this were changed. */
  heardAfter({ deaf = this.#deaf, hears = this.#hears, hold }: VoiceChanges): HeardByOne {
    const held = hold === undefined ? this.#hold : hold === false ? undefined : hold;
    const hearing = deaf || held !== undefined ? hearsNobody : { restDb: hears.rest, sources: hears.sources };
    return { hearing, holdSound: held?.sound ?? undefined };
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
