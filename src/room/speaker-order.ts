/**
 * Who speaks, who leads the conversation, and who is the one to show large, each at its own pace: from audio levels alone (RFC 6464, or measured after
 * decoding). Borders follow a voice within a syllable or two, events name the dominant speaker as soon as he is identified, the layout changes no more often than eyes like.
 */
import type { RoomTime } from '../../mixer/index.js';
import { DominantSpeaker } from './dominant-speaker.js';

export interface SpeakerChange {
  /** Whose borders are lit: the most active first. */
  readonly speaking: readonly string[];
  readonly dominant: string | null;
  /** False when only the layout has something to follow. */
  readonly isNews: boolean;
}

/** Pauses between words are not the end of speaking: a border that went out in each would flicker. */
const speakingHoldUs = 600_000;
/**
 * Who is shown large stays for so long, whoever dominates meanwhile: eyes need it to settle, and each change costs a keyframe's worth of bits. Waiting before the change
 * as well would only be later: half a second of it left as many wrong ones, a whole one more (bench/speakers).
 */
const shownHoldUs = 2_000_000;

export class SpeakerOrder {
  readonly #clock: RoomTime;
  readonly #identification = new DominantSpeaker();
  /** When each of those who speak was heard last. */
  readonly #lastActiveUs = new Map<string, number>();
  readonly #lastShownUs = new Map<string, number>();
  #speaking: readonly string[] = [];
  #dominant: string | null = null;
  /** As `update` told it last. */
  #toldDominant: string | null = null;
  #shown: string | null = null;
  #toldShown: string | null = null;
  #shownSinceUs = Number.NEGATIVE_INFINITY;

  constructor({ clock }: { clock: RoomTime }) {
    this.#clock = clock;
  }

  get speaking(): readonly string[] {
    return this.#speaking;
  }

  get dominant(): string | null {
    return this.#dominant;
  }

  /** Whom the layout gives the large picture. */
  get shown(): string | null {
    return this.#shown;
  }

  add(id: string): void {
    this.#identification.add(id);
  }

  remove(id: string): void {
    this.#identification.remove(id);
    this.#lastActiveUs.delete(id);
    this.#lastShownUs.delete(id);
    if (this.#dominant === id) this.#dominant = null;
    if (this.#shown === id) this.#shown = null;
  }

  isSpeaking(id: string): boolean {
    return this.#lastActiveUs.has(id);
  }

  /** When this one was last the one to show large, in room time; -Infinity for never. */
  lastShownUs(id: string): number {
    return this.#lastShownUs.get(id) ?? Number.NEGATIVE_INFINITY;
  }

  takeLevel(id: string, levelDbov: number): void {
    this.#identification.takeLevel(id, levelDbov, this.#clock.nowUs());
  }

  /** To be called each 100 ms: a decision taken half as often is a tenth of a second late. */
  decide(): void {
    const nowUs = this.#clock.nowUs();
    this.#dominant = this.#identification.decide(nowUs);
    for (const id of this.#identification.active) if (this.#identification.activityOf(id)?.isActive === true) this.#lastActiveUs.set(id, nowUs);
  }

  /** To be called a few times a second; answers what changed, or undefined. */
  update(): SpeakerChange | undefined {
    this.decide();
    const nowUs = this.#clock.nowUs();
    for (const [id, lastActiveUs] of this.#lastActiveUs) if (nowUs - lastActiveUs >= speakingHoldUs) this.#lastActiveUs.delete(id);
    const speaking = [...this.#lastActiveUs.keys()].sort((a, b) => this.#longOf(b) - this.#longOf(a));
    const isSame = speaking.length === this.#speaking.length && speaking.every((id) => this.#speaking.includes(id));
    const isNews = !isSame || this.#dominant !== this.#toldDominant;
    if (!isSame) this.#speaking = speaking;
    this.#toldDominant = this.#dominant;
    const hasShownChanged = this.#followDominant(nowUs);
    return isNews || hasShownChanged ? { speaking: this.#speaking, dominant: this.#dominant, isNews } : undefined;
  }

  /** Answers whether somebody else is to be shown large. */
  #followDominant(nowUs: number): boolean {
    const before = this.#toldShown;
    const isDue = this.#shown === null || nowUs - this.#shownSinceUs >= shownHoldUs;
    if (this.#dominant !== null && this.#dominant !== this.#shown && isDue) {
      this.#shown = this.#dominant;
      this.#shownSinceUs = nowUs;
    }
    if (this.#shown !== null) this.#lastShownUs.set(this.#shown, nowUs);
    this.#toldShown = this.#shown;
    return this.#shown !== before;
  }

  #longOf(id: string): number {
    return this.#identification.activityOf(id)?.long ?? 0;
  }
}
