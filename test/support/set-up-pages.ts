import { expect } from 'chai';
import type { ChromiumOptions } from './chromium.js';
import { PageBrowser } from './page-browser.js';
import { PageServer } from './page-server.js';

/**
 * What a file of page tests stands on: one Chromium, and for each test a server of its own, with which `begin` goes on. A test ends without a complaint from the page,
 * and without a word from it that the product would refuse.
 */
export function setUpPages(begin: (browser: PageBrowser, site: PageServer) => void | Promise<void>, options?: ChromiumOptions): void {
  let browser: PageBrowser;
  let site: PageServer;

  before(async () => {
    browser = await PageBrowser.launch(options);
  });
  beforeEach(async () => {
    site = await PageServer.start();
    await begin(browser, site);
  });
  afterEach(async () => {
    await browser.closePages();
    await site.close();
    expect(site.faults).to.deep.equal([]);
    expect(browser.problems.splice(0)).to.deep.equal([]);
  });
  after(() => browser.close());
}
