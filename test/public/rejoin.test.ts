import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { untilPictureShows } from '../support/mix-video.js';
import type { PageBrowser } from '../support/page-browser.js';
import type { PageServer } from '../support/page-server.js';
import type { PageSession } from '../support/page-session.js';
import { setUpPages } from '../support/set-up-pages.js';

const testTimeoutMs = 30_000;
// What the issue promises: back within 3 s after the room's process died.
const backWithinMs = 3000;

describe('room page: coming back', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let site: PageServer;
  let page: Page;
  let first: PageSession;

  setUpPages(async (chromium, server) => {
    [browser, site] = [chromium, server];
    page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' } });
    await page.goto(`${site.origin}/r/lobby`);
    await untilPictureShows(page);
    first = site.session;
    await site.until(() => (first.peer?.camera.frames ?? 0) > 0);
  });

  /** Resolves when a new session sends camera and microphone and the page shows the new mix. */
  const untilBack = async (): Promise<void> => {
    await site.until(() => site.session !== first && (site.session.peer?.camera.frames ?? 0) > 0 && (site.session.peer?.audibleChunks ?? 0) > 0);
    await untilPictureShows(page);
    await page.locator('#stage-wait').waitFor({ state: 'hidden' });
  };

  it('comes back within 3 s of a dead room process, with camera, microphone and screen as they were', async () => {
    await page.locator('#screen').click();
    await site.until(() => (first.peer?.screen.frames ?? 0) > 0);
    const startMs = performance.now();
    first.send({ type: 'closed', reason: 'room_failed', rejoin: true, afterMs: 300 });
    first.peer?.close();
    await untilBack();
    expect(performance.now() - startMs).to.be.lessThan(backWithinMs);
    await site.until(() => (site.session.peer?.screen.frames ?? 0) > 0);
    expect(site.session.said('join')).to.deep.equal([{ type: 'join', room: 'lobby', name: 'Ann', audio: true, video: true }]);
    expect(site.session.said('media').at(-1)).to.deep.equal({ type: 'media', audio: true, video: true, screen: true });
    expect(await page.locator('.person').count()).to.equal(1);
    expect(await page.locator('video').count()).to.equal(1);
    expect(await page.locator('.toast').count()).to.equal(0);
  });

  it('comes back when the WebSocket breaks, muted if one was muted', async () => {
    await page.locator('#microphone').click();
    await page.locator('#camera').click();
    await site.until(() => first.said('media').at(-1)?.video === false);
    first.drop();
    await site.until(() => site.session !== first && site.session.said('answer').length > 0);
    expect(site.session.said('join')).to.deep.equal([{ type: 'join', room: 'lobby', name: 'Ann', audio: false, video: false }]);
    await page.locator('#microphone').click();
    await site.until(() => (site.session.peer?.audibleChunks ?? 0) > 0);
  });

  it('goes on as the same one over another WebSocket, and lets ICE restart', async () => {
    site.keepsLost = true;
    const frames = first.peer!.camera.frames;
    first.drop();
    await site.until(() => site.session !== first && site.session.restarts === 1);
    expect(site.session.said('resume')).to.deep.equal([{ type: 'resume', room: 'lobby', participantId: 'p1', secret: 'secret of p1', attempt: 1 }]);
    expect(site.session.said('join')).to.deep.equal([]);
    expect(await page.locator('.person.is-own').count()).to.equal(1);
    expect(await page.evaluate('window.spied.connections.length')).to.equal(1);
    await site.until(() => first.peer!.camera.frames > frames + 10);
    await page.locator('#camera').click();
    await site.until(() => site.session.said('media').at(-1)?.video === false);
    expect(await page.locator('#stage-wait').isHidden()).to.equal(true);
  });

  it('says so quietly while nothing comes, and no more when something does', async () => {
    site.mix.pictureOn = false;
    site.mix.soundOn = false;
    await page.getByText('Connection lost, reconnecting…').waitFor();
    expect(await page.evaluate('document.body.dataset.state')).to.equal('joined');
    site.mix.pictureOn = true;
    site.mix.soundOn = true;
    await page.locator('#connection-notice').waitFor({ state: 'hidden' });
    expect(await page.locator('.toast').count()).to.equal(0);
    expect(await page.evaluate('window.spied.connections.length')).to.equal(1);
  });

  it('says again what was switched meanwhile', async () => {
    site.keepsLost = true;
    first.stall();
    await page.locator('#microphone').click();
    first.drop();
    await site.until(() => site.session !== first && site.session.said('media').length > 0);
    expect(site.session.said('media')).to.deep.equal([{ type: 'media', audio: false, video: true, screen: false }]);
  });

  it('gives a WebSocket up over which an ICE restart is not answered', async () => {
    site.keepsLost = true;
    first.stall();
    await page.evaluate("dispatchEvent(new Event('online'))");
    await site.until(() => site.session !== first && site.session.restarts === 1);
    expect(site.session.said('resume')).to.have.length(1);
  });

  it('comes back when only the media connection ends', async () => {
    first.peer?.close();
    await untilBack();
    expect(first.closed).to.equal(true);
  });

  it('tries again and again until the room takes it, also when its own ghost holds the place', async () => {
    site.refusal = { type: 'error', error: { code: 'room_full', message: 'Your own ghost is still here.' } };
    first.drop();
    await site.until(() => site.sessions.length >= 4);
    expect(await page.locator('#stage-wait-text').textContent()).to.equal('Coming back…');
    site.refusal = null;
    await untilBack();
  });

  it('says nothing of a recording while it is away, and what the room says when it is back', async () => {
    const badge = page.locator('#record-badge');
    for (const goesOn of [true, false]) {
      const before = site.session;
      if (goesOn) site.room('lobby').startRecording('mp4');
      await badge.waitFor();
      site.refusal = { type: 'error', error: { code: 'room_full', message: 'Not yet.' } };
      before.drop();
      await badge.waitFor({ state: 'hidden' });
      expect(await page.locator('#record').getAttribute('aria-label')).to.equal('Start recording');
      if (!goesOn) site.room('lobby').forgetRecordings();
      site.refusal = null;
      await site.until(() => site.session !== before && (site.session.peer?.camera.frames ?? 0) > 0);
      await page.locator('#stage-wait').waitFor({ state: 'hidden' });
      expect(await badge.isVisible(), `it goes on: ${goesOn}`).to.equal(goesOn);
    }
  });

  it('stays out when the room was closed, and says why', async () => {
    first.send({ type: 'closed', reason: 'room_closed', rejoin: false, afterMs: 0 });
    await page.locator('#farewell').waitFor();
    expect(await page.locator('#farewell-text').textContent()).to.equal('The room was closed.');
    await site.until(() => first.closed);
    expect(site.sessions).to.have.length(1);
    expect(await page.evaluate("window.spied.tracks.every(({ readyState }) => readyState === 'ended')")).to.equal(true);
  });
});
