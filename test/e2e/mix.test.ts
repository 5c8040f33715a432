import { join } from 'node:path';
import { expect } from 'chai';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { WrtcListener, WrtcPublisher } from '../support/wrtc-client.js';
import type { Region } from '../support/mix-receiver.js';

const roomModulePath = join(import.meta.dirname, '../../src/room/main.js');
const left: Region = { left: 0, top: 0.25, width: 0.5, height: 0.5 };
const right: Region = { left: 0.5, top: 0.25, width: 0.5, height: 0.5 };
const whole: Region = { left: 0, top: 0, width: 1, height: 1 };

describe('a room of real WebRTC clients', function () {
  this.timeout(40_000);
  let server: TestServer;

  before(async () => {
    server = await startTestServer({ roomModulePath, config: { udpPortMin: 0, udpPortMax: 0 } });
  });
  after(() => server.close());

  it('shows everyone to everyone and plays each the others without himself', async () => {
    const ann = await WrtcPublisher.join(server.url, 'mix', 'Ann', { color: 'red', toneHz: 440 });
    const annHears = await WrtcListener.join(server.url, 'mix', ann.participantId);
    await annHears.mix.until('Ann sees herself', () => annHears.mix.sees('red', whole));
    const bob = await WrtcPublisher.join(server.url, 'mix', 'Bob', { color: 'blue', toneHz: 1000 });
    const bobHears = await WrtcListener.join(server.url, 'mix', bob.participantId);
    const viewer = await WrtcListener.join(server.url, 'mix');
    for (const { mix } of [annHears, bobHears, viewer]) {
      await mix.until('Ann left, Bob right', () => mix.sees('red', left) && mix.sees('blue', right));
      expect(mix.pictureSize).to.deep.equal({ widthPx: 1280, heightPx: 720 });
    }
    await annHears.mix.until('Ann hears Bob', () => annHears.mix.toneDb(1000) > -25);
    await bobHears.mix.until('Bob hears Ann', () => bobHears.mix.toneDb(440) > -25);
    await viewer.mix.until('the viewer hears both', () => viewer.mix.toneDb(440) > -25 && viewer.mix.toneDb(1000) > -25);
    await annHears.mix.until('not herself', () => annHears.mix.toneDb(440) < annHears.mix.toneDb(1000) - 40);
    await bobHears.mix.until('not himself', () => bobHears.mix.toneDb(1000) < bobHears.mix.toneDb(440) - 40);

    await bob.leave();
    await annHears.mix.until('Ann has the picture for herself', () => annHears.mix.sees('red', whole) && annHears.mix.sees('red', right));
    await annHears.mix.until('Bob is silent', () => annHears.mix.toneDb(1000) < -60);
    for (const one of [annHears, viewer, ann]) await one.leave();
    bobHears.vanish();
    bob.vanish();
    ann.vanish();
  });
});
