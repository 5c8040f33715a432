import { emit } from '../client/events.js';

const intervalMs = 1000;
// The mix comes at 30 pictures a second: three seconds without one are no hiccup, the server makes none.
const stillAfterChecks = 3;

/** Tells whether pictures are coming: event `change` (detail: {moving}). Of a connection over which nothing has come yet nobody can say that they are not. */
export class PictureWatch extends EventTarget {
  #source;
  #frames = 0;
  #checksWithout = 0;
  #moving = true;
  #timer;

  /** @param {{ getStats(): Promise<RTCStatsReport | null> }} source */
  constructor(source) {
    super();
    this.#source = source;
    this.#timer = setInterval(() => void this.#check(), intervalMs);
  }

  close() {
    clearInterval(this.#timer);
  }

  async #check() {
    const report = await this.#source.getStats().catch(() => null);
    if (report === null) return;
    let frames = 0;
    let packets = 0;
    for (const entry of report.values()) {
      if (entry.type !== 'inbound-rtp') continue;
      packets += entry.packetsReceived ?? 0;
      if (entry.kind === 'video') frames += entry.framesDecoded ?? 0;
    }
    this.#checksWithout = packets > 0 && frames === this.#frames ? this.#checksWithout + 1 : 0;
    this.#frames = frames;
    const moving = this.#checksWithout < stillAfterChecks;
    if (moving === this.#moving) return;
    this.#moving = moving;
    emit(this, 'change', { moving });
  }
}
