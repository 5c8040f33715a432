import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { untilInPage, untilPictureShows } from '../support/mix-video.js';
import type { PageBrowser } from '../support/page-browser.js';
import type { PageServer } from '../support/page-server.js';
import type { PageSession } from '../support/page-session.js';
import { setUpPages } from '../support/set-up-pages.js';

const testTimeoutMs = 30_000;
// 10 ms each: what was on its way when something was switched off has arrived after 300 ms.
const settlingChunks = 30;

describe('room page: controls', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let site: PageServer;
  let page: Page;
  let session: PageSession;

  // Of Chromium's fake cameras the second one films depth, which WebRTC cannot send: the tests change to the third.
  setUpPages(async (chromium, server) => {
    [browser, site] = [chromium, server];
    page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' } });
    await page.goto(`${site.origin}/r/lobby`);
    await untilPictureShows(page);
    session = site.session;
    await site.until(() => (session.peer?.camera.frames ?? 0) > 0 && (session.peer?.audibleChunks ?? 0) > 0);
  }, { args: ['--use-fake-device-for-media-stream=device-count=3'] });

  const soundChunks = (): number => (session.peer?.audibleChunks ?? 0) + (session.peer?.silentChunks ?? 0);
  const settle = async (): Promise<void> => {
    const start = soundChunks();
    await site.until(() => soundChunks() >= start + settlingChunks);
  };

  it('mutes the microphone with silence that goes on flowing, and unmutes it by the key M', async () => {
    await page.locator('#microphone').click();
    await site.until(() => session.said('media').at(-1)?.audio === false);
    await settle();
    const audible = session.peer?.audibleChunks;
    await settle();
    await settle();
    expect(session.peer?.audibleChunks).to.equal(audible);
    expect(await page.locator('#microphone').getAttribute('aria-label')).to.equal('Unmute');
    expect(await page.locator('.is-own .person-muted').isVisible()).to.equal(true);
    expect(await page.evaluate("window.spied.tracks.find(({ kind }) => kind === 'audio').readyState")).to.equal('live');
    await page.keyboard.press('m');
    await site.until(() => (session.peer?.audibleChunks ?? 0) > (audible ?? 0));
    expect(session.said('media').at(-1)).to.deep.equal({ type: 'media', audio: true, video: true, screen: false });
  });

  it('closes the camera when it is switched off, and opens it again by the key V', async () => {
    await page.keyboard.press('v');
    await site.until(() => session.said('media').at(-1)?.video === false);
    await settle();
    const { frames } = session.peer?.camera ?? { frames: 0 };
    await settle();
    await settle();
    expect(session.peer?.camera.frames).to.equal(frames);
    expect(await page.evaluate("window.spied.tracks.find(({ kind }) => kind === 'video').readyState")).to.equal('ended');
    expect(await page.locator('#camera').getAttribute('data-on')).to.equal('false');
    await page.locator('#camera').click();
    await site.until(() => (session.peer?.camera.frames ?? 0) > frames);
    expect(session.said('media').at(-1)).to.include({ video: true });
  });

  it('shares a screen beside the camera, sharply, and stops', async () => {
    await page.keyboard.press('s');
    await site.until(() => (session.peer?.screen.frames ?? 0) > 0);
    expect(session.said('media').at(-1)).to.deep.equal({ type: 'media', audio: true, video: true, screen: true });
    expect(await page.evaluate("window.spied.tracks.at(-1).contentHint")).to.equal('detail');
    expect(await page.locator('.is-own .person-screen').isVisible()).to.equal(true);
    const { frames } = session.peer?.camera ?? { frames: 0 };
    await site.until(() => (session.peer?.camera.frames ?? 0) > frames);
    await page.locator('#screen').click();
    await site.until(() => session.said('media').at(-1)?.screen === false);
    expect(await page.evaluate("window.spied.tracks.at(-1).readyState")).to.equal('ended');
    expect(session.said('answer')).to.have.length(1);
  });

  it('stops sharing when the browser says so', async () => {
    await page.locator('#screen').click();
    await site.until(() => (session.peer?.screen.frames ?? 0) > 0);
    // What the browser's own "Stop sharing" bar does: the track ends, and says so.
    await page.evaluate("window.spied.tracks.at(-1).stop(); window.spied.tracks.at(-1).dispatchEvent(new Event('ended'))");
    await site.until(() => session.said('media').at(-1)?.screen === false);
    expect(await page.locator('#screen').getAttribute('aria-label')).to.equal('Share screen');
  });

  it('goes to another camera, and to another one by itself when that is unplugged', async () => {
    const openCamera = "window.spied.tracks.filter(({ kind, readyState }) => kind === 'video' && readyState === 'live').map((track) => track.getSettings().deviceId)";
    const [first] = await page.evaluate<string[]>(openCamera);
    await page.locator('#camera-choose').click();
    await page.locator('#camera-menu [role="menuitemradio"]').nth(2).click();
    await untilInPage(page, `${openCamera}.length === 1 && ${openCamera}[0] !== ${JSON.stringify(first)}`);
    const { frames } = session.peer?.camera ?? { frames: 0 };
    await site.until(() => (session.peer?.camera.frames ?? 0) > frames + 5);
    expect(session.said('media').every(({ video }, index) => video || index === 0)).to.equal(true);
    await page.evaluate("{ const track = window.spied.tracks.at(-1); track.stop(); track.dispatchEvent(new Event('ended')); }");
    await untilInPage(page, `${openCamera}.length === 1`);
    const { frames: framesThen } = session.peer?.camera ?? { frames: 0 };
    await site.until(() => (session.peer?.camera.frames ?? 0) > framesThen + 5);
    expect(session.said('media').at(-1)).to.include({ video: true });
  });

  it('changes the layout for all from the menu, with the keyboard alone', async () => {
    await page.locator('#layout').focus();
    await page.keyboard.press('Enter');
    const items = page.locator('#layout-menu [role="menuitemradio"]');
    expect(await items.allTextContents()).to.deep.equal(['Grid', 'Speaker', 'Presentation', 'Single']);
    expect(await items.nth(0).getAttribute('aria-checked')).to.equal('true');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await site.until(() => site.room('lobby').layout === 'speaker');
    await untilInPage(page, "document.querySelector('#layout svg').dataset.name === 'speaker'");
    expect(await page.locator('#layout-menu').isVisible()).to.equal(false);
    expect(await page.evaluate('document.activeElement.id')).to.equal('layout');
    await page.keyboard.press('Enter');
    expect(await items.nth(1).getAttribute('aria-checked')).to.equal('true');
    await page.keyboard.press('Escape');
    expect(await page.locator('#layout-menu').isVisible()).to.equal(false);
  });

  it('tells of a mistake by its code', async () => {
    session.send({ type: 'error', error: { code: 'too_many_recordings', message: 'raw words' } });
    await page.locator('.toast-error').waitFor();
    expect(await page.locator('.toast-error p').textContent()).to.equal('The room is being recorded already.');
    await page.locator('.toast-close').click();
    expect(await page.locator('.toast').count()).to.equal(0);
  });

  it('records, shows the time that passes, and links the file', async () => {
    await page.locator('#record').click();
    await page.locator('#record-badge').waitFor();
    expect(session.said('startRecording')).to.deep.equal([{ type: 'startRecording' }]);
    await untilInPage(page, "document.getElementById('record-clock').textContent === '0:01'");
    await page.locator('#record').click();
    await page.locator('.toast-good').waitFor();
    expect(session.said('stopRecording')).to.deep.equal([{ type: 'stopRecording', recordingId: 'r1' }]);
    expect(await page.locator('.toast-good a').getAttribute('href')).to.equal('/recordings/lobby-r1.mp4');
    expect(await page.locator('#record-badge').isVisible()).to.equal(false);
    expect(await page.locator('#files a').getAttribute('href')).to.equal('/recordings/lobby-r1.mp4');
    expect(await page.locator('#files').innerText()).to.match(/1:23\s+12\.4 MB mp4/);
  });

  it('shows a recording that somebody else started, and that it failed', async () => {
    site.room('lobby').startRecording('webm');
    await page.locator('#record-badge').waitFor();
    expect(await page.locator('#record').getAttribute('aria-label')).to.equal('Stop recording');
    await page.locator('.toast', { hasText: 'This room is being recorded.' }).waitFor();
    site.room('lobby').failRecording('r1', 'The disk is full.');
    await page.locator('.toast-error').waitFor();
    expect(await page.locator('.toast p').allTextContents()).to.deep.equal(['The recording failed: The disk is full.']);
    expect(await page.locator('.file.is-failed').textContent()).to.include('The disk is full.');
  });

  it('says nothing of the room any more to who was removed, whatever he points at', async () => {
    site.room('lobby').startRecording('webm');
    await page.locator('.toast', { hasText: 'This room is being recorded.' }).hover();
    session.end('removed');
    await page.getByText('You were removed from the room.').waitFor();
    expect(await page.locator('.toast').count()).to.equal(0);
  });

  it('leaves: tells the server, switches the devices off, offers to come back as one was', async () => {
    await page.locator('#camera').click();
    await site.until(() => session.said('media').at(-1)?.video === false);
    await page.locator('#leave').click();
    await page.locator('#farewell').waitFor();
    await site.until(() => session.closed);
    expect(session.said('leave')).to.have.length(1);
    expect(await page.evaluate("window.spied.tracks.every(({ readyState }) => readyState === 'ended')")).to.equal(true);
    await page.locator('#rejoin').click();
    await untilPictureShows(page);
    await site.until(() => site.session !== session && (site.session.peer?.audibleChunks ?? 0) > 0);
    expect(await page.locator('#camera').getAttribute('data-on')).to.equal('false');
  });

  it('comes straight back after a reload, and tells the server when the page goes', async () => {
    await page.reload();
    await untilPictureShows(page);
    await site.until(() => session.closed);
    expect(site.sessions).to.have.length(2);
    await page.goto('about:blank');
    await site.until(() => site.session.closed);
  });
});
