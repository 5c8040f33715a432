/** The levels of which it is judged who speaks: what each says of himself, as far as it is believed, else what was measured; nothing of who is silenced. */
import type { RoomTime } from '../../mixer/index.js';
import { LevelClaims } from './level-claims.js';
import type { Participant } from './participant.js';
import type { SpeakerOrder } from './speaker-order.js';

export interface SpeakerLevelsOptions {
  readonly clock: RoomTime;
  readonly speakers: Pick<SpeakerOrder, 'add' | 'remove' | 'takeLevel'>;
}

interface Speaker {
  readonly participant: Pick<Participant, 'id' | 'voice'>;
  readonly claims: LevelClaims;
}

/** What RFC 6464 calls silence. */
const silenceDbov = -127;

export class SpeakerLevels {
  readonly #clock: RoomTime;
  readonly #speakers: SpeakerLevelsOptions['speakers'];
  readonly #byId = new Map<string, Speaker>();

  constructor({ clock, speakers }: SpeakerLevelsOptions) {
    this.#clock = clock;
    this.#speakers = speakers;
  }

  add(participant: Speaker['participant']): void {
    this.#byId.set(participant.id, { participant, claims: new LevelClaims() });
    this.#speakers.add(participant.id);
  }

  remove(id: string): void {
    this.#byId.delete(id);
    this.#speakers.remove(id);
  }

  /** A packet of his says so. */
  claim(id: string, levelDbov: number): void {
    const speaker = this.#byId.get(id);
    if (speaker !== undefined) this.#take(speaker, speaker.claims.claim(levelDbov, this.#clock.nowUs()));
  }

  /** The mixer has heard so, each 100 ms of those whom it decodes. */
  measure(id: string, levelDbov: number): void {
    const speaker = this.#byId.get(id);
    if (speaker === undefined) return;
    const nowUs = this.#clock.nowUs();
    speaker.claims.measure(levelDbov, nowUs);
    if (!speaker.claims.isClaiming(nowUs)) this.#take(speaker, levelDbov);
  }

  /** Who is silenced speaks to nobody. */
  #take({ participant: { id, voice } }: Speaker, levelDbov: number): void {
    this.#speakers.takeLevel(id, voice.isSilenced ? silenceDbov : levelDbov);
  }
}
