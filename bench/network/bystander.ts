/** Somebody else in the room, whose own network is good: what another's bad one costs him. */
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import { view, type RoomViewer } from '../latency/paths.js';
import { decodedPictures } from './client-counters.js';
import { MediaWatch } from './media-watch.js';
import { standstillIn } from './standstill.js';

export interface BystanderShare {
  readonly picturesPerSecond: number;
  /** Of those that the room makes in that time while its publisher moves; one more or less is the edges of the time. */
  readonly missedPictures: number;
  /** Between two pictures of his stream, whatever they show. */
  readonly longestPauseMs: number;
}

/** The room's. */
const fps = 30;

export class Bystander {
  readonly watch: MediaWatch;
  readonly viewer: RoomViewer;
  readonly #time: RoomTime;
  #fromUs = 0;
  #decodedBefore = 0;

  private constructor(viewer: RoomViewer, time: RoomTime) {
    this.viewer = viewer;
    this.#time = time;
    this.watch = new MediaWatch({ video: viewer.video, audio: viewer.audio, time });
  }

  static async join(serverUrl: string, room: string, time: RoomTime): Promise<Bystander> {
    return new Bystander(await view(serverUrl, room), time);
  }

  async begin(): Promise<void> {
    this.#decodedBefore = await decodedPictures(this.viewer.connection);
    this.#fromUs = this.#time.nowUs();
  }

  /** Since {@link begin}. */
  async share(): Promise<BystanderShare> {
    const decoded = (await decodedPictures(this.viewer.connection)) - this.#decodedBefore;
    const toUs = this.#time.nowUs();
    const seconds = (toUs - this.#fromUs) / 1e6;
    return {
      picturesPerSecond: decoded / seconds,
      missedPictures: Math.max(0, Math.round(fps * seconds) - decoded),
      longestPauseMs: standstillIn(this.watch.picturesUs, this.#fromUs, toUs, 0).longestMs,
    };
  }

  async close(): Promise<void> {
    this.watch.close();
    await this.viewer.close();
  }
}
