import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readTimeCode } from '../../../bench/latency/time-code.js';
import { ChromiumClient } from '../../../bench/network/chromium-client.js';
import { recordedCamera, writeDeviceRecording } from '../../../bench/network/device-recording.js';
import { Link } from '../../../bench/network/link.js';
import type { DeviceFiles } from '../../support/device-files.js';
import { eventually } from '../../support/eventually.js';
import { PageBrowser } from '../../support/page-browser.js';
import { startRoomServer } from '../../support/room-server.js';
import type { TestServer } from '../../support/test-server.js';

const seconds = 1;
const { widthPx, heightPx, fps } = recordedCamera;
const frameBytes = (widthPx * heightPx * 3) / 2;
const frameHeader = Buffer.from('FRAME\n');
/** A third of a second's, each other than the one before. */
const wantedPictures = 10;

describe('Chromium in the network bench', function () {
  this.timeout(60_000);
  let folder: string;
  let devices: DeviceFiles;
  let server: TestServer;
  let browser: PageBrowser;
  let link: Link;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-devices-'));
    devices = await writeDeviceRecording({ folder, seconds });
    server = await startRoomServer();
    browser = await PageBrowser.launch({ devices, disabledFeatures: ['WebRtcHideLocalIpsWithMdns'] });
  });
  beforeEach(() => {
    link = Link.start();
  });
  afterEach(async () => {
    await link.close();
    await browser.closePages();
  });
  after(async () => {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has a camera that counts and a microphone as long', () => {
    const video = readFileSync(devices.video);
    const start = video.indexOf(frameHeader);
    const stride = frameHeader.length + frameBytes;
    expect(video.length).to.equal(start + seconds * fps * stride);
    for (const index of [0, 1, seconds * fps - 1]) {
      const data = video.subarray(start + index * stride + frameHeader.length, start + (index + 1) * stride);
      expect(readTimeCode({ width: widthPx, height: heightPx, data })).to.equal(index);
    }
    // 16 bits at 48 kHz after 44 bytes of header.
    expect(readFileSync(devices.audio).length).to.equal(44 + seconds * 96_000);
  });

  for (const way of ['through a room', 'straight'] as const) {
    it(`shows numbers and counts, ${way}, through a link`, async () => {
      const publisher = await ChromiumClient.open(browser, server.url);
      const listener = await ChromiumClient.open(browser, server.url);
      if (way === 'straight') await publisher.publishTo(listener, (address) => link.open(address, 1));
      else {
        await publisher.publish(server.url, 'numbers');
        await listener.view(server.url, 'numbers', (address) => link.open(address, 1));
      }
      await eventually('new pictures are shown', async () => (await listener.shown()).newPicturesUs.length >= wantedPictures, 40_000);
      const counters = await listener.counters();
      expect(counters.picturesDecoded).to.be.at.least(wantedPictures);
      expect(counters.soundSamples).to.be.greaterThan(counters.concealedSamples);
      expect((await publisher.counters()).sentBytes).to.be.greaterThan(10_000);
      const { up, down } = await link.counters();
      expect((way === 'straight' ? up : down).bytes).to.be.greaterThan(10_000);
      await publisher.close();
      await listener.close();
    });
  }
});
