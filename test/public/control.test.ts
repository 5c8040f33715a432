import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { untilPictureShows } from '../support/mix-video.js';
import type { PageBrowser } from '../support/page-browser.js';
import type { PageRoom } from '../support/page-room.js';
import type { PageServer } from '../support/page-server.js';
import { setUpPages } from '../support/set-up-pages.js';

const testTimeoutMs = 30_000;

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

describe('room page: control of people', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let site: PageServer;
  let page: Page;
  let room: PageRoom;
  let benId: string;

  setUpPages(async (chromium, server) => {
    [browser, site] = [chromium, server];
    room = site.room('lobby');
    benId = room.add({ name: 'Ben', audio: true, video: true });
    room.add({ name: 'Eve', audio: true });
    page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' }, permissions: ['camera', 'microphone'] });
  }, { permission: 'context' });

  async function enter(): Promise<void> {
    await page.goto(`${site.origin}/r/lobby`);
    await untilPictureShows(page);
  }

  const ben = () => page.locator(`.person[data-id="${benId}"]`);
  const own = () => page.locator('.person.is-own');
  const wishes = (): unknown[] =>
    (site.sessions[0]?.said('participant') ?? []).map((message) => Object.fromEntries(Object.entries(message).filter(([key]) => key !== 'type')));

  it('mutes, holds and deafens somebody for everyone, and takes it back, by keyboard alone', async () => {
    await enter();
    const more = ben().getByRole('button', { name: 'Control Ben' });
    await more.focus();
    await page.keyboard.press('Enter');
    expect(await more.getAttribute('aria-expanded')).to.equal('true');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await ben().locator('.person-silenced').waitFor();
    expect(await ben().getByRole('button', { name: 'Muted for everyone' }).getAttribute('aria-pressed')).to.equal('true');
    await ben().getByRole('button', { name: 'On hold' }).click();
    await ben().locator('.person-hold').waitFor();
    await ben().getByRole('button', { name: 'Hears nobody' }).click();
    await ben().locator('.person-deaf').waitFor();
    for (const name of ['Muted for everyone', 'On hold', 'Hears nobody']) await ben().getByRole('button', { name }).click();
    await ben().locator('.person-deaf').waitFor({ state: 'hidden' });
    expect(wishes()).to.deep.equal([{ muted: true }, { onHold: true }, { deaf: true }, { muted: false }, { onHold: false }, { deaf: false }].map((wish) => ({ participantId: benId, ...wish })));
    await page.keyboard.press('Escape');
    expect(await page.locator('.person-panel').count()).to.equal(0);
    expect(await page.locator('.person-more:focus').count()).to.equal(1);
  });

  it('closes on Escape just after it was opened, while the focus is still on its button', async () => {
    await enter();
    await ben().locator('.person-more').click();
    await page.locator('.person-panel').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('.person-panel').count()).to.equal(0);
    expect(await ben().locator('.person-more').getAttribute('aria-expanded')).to.equal('false');
  });

  it('sets the volume when the slider is let go, and follows others', async () => {
    await enter();
    await ben().locator('.person-more').click();
    const slider = ben().getByRole('slider');
    await slider.fill('-12');
    await ben().getByText('-12 dB').waitFor();
    expect(wishes()).to.deep.equal([{ participantId: benId, gainDb: -12 }]);
    await ben().getByRole('button', { name: 'Muted for everyone' }).focus();
    room.changeVoice(benId, { gainDb: 6 });
    await ben().getByText('+6 dB').waitFor();
    expect(await slider.inputValue()).to.equal('6');
  });

  it('removes somebody; one\'s own row has no such button', async () => {
    const other = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Max' }, permissions: ['camera', 'microphone'] });
    await enter();
    await other.goto(`${site.origin}/r/lobby`);
    const max = page.locator('.person', { hasText: 'Max' });
    await max.locator('.person-more').click();
    await max.getByRole('button', { name: 'Remove from the room' }).click();
    expect(await max.count()).to.equal(1);
    await max.getByRole('button', { name: 'Remove Max now?' }).click();
    await other.getByText('You were removed from the room.').waitFor();
    await max.waitFor({ state: 'detached' });
    expect(await page.locator('.person-panel').count()).to.equal(0);
    await own().locator('.person-more').click();
    expect(await own().getByRole('button', { name: 'Remove from the room' }).isVisible()).to.equal(false);
  });

  describe('asks before it removes somebody, and', () => {
    const asks = () => ben().getByRole('button', { name: 'Remove Ben now?' });
    const askRemoval = () => ben().getByRole('button', { name: 'Remove from the room' });

    beforeEach(async () => {
      await enter();
      await ben().locator('.person-more').click();
    });

    /** What was said before has arrived by the time that Ben is muted. */
    async function isStillThere(): Promise<boolean> {
      await ben().getByRole('button', { name: 'Muted for everyone' }).click();
      await ben().locator('.person-silenced').waitFor();
      return (site.sessions[0]?.said('removeParticipant') ?? []).length === 0;
    }

    it('takes a double click for one', async () => {
      await askRemoval().dblclick();
      expect(await asks().isVisible()).to.equal(true);
      expect(await isStillThere()).to.equal(true);
    });

    it('takes a key that is held for one press', async () => {
      await askRemoval().focus();
      // Each but the first repeats.
      for (let press = 0; press < 5; press += 1) await page.keyboard.down('Enter');
      await page.keyboard.up('Enter');
      expect(await asks().isVisible()).to.equal(true);
      expect(await isStillThere()).to.equal(true);
    });

    it('asks anew after a click on anything else, also where clicks give no focus', async () => {
      await page.evaluate("document.addEventListener('mousedown', (event) => event.preventDefault(), true)");
      await askRemoval().click();
      await asks().waitFor();
      await ben().getByRole('button', { name: 'Hears nobody' }).click();
      await askRemoval().click();
      expect(await asks().isVisible()).to.equal(true);
      expect(await isStillThere()).to.equal(true);
    });

    it('asks anew after five seconds', async () => {
      await page.clock.install();
      await askRemoval().click();
      await asks().waitFor();
      await page.clock.fastForward(5_000);
      await askRemoval().waitFor();
    });
  });

  it('tells who is muted, on hold or deaf that he is, and lets him undo it', async () => {
    await enter();
    const ownId = site.sessions[0]?.participantId ?? '';
    const notice = page.locator('#own-notice');
    expect(await notice.isVisible()).to.equal(false);
    room.changeVoice(ownId, { muted: true });
    await page.getByText('You were muted. The others cannot hear you.').waitFor();
    room.changeVoice(ownId, { onHold: true });
    await page.getByText('You are on hold: nobody hears you, and you hear only the hold sound.').waitFor();
    await notice.getByRole('button', { name: 'Undo' }).click();
    await notice.waitFor({ state: 'hidden' });
    expect(wishes()).to.deep.equal([{ participantId: ownId, muted: false, onHold: false, deaf: false }]);
  });

  for (const [width, height] of [[360, 740], [740, 360], [1280, 800]] as const) {
    it(`tells him so beside the picture and the people, whose names stay in sight (${width}x${height})`, async () => {
      await page.setViewportSize({ width, height });
      await enter();
      room.changeVoice(site.sessions[0]?.participantId ?? '', { onHold: true });
      await page.locator('#own-notice').waitFor();
      const boxOf = async (selector: string): Promise<Rectangle> => {
        const box = await page.locator(selector).boundingBox();
        if (box === null) throw new Error(`${selector} is not shown`);
        return box;
      };
      const notice = await boxOf('#own-notice');
      for (const selector of ['#stage', '#side', '.controls']) expect(overlap(notice, await boxOf(selector)), selector).to.equal(false);
      expect(overlap(notice, { x: 0, y: 0, width, height })).to.equal(true);
      expect((await boxOf('#stage')).height, 'the picture stays the larger part').to.be.greaterThan(2 * notice.height);
    });
  }

  it('shows no menus where only HTTP controls, and noise suppression all the same', async () => {
    room.control = 'api';
    await enter();
    expect(await page.locator('.person-more:visible').count()).to.equal(0);
    const ownId = site.sessions[0]?.participantId ?? '';
    room.changeVoice(ownId, { muted: true });
    await page.locator('#own-notice').waitFor();
    expect(await page.locator('#own-notice-undo').isVisible()).to.equal(false);
    await page.locator('#microphone-choose').click();
    const noise = page.getByRole('menuitemcheckbox', { name: 'Noise suppression' });
    expect(await noise.getAttribute('aria-checked')).to.equal('false');
    await noise.click();
    expect(await noise.getAttribute('aria-checked')).to.equal('true');
    expect(wishes()).to.deep.equal([{ participantId: ownId, noiseSuppression: true }]);
  });
});
