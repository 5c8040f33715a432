import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RecordingDescription, RoomDescription } from '../../src/rooms/protocol.js';
import { averageColors, averageLumas } from '../support/encoded-media.js';
import { eventually } from '../support/eventually.js';
import type { PageBrowser } from '../support/page-browser.js';
import { RoomPage } from '../support/room-page.js';
import { setUpRoom } from '../support/set-up-room.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcMember } from '../support/wrtc-member.js';

const whole = { left: 0, top: 0, width: 1, height: 1 };
const backWithinMs = 3_000;
/** On a machine where even a first join takes long, coming back takes as long, after a pause; and as long again, because the old room's process, FFmpeg and a second client end at the same time. */
const pauseMs = 1_000;
const joinsAtMost = 2;
/** Fragments of the file are a second long, and FFmpeg holds some frames on their way. */
const lostAtMostSeconds = 1.5;

describe('people survive their room', function () {
  this.timeout(60_000);
  let server: TestServer;
  let browser: PageBrowser;
  let folder: string;

  setUpRoom((setUp) => {
    ({ browser, server, folder } = setUp);
  }, { devices: { color: 'red', toneHz: 500 } });

  const describeRoom = async (): Promise<RoomDescription> => (await server.call('GET', '/api/rooms/phoenix')).body as RoomDescription;

  it('whose process is killed: they are told, the page comes back by itself, the recording is failed and plays', async () => {
    const joiningAtMs = performance.now();
    const ann = await RoomPage.join({ browser, serverUrl: server.url, room: 'phoenix', name: 'Ann' });
    await ann.untilSees('red', whole);
    const joinTookMs = performance.now() - joiningAtMs;
    const bob = await WrtcMember.join(server.url, 'phoenix', 'Bob', { color: 'blue', toneHz: 1250 });
    await ann.untilSees('red', { left: 0, top: 0.25, width: 0.5, height: 0.5 });
    await ann.untilSees('blue', { left: 0.5, top: 0.25, width: 0.5, height: 0.5 });
    const { id } = (await server.call('POST', '/api/rooms/phoenix/recordings')).body as RecordingDescription;
    await eventually('three seconds are recorded', async () => ((await describeRoom()).recordings[0]?.durationMs ?? 0) > 3000);
    const { createdAt } = await describeRoom();
    const handle = await server.server.registry.find('phoenix');

    const killedAtMs = performance.now();
    process.kill(handle.pid, 'SIGKILL');
    const closed = await bob.signalling.next('closed');
    expect(closed).to.deep.include({ type: 'closed', reason: 'room_failed', rejoin: true });
    bob.vanish();
    // Bob does not come back: the picture of Ann alone is the new room's.
    await ann.untilSees('red', whole, 30_000);
    const tookMs = performance.now() - killedAtMs;
    expect(tookMs).to.be.below(Math.max(backWithinMs, joinsAtMost * joinTookMs + pauseMs));
    const room = await describeRoom();
    expect(room.createdAt).to.equal(createdAt);
    expect(room.participants.map(({ name }) => name)).to.deep.equal(['Ann']);

    const recording = (await server.call('GET', `/api/rooms/phoenix/recordings/${id}`)).body as RecordingDescription;
    expect(recording.status).to.equal('failed');
    expect(recording.error).to.contain('process of the room');
    const path = join(folder, 'failed.mp4');
    writeFileSync(path, Buffer.from(await (await server.fetch(recording.url)).arrayBuffer()));
    const [red = 0, , blue = 0] = (await averageColors(path)).at(-1) ?? [];
    expect(red).to.be.greaterThan(40);
    expect(blue).to.be.greaterThan(40);
    expect((await averageLumas(path)).at(-1)?.atSeconds).to.be.greaterThan(recording.durationMs / 1000 - lostAtMostSeconds);
    await ann.page.locator('#leave').click();
  });
});
