/**
 * The levels of which it is judged who speaks: what each says of himself (RFC 6464), as far as the mixer believes it, else what was measured; nothing of who is silenced. Packets carry what their
 * sender likes; the mixer alone holds it against what it hears of him (mixer/audio/claimed-level), and its verdict counts here until it tells another.
 */
import type { MeasuredLevel, RoomTime } from '../../mixer/index.js';
import type { Participant } from './participant.js';
import type { SpeakerOrder } from './speaker-order.js';

export interface SpeakerLevelsOptions {
  readonly clock: RoomTime;
  readonly speakers: Pick<SpeakerOrder, 'add' | 'remove' | 'takeLevel'>;
}

interface Speaker {
  readonly participant: Pick<Participant, 'id' | 'voice'>;
  claimedUs: number;
  capDbov: number;
}

/** What RFC 6464 calls silence. */
const silenceDbov = -127;
/** Four of the longest packets: who has claimed nothing for so long sends no levels. Halved, a burst of loss would mix what is measured, which is later, into what he says. */
const claimingUs = 500_000;

export class SpeakerLevels {
  readonly #clock: RoomTime;
  readonly #speakers: SpeakerLevelsOptions['speakers'];
  readonly #byId = new Map<string, Speaker>();

  constructor({ clock, speakers }: SpeakerLevelsOptions) {
    this.#clock = clock;
    this.#speakers = speakers;
  }

  add(participant: Speaker['participant']): void {
    this.#byId.set(participant.id, { participant, claimedUs: Number.NEGATIVE_INFINITY, capDbov: 0 });
    this.#speakers.add(participant.id);
  }

  remove(id: string): void {
    this.#byId.delete(id);
    this.#speakers.remove(id);
  }

  /** A packet of his says so. */
  claim(id: string, levelDbov: number): void {
    const speaker = this.#byId.get(id);
    if (speaker === undefined) return;
    speaker.claimedUs = this.#clock.nowUs();
    this.#take(speaker, Math.min(levelDbov, speaker.capDbov));
  }

  /** As the mixer tells it. */
  measure({ participantId, levelDbov, capDbov }: MeasuredLevel): void {
    const speaker = this.#byId.get(participantId);
    if (speaker === undefined) return;
    speaker.capDbov = capDbov;
    if (levelDbov !== undefined && this.#clock.nowUs() - speaker.claimedUs >= claimingUs) this.#take(speaker, levelDbov);
  }

  /** Who is silenced speaks to nobody. */
  #take({ participant: { id, voice } }: Speaker, levelDbov: number): void {
    this.#speakers.takeLevel(id, voice.isSilenced ? silenceDbov : levelDbov);
  }
}
