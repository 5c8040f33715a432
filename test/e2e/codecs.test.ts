import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import type { PageBrowser } from '../support/page-browser.js';
import { setUpRoom } from '../support/set-up-room.js';
import type { TestServer } from '../support/test-server.js';
import { WhipPage } from '../support/whip-page.js';
import { WrtcListener } from '../support/wrtc-client.js';

const whole = { left: 0, top: 0, width: 1, height: 1 };
const annHz = 500;

describe('Chromium over WHIP and WHEP', function () {
  this.timeout(60_000);
  let server: TestServer;
  let browser: PageBrowser;

  setUpRoom((setUp) => {
    ({ browser, server } = setUp);
  }, { devices: { color: 'red', toneHz: annHz } });

  for (const [sent, received] of [
    [['H264'], ['H264', 'VP8']],
    [['H264', 'VP8'], ['H264']],
    [['VP8', 'H264'], ['VP8', 'H264']],
  ] as const) {
    it(`sends ${sent.join(' or ')} and gets ${received.join(' or ')}: each its first`, async () => {
      const room = `${sent.join('')}-${received.join('')}`;
      const ann = await WhipPage.open({ browser, serverUrl: server.url, endpoint: `/whip/${room}?name=Ann`, videoCodecs: sent });
      const viewer = await WhipPage.open({ browser, serverUrl: server.url, endpoint: `/whep/${room}`, videoCodecs: received });
      // libwebrtc in Node has no H.264: the same picture is coded a second time for it.
      const other = await WrtcListener.join(server.url, room);
      await viewer.untilSees('red', whole);
      await viewer.untilHears([annHz], 3 * annHz);
      await other.mix.until('the other listener sees Ann, too', () => other.mix.sees('red', whole));
      await eventually('the codecs are known', async () => (await ann.videoCodecInUse()) !== '' && (await viewer.videoCodecInUse()) !== '');
      expect(await ann.videoCodecInUse()).to.equal(`video/${sent[0]}`);
      expect(await viewer.videoCodecInUse()).to.equal(`video/${received[0]}`);
      await other.leave();
    });
  }
});
