import { expect } from 'chai';
import { NamingProxy } from '../support/naming-proxy.js';
import { PageBrowser } from '../support/page-browser.js';
import { startRoomServer } from '../support/room-server.js';
import type { TestServer } from '../support/test-server.js';

const name = 'meet.example';

describe('a server behind a proxy that hides its name', function () {
  this.timeout(60_000);
  let server: TestServer;
  let proxy: NamingProxy;
  let browser: PageBrowser;

  before(async () => {
    server = await startRoomServer();
    proxy = await NamingProxy.open(server.url);
    browser = await PageBrowser.launch({ args: [`--host-resolver-rules=MAP ${name} 127.0.0.1`, `--unsafely-treat-insecure-origin-as-secure=http://${name}:${proxy.port}`] });
  });
  after(async () => {
    await browser.close();
    proxy.close();
    await server.close();
  });

  for (const [title, path] of [['room', '/r/lobby'], ['viewer', '/v/lobby']] as const) {
    it(`has its ${title} page say so, and with which setting it goes`, async () => {
      const origin = `http://${name}:${proxy.port}`;
      const page = await browser.open({ origin, admitted: { room: 'lobby', name: 'Ann' } });
      await page.goto(`${origin}${path}`);
      await page.getByText(`TESSERA_HTTP_ALLOWED_ORIGINS=${origin}`).waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 'nothing sticks out').to.be.at.most(0);
      // The viewer's refusals are HTTP's, which the browser itself reports.
      expect(browser.problems.splice(0).filter((problem) => !problem.includes('status of 403'))).to.deep.equal([]);
    });
  }
});
