/** @import { HeardSource } from './heard-watch.js' */
/** @import { Participant } from './types.js' */

/**
 * How loud each participant is in the mix as it is played. Its packets say who is heard; how loud, where the browser does not read it from them, the server.
 */
export class HeardLevels {
  /** @type {Readonly<Record<string, number | null>>} */
  #current = {};
  /** As the server told them last. @type {Readonly<Record<string, number>>} */
  #told = {};

  /** In dBov (-127 to 0) by the participant's id, null where it is not known yet. */
  get current() {
    return this.#current;
  }

  /** @param {Readonly<Record<string, number>>} levels of the server, by the participant's id */
  tell(levels) {
    this.#told = levels;
  }

  /**
   * @param {readonly HeardSource[]} sources who is heard now
   * @param {readonly Pick<Participant, 'id' | 'csrc'>[]} participants
   * @returns {boolean} whether `current` is another one
   */
  hear(sources, participants) {
    /** @type {Record<string, number | null>} */
    const levels = {};
    for (const { csrc, levelDbov } of sources) {
      const id = participants.find((participant) => participant.csrc === csrc)?.id;
      if (id !== undefined) levels[id] = levelDbov ?? this.#told[id] ?? null;
    }
    if (JSON.stringify(levels) === JSON.stringify(this.#current)) return false;
    this.#current = levels;
    return true;
  }

  /** Nobody is heard any more, and what was told is of the past. @returns {boolean} as `hear` does */
  clear() {
    this.#told = {};
    return this.hear([], []);
  }
}
