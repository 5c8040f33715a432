const intervalMs = 200;
// Browsers remember contributing sources for 10 s; who is heard now was in the packets that were played last.
const recentMs = 200;

/**
 * @typedef {object} HeardSource
 * @property {number} csrc `csrc` of a participant
 * @property {number | null} levelDbov -127 to 0; null where the browser does not read levels from the packets (RFC 6465), as Chromium does not
 */

/**
 * Whose voices are in the mix as it is played: the contributing sources (RFC 3550 7.1) of its packets. `onHeard` is called five times a second while
 * somebody is heard, and once with nobody.
 */
export class HeardWatch {
  #receiver;
  #onHeard;
  #isAnybodyHeard = false;
  #timer;

  /** @param {{ receiver: RTCRtpReceiver, onHeard: (sources: readonly HeardSource[]) => void }} options */
  constructor({ receiver, onHeard }) {
    this.#receiver = receiver;
    this.#onHeard = onHeard;
    this.#timer = setInterval(() => this.#look(), intervalMs);
  }

  close() {
    clearInterval(this.#timer);
  }

  #look() {
    // By the mix's own last packet: browsers disagree about the zero of these times.
    const newestMs = Math.max(...this.#receiver.getSynchronizationSources().map(({ timestamp }) => timestamp));
    const sources = this.#receiver.getContributingSources().filter(({ timestamp }) => newestMs - timestamp < recentMs);
    const wasAnybodyHeard = this.#isAnybodyHeard;
    this.#isAnybodyHeard = sources.length > 0;
    if (this.#isAnybodyHeard || wasAnybodyHeard) this.#onHeard(sources.map(({ source, audioLevel }) => ({ csrc: source, levelDbov: toDbov(audioLevel) })));
  }
}

/** @param {number | undefined} audioLevel 0 to 1 */
function toDbov(audioLevel) {
  return audioLevel === undefined ? null : Math.max(-127, Math.round(20 * Math.log10(audioLevel)));
}
