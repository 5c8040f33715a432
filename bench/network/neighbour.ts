/** A second publisher, whose own network is good, beside one whose network is bad: whether others see each picture of his. */
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import { publish, type RoomClient, type RoomViewer } from '../latency/paths.js';
import { TimedSender, type SoundSource } from '../latency/timed-sender.js';
import { MediaWatch } from './media-watch.js';
import { SeededRandom } from './seeded-random.js';
import { standstillIn } from './standstill.js';
import { secondTile } from './two-tiles.js';

export interface NeighbourOptions {
  readonly serverUrl: string;
  readonly room: string;
  /** In whose picture he is looked for. */
  readonly viewer: RoomViewer;
  readonly time: RoomTime;
}

export interface NeighbourShare {
  /** Of the pictures that his camera took in that time, those that the viewer never saw. */
  readonly missedPictures: number;
  readonly picturesSent: number;
  /** Between two new pictures of his. */
  readonly longestPauseMs: number;
}

/**
 * Half the room's rate: each picture stands for two ticks, so that one that is missed was never drawn, whatever the phase of the two clocks. Of 30 a second
 * libwebrtc itself drops a third to fit the bits that the room asks for a tile so small.
 */
const camera = { widthPx: 320, heightPx: 180, fps: 15, firstCode: 0x8000 } as const;
/** From his camera to the viewer's screen at most; what was taken later may still be under way. */
const mostDelayUs = 500_000;
/** About -55 dBov: above what the room takes for a silent microphone, below what it takes for speaking and the watches for the other's voice. */
const soundAmplitude = 100;

/** Soft noise: a room without a voice in it. */
class QuietRoom implements SoundSource {
  readonly #random = new SeededRandom(5);

  fill(samples: Int16Array): void {
    for (let index = 0; index < samples.length; index += 1) samples[index] = soundAmplitude * (2 * this.#random.next() - 1);
  }
}

export class Neighbour {
  readonly #client: RoomClient;
  readonly #sender: TimedSender;
  readonly #watch: MediaWatch;
  readonly #time: RoomTime;
  #fromUs = 0;

  private constructor(client: RoomClient, sender: TimedSender, { viewer, time }: NeighbourOptions) {
    this.#client = client;
    this.#sender = sender;
    this.#time = time;
    this.#watch = new MediaWatch({ video: viewer.video, audio: viewer.audio, time, part: secondTile });
  }

  static async join(options: NeighbourOptions): Promise<Neighbour> {
    const sender = new TimedSender({ time: options.time, sound: new QuietRoom(), camera });
    const tracks = { video: sender.videoTrack, audio: sender.audioTrack };
    return new Neighbour(await publish(tracks, options.serverUrl, options.room, { name: 'Bob' }), sender, options);
  }

  get isSeen(): boolean {
    return this.#watch.newCodes.some((code) => this.#sender.pictureSentUs(code) !== undefined);
  }

  begin(): void {
    this.#fromUs = this.#time.nowUs();
  }

  /** Since {@link begin}. */
  share(): NeighbourShare {
    const toUs = this.#time.nowUs() - mostDelayUs;
    const seen = new Set(this.#watch.newCodes);
    const sent = this.#sender.codesSentIn(this.#fromUs, toUs);
    return {
      missedPictures: sent.filter((code) => !seen.has(code)).length,
      picturesSent: sent.length,
      longestPauseMs: standstillIn(this.#watch.newPicturesUs, this.#fromUs, toUs, 0).longestMs,
    };
  }

  async close(): Promise<void> {
    this.#watch.close();
    await this.#client.close();
    this.#sender.close();
  }
}
