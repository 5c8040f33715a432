import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RecordingDescription } from '../../src/rooms/protocol.js';
import { averageLumas, decodeSound, longestHoleSeconds, soundFrames } from '../support/encoded-media.js';
import { eventually } from '../support/eventually.js';
import { FlashBeepSource } from '../support/flash-beep-source.js';
import { PageBrowser } from '../support/page-browser.js';
import { flashBeepDevices } from '../support/page-devices.js';
import { RoomPage } from '../support/room-page.js';
import { startRoomServer } from '../support/room-server.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcPublisher } from '../support/wrtc-client.js';

const wantedFlashes = 28;
const loud = 0.05;
const bright = 125;
const sampleRateHz = 48_000;
const tolerableMs = 45;
/** Of AAC. */
const soundFrameSeconds = 1024 / sampleRateHz;
/** From here on the machine measures itself: sender, mixer or browser stand still for longer than anything can be buffered. Gross errors still show. */
const busyLateShare = 0.05;
const calmLateShare = 0.005;
const starvedMs = 250;
/** Until the sender's first reports have come, and nobody knows better than arrivals tell. */
const settlingSeconds = 1.5;
const leastMeasured = 8;
/** Between two flashes there is longer nothing than this. */
const quietSeconds = 0.2;

interface RoomStats {
  readonly mixer: { readonly clock: { readonly audioTicks: number; readonly audioTicksLate: number; readonly audioTicksSkipped: number; readonly videoTicksSkipped: number } };
}

/** Times at which something begins that was not there for `quietSeconds`. */
function onsets(times: Iterable<number>): number[] {
  const found: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time - last > quietSeconds) found.push(time);
    last = time;
  }
  return found;
}

describe('sound and picture of one sender', function () {
  this.timeout(60_000);
  let server: TestServer;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-sync-'));
    server = await startRoomServer({ canvasWidth: 320, canvasHeight: 180, canvasFps: 30 });
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const countTicks = async (room: string): Promise<{ all: number; late: number }> => {
    const { clock } = ((await server.call('GET', `/api/rooms/${room}/stats`)).body as RoomStats).mixer;
    return { all: clock.audioTicks, late: clock.audioTicksLate + clock.audioTicksSkipped + clock.videoTicksSkipped };
  };
  const expectInStep = async (room: string, untilEnough: () => Promise<void>): Promise<void> => {
    const before = await countTicks(room);
    const { id } = (await server.call('POST', `/api/rooms/${room}/recordings`, { format: 'mp4' })).body as RecordingDescription;
    await untilEnough();
    const after = await countTicks(room);
    const lateShare = (after.late - before.late) / (after.all - before.all);
    const { url } = (await server.call('POST', `/api/rooms/${room}/recordings/${id}/stop`)).body as RecordingDescription;
    const path = join(folder, `${room}.mp4`);
    writeFileSync(path, Buffer.from(await (await server.fetch(url)).arrayBuffer()));
    const pictures = await averageLumas(path);
    const frames = await soundFrames(path);
    expect(frames[0]?.atSeconds).to.be.closeTo(pictures[0]?.atSeconds ?? Number.NaN, 2 * soundFrameSeconds);
    expect(longestHoleSeconds(frames)).to.be.below(soundFrameSeconds);
    const sound = await decodeSound(path);
    const beeps = onsets([...sound.keys()].filter((at) => Math.abs(sound[at] ?? 0) > loud).map((at) => at / sampleRateHz));
    const endSeconds = Math.min(pictures.at(-1)?.atSeconds ?? 0, sound.length / sampleRateHz);
    const flashes = onsets(pictures.filter(({ luma }) => luma > bright).map(({ atSeconds }) => atSeconds)).filter((at) => at > settlingSeconds && at < endSeconds - quietSeconds);
    const offsetsMs = flashes.map((flash) => Math.min(...beeps.map((beep) => Math.abs(flash - beep))) * 1000).sort((a, b) => a - b);
    expect(offsetsMs.length).to.be.at.least(leastMeasured);
    const percentileMs = (share: number): number => offsetsMs[Math.ceil(offsetsMs.length * share) - 1] ?? Number.POSITIVE_INFINITY;
    expect(percentileMs(0.5)).to.be.below(lateShare < busyLateShare ? tolerableMs : starvedMs);
    // Where others held this machine's cores while it mixed, single flashes come late.
    if (lateShare < calmLateShare) expect(percentileMs(0.95)).to.be.below(tolerableMs);
  };

  it('leave the mixer in step when libwebrtc sends them', async () => {
    const publisher = await WrtcPublisher.publish(server.url, 'sync', 'Ann', new FlashBeepSource());
    await expectInStep('sync', () => eventually('enough flashes', () => publisher.source.flashes >= wantedFlashes, 30_000));
    await publisher.leave();
  });

  it('leave the mixer in step when Chromium sends them', async () => {
    const browser = await PageBrowser.launch();
    try {
      const { page } = await RoomPage.join({ browser, serverUrl: server.url, room: 'page', name: 'Ann', initScript: flashBeepDevices({ periodMs: 405, flashMs: 100 }) });
      await eventually('the page sends', async () => (await page.evaluate<number>('window.flashes ?? 0')) > 0);
      await expectInStep('page', () => eventually('enough flashes', async () => (await page.evaluate<number>('window.flashes')) >= wantedFlashes, 30_000));
    } finally {
      await browser.close();
    }
  });
});
