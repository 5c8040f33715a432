import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { untilInPage, untilPictureShows } from '../support/mix-video.js';
import type { PageBrowser } from '../support/page-browser.js';
import type { PageServer } from '../support/page-server.js';
import type { PageSession } from '../support/page-session.js';
import { setUpPages } from '../support/set-up-pages.js';
import { TcpRelay } from '../support/tcp-relay.js';

const testTimeoutMs = 30_000;
/** The stand-in's mix names nobody: here its packets say that the first one in the room is heard. */
const somebodyHeard = `RTCRtpReceiver.prototype.getContributingSources = function () {
  return this.getSynchronizationSources().map(({ timestamp }) => ({ source: 0, timestamp }));
}`;

/** Media go on all the while: only the way of the WebSocket stands still. */
describe('room page: while its WebSocket leads nowhere', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let site: PageServer;
  let way: TcpRelay;
  let page: Page;
  let first: PageSession;

  setUpPages(async (chromium, server) => {
    [browser, site] = [chromium, server];
    site.keepsLost = true;
    way = await TcpRelay.open(site.origin);
  });
  afterEach(() => way.close());

  async function enter(): Promise<void> {
    page = await browser.open({ origin: way.url, admitted: { room: 'lobby', name: 'Ann' }, initScript: somebodyHeard });
    await page.goto(`${way.url}/r/lobby`);
    await untilPictureShows(page);
    first = site.session;
    await site.until(() => (first.peer?.camera.frames ?? 0) > 0);
  }

  /** Until the page has given its socket up and waits for the next. */
  async function stall(): Promise<void> {
    way.stall();
    await page.evaluate("dispatchEvent(new Event('online'))");
    await untilInPage(page, 'spied.sockets.length === 2');
  }

  const newest = (): PageSession => site.session;

  it('asks whether anybody hears when it is told nothing, stays where it is answered, and goes on over another one where it is not', async () => {
    await enter();
    await site.until(() => first.said('ping').length === 1);
    way.stall();
    await untilInPage(page, 'spied.sockets.length === 2');
    expect(site.sessions).to.have.length(1);
    way.admit();
    await site.until(() => newest() !== first && newest().restarts === 1);
    expect(newest().messages[0]?.type).to.equal('resume');
    expect(site.room('lobby').describe().participants.map(({ id }) => id)).to.deep.equal(['p1']);
  });

  it('says again that levels are wanted, and the noise suppression that was switched meanwhile', async () => {
    await enter();
    await site.until(() => first.wantsLevels);
    await stall();
    await page.locator('#microphone-choose').click();
    await page.getByRole('menuitemcheckbox', { name: 'Noise suppression' }).click();
    way.admit();
    await site.until(() => newest() !== first && newest().said('participant').length > 0 && newest().wantsLevels);
    expect(newest().said('participant')).to.deep.equal([{ type: 'participant', participantId: 'p1', noiseSuppression: true }]);
    expect(await page.locator('.toast').count()).to.equal(0);
  });

  it('says of what cannot be done just now that it was not', async () => {
    await enter();
    await stall();
    await page.locator('#record').click();
    await page.getByText('Not connected right now.').waitFor();
    way.admit();
    await site.until(() => newest() !== first && newest().restarts === 1);
    expect(newest().said('startRecording')).to.deep.equal([]);
    expect(await page.evaluate('document.body.dataset.state')).to.equal('joined');
  });

  it('leaves all the same, and tells the server as soon as it can', async () => {
    await enter();
    await stall();
    await page.locator('#leave').click();
    await page.getByText('You left the room.').waitFor();
    way.admit();
    await site.until(() => newest() !== first && newest().closed);
    expect(newest().messages.map(({ type }) => type)).to.deep.equal(['resume', 'leave']);
    expect(site.room('lobby').describe().participants).to.deep.equal([]);
  });

  it('learns over the next one that it was removed, and stays out', async () => {
    await enter();
    await stall();
    first.end('removed', false);
    way.admit();
    await page.getByText('You were removed from the room.').waitFor();
    expect(await page.evaluate("spied.sockets.flatMap(({ said }) => said).filter((type) => type === 'join').length")).to.equal(1);
  });

  it('asks over another one why its media were ended, when the first does not say, and stays out if it was removed', async () => {
    await enter();
    way.stall();
    first.end('removed', false);
    way.admit();
    await page.getByText('You were removed from the room.').waitFor();
    expect(site.sessions.flatMap((session) => session.said('join'))).to.have.length(1);
  });

  it('comes back by itself when what ended it meanwhile is nobody\'s will', async () => {
    await enter();
    await stall();
    first.end('timeout', false);
    way.admit();
    await site.until(() => newest().said('answer').length > 0 && newest() !== first);
    await untilPictureShows(page);
    expect(await page.locator('#farewell').isHidden()).to.equal(true);
  });

  it('gives up when the server does: it is told how long that is', async () => {
    site.resumeTimeoutMs = 100;
    await enter();
    await stall();
    await untilInPage(page, "document.body.dataset.state === 'rejoining'");
    // The first, one that it waited for in vain, and perhaps that of the next join.
    expect(await page.evaluate('spied.sockets.length')).to.be.within(2, 3);
    way.admit();
    await site.until(() => newest() !== first && newest().said('answer').length > 0);
  });

  it('does not ask a server that does not wait', async () => {
    site.resumeTimeoutMs = 0;
    await enter();
    first.drop();
    await site.until(() => newest() !== first && newest().said('answer').length > 0);
    expect(site.sessions.flatMap((session) => session.said('resume'))).to.deep.equal([]);
  });
});
