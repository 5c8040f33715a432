/** Somebody who joins through a network that is bad from his first datagram on: a viewer downstream, a publisher upstream, both where there is no room. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import type { ThroughLink } from '../../test/support/linked-sdp.js';
import { openDirect, publish, view, type OpenPath, type RoomViewer } from '../latency/paths.js';
import type { TimedSender } from '../latency/timed-sender.js';
import type { LinkSteps } from './link-emulator.js';
import type { LinkPlace } from './link-place.js';
import { Link } from './link.js';
import { MediaWatch } from './media-watch.js';

export interface NewcomerOptions {
  readonly place: LinkPlace;
  readonly serverUrl: string;
  /** Downstream its publisher is there; upstream nobody but the witness. */
  readonly room: string;
  readonly sender: TimedSender;
  readonly steps: LinkSteps;
  readonly seed: number;
  readonly time: RoomTime;
  /** Of one who is in the room already, to see a publisher come; undefined elsewhere. */
  readonly witness: MediaWatch | undefined;
}

/** A client, and what it sees and hears. */
export interface Watched {
  readonly watch: MediaWatch;
  close(): Promise<void>;
}

/** More is a picture that does not come. */
const mostMs = 15_000;
const pollMs = 20;

/** From before his offer to the first picture that is shown, to him or upstream of him, and was taken after that. @returns undefined: not within 15 s */
export async function firstPictureMs(options: NewcomerOptions): Promise<number | undefined> {
  const { time, sender, steps, seed } = options;
  const link = Link.start();
  const startUs = time.nowUs();
  const joined = await join(options, async (server) => {
    const address = await link.open(server, seed);
    await link.impair(steps);
    return address;
  });
  const { newPicturesUs, newCodes } = joined.watch;
  const firstUs = (): number | undefined => newPicturesUs.find((atUs, index) => atUs > startUs && (sender.pictureSentUs(newCodes[index] ?? -1) ?? startUs) > startUs);
  for (let waitedMs = 0; firstUs() === undefined && waitedMs < mostMs; waitedMs += pollMs) await sleep(pollMs);
  const atUs = firstUs();
  await joined.close();
  await link.close();
  return atUs === undefined ? undefined : (atUs - startUs) / 1000;
}

async function join({ place, serverUrl, room, sender, time, witness }: NewcomerOptions, throughLink: ThroughLink): Promise<Watched> {
  const tracks = { video: sender.videoTrack, audio: sender.audioTrack };
  if (place === 'upstream') {
    if (witness === undefined) throw new Error('nobody is there to see a publisher come');
    const publisher = await publish(tracks, serverUrl, room, { throughLink });
    return { watch: witness, close: () => publisher.close() };
  }
  return watched(place === 'straight' ? await openDirect(tracks, throughLink) : await view(serverUrl, room, throughLink), time);
}

export function watched(path: OpenPath | RoomViewer, time: RoomTime): Watched {
  const watch = new MediaWatch({ video: path.video, audio: path.audio, time });
  return {
    watch,
    close() {
      watch.close();
      return path.close();
    },
  };
}
