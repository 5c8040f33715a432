import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import type { PageBrowser } from '../support/page-browser.js';
import { pageDevices } from '../support/page-devices.js';
import { RoomPage } from '../support/room-page.js';
import { setUpRoom } from '../support/set-up-room.js';
import type { TestServer } from '../support/test-server.js';
import { WhipPage } from '../support/whip-page.js';

interface LayerStats {
  readonly rid?: string;
  readonly resting: number;
  readonly packets: number;
  readonly frames: number;
  readonly keyframeRequests: number;
}

interface RoomStats {
  readonly sessions: Readonly<Record<string, { readonly worthwhileBps?: number; readonly uplinks: readonly LayerStats[] }>>;
}

/** It is written as a number of 18 bits and a power of two. */
const rembPrecision = 0.01;
/** A picture that fills the canvas, of 640x360 and 20 a second, with headers and sound; and one of half its width. */
const wholeCanvasBps = 620_100;
const quarterBps = 271_400;
/** To libwebrtc a machine that stands still is a slow path, from which it climbs by 8 % a second: 26 s from its least to the whole canvas, and once more where it stands still on the way. */
const climbMs = 60_000;
/** Layers of 320x180 and 640x360, the canvas's own size. */
const layers = ['l', 'h'];

describe('Chromium over WHIP', function () {
  this.timeout(120_000);
  let server: TestServer;
  let browser: PageBrowser;

  setUpRoom((setUp) => {
    ({ browser, server } = setUp);
  }, { config: { requiredMedia: [] } });

  async function readLayers(room: string): Promise<Readonly<Record<string, LayerStats>>> {
    const { sessions } = (await server.call('GET', `/api/rooms/${room}/stats`)).body as RoomStats;
    const uplinks = Object.values(sessions).flatMap((session) => session.uplinks);
    return Object.fromEntries(uplinks.flatMap((uplink) => (uplink.rid === undefined ? [] : [[uplink.rid, uplink]])));
  }

  /** The layer alone is put together, and goes on. */
  async function shows(what: string, room: string, rid: string): Promise<void> {
    let framesBefore: number | undefined;
    await eventually(`${what}: layer ${rid}`, async () => {
      const found = await readLayers(room);
      const others = layers.filter((other) => other !== rid).map((other) => found[other]);
      const isAlone = found[rid]?.resting === 0 && others.every((other) => other?.resting === 1);
      if (!isAlone) framesBefore = undefined;
      else framesBefore ??= found[rid]?.frames;
      return framesBefore !== undefined && (found[rid]?.frames ?? 0) > framesBefore + 10;
    });
  }

  for (const codec of ['VP8', 'H264'] as const) {
    it(`simulcast, ${codec}: one layer is put together, the one that the tile needs; the other goes on resting`, async () => {
      const room = `layers-${codec}`;
      const ann = await WhipPage.open({ browser, serverUrl: server.url, endpoint: `/whip/${room}?name=Ann`, videoCodecs: [codec], layers, initScript: pageDevices({ color: 'red', toneHz: 440 }) });
      await shows('alone', room, 'h');
      const ben = await RoomPage.join({ browser, serverUrl: server.url, room, name: 'Ben', microphone: false, initScript: pageDevices({ color: 'blue', toneHz: 660 }) });
      await shows('one of two', room, 'l');
      // What had come before the change may still be put together.
      let resting = (await readLayers(room))['h'];
      await eventually('the larger layer goes on coming, and is not put together', async () => {
        const now = (await readLayers(room))['h'];
        if (now?.frames !== resting?.frames) resting = now;
        return (now?.packets ?? 0) > (resting?.packets ?? 0) + 20;
      });
      await ben.page.close();
      await shows('alone again', room, 'h');
      expect(await ann.videoCodecInUse()).to.equal(`video/${codec}`);
    });
  }

  it('one stream: sends no more than its tile is worth, and more again when it is worth more', async function () {
    this.timeout(4 * climbMs);
    const devices = pageDevices({ color: 'red', toneHz: 440, isNoisy: true });
    const ann = await WhipPage.open({ browser, serverUrl: server.url, endpoint: '/whip/one?name=Ann', videoCodecs: ['VP8'], initScript: devices });
    const estimateBps = async (): Promise<number> =>
      ann.page.evaluate<number>(`(async () => {
        const stats = [...(await window.session.connection.getStats()).values()];
        return stats.find(({ type, nominated }) => type === 'candidate-pair' && nominated === true)?.availableOutgoingBitrate ?? 0;
      })()`);
    const worthBps = async (): Promise<number> => {
      const { sessions } = (await server.call('GET', '/api/rooms/one/stats')).body as RoomStats;
      return Math.max(...Object.values(sessions).map(({ worthwhileBps }) => worthwhileBps ?? 0));
    };
    /** On a free path: without REMB it would climb to some Mbps within a second. */
    const reaches = async (what: string, tileBps: number): Promise<void> =>
      eventually(`${what}: at what it is worth, ${tileBps} bps`, async () => {
        const [worth, estimate] = [await worthBps(), await estimateBps()];
        if (worth === tileBps && Math.abs(estimate / tileBps - 1) < rembPrecision) return true;
        throw new Error(`worth ${worth} bps, and he reckons with ${Math.round(estimate)}`);
      }, climbMs);
    await reaches('alone', wholeCanvasBps);
    const ben = await RoomPage.join({ browser, serverUrl: server.url, room: 'one', name: 'Ben', microphone: false, initScript: pageDevices({ color: 'blue', toneHz: 660 }) });
    await reaches('one of two', quarterBps);
    await ben.page.close();
    await reaches('alone again', wholeCanvasBps);
  });
});
