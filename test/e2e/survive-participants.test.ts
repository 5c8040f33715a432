import { expect } from 'chai';
import type { RoomDescription } from '../../src/rooms/protocol.js';
import { eventually } from '../support/eventually.js';
import { KillablePublisher } from '../support/killable-publisher.js';
import type { MixReceiver, Region } from '../support/mix-receiver.js';
import { startRoomServer } from '../support/room-server.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcListener, WrtcPublisher } from '../support/wrtc-client.js';
import { WrtcMember } from '../support/wrtc-member.js';

const whole: Region = { left: 0, top: 0, width: 1, height: 1 };
const left: Region = { left: 0, top: 0.25, width: 0.5, height: 0.5 };
const right: Region = { left: 0.5, top: 0.25, width: 0.5, height: 0.5 };
/**
 * A picture that waited for one who is dead would stand still for seconds: 2 s until his camera counts as silent, longer until he counts as gone.
 * What a busy machine lets stand still is a fraction of this; that the canvas itself misses no tick, mixer/video's tests assert with a clock of their own.
 */
const longestGapMs = 1_000;
const goneWithinMs = 10_000;

function longestGap({ frameTimesMs }: MixReceiver, fromMs: number, toMs: number): number {
  const times = [fromMs, ...frameTimesMs.filter((at) => at > fromMs && at < toMs), toMs];
  return Math.max(...times.map((at, index) => at - (times[index - 1] ?? at)));
}

describe('a room survives its participants', function () {
  this.timeout(60_000);
  let server: TestServer;
  const clients: (WrtcPublisher | WrtcListener | WrtcMember)[] = [];
  let bob: KillablePublisher | undefined;

  before(async () => {
    server = await startRoomServer();
  });
  afterEach(async () => {
    await bob?.kill();
    for (const client of clients.splice(0)) client.vanish();
  });
  after(() => server.close());

  const describeRoom = async (room: string): Promise<RoomDescription> => (await server.call('GET', `/api/rooms/${room}`)).body as RoomDescription;
  const namesIn = async (room: string): Promise<string[]> => (await describeRoom(room)).participants.map(({ name }) => name);

  it('a participant whose process is killed is gone within 10 s, and the others miss no picture', async () => {
    const ann = await WrtcPublisher.join(server.url, 'killed', 'Ann', { color: 'red', toneHz: 440 });
    clients.push(ann);
    bob = await KillablePublisher.start({ serverUrl: server.url, room: 'killed', name: 'Bob', color: 'blue', toneHz: 1000 });
    const viewer = await WrtcListener.join(server.url, 'killed');
    clients.push(viewer);
    await viewer.mix.until('both are seen', () => viewer.mix.sees('red', left) && viewer.mix.sees('blue', right));
    const killedAtMs = performance.now();
    await bob.kill();
    await viewer.mix.until('Bob\'s place is taken', () => viewer.mix.sees('red', whole) && viewer.mix.sees('red', right), goneWithinMs);
    expect(await namesIn('killed')).to.deep.equal(['Ann']);
    expect(performance.now() - killedAtMs).to.be.below(goneWithinMs);
    await viewer.mix.until('it was watched until long after', () => performance.now() - killedAtMs >= goneWithinMs);
    expect(longestGap(viewer.mix, killedAtMs, killedAtMs + goneWithinMs)).to.be.below(longestGapMs);
    await viewer.mix.until('Bob is not heard', () => viewer.mix.toneDb(1000) < -60 && viewer.mix.toneDb(440) > -25);
  });

  it('two of the same name are two people', async () => {
    const first = await WrtcMember.join(server.url, 'twins', 'Ann', { color: 'red', toneHz: 440 });
    clients.push(first);
    const second = await WrtcMember.join(server.url, 'twins', 'Ann', { color: 'green', toneHz: 1000 });
    clients.push(second);
    expect(second.participantId).not.to.equal(first.participantId);
    for (const { mix } of [first, second]) await mix.until('both are seen', () => mix.sees('red', left) && mix.sees('green', right));
    expect(await namesIn('twins')).to.deep.equal(['Ann', 'Ann']);
    await first.mix.until('the first hears the second, not himself', () => first.mix.toneDb(1000) > -25 && first.mix.toneDb(440) < first.mix.toneDb(1000) - 40);
    await first.leave();
    await second.mix.until('the second stays', () => second.mix.sees('green', left) && second.mix.sees('green', right));
    await eventually('one is listed', async () => (await namesIn('twins')).length === 1);
    expect((await describeRoom('twins')).participants[0]?.id).to.equal(second.participantId);
  });
});
