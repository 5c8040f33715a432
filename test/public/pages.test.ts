import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { untilPictureShows } from '../support/mix-video.js';
import { PageBrowser } from '../support/page-browser.js';
import { PageServer } from '../support/page-server.js';

const testTimeoutMs = 30_000;
const sizes = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
  { width: 844, height: 390 },
];

/** Every control that can be seen, without a name for those who cannot see it. */
const namelessControls = `[...document.querySelectorAll('button, a, input, select, textarea, video')]
  .filter((control) => control.checkVisibility())
  .filter((control) => !(control.getAttribute('aria-label') || control.textContent.trim() || control.labels?.[0]?.textContent.trim()))
  .map((control) => control.outerHTML.slice(0, 120))`;
const scrollsSideways = 'document.documentElement.scrollWidth > innerWidth';
const cutOff = `[...document.querySelectorAll('button')].filter((button) => button.checkVisibility()).filter((button) => {
  const { left, right } = button.getBoundingClientRect();
  return left < 0 || right > innerWidth;
}).map(({ id }) => id)`;
/** Notices that cover some of the mix. */
const lieOverPicture = `[...document.querySelectorAll('.toast')].filter((toast) => {
  const [one, mix] = [toast, document.getElementById('mix')].map((element) => element.getBoundingClientRect());
  return one.left < mix.right && mix.left < one.right && one.top < mix.bottom && mix.top < one.bottom;
}).map((toast) => toast.textContent)`;

describe('pages: any width, any scheme, any user', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let site: PageServer;

  before(async () => {
    browser = await PageBrowser.launch();
    site = await PageServer.start();
    site.watchableRooms.add('lobby');
  });
  afterEach(async () => {
    await browser.closePages();
    expect(browser.problems.splice(0)).to.deep.equal([]);
  });
  after(async () => {
    await browser.close();
    await site.close();
  });

  const inRoom = async (page: Page): Promise<void> => {
    await page.goto(`${site.origin}/r/lobby`);
    await untilPictureShows(page);
  };

  for (const viewport of sizes) {
    it(`fit ${viewport.width}x${viewport.height}, every control named and in reach`, async () => {
      const page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' }, context: { viewport } });
      const expectSound = async (): Promise<void> => {
        expect(await page.evaluate(namelessControls)).to.deep.equal([]);
        expect(await page.evaluate(scrollsSideways)).to.equal(false);
        expect(await page.evaluate(cutOff)).to.deep.equal([]);
      };
      await page.goto(`${site.origin}/`);
      await expectSound();
      await page.goto(`${site.origin}/r/another`);
      await page.locator('#preview').waitFor();
      await expectSound();
      await inRoom(page);
      await expectSound();
      const stage = await page.locator('#mix').boundingBox();
      const controls = await page.locator('.controls').boundingBox();
      expect((stage?.width ?? 0) / (stage?.height ?? 1)).to.be.closeTo(16 / 9, 0.02);
      // The picture has the most of the page, and lies clear of the controls.
      expect(stage?.width).to.be.greaterThan(viewport.width * 0.55);
      expect((stage?.y ?? 0) + (stage?.height ?? 0)).to.be.lessThan((controls?.y ?? 0) + 1);
      expect((controls?.y ?? 0) + (controls?.height ?? 0)).to.be.lessThan(viewport.height + 1);
      for (const opener of ['#invite', '#layout', '#microphone-choose', '#camera-choose']) {
        await page.locator(opener).click();
        const panel = page.locator('.popover:not([hidden]):not(.quality-tip)');
        await panel.waitFor();
        const box = await panel.boundingBox();
        expect(box?.x, opener).to.be.greaterThan(-1);
        expect((box?.x ?? 0) + (box?.width ?? 0), opener).to.be.lessThan(viewport.width + 1);
        await expectSound();
        await page.keyboard.press('Escape');
      }
      site.room('lobby').startRecording('mp4');
      await page.locator('.toast').waitFor();
      await expectSound();
      if (viewport.width < 1000) expect(await page.evaluate(lieOverPicture)).to.deep.equal([]);
      await page.goto(`${site.origin}/v/lobby`);
      await page.locator('#unmute').waitFor();
      await expectSound();
    });
  }

  it('are dark by default and light where the system is, readable in both', async () => {
    const colors: Record<string, unknown> = {};
    for (const colorScheme of ['dark', 'light'] as const) {
      const page = await browser.open({ origin: site.origin, context: { colorScheme } });
      await page.goto(`${site.origin}/`);
      colors[colorScheme] = await page.evaluate("['backgroundColor', 'color'].map((name) => getComputedStyle(document.body)[name])");
    }
    expect(colors).to.deep.equal({ dark: ['rgb(11, 14, 19)', 'rgb(233, 237, 242)'], light: ['rgb(238, 241, 245)', 'rgb(20, 26, 34)'] });
  });

  it('hold still for those who asked for that', async () => {
    const page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' }, context: { reducedMotion: 'reduce' } });
    await inRoom(page);
    const room = site.room('lobby');
    room.startRecording('mp4');
    room.setSpeaking(room.describe().participants.map(({ id }) => id));
    await page.locator('.voice').waitFor();
    await page.locator('#record-badge').waitFor();
    const running = "document.getAnimations().filter((animation) => animation.effect.getComputedTiming().endTime > 100).map(({ animationName }) => animationName)";
    expect(await page.evaluate(running)).to.deep.equal([]);
  });

  it('show where the keyboard is', async () => {
    const page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' } });
    await inRoom(page);
    const reached = new Set<string>();
    for (let step = 0; step < 16; step += 1) {
      await page.keyboard.press('Tab');
      const { id, outline } = await page.evaluate<{ id: string; outline: string }>("(({ id }, { outlineStyle }) => ({ id, outline: outlineStyle }))(document.activeElement, getComputedStyle(document.activeElement))");
      if (id !== '') expect(outline, id).to.equal('solid');
      reached.add(id);
    }
    expect([...reached]).to.include.members(['quality', 'invite', 'people-toggle', 'fullscreen', 'microphone', 'microphone-choose', 'camera', 'camera-choose', 'screen', 'layout', 'record', 'leave']);
  });
});
