import { expect } from 'chai';
import { untilInPage, untilPictureShows } from '../support/mix-video.js';
import { PageBrowser } from '../support/page-browser.js';
import { PageServer } from '../support/page-server.js';

const testTimeoutMs = 30_000;

describe('start page', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let site: PageServer;

  before(async () => {
    browser = await PageBrowser.launch();
    site = await PageServer.start();
  });
  afterEach(async () => {
    await browser.closePages();
    expect(browser.problems.splice(0)).to.deep.equal([]);
  });
  after(async () => {
    await browser.close();
    await site.close();
    expect(site.faults).to.deep.equal([]);
  });

  it('leads straight into the room, mends its name, and remembers both', async () => {
    const page = await browser.open({ origin: site.origin });
    await page.goto(`${site.origin}/`);
    // Something to start with, that nobody else is in.
    expect(await page.locator('#room').inputValue()).to.match(/^[a-z]+-[a-z]+-\d{3}$/);
    await page.locator('#room').fill('Café team, 1st floor!');
    await page.locator('#name').fill('Ann');
    await page.locator('#join').click();
    await untilPictureShows(page);
    expect(new URL(page.url()).pathname).to.equal('/r/Cafe-team-1st-floor');
    expect(await page.locator('#prejoin').count()).to.equal(0);
    expect(site.session.said('join')[0]).to.include({ room: 'Cafe-team-1st-floor', name: 'Ann' });
    await site.until(() => (site.session.peer?.camera.frames ?? 0) > 0 && (site.session.peer?.audibleChunks ?? 0) > 0);
    await page.goto(`${site.origin}/`);
    expect(await page.locator('#room').inputValue()).to.equal('Cafe-team-1st-floor');
    expect(await page.locator('#name').inputValue()).to.equal('Ann');
  });

  it('does not switch anything on for one who only followed a link, but knows his name', async () => {
    const page = await browser.open({ origin: site.origin });
    await page.goto(`${site.origin}/`);
    await page.evaluate("localStorage.setItem('tessera.name', 'Ann')");
    const before = site.sessions.length;
    await page.goto(`${site.origin}/r/elsewhere?name=Mallory`);
    await page.locator('#preview').waitFor();
    expect(await page.locator('#prejoin-name').inputValue()).to.equal('Ann');
    expect(await page.evaluate('document.activeElement.id')).to.equal('prejoin-join');
    expect(site.sessions).to.have.length(before);
    expect(await page.locator('#call').isVisible()).to.equal(false);
  });

  it('asks again for a room or a name that cannot be', async () => {
    const page = await browser.open({ origin: site.origin });
    await page.goto(`${site.origin}/`);
    await page.locator('#room').fill('!?');
    await page.locator('#name').fill('Ann');
    await page.locator('#join').click();
    await page.locator('#problem').waitFor();
    expect(await page.evaluate('document.activeElement.id')).to.equal('room');
    await page.locator('#watch').click();
    expect(new URL(page.url()).pathname).to.equal('/');
    await page.locator('#room').fill('lobby');
    expect(await page.locator('#problem').isVisible()).to.equal(false);
    await page.locator('#name').fill('   ');
    await page.locator('#join').click();
    await page.locator('#problem').waitFor();
    expect(await page.evaluate('document.activeElement.id')).to.equal('name');
    await page.locator('#name').fill('Zoë <dev>');
    expect(await page.locator('#problem').isVisible()).to.equal(false);
    await page.locator('#join').click();
    expect(await page.locator('#problem').textContent()).to.include('leave out the “<”');
    expect(new URL(page.url()).pathname).to.equal('/');
  });

  it('leads to the viewer page', async () => {
    site.watchableRooms.add('lobby');
    const page = await browser.open({ origin: site.origin });
    await page.goto(`${site.origin}/`);
    await page.locator('#room').fill('lobby');
    await page.locator('#watch').click();
    await untilInPage(page, "location.pathname === '/v/lobby'");
    await untilPictureShows(page);
  });
});
