import { expect } from 'chai';
import { TimedSender } from '../../bench/latency/timed-sender.js';
import { steadily } from '../../bench/network/impairment.js';
import { Link } from '../../bench/network/link.js';
import { RoomClock } from '../../mixer/clock/room-clock.js';
import { eventually } from '../support/eventually.js';
import { startRoomServer } from '../support/room-server.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcListener, WrtcPublisher } from '../support/wrtc-client.js';

interface Camera {
  readonly source: string;
  readonly packets: number;
  readonly protectionPackets?: number;
  readonly rebuiltPackets?: number;
  readonly refusedRebuilds?: number;
  readonly frames?: number;
  readonly damagedFrames?: number;
  readonly unknownPayloadTypes?: number;
}

const room = 'far';
const enough = 5;
const longPath = { delayMs: 100, lossShare: 0.1 } as const;

describe('a camera behind a long path that loses packets', function () {
  this.timeout(60_000);
  let server: TestServer;
  let link: Link;
  let ann: WrtcPublisher<TimedSender>;
  let bob: WrtcListener;

  before(async () => {
    server = await startRoomServer();
    link = Link.start();
    ann = await WrtcPublisher.publish(server.url, room, 'Ann', new TimedSender({ time: new RoomClock() }), (address) => link.open(address, 1));
    bob = await WrtcListener.join(server.url, room);
  });
  after(async () => {
    await bob.leave();
    await ann.leave();
    await link.close();
    await server.close();
  });

  async function camera(): Promise<Camera | undefined> {
    const { sessions } = (await server.call('GET', `/api/rooms/${room}/stats`)).body as { readonly sessions: Readonly<Record<string, { readonly uplinks: readonly Camera[] }>> };
    return Object.values(sessions).flatMap(({ uplinks }) => uplinks).find(({ source }) => source === 'camera');
  }

  it('protects its pictures as libwebrtc does it, and they are completed from that without a round trip', async () => {
    await eventually('Ann is seen', async () => ((await camera())?.frames ?? 0) > 0);
    await link.impair({ up: steadily(longPath), down: steadily({ delayMs: longPath.delayMs }) });
    await eventually(`${enough} packets are rebuilt`, async () => ((await camera())?.rebuiltPackets ?? 0) >= enough, 40_000);
    const { protectionPackets, rebuiltPackets, refusedRebuilds, damagedFrames, unknownPayloadTypes } = (await camera())!;
    console.log(`      ${protectionPackets} packets of protection, ${rebuiltPackets} rebuilt`);
    // A wrong byte in a descriptor or a payload type would show.
    expect({ refusedRebuilds, damagedFrames, unknownPayloadTypes }).to.deep.equal({ refusedRebuilds: 0, damagedFrames: 0, unknownPayloadTypes: 0 });
    const before = bob.mix.frameCount;
    await bob.mix.until('the picture moves', () => bob.mix.frameCount > before + enough, 10_000);
  });
});
