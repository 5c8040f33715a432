import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RecordingDescription } from '../../src/rooms/protocol.js';
import { findChildren } from '../support/child-processes.js';
import { averageLumas, ffmpegPath } from '../support/encoded-media.js';
import { eventually } from '../support/eventually.js';
import { startRoomServer } from '../support/room-server.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcListener, WrtcPublisher } from '../support/wrtc-client.js';

const whole = { left: 0, top: 0, width: 1, height: 1 };
/** Fragments of the file are a second long, and FFmpeg holds some frames on their way. */
const lostAtMostSeconds = 1.5;

describe('a room survives its recordings', function () {
  this.timeout(60_000);
  let server: TestServer;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-ffmpeg-'));
    const program = join(folder, 'ffmpeg');
    // MP4 files of the room `full` go to a disk without space, all others where they belong.
    const script = `#!/bin/sh
      for argument do
        shift
        case "$argument" in */full-*.mp4) argument=/dev/full ;; esac
        set -- "$@" "$argument"
      done
      exec '${ffmpegPath}' "$@"
    `;
    writeFileSync(program, script.replaceAll(/^ +/gm, ''), { mode: 0o755 });
    server = await startRoomServer({ ffmpegPath: program });
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const startRecording = async (room: string, format: 'mp4' | 'webm'): Promise<string> => ((await server.call('POST', `/api/rooms/${room}/recordings`, { format })).body as RecordingDescription).id;
  const readRecording = async (room: string, id: string): Promise<RecordingDescription> => (await server.call('GET', `/api/rooms/${room}/recordings/${id}`)).body as RecordingDescription;
  const untilRecorded = (room: string, id: string, ms: number): Promise<void> => eventually(`${ms} ms are recorded`, async () => (await readRecording(room, id)).durationMs > ms);
  const lengthSeconds = async (url: string): Promise<number> => {
    const path = join(folder, url.split('/').at(-1) ?? '');
    writeFileSync(path, Buffer.from(await (await server.fetch(url)).arrayBuffer()));
    const pictures = await averageLumas(path);
    expect(pictures.every(({ luma }) => luma > 40 && luma < 130)).to.equal(true);
    return pictures.at(-1)?.atSeconds ?? 0;
  };

  for (const { how, room, leavesFile, fail, reason } of [
    {
      how: 'whose FFmpeg is killed',
      room: 'killed',
      leavesFile: true,
      fail: async (id: string): Promise<void> => {
        const { pid } = await server.server.registry.find('killed');
        const [program] = findChildren(pid, id);
        process.kill(program ?? Number.NaN, 'SIGKILL');
      },
      reason: /SIGKILL/,
    },
    { how: 'whose disk is full', room: 'full', leavesFile: false, fail: (): Promise<void> => Promise.resolve(), reason: /No space left on device/ },
  ]) {
    it(`one ${how} fails, with a reason, and nothing else does`, async () => {
      const ann = await WrtcPublisher.join(server.url, room, 'Ann', { color: 'red', toneHz: 440 });
      const viewer = await WrtcListener.join(server.url, room);
      await viewer.mix.until('Ann is seen', () => viewer.mix.sees('red', whole));
      const healthy = await startRecording(room, 'webm');
      await untilRecorded(room, healthy, 1000);
      const doomed = await startRecording(room, 'mp4');
      if (leavesFile) await untilRecorded(room, doomed, 3000);
      await fail(doomed);
      await eventually('it failed', async () => (await readRecording(room, doomed)).status === 'failed');
      const failed = await readRecording(room, doomed);
      expect(failed.error).to.match(reason);
      expect(failed.endedAt).to.be.a('string');
      if (leavesFile) expect(await lengthSeconds(failed.url)).to.be.greaterThan(failed.durationMs / 1000 - lostAtMostSeconds);

      const { frameCount } = viewer.mix;
      const { durationMs } = await readRecording(room, healthy);
      await untilRecorded(room, healthy, durationMs + 1000);
      expect(viewer.mix.frameCount).to.be.greaterThan(frameCount);
      const { body } = await server.call('POST', `/api/rooms/${room}/recordings/${healthy}/stop`);
      const complete = body as RecordingDescription;
      expect(complete).to.include({ status: 'complete', error: null });
      expect(await lengthSeconds(complete.url)).to.be.closeTo(complete.durationMs / 1000, 0.2);
      // A new one is not held up by the one that failed.
      const next = await startRecording(room, 'webm');
      await untilRecorded(room, next, 500);
      await Promise.all([ann.leave(), viewer.leave()]);
    });
  }
});
