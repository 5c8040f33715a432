const intervalMs = 1000;
// The mix is 50 packets of sound a second, two or three while nothing sounds: with none for two seconds, something has happened.
const firstAlarmChecks = 2;
// A server that has a reason to be silent is asked less and less often.
const longestAlarmChecks = 32;

/**
 * Notices that nothing is received any more, seconds before ICE does: a process that was killed says no goodbye.
 * `onSilence` is called after 2, 4, 8… silent seconds, `onHeard` when something comes again after that.
 */
export class SilenceWatch {
  #connection;
  #onSilence;
  #onHeard;
  #packets = 0;
  #checks = 0;
  #alarmAtChecks = firstAlarmChecks;
  #timer;

  /** @param {{ connection: RTCPeerConnection, onSilence: () => void, onHeard: () => void }} options */
  constructor({ connection, onSilence, onHeard }) {
    this.#connection = connection;
    this.#onSilence = onSilence;
    this.#onHeard = onHeard;
    this.#timer = setInterval(() => void this.#check(), intervalMs);
  }

  close() {
    clearInterval(this.#timer);
  }

  async #check() {
    let packets = 0;
    for (const entry of (await this.#connection.getStats()).values()) if (entry.type === 'inbound-rtp') packets += entry.packetsReceived ?? 0;
    if (packets !== this.#packets) {
      this.#packets = packets;
      this.#checks = 0;
      if (this.#alarmAtChecks > firstAlarmChecks) this.#onHeard();
      this.#alarmAtChecks = firstAlarmChecks;
      return;
    }
    this.#checks += 1;
    if (this.#checks < this.#alarmAtChecks) return;
    this.#checks = 0;
    this.#alarmAtChecks = Math.min(longestAlarmChecks, this.#alarmAtChecks * 2);
    this.#onSilence();
  }
}
