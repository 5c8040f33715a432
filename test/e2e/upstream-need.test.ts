import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.js';
import type { PageBrowser } from '../support/page-browser.js';
import { pageDevices } from '../support/page-devices.js';
import { RoomPage } from '../support/room-page.js';
import { setUpRoom } from '../support/set-up-room.js';
import type { TestServer } from '../support/test-server.js';

/** In the middle of the tiles of two: side by side, half as high as the canvas. */
const tileOfAnn = { left: 0.1, top: 0.4, width: 0.3, height: 0.2 };
const tileOfBen = { left: 0.6, top: 0.4, width: 0.3, height: 0.2 };
/** From the word to the picture in somebody else's browser, which took 0.12 s where this was written. */
const soonMs = 5_000;

/** What the browser says of its camera's stream. */
interface Sent {
  readonly atMs: number;
  readonly frames: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

const readSent = `(async () => {
  const stats = [...(await window.spied.connections.at(-1).getStats()).values()];
  const camera = stats.find(({ type, kind, mid }) => type === 'outbound-rtp' && kind === 'video' && mid === '1');
  return { atMs: camera?.timestamp ?? 0, frames: camera?.framesSent ?? 0, widthPx: camera?.frameWidth ?? 0, heightPx: camera?.frameHeight ?? 0 };
})()`;

const setLayout = async (server: TestServer, layout: string): Promise<void> => {
  expect((await server.call('PATCH', '/api/rooms/need', { layout })).status).to.equal(200);
};

describe('a page sends what its tile shows', function () {
  this.timeout(60_000);
  let server: TestServer;
  let browser: PageBrowser;

  setUpRoom((setUp) => {
    ({ browser, server } = setUp);
  });

  const join = async (name: string, color: 'red' | 'blue'): Promise<RoomPage> =>
    RoomPage.join({ browser, serverUrl: server.url, room: 'need', name, microphone: false, initScript: pageDevices({ color, toneHz: 440 }) });
  const sent = async (page: Page): Promise<Sent> => page.evaluate<Sent>(readSent);
  const sends = async (what: string, { page }: RoomPage, widthPx: number, heightPx: number): Promise<void> => {
    await eventually(what, async () => {
      const now = await sent(page);
      return now.widthPx === widthPx && now.heightPx === heightPx;
    });
    const { frames } = await sent(page);
    await eventually(`${what}, on and on`, async () => (await sent(page)).frames > frames + 5);
  };

  it('alone the whole canvas, as one of two a quarter, hidden nothing, and comes back', async () => {
    const ann = await join('Ann', 'red');
    await sends('Ann fills the canvas', ann, 640, 360);
    const ben = await join('Ben', 'blue');
    await sends('Ben has a quarter of it', ben, 320, 180);
    await sends('Ann has another', ann, 320, 180);
    await setLayout(server, 'single');
    await sends('Ann alone is shown', ann, 640, 360);
    let last = await sent(ben.page);
    await eventually('Ben sends nothing for a second', async () => {
      const now = await sent(ben.page);
      if (now.frames > last.frames) last = now;
      return now.atMs - last.atMs > 1_000;
    });
    await setLayout(server, 'grid');
    await ann.untilSees('blue', tileOfBen, soonMs);
    await sends('Ben is back', ben, 320, 180);
    await ann.untilSees('red', tileOfAnn, soonMs);
    await ben.page.reload();
    await sends('Ben comes in anew', ben, 320, 180);
    await ben.page.close();
    await sends('Ann fills the canvas again', ann, 640, 360);
  });
});
