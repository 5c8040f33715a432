import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { untilHeard, untilInPage, untilPictureShows } from '../support/mix-video.js';
import type { PageBrowser } from '../support/page-browser.js';
import { PageServer } from '../support/page-server.js';
import { setUpPages } from '../support/set-up-pages.js';

const testTimeoutMs = 30_000;
const readVideo = "(({ muted, controls, autoplay, playsInline, disablePictureInPicture }) => ({ muted, controls, autoplay, playsInline, disablePictureInPicture }))(document.getElementById('mix'))";
/** A page that is visible is told so when its tab comes to the front. */
const showAgain = "document.dispatchEvent(new Event('visibilitychange'))";

describe('viewer page', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let site: PageServer;

  setUpPages((chromium, server) => {
    [browser, site] = [chromium, server];
    site.watchableRooms.add('lobby');
  }, { devices: 'none' });

  const open = async (query = '', initScript = ''): Promise<Page> => {
    const page = await browser.open({ origin: site.origin, initScript });
    await page.goto(`${site.origin}/v/lobby${query}`);
    return page;
  };

  it('plays at once without sound, and with sound after the button', async () => {
    const page = await open();
    await untilPictureShows(page);
    await page.locator('#unmute').waitFor();
    expect(await page.evaluate(readVideo)).to.deep.equal({ muted: true, controls: true, autoplay: true, playsInline: true, disablePictureInPicture: false });
    await page.locator('#unmute').click();
    await untilInPage(page, "!document.getElementById('mix').muted && !document.getElementById('mix').paused");
    await page.locator('#unmute').waitFor({ state: 'hidden' });
    await untilHeard(page);
    expect(site.viewers.size).to.equal(1);
    expect(site.sessions).to.have.length(0);
  });

  it('takes MediaMTX\'s options, in any case and either spelling', async () => {
    const page = await open('?muted=0&controls=false&autoplay=1&playsInline=0&disablepictureinpicture=true');
    await untilPictureShows(page);
    expect(await page.evaluate(readVideo)).to.deep.equal({ muted: false, controls: false, autoplay: true, playsInline: false, disablePictureInPicture: true });
    expect(await page.locator('#unmute').isVisible()).to.equal(false);
  });

  it('shows nothing over the picture with controls=0, until someone moves the pointer', async () => {
    const page = await open('?controls=0');
    await untilPictureShows(page);
    expect(await page.locator('#unmute').isVisible()).to.equal(false);
    await page.mouse.move(100, 100);
    await page.mouse.move(120, 110);
    await page.locator('#unmute').waitFor();
  });

  it('asks for nothing before the button is pressed with autoplay=0', async () => {
    const page = await open('?autoplay=0');
    await page.locator('#play').waitFor();
    expect(site.viewers.size).to.equal(0);
    await page.locator('#play').click();
    await untilPictureShows(page);
    expect(await page.locator('#play').isVisible()).to.equal(false);
  });

  it('says that the height in its address is no number, and shows the picture', async () => {
    const page = await open('?maxHeight=abc&controls=0');
    const said = page.locator('.toast[role="alert"]');
    await said.waitFor();
    expect(await said.textContent()).to.contain('You get the whole picture');
    await untilPictureShows(page);
    await page.locator('.toast-close').click();
    await said.waitFor({ state: 'detached' });
    const other = await open('?maxHeight=360');
    await untilPictureShows(other);
    expect(await other.locator('.toast').count()).to.equal(0);
  });

  it('waits for a room that is not there yet', async () => {
    site.watchableRooms.clear();
    const page = await open();
    await page.getByText('Waiting for the room “lobby”').waitFor();
    site.watchableRooms.add('lobby');
    await untilPictureShows(page);
    await page.locator('#wait').waitFor({ state: 'hidden' });
  });

  it('says "Connecting…" from then on until its first picture, and nothing of sound alone', async () => {
    site.watchableRooms.clear();
    const page = await open('', `
      window.statsAsked = 0;
      const { getStats } = RTCPeerConnection.prototype;
      RTCPeerConnection.prototype.getStats = function (...args) { window.statsAsked += 1; return getStats.apply(this, args); };
      window.said = [];
      const look = () => {
        const [still, wait] = ['still', 'wait'].map((id) => document.getElementById(id));
        const now = [still, wait].map((element) => (element.hidden ? '' : element.textContent.trim())).join('');
        if (window.said.at(-1) !== now) window.said.push(now);
      };
      addEventListener('DOMContentLoaded', () => new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true }));
    `);
    // Three looks without a picture make a still one.
    await untilInPage(page, 'window.statsAsked > 4');
    site.watchableRooms.add('lobby');
    await page.evaluate(showAgain);
    await untilPictureShows(page);
    await page.locator('#wait').waitFor({ state: 'hidden' });
    const said = await page.evaluate<string[]>('window.said');
    const waiting = 'Waiting for the room “lobby”';
    expect(said.slice(said.indexOf(waiting))).to.deep.equal([waiting, 'Connecting…', '']);
  });

  it('asks less and less often for a room that is not there, and at once when it is shown again', async () => {
    site.watchableRooms.clear();
    // Long waits do not end by themselves here.
    const page = await open('', `
      window.longWaitsMs = [];
      const { setTimeout } = window;
      window.setTimeout = (run, delayMs, ...args) => (delayMs > 1100 ? -window.longWaitsMs.push(delayMs) : setTimeout(run, delayMs, ...args));
    `);
    for (const [index, longestMs] of [2000, 4000, 8000, 8000].entries()) {
      await untilInPage(page, `window.longWaitsMs.length > ${index}`);
      expect(await page.evaluate(`window.longWaitsMs[${index}]`)).to.be.within(0.7 * longestMs, longestMs);
      if (index === 3) site.watchableRooms.add('lobby');
      await page.evaluate(showAgain);
    }
    await untilPictureShows(page);
  });

  it('comes back after its stream ended, also when the room is gone for a while', async () => {
    const page = await open();
    await untilPictureShows(page);
    site.watchableRooms.clear();
    for (const peer of site.viewers.values()) peer.close();
    await page.getByText('Waiting for the room “lobby”').waitFor();
    site.watchableRooms.add('lobby');
    await untilPictureShows(page);
    await page.locator('#wait').waitFor({ state: 'hidden' });
    expect(site.endedViewers).to.deep.equal(['/whep/lobby/session-1']);
  });

  it('asks after its session when nothing comes any more, and opens another only when that is gone', async () => {
    const page = await open();
    await untilPictureShows(page);
    const [[path, peer] = []] = site.viewers;
    site.mix.pictureOn = false;
    site.mix.soundOn = false;
    await page.getByText('Connection lost, reconnecting…').waitFor();
    expect(await page.locator('#wait').isHidden()).to.equal(true);
    await site.until(() => site.patches.length > 0);
    expect(site.patches[0]).to.include({ path, found: true });
    expect(site.patches[0]?.body).to.match(/^a=ice-ufrag:\S+\r\na=ice-pwd:\S+\r\nm=audio .*\r\na=mid:0\r\na=end-of-candidates\r\n$/);
    // As after `kill -9`: the server has forgotten the session, and nobody said goodbye to the page.
    site.viewers.delete(path ?? '');
    await site.until(() => site.patches.some(({ found }) => !found) && site.viewers.size === 1);
    site.mix.pictureOn = true;
    site.mix.soundOn = true;
    await untilInPage(page, 'window.spied.connections.length === 2');
    await untilPictureShows(page);
    await page.locator('#connection-notice').waitFor({ state: 'hidden' });
    peer?.close();
  });

  it('tells the server when the page goes away', async () => {
    const page = await open();
    await untilPictureShows(page);
    await page.goto('about:blank');
    await site.until(() => site.endedViewers.length === 1);
    expect(site.viewers.size).to.equal(0);
  });

  it('says so when there is sound only, and takes the picture when it comes', async () => {
    site.mix.pictureOn = false;
    const page = await open('?muted=0');
    await page.locator('#still').waitFor();
    await untilHeard(page);
    expect(await page.evaluate("document.getElementById('mix').paused")).to.equal(false);
    site.mix.pictureOn = true;
    await page.locator('#still').waitFor({ state: 'hidden' });
    await untilPictureShows(page);
  });

  it('fills a frame on somebody else\'s page', async () => {
    const host = await PageServer.start();
    host.foreignPages.set('/blog', `<iframe src="${site.origin}/v/lobby?controls=0" width="480" height="270" style="border:0" allow="autoplay; fullscreen; picture-in-picture"></iframe>`);
    const page = await browser.open({ origin: 'http://127.0.0.1' });
    await page.goto(`${host.origin}/blog`);
    const frame = page.frames().find((candidate) => candidate.url().startsWith(site.origin));
    await frame?.evaluate(
      "new Promise((resolve) => { const video = document.getElementById('mix'); const check = () => (video.videoWidth === 640 && video.currentTime > 0 ? resolve() : requestAnimationFrame(check)); check(); })",
    );
    const box = await frame?.evaluate<{ width: number; height: number; scrolls: boolean }>(
      "(({ width, height }) => ({ width, height, scrolls: document.documentElement.scrollHeight > innerHeight }))(document.getElementById('mix').getBoundingClientRect())",
    );
    expect(box).to.deep.equal({ width: 480, height: 270, scrolls: false });
    await page.goto('about:blank');
    await site.until(() => site.endedViewers.length === 1);
    await host.close();
  });
});
