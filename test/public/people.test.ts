import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { untilInPage, untilPictureShows } from '../support/mix-video.js';
import type { PageBrowser } from '../support/page-browser.js';
import type { PageRoom } from '../support/page-room.js';
import type { PageServer } from '../support/page-server.js';
import { setUpPages } from '../support/set-up-pages.js';

const testTimeoutMs = 30_000;
const markup = '<img src=x onerror="window.hacked = true"><b>Eve</b>';

describe('room page: people, quality, invitation', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let site: PageServer;
  let page: Page;
  let room: PageRoom;

  setUpPages(async (chromium, server) => {
    [browser, site] = [chromium, server];
    room = site.room('lobby');
    room.add({ name: markup, audio: true });
    room.add({ name: 'OBS', audio: true, video: true, kind: 'whip' });
    page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' }, permissions: ['camera', 'microphone', 'clipboard-read', 'clipboard-write'] });
    await page.goto(`${site.origin}/r/lobby`);
    await untilPictureShows(page);
  }, { permission: 'context' });

  it('lists oneself first, then the others as they came', async () => {
    expect(await page.locator('.person-name').allTextContents()).to.deep.equal(['Ann', markup, 'OBS']);
    expect(await page.locator('#people-count').textContent()).to.equal('3');
    expect(await page.locator('.person.is-own .person-you').isVisible()).to.equal(true);
    expect(await page.locator('.person').nth(2).locator('.person-whip').isVisible()).to.equal(true);
  });

  it('shows a name that is markup as what was typed, in the list and over the stage', async () => {
    for (const [id, video] of [['p2', false], ['p3', false]] as const) room.change(id, { audio: true, video, screen: false });
    await page.locator('#camera').click();
    await page.locator('#stage-faces').waitFor();
    expect(await page.locator('#stage-faces figcaption').allTextContents()).to.include(markup);
    expect(await page.locator('#people img, #people b, #stage-faces img, #stage-faces b').count()).to.equal(0);
    expect(await page.locator('.person').nth(1).locator('.person-name').getAttribute('title')).to.equal(markup);
    room.remove('p1');
    await untilInPage(page, "document.querySelectorAll('.person').length === 2");
    expect(await page.locator('#announcer').textContent()).to.equal(`${markup} left`);
    expect(await page.evaluate('window.hacked')).to.equal(undefined);
  });

  it('shows who speaks, who is muted, whose camera is off, who shares a screen, and who watches', async () => {
    const [, eve, obs] = await page.locator('.person').all();
    room.setSpeaking(['p2']);
    await obs?.locator('.voice').waitFor();
    expect(await eve?.locator('.voice').isVisible()).to.equal(false);
    room.setSpeaking(['p1']);
    await eve?.locator('.voice').waitFor();
    expect(await obs?.locator('.voice').isVisible()).to.equal(false);
    room.viewers = 41;
    room.change('p2', { audio: false, video: false, screen: true });
    await obs?.locator('.person-muted').waitFor();
    expect(await obs?.locator('.person-camera-off').isVisible()).to.equal(true);
    expect(await obs?.locator('.person-screen').isVisible()).to.equal(true);
    expect(await eve?.locator('.person-muted').isVisible()).to.equal(false);
    expect(await page.locator('#viewers').innerText()).to.match(/^41/);
  });

  it('keeps one row a person, also for a second one of the same name', async () => {
    await page.evaluate("document.querySelectorAll('.person')[1].isTheSame = true");
    const id = room.add({ name: 'Ann' });
    await untilInPage(page, "document.querySelectorAll('.person').length === 4");
    expect(await page.locator('.person-name').allTextContents()).to.deep.equal(['Ann', markup, 'OBS', 'Ann']);
    expect(await page.locator('.person.is-own').count()).to.equal(1);
    room.remove(id);
    await untilInPage(page, "document.querySelectorAll('.person').length === 3");
    expect(await page.evaluate("document.querySelectorAll('.person')[1].isTheSame")).to.equal(true);
  });

  it('judges the connection, with the numbers behind it', async () => {
    await untilInPage(page, "['good', 'fair'].includes(document.getElementById('quality').dataset.level)");
    await page.locator('#quality').hover();
    await page.locator('#quality-numbers').waitFor();
    const text = (await page.locator('#quality-numbers').innerText()).replaceAll(/\s+/g, ' ');
    expect(text).to.match(/Round trip \d+ ms/);
    expect(text).to.match(/Loss in [\d.]+ %/);
    expect(text).to.match(/Receiving \d+(\.\d)? [kM]bps Sending \d+(\.\d)? [kM]bps/);
    // The room's picture has 1280×720.
    expect(text).to.match(/Picture 640×360 at \d+ 640×360, your line is slow/);
    expect(await page.locator('#quality-reduced').innerText()).to.equal('640×360');
    expect(await page.locator('#quality-label').textContent()).to.match(/^(Good|Fair) connection: 640×360, your line is slow$/);
  });

  it('copies the link and the code that embeds the viewer page', async () => {
    await page.locator('#invite').click();
    await page.locator('#copy-link').click();
    await page.locator('.toast-good').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal(`${site.origin}/r/lobby`);
    await page.locator('#invite').click();
    await page.locator('#copy-embed').click();
    await page.getByText('The embed code is in your clipboard.').waitFor();
    const code = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(code).to.match(/^<iframe src="[^"]+\/v\/lobby" .*allow="autoplay; fullscreen; picture-in-picture"/);
    await page.locator('#invite').click();
    expect(await page.locator('#embed-code').inputValue()).to.equal(code);
    expect(await page.evaluate(`(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.getElementById('embed-code'))`), 'lines that do not show').to.equal(0);
    expect(await page.locator('#open-viewer').getAttribute('href')).to.equal(`${site.origin}/v/lobby`);
  });

  it('leaves letters that are typed into a field alone', async () => {
    await page.locator('#invite').click();
    await page.locator('#invite-link').focus();
    await page.keyboard.press('m');
    await page.keyboard.press('Escape');
    expect(await page.locator('#invite-panel').isVisible()).to.equal(false);
    expect(await page.locator('#microphone').getAttribute('data-on')).to.equal('true');
    await page.keyboard.press('Control+m');
    expect(await page.locator('#microphone').getAttribute('data-on')).to.equal('true');
    await page.keyboard.press('m');
    expect(await page.locator('#microphone').getAttribute('data-on')).to.equal('false');
  });
});
