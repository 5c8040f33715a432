/** The room's own rule, as it stands in the product: who is dominant, or whom the layout shows. */
import { ManualClock } from '../../mixer/index.js';
import { SpeakerOrder } from '../../src/room/speaker-order.js';
import type { SpeakerRule } from './speaker-rule.js';

/** As the room calls it. */
const decisionMs = 100;
const updateMs = 200;

export class RoomRule implements SpeakerRule {
  readonly #clock = new ManualClock();
  readonly #speakers = new SpeakerOrder({ clock: this.#clock });
  readonly #shows: boolean;

  /** @param shows true: whom the layout shows, false: who is dominant */
  constructor(people: number, shows: boolean) {
    this.#shows = shows;
    for (let person = 0; person < people; person += 1) this.#speakers.add(String(person));
  }

  takeLevel(person: number, levelDbov: number): void {
    this.#speakers.takeLevel(String(person), levelDbov);
  }

  decide(nowMs: number): number | undefined {
    if (nowMs % updateMs === 0) this.#speakers.update();
    else if (nowMs % decisionMs === 0) this.#speakers.decide();
    this.#clock.advance(nowMs * 1000 - this.#clock.nowUs());
    const who = this.#shows ? this.#speakers.shown : this.#speakers.dominant;
    return who === null ? undefined : Number(who);
  }
}
