import { expect } from 'chai';
import { PageBrowser } from '../support/page-browser.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const testTimeoutMs = 30_000;

describe('error page', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let test: TestServer;

  before(async () => {
    [browser, test] = await Promise.all([PageBrowser.launch(), startTestServer()]);
  });
  afterEach(async () => {
    await browser.closePages();
    // The browser tells of the refusal itself.
    expect(browser.problems.splice(0).filter((problem) => !problem.includes('status of 400'))).to.deep.equal([]);
  });
  after(async () => {
    await browser.close();
    await test.close();
  });

  it('leads on to the room that the start page would have made of the name', async () => {
    const page = await browser.open({ origin: test.url });
    await page.goto(`${test.url}/v/Caf%C3%A9%20team?muted=0`);
    expect(await page.locator('#title').textContent()).to.equal('No room can be called “Café team”.');
    await page.locator('#mended').click();
    await page.waitForURL(`${test.url}/v/Cafe-team?muted=0`);
    await page.goto(`${test.url}/r/a%20b`);
    expect(await page.locator('#mended').textContent()).to.equal('Join a-b');
  });

  it('leads to the start page from anywhere else', async () => {
    const page = await browser.open({ origin: test.url });
    for (const path of ['/nothing', '/r/a/b', '/r/%E6%97%A5', '/recordings/gone.mp4']) {
      await page.goto(test.url + path);
      expect(await page.locator('#title').isVisible(), path).to.equal(true);
      expect(await page.locator('#mended').isVisible(), path).to.equal(false);
    }
    await page.locator('a', { hasText: 'start page' }).click();
    await page.locator('#start').waitFor();
  });
});
