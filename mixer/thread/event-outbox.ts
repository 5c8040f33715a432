import type { MixerEvent } from '../protocol.js';

/**
 * Events on their way to the other thread, in their order. Each message wakes it, which takes either thread 50 us and more (see `Mixer.send`): what comes up in one turn
 * goes together at its end. Sound takes along what came before it and goes at once, for the canvas may be drawn in the rest of the turn, which takes up to 4 ms.
 */
export class EventOutbox {
  readonly #post: (events: readonly MixerEvent[]) => void;
  #events: MixerEvent[] = [];

  constructor(post: (events: readonly MixerEvent[]) => void) {
    this.#post = post;
  }

  add(event: MixerEvent): void {
    const isFirst = this.#events.push(event) === 1;
    if (event.type === 'encodedAudio') this.#flush();
    else if (isFirst) queueMicrotask(this.#flush);
  }

  readonly #flush = (): void => {
    const events = this.#events;
    // Sound took them along.
    if (events.length === 0) return;
    this.#events = [];
    this.#post(events);
  };
}
