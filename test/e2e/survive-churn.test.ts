import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { startRoomServer } from '../support/room-server.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcListener, WrtcPublisher } from '../support/wrtc-client.js';
import { WrtcMember } from '../support/wrtc-member.js';

const rounds = 10;
/** At a time: they overlap as in a real room, and two cores get along. */
const together = 5;
const withinMs = 60_000;
/** Rounds after which heap, code and libraries have the size that they keep. */
const warmUpRounds = 4;
/**
 * V8 takes its time to collect, and the allocator to reuse: 300 joins grow by 60 MB over the first 200 and by nothing after them. One decoder of 640x360
 * left behind by each of 30 joins, with its frames, would be 85 MB.
 */
const tolerableGrowthBytes = 48 * 1024 * 1024;

interface RoomStats {
  readonly memory: { readonly rss: number };
  readonly resources: Readonly<Record<string, number>>;
  readonly sessions: Readonly<Record<string, { readonly uplinks: readonly { readonly source: string; readonly frames: number }[] }>>;
  readonly mixer: { readonly nativeObjects: { readonly frame: number; readonly decoder: number; readonly scaler: number }; readonly audio: { readonly participants: object }; readonly video: { readonly inputs: readonly unknown[]; readonly canvas: { readonly canvases: number } } };
}

/** The room keeps a few canvases, and a scaler for each pair of sizes that it met: tiles of one to five people, and what libwebrtc makes of 640x360 when it has no time. */
const mostGeometries = 24;

function ownedByPeople({ mixer }: RoomStats): object {
  return { ...mixer.nativeObjects, scaler: 0, frame: mixer.nativeObjects.frame - mixer.video.canvas.canvases };
}

const mostWatcherStreams = 2;

type Joiner = WrtcPublisher | WrtcMember;

describe('a room survives coming and going', function () {
  this.timeout(90_000);
  let server: TestServer;

  before(async () => {
    server = await startRoomServer({ canvasFps: 10 });
  });
  after(() => server.close());

  const readStats = async (): Promise<RoomStats> => (await server.call('GET', '/api/rooms/churn/stats')).body as RoomStats;

  const join = async (index: number): Promise<Joiner> => {
    const media = { color: 'blue', toneHz: 1000 } as const;
    return index % 2 === 0 ? WrtcPublisher.join(server.url, 'churn', `Guest ${index}`, media) : WrtcMember.join(server.url, 'churn', `Guest ${index}`, media);
  };

  const runRound = async (round: number): Promise<void> => {
    const joiners = await Promise.all(Array.from({ length: together }, (_unused, index) => join(round * together + index)));
    await eventually('pictures of all have come', async () => {
      const { sessions } = await readStats();
      return joiners.every(({ participantId }) => sessions[participantId]?.uplinks.some(({ source, frames }) => source === 'camera' && frames > 0) === true);
    });
    // Some say that they go, some only close the connection.
    await Promise.all(joiners.map(async (joiner, index) => (index < 3 ? joiner.leave() : joiner.vanish())));
    await eventually('all are gone', async () => Object.keys((await readStats()).sessions).length === 1);
  };

  it('50 joins and leaves within a minute leave nothing behind', async () => {
    await server.call('POST', '/api/rooms', { name: 'churn' });
    const watcher = await WrtcListener.join(server.url, 'churn');
    const { pid } = await server.server.registry.find('churn');
    const countFiles = (): number => readdirSync(`/proc/${pid}/fd`).length;

    const startedMs = performance.now();
    const measure = async (): Promise<{ stats: RoomStats; files: number }> => ({ stats: await readStats(), files: countFiles() });
    for (let round = 0; round < warmUpRounds; round += 1) await runRound(round);
    const warm = await measure();
    for (let round = warmUpRounds; round < rounds; round += 1) await runRound(round);
    expect(performance.now() - startedMs).to.be.below(withinMs);
    await eventually('nothing is left of them', async () => {
      const { stats, files } = await measure();
      expect(stats.mixer.video.inputs).to.deep.equal([]);
      expect(stats.mixer.audio.participants).to.deep.equal({});
      expect(ownedByPeople(stats)).to.deep.equal(ownedByPeople(warm.stats));
      expect(stats.mixer.nativeObjects.decoder).to.equal(0);
      expect(stats.mixer.nativeObjects.scaler).to.be.at.most(mostGeometries);
      // Timers that stand when nobody comes or goes: at most as many as right after the first rounds.
      const { Timeout: timers = 0, TCPSocketWrap: streams = 0, ...resources } = stats.resources;
      const { Timeout: warmTimers = 0, TCPSocketWrap: warmStreams = 0, ...warmResources } = warm.stats.resources;
      expect(timers).to.be.at.most(warmTimers);
      expect(resources).to.deep.equal(warmResources);
      // libwebrtc tries TCP as well, and gives it up some time after it has found UDP: the watcher may have a stream of each of his networks.
      expect(streams).to.be.at.most(mostWatcherStreams);
      expect(files - streams).to.equal(warm.files - warmStreams);
      return true;
    });
    expect((await readStats()).memory.rss).to.be.below(warm.stats.memory.rss + tolerableGrowthBytes);
    await watcher.leave();
  });
});
