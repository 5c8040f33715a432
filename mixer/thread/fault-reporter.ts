import type { RoomTime } from '../clock/room-clock.js';

export interface FaultReporterOptions {
  readonly time: RoomTime;
  readonly onFault: (stage: string, participantId: string | undefined, message: string) => void;
}

/** A stranger's broken stream fails with every frame: it is counted each time, and told only this often for each stage and participant. */
const betweenFaultsUs = 10_000_000;

/** Participants come and go; when so many are remembered, all are forgotten rather than any kept for ever. */
const mostRemembered = 500;

/** Tells the first fault of a kind and holds back those that follow it closely. */
export class FaultReporter {
  readonly #time: RoomTime;
  readonly #onFault: FaultReporterOptions['onFault'];
  readonly #toldUs = new Map<string, number>();
  #held = 0;

  constructor({ time, onFault }: FaultReporterOptions) {
    this.#time = time;
    this.#onFault = onFault;
  }

  /** How many were not told. */
  get held(): number {
    return this.#held;
  }

  report(stage: string, participantId: string | undefined, message: string): void {
    const key = `${stage} ${participantId ?? ''}`;
    const nowUs = this.#time.nowUs();
    const toldUs = this.#toldUs.get(key);
    if (toldUs !== undefined && nowUs - toldUs < betweenFaultsUs) {
      this.#held += 1;
      return;
    }
    if (this.#toldUs.size >= mostRemembered) this.#toldUs.clear();
    this.#toldUs.set(key, nowUs);
    this.#onFault(stage, participantId, message);
  }
}
