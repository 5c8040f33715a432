import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RoomDescription } from '../../src/rooms/protocol.js';
import { averageColors, decodeSound, toneLevelDb } from '../support/encoded-media.js';
import { eventually } from '../support/eventually.js';
import { MixPage, mixProbe } from '../support/mix-page.js';
import type { Region } from '../support/mix-receiver.js';
import type { PageBrowser } from '../support/page-browser.js';
import { pageDevices } from '../support/page-devices.js';
import { RoomPage } from '../support/room-page.js';
import { setUpRoom } from '../support/set-up-room.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcListener, WrtcPublisher } from '../support/wrtc-client.js';

const annHz = 500;
const bobHz = 1250;
const eveHz = 2200;
/** Shown as it is typed, wherever it is shown. */
const eveName = 'Eve &lt;i&gt; & \'Eve\' 🎈';
const whole: Region = { left: 0, top: 0, width: 1, height: 1 };
/** A grid of three: two above, one in the middle below. */
const firstOfThree: Region = { left: 0, top: 0, width: 0.5, height: 0.5 };
const secondOfThree: Region = { left: 0.5, top: 0, width: 0.5, height: 0.5 };
const thirdOfThree: Region = { left: 0.25, top: 0.5, width: 0.5, height: 0.5 };
const speakerSeat: Region = { left: 0, top: 0, width: 0.8, height: 1 };
const besideSpeaker: Region = { left: 0.8, top: 0.4, width: 0.2, height: 0.2 };
const screenSeat: Region = { left: 0, top: 0, width: 0.85, height: 0.5 };

describe('the room page in a real browser', function () {
  this.timeout(60_000);
  let server: TestServer;
  let browser: PageBrowser;
  let folder: string;
  const clients: (WrtcPublisher | WrtcListener)[] = [];

  afterEach(() => {
    for (const client of clients.splice(0)) client.vanish();
  });
  setUpRoom((setUp) => {
    ({ browser, server, folder } = setUp);
  }, { devices: { color: 'red', toneHz: annHz } });

  const joinAnn = (room: string): Promise<RoomPage> => RoomPage.join({ browser, serverUrl: server.url, room, name: 'Ann' });
  const joinEve = (room: string): Promise<RoomPage> =>
    RoomPage.join({ browser, serverUrl: server.url, room, name: eveName, initScript: pageDevices({ color: 'green', toneHz: eveHz }) });
  const joinBob = async (room: string): Promise<{ bob: WrtcPublisher; bobHears: WrtcListener }> => {
    const bob = await WrtcPublisher.join(server.url, room, 'Bob', { color: 'blue', toneHz: bobHz });
    const bobHears = await WrtcListener.join(server.url, room, bob.participantId);
    clients.push(bob, bobHears);
    return { bob, bobHears };
  };
  const describeRoom = async (room: string): Promise<RoomDescription> => (await server.call('GET', `/api/rooms/${room}`)).body as RoomDescription;

  it('shows everyone to all, plays each the others without himself, and follows muting, cameras and leaving', async () => {
    const ann = await joinAnn('people');
    await ann.untilSees('red', whole);
    const { bob, bobHears } = await joinBob('people');
    await ann.untilSees('blue', { left: 0.5, top: 0.25, width: 0.5, height: 0.5 });
    const eve = await joinEve('people');
    for (const page of [ann, eve]) {
      await page.untilSees('red', firstOfThree);
      await page.untilSees('blue', secondOfThree);
      await page.untilSees('green', thirdOfThree);
    }
    await bobHears.mix.until('Bob sees all', () => bobHears.mix.sees('red', firstOfThree) && bobHears.mix.sees('blue', secondOfThree) && bobHears.mix.sees('green', thirdOfThree));
    await ann.untilHears([bobHz, eveHz], annHz);
    await eve.untilHears([annHz, bobHz], eveHz);
    await bobHears.mix.until('Bob hears the others without himself', () => {
      const { mix } = bobHears;
      return mix.toneDb(annHz) > -35 && mix.toneDb(eveHz) > -35 && mix.toneDb(bobHz) < Math.min(mix.toneDb(annHz), mix.toneDb(eveHz)) - 40;
    });
    expect((await ann.people()).map(({ name, isOwn }) => [name, isOwn])).to.deep.equal([['Ann', true], ['Bob', false], [eveName, false]]);

    await ann.page.locator('#microphone').click();
    await eventually('Ann stands as muted in Eve\'s list', async () => (await eve.people()).some(({ name, isMuted }) => name === 'Ann' && isMuted));
    await bobHears.mix.until('Ann is silent', () => bobHears.mix.toneDb(annHz) < -60);
    await ann.page.locator('#camera').click();
    await eventually('Ann\'s camera is off in Eve\'s list', async () => (await eve.people()).some(({ name, isCameraOff }) => name === 'Ann' && isCameraOff));
    await eventually('an avatar stands where Ann was', async () => {
      const seen = await eve.colorIn(firstOfThree);
      return seen !== undefined && Math.max(...seen) > 48 && !(await eve.sees('red', firstOfThree));
    });
    expect(await eve.sees('blue', secondOfThree)).to.equal(true);
    await ann.page.locator('#camera').click();
    await ann.page.locator('#microphone').click();
    await eve.untilSees('red', firstOfThree);
    await eve.untilHears([annHz], eveHz);

    await ann.page.locator('#leave').click();
    await eve.untilSees('blue', { left: 0, top: 0.25, width: 0.5, height: 0.5 });
    await eve.untilSees('green', { left: 0.5, top: 0.25, width: 0.5, height: 0.5 });
    await bobHears.mix.until('Ann is gone from the sound', () => bobHears.mix.toneDb(annHz) < -60);
    expect((await eve.people()).map(({ name }) => name)).to.have.members(['Bob', eveName]);
    await bob.leave();
    await eve.untilSees('green', whole);
  });

  it('gives a shared screen the presentation layout and puts the chosen one back', async () => {
    const ann = await joinAnn('screen');
    await joinBob('screen');
    await ann.untilSees('blue', { left: 0.5, top: 0.25, width: 0.5, height: 0.5 });
    const untilLayoutIs = (name: string): Promise<void> => eventually(`the layout is ${name}`, async () => (await describeRoom('screen')).layout === name);
    const untilSpeakerStandsLarge = (): Promise<void> =>
      eventually('one stands large, the other beside', async () => {
        const [large, beside] = [await ann.sees('red', speakerSeat), await ann.sees('red', besideSpeaker)];
        return large ? ann.sees('blue', besideSpeaker) : beside && (await ann.sees('blue', speakerSeat));
      });
    await ann.page.locator('#layout').click();
    await ann.page.locator('#layout-menu [data-layout="speaker"]').click();
    await untilLayoutIs('speaker');
    await untilSpeakerStandsLarge();
    await ann.page.locator('#screen').click();
    await untilLayoutIs('presentation');
    await eventually('the screen stands large', async () => {
      // Chromium's stand-in for a screen is dark green.
      const [red = 0, green = 0, blue = 0] = (await ann.colorIn(screenSeat)) ?? [];
      return green > 80 && red < 80 && blue < 80;
    });
    await ann.untilSees('red', { left: 0.85, top: 0.35, width: 0.15, height: 0.15 });
    await ann.untilSees('blue', { left: 0.85, top: 0.5, width: 0.15, height: 0.15 });
    expect((await ann.people()).map(({ isSharing }) => isSharing)).to.deep.equal([true, false]);
    await ann.page.locator('#screen').click();
    await untilLayoutIs('speaker');
    await untilSpeakerStandsLarge();
  });

  it('is watched on the viewer page', async () => {
    const ann = await joinAnn('show');
    await ann.untilSees('red', whole);
    const viewer = new MixPage(await browser.open({ origin: server.url, initScript: mixProbe }));
    await viewer.page.goto(`${server.url}/v/show?muted=0`);
    await viewer.untilSees('red', whole);
    await viewer.untilHears([annHz], bobHz);
    await ann.page.locator('#viewers').waitFor();
    expect(await ann.page.locator('#viewer-count').textContent()).to.equal('1');
    expect((await ann.people()).map(({ name }) => name)).to.deep.equal(['Ann']);
    await viewer.page.close();
    await ann.page.locator('#viewers').waitFor({ state: 'hidden' });
  });

  it('records from the page what it shows', async () => {
    const ann = await joinAnn('film');
    await ann.untilSees('red', whole);
    await ann.page.locator('#record').click();
    await ann.page.locator('#record-badge').waitFor();
    await eventually('two seconds are recorded', async () => ((await describeRoom('film')).recordings[0]?.durationMs ?? 0) > 2000);
    await ann.page.locator('#record').click();
    const link = ann.page.locator('#files a');
    await link.waitFor();
    const response = await server.fetch((await link.getAttribute('href')) ?? '');
    expect(response.status).to.equal(200);
    const path = join(folder, 'film.mp4');
    writeFileSync(path, Buffer.from(await response.arrayBuffer()));
    const colors = await averageColors(path);
    expect(colors.length).to.be.greaterThan(10);
    // Ann, and nothing but Ann; where the machine stood still, she was dimmed for a while.
    const bright = colors.filter(([red, green, blue]) => red > 180 && green < 60 && blue < 60);
    expect(bright.length).to.be.greaterThan(0.7 * colors.length);
    const sound = await decodeSound(path);
    expect(sound.length / 48_000).to.be.within(1.9, 8);
    // Syllables, and phases that a busy machine breaks: less than a whole tone.
    expect(toneLevelDb(sound, annHz)).to.be.greaterThan(-50);
  });
});
