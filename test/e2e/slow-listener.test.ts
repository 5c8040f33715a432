import { expect } from 'chai';
import { TimedSender } from '../../bench/latency/timed-sender.js';
import { steadily } from '../../bench/network/impairment.js';
import { Link } from '../../bench/network/link.js';
import { RoomClock } from '../../mixer/clock/room-clock.js';
import { eventually } from '../support/eventually.js';
import { startRoomServer } from '../support/room-server.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcListener, WrtcPublisher } from '../support/wrtc-client.js';
import type { WrtcPeerConnection } from '../support/wrtc.js';

/** What libwebrtc says of the picture that it gets. */
interface Seen {
  readonly width: number;
  readonly frames: number;
}

async function seen(connection: WrtcPeerConnection): Promise<Seen> {
  for (const [, report] of await connection.getStats()) {
    if (report['type'] === 'inbound-rtp' && report['kind'] === 'video') return { width: Number(report['frameWidth']), frames: Number(report['framesDecoded']) };
  }
  return { width: 0, frames: 0 };
}

interface Outputs {
  readonly outputs: { readonly video: readonly { readonly outputId: string; readonly takers: number }[] };
  readonly sessions: Readonly<Record<string, { readonly path?: { readonly tier: number; readonly estimateBps?: number } }>>;
}

const room = 'slow';

describe('a listener on a slow path', function () {
  this.timeout(60_000);
  let server: TestServer;
  let link: Link;
  let ann: WrtcPublisher<TimedSender>;
  const listeners: WrtcListener[] = [];

  before(async () => {
    server = await startRoomServer();
    link = Link.start();
    // A picture that moves all over: a still one fits through the narrow path as it is, and nobody would have to fall.
    ann = await WrtcPublisher.publish(server.url, room, 'Ann', new TimedSender({ time: new RoomClock() }));
  });
  after(async () => {
    for (const listener of listeners) await listener.leave();
    await ann.leave();
    await link.close();
    await server.close();
  });

  async function stats(): Promise<Outputs> {
    return (await (await fetch(`${server.url}/api/rooms/${room}/stats`)).json()) as Outputs;
  }

  it('gets a smaller picture that moves, alone, and the whole one again when his path carries it', async () => {
    const free = await WrtcListener.join(server.url, room);
    const slow = await WrtcListener.join(server.url, room, undefined, (address) => link.open(address, 1));
    listeners.push(free, slow);
    await eventually('both see the whole picture', async () => (await seen(free.connection)).width === 640 && (await seen(slow.connection)).width === 640);
    await eventually('his path is known', async () => Object.values((await stats()).sessions).filter(({ path }) => path?.estimateBps !== undefined).length === 2);

    await link.impair({ up: steadily({ delayMs: 25 }), down: steadily({ delayMs: 25, limitKbps: 300 }) });
    await eventually('he sees the small one', async () => (await seen(slow.connection)).width === 320);
    const before = await seen(slow.connection);
    await eventually('it moves', async () => (await seen(slow.connection)).frames > before.frames + 10);
    expect((await seen(free.connection)).width).to.equal(640);
    expect((await stats()).outputs.video.map(({ outputId, takers }) => `${outputId}: ${takers}`)).to.have.members(['vp8-640x360@20-800000: 1', 'vp8-320x180@15-100000: 1']);

    await link.impair({ up: steadily({}), down: steadily({}) });
    await eventually('he sees the whole one again', async () => (await seen(slow.connection)).width === 640, 30_000);
    expect((await stats()).outputs.video.map(({ outputId, takers }) => `${outputId}: ${takers}`)).to.deep.equal(['vp8-640x360@20-800000: 2']);
  });

  it('may ask for less himself, and is refused what means nothing', async () => {
    const offer = 'v=0\r\n';
    for (const maxHeight of ['abc', '0', '9999', '-1']) {
      const response = await fetch(`${server.url}/whep/${room}?maxHeight=${maxHeight}`, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: offer });
      expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).to.deep.equal([400, 'invalid_max_height']);
    }
    const small = await WrtcListener.join(server.url, room, undefined, undefined, 200);
    listeners.push(small);
    await eventually('he sees the small one', async () => (await seen(small.connection)).width === 320);
  });
});
