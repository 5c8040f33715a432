import { expect } from 'chai';
import { createClientKit, type ClientKit } from '../../../bench/clients/client-kit.js';
import { pictureSizes } from '../../../bench/clients/media-recipes.js';
import type { PreparedPicture } from '../../../bench/clients/prepared-media.js';
import { WhipPublisher } from '../../../bench/clients/whip-publisher.js';
import { encodeVp8 } from '../../support/encoded-media.js';
import { eventually } from '../../support/eventually.js';
import { startRoomServer } from '../../support/room-server.js';
import type { TestServer } from '../../support/test-server.js';

/** Against the product itself: its wishes are what is to be followed. */
describe('a bench client that joins as the page does', function () {
  this.timeout(60_000);
  let kit: ClientKit;
  let server: TestServer;
  let pictures: readonly PreparedPicture[];

  before(async () => {
    kit = await createClientKit();
    pictures = await Promise.all(
      pictureSizes.map(async ({ widthPx, heightPx }) => {
        const frames = await encodeVp8({ widthPx, heightPx, fps: 30, frames: 15, color: 'red' });
        return { codec: 'vp8' as const, path: '', widthPx, frames: frames.map(({ data, keyframe }) => ({ data, keyframe })) };
      }),
    );
    server = await startRoomServer();
  });
  after(() => server.close());

  const join = async (name: string, room = 'sizes'): Promise<WhipPublisher> =>
    WhipPublisher.joinAsPage({ kit, url: new URL(server.url), room, name, pictures, sound: { path: '', packets: [{ data: Uint8Array.of(0xf8, 0xff, 0xfe), levelDbov: -127 }] } });

  it('sends the size that its tile needs, nothing while it has none, and is taken for somebody', async () => {
    const ann = await join('Ann');
    await eventually('the canvas of 640x360', () => ann.stats.widthPx === 640);
    const ben = await join('Ben');
    await eventually('half of its sides for both', () => ann.stats.widthPx === 320 && ben.stats.widthPx === 320);
    await server.call('PATCH', '/api/rooms/sizes', { layout: 'single' });
    await eventually('Ann alone', () => ann.stats.widthPx === 640 && ben.stats.widthPx === 0);
    const { frames } = ben.stats;
    await server.call('PATCH', '/api/rooms/sizes', { layout: 'grid' });
    await eventually('Ben again', () => ben.stats.widthPx === 320 && ben.stats.frames > frames);
    const { participants } = (await server.call('GET', '/api/rooms/sizes')).body as { participants: { id: string; video: boolean }[] };
    expect(participants.map(({ id, video }) => [id, video])).to.deep.equal([[ann.participantId, true], [ben.participantId, true]]);
    await eventually('both are received', () => ann.stats.isReceived && ben.stats.isReceived);
    await Promise.all([ann.close(), ben.close()]);
    await eventually('both have left', async () => ((await server.call('GET', '/api/rooms/sizes')).body as { participants?: unknown[] }).participants?.length !== 2);
  });

  it('says in the server\'s words why it was refused', async () => {
    const refused = await join('Ann', 'no such room!').catch((error: unknown) => error);
    expect(refused).to.have.property('message').that.includes('invalid_room_name');
  });
});
