import { expect } from 'chai';
import type { ChromiumOptions } from '../support/chromium.js';
import { untilInPage, untilPictureShows } from '../support/mix-video.js';
import { PageBrowser } from '../support/page-browser.js';
import { PageServer } from '../support/page-server.js';

const testTimeoutMs = 30_000;

interface Situation {
  readonly title: string;
  readonly chromium: ChromiumOptions;
  readonly permissions?: readonly string[];
  readonly notice: RegExp;
  /** What the page says to have when it joins. */
  readonly has: { readonly audio: boolean; readonly video: boolean };
}

const situations: readonly Situation[] = [
  { title: 'the person refuses both', chromium: { permission: 'deny' }, notice: /^Your camera and microphone are blocked\. You can see and hear everyone without\./, has: { audio: false, video: false } },
  { title: 'there is no device at all', chromium: { devices: 'none' }, notice: /^No camera or microphone found\./, has: { audio: false, video: false } },
  {
    title: 'the microphone is allowed and the camera is not',
    chromium: { permission: 'context' },
    permissions: ['microphone'],
    notice: /^Your camera is blocked\. The others can hear you without\./,
    has: { audio: true, video: false },
  },
  {
    title: 'the camera is allowed and the microphone is not',
    chromium: { permission: 'context' },
    permissions: ['camera'],
    notice: /^Your microphone is blocked\. You can listen without\./,
    has: { audio: false, video: true },
  },
];

for (const { title, chromium, permissions, notice, has } of situations) {
  describe(`room page: joining when ${title}`, function () {
    this.timeout(testTimeoutMs);
    let browser: PageBrowser;
    let site: PageServer;

    before(async () => {
      browser = await PageBrowser.launch(chromium);
      site = await PageServer.start();
    });
    after(async () => {
      await browser.close();
      await site.close();
      expect(site.faults).to.deep.equal([]);
      expect(browser.problems).to.deep.equal([]);
    });

    it('says so kindly, joins with what there is, and gets the mix', async () => {
      const page = await browser.open({ origin: site.origin, ...(permissions === undefined ? {} : { permissions }) });
      await page.goto(`${site.origin}/r/lobby`);
      await page.locator('#prejoin-notice').waitFor();
      expect(await page.locator('#prejoin-notice').textContent()).to.match(notice);
      await page.locator('#prejoin-name').fill('Ann');
      await page.locator('#prejoin-join').click();
      await untilPictureShows(page);
      expect(site.session.said('join')[0]).to.include(has);
      await site.until(() => site.session.peer?.connectionState === 'connected');
      if (has.audio) await site.until(() => (site.session.peer?.audibleChunks ?? 0) > 0);
      if (has.video) await site.until(() => (site.session.peer?.camera.frames ?? 0) > 0);
      expect(await page.locator('#microphone').getAttribute('data-on')).to.equal(String(has.audio));
      expect(await page.locator('#camera').getAttribute('data-on')).to.equal(String(has.video));
      const own = page.locator('.person.is-own');
      expect(await own.locator('.person-muted').isVisible()).to.equal(!has.audio);
      expect(await own.locator('.person-camera-off').isVisible()).to.equal(!has.video);
      if (!has.audio) {
        // Asked for again by the button, it says why it cannot.
        await page.locator('#microphone').click();
        await page.locator('.toast-error').waitFor();
        expect(await page.locator('.toast-error p').textContent()).to.match(/microphone/i);
      }
    });
  });
}

describe('room page: joining where sound needs a click', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let site: PageServer;

  before(async () => {
    // Whoever sends a camera may hear at once: browsers ask for a click of those who only listen.
    browser = await PageBrowser.launch({ permission: 'deny', blockAutoplay: true });
    site = await PageServer.start();
  });
  after(async () => {
    await browser.close();
    await site.close();
    expect(browser.problems).to.deep.equal([]);
  });

  it('shows the picture at once, and a big button for the sound', async () => {
    const page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' } });
    await page.goto(`${site.origin}/r/lobby`);
    // The sound is refused before the answer goes out. Until then the page must be left alone: being looked at by playwright counts as a click.
    await site.until(() => site.sessions.some((session) => session.said('answer').length > 0));
    await page.locator('#stage-sound').waitFor();
    await untilPictureShows(page);
    expect(await page.evaluate("document.getElementById('mix').muted")).to.equal(true);
    await page.locator('#stage-sound').click();
    await untilInPage(page, "!document.getElementById('mix').muted && !document.getElementById('mix').paused");
    expect(await page.locator('#stage-sound').isVisible()).to.equal(false);
  });
});
