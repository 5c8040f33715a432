import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { PageBrowser } from '../support/page-browser.js';
import type { PageServer } from '../support/page-server.js';
import { setUpPages } from '../support/set-up-pages.js';

const testTimeoutMs = 30_000;

/** Somebody's own page, which uses the library as its documentation says. */
const ownPage = `<!doctype html><video id="mix" autoplay></video>
<script type="module">
  import { TesseraRoom, TesseraViewer, openDevices } from '/static/tessera-client.js';
  Object.assign(window, { TesseraRoom, TesseraViewer, openDevices, log: [] });
  window.listen = (target, types) => {
    for (const type of types) target.addEventListener(type, ({ detail }) => window.log.push([type, type === 'stream' ? detail.stream.constructor.name : JSON.parse(JSON.stringify(detail))]));
  };
  window.ready = true;
</script>`;

describe('client library', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let site: PageServer;
  let page: Page;

  setUpPages(async (chromium, server) => {
    [browser, site] = [chromium, server];
    site.foreignPages.set('/mine', ownPage);
    page = await browser.open({ origin: site.origin });
    await page.goto(`${site.origin}/mine`);
    await page.evaluate('new Promise((resolve) => { const check = () => (window.ready ? resolve() : requestAnimationFrame(check)); check(); })');
  });

  it('joins with a stream, tells what happens, and leaves without stopping the caller\'s tracks', async () => {
    const joined = await page.evaluate(`(async () => {
      window.room = new TesseraRoom();
      window.listen(room, ['state', 'stream', 'closed']);
      window.stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      const description = await room.join({ room: 'lobby', name: 'Ann', stream });
      return { room: description.name, own: room.participantId, layouts: room.layouts, state: room.state, media: room.media };
    })()`);
    expect(joined).to.deep.equal({
      room: 'lobby',
      own: 'p1',
      layouts: ['grid', 'speaker', 'presentation', 'single'],
      state: 'joined',
      media: { audio: true, video: true, screen: false },
    });
    await site.until(() => (site.session.peer?.camera.frames ?? 0) > 0 && (site.session.peer?.audibleChunks ?? 0) > 0);
    await page.evaluate('room.setCamera(null)');
    await site.until(() => site.session.said('media').at(-1)?.video === false);
    await page.evaluate('room.leave(); room.leave();');
    await site.until(() => site.session.closed);
    expect(site.session.said('leave')).to.have.length(1);
    expect(await page.evaluate("stream.getTracks().map(({ readyState }) => readyState)")).to.deep.equal(['live', 'live']);
    expect(await page.evaluate('log')).to.deep.equal([
      ['state', { state: 'joining', reason: null }],
      ['state', { state: 'joined', reason: null }],
      ['stream', 'MediaStream'],
      ['state', { state: 'closed', reason: 'left' }],
      ['closed', { reason: 'left', error: null }],
    ]);
  });

  for (const [what, go] of [['is left', (): Promise<unknown> => page.goto('about:blank')], ['is reloaded', (): Promise<unknown> => page.reload()], ['is closed', (): Promise<unknown> => page.close()]] as const) {
    it(`has left by the browser's own word when a page ${what} that says nothing`, async () => {
      site.keepsLost = true;
      await page.evaluate("new Promise((resolve) => { window.socket = new WebSocket(location.href.replace('http', 'ws').replace('/mine', '/ws')); socket.onopen = resolve; })");
      const { session } = site;
      await go();
      await site.until(() => session.closeCode !== null);
      expect([session.closeCode, session.closed]).to.deep.equal([1001, true]);
    });
  }

  it('hands on what the server tells', async () => {
    await page.evaluate(`(async () => {
      window.room = new TesseraRoom();
      await room.join({ room: 'lobby', name: 'Ann' });
      window.listen(room, ['room', 'speaking', 'recording', 'error']);
    })()`);
    site.session.send({ type: 'speaking', participantIds: ['p1'], dominant: 'p1' });
    await page.evaluate("room.setLayout('nowhere')");
    await page.evaluate("room.startRecording('webm')");
    await page.evaluate('new Promise((resolve) => { const check = () => (log.length >= 6 ? resolve() : requestAnimationFrame(check)); check(); })');
    const log = await page.evaluate<[string, Record<string, unknown>][]>('log');
    expect(log[0]).to.deep.equal(['speaking', { participantIds: ['p1'], dominant: 'p1' }]);
    expect(log[1]).to.deep.equal(['error', { name: 'TesseraError', code: 'unknown_layout', details: { layouts: ['grid', 'speaker', 'presentation', 'single'] } }]);
    expect(log.slice(2).map(([type]) => type)).to.deep.equal(['recording', 'room', 'recording', 'room']);
    expect(log[4]?.[1]).to.include({ id: 'r1', status: 'active', format: 'webm' });
  });

  it('answers ICE restarts one after the other, and outlives one that fails', async () => {
    await page.evaluate(`(async () => {
      window.room = new TesseraRoom();
      window.listen(room, ['state', 'closed']);
      window.stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      await room.join({ room: 'lobby', name: 'Ann', stream });
    })()`);
    const { session } = site;
    const { peer } = session;
    await site.until(() => (peer?.camera.frames ?? 0) > 0);
    const answered = session.said('answer').length;
    const offer = (await peer?.restartOffer()) ?? '';
    // Who takes the answers does not matter here, and only one could be taken.
    session.peer = null;
    const half = offer.replace(/a=ice-pwd:.*\r\n/g, 'a=ice-pwd:\r\n');
    for (const sdp of ['nonsense', offer, half, offer.replace(/a=ice-ufrag:/g, 'a=ice-ufrag:x')]) session.send({ type: 'offer', sdp, offerId: 2 });
    await site.until(() => session.said('answer').length === answered + 2);
    const ufrags = session.said('answer').map(({ sdp }) => /a=ice-ufrag:(.*)/.exec(sdp)?.[1]);
    expect(new Set(ufrags).size).to.equal(answered + 2);
    const frames = peer!.camera.frames;
    await site.until(() => peer!.camera.frames > frames);
    expect(await page.evaluate('[room.state, log.filter(([type]) => type === "closed").length]')).to.deep.equal(['joined', 0]);
    peer?.close();
  });

  it('refuses to join by the server\'s code, and can be used again', async () => {
    site.refusal = { type: 'error', error: { code: 'invalid_participant_name', message: 'No.', details: { why: 'empty' } } };
    const refused = await page.evaluate(`(async () => {
      window.room = new TesseraRoom();
      window.listen(room, ['state', 'error', 'closed']);
      return room.join({ room: 'lobby', name: '' }).catch(({ code, message, details }) => ({ code, message, details }));
    })()`);
    expect(refused).to.deep.equal({ code: 'invalid_participant_name', message: 'No.', details: { why: 'empty' } });
    expect(await page.evaluate('[room.state, log.map(([type]) => type)]')).to.deep.equal(['closed', ['state', 'state', 'closed']]);
    site.refusal = null;
    expect(await page.evaluate("room.join({ room: 'lobby', name: 'Ann' }).then(({ participants }) => participants.length)")).to.equal(1);
    expect(await page.evaluate("room.join({ room: 'lobby', name: 'Ann' }).catch(({ code }) => code)")).to.equal('already_joined');
  });

  it('can be told to leave while it still tries to join', async () => {
    const code = await page.evaluate(`(async () => {
      window.room = new TesseraRoom();
      const failed = new Promise((resolve) => room.addEventListener('error', ({ detail }) => resolve(detail.code)));
      const joining = room.join({ room: 'lobby', name: 'Ann', url: 'http://127.0.0.1:9' }).catch(({ code }) => code);
      const attempt = await failed;
      room.leave();
      return [attempt, await joining, room.state];
    })()`);
    expect(code).to.deep.equal(['unreachable', 'ended', 'closed']);
    // The browser's own line about the port where nobody listens, and the request to it.
    const problems = browser.problems.splice(0);
    expect(problems.length).to.be.greaterThan(0);
    expect(problems.filter((problem) => !problem.includes('127.0.0.1:9'))).to.deep.equal([]);
  });

  it('watches a room, and a participant\'s own mix', async () => {
    site.watchableRooms.add('lobby');
    await page.evaluate(`(async () => {
      window.viewer = new TesseraViewer();
      window.listen(viewer, ['state', 'stream']);
      viewer.addEventListener('stream', ({ detail }) => { document.getElementById('mix').srcObject = detail.stream; });
      viewer.watch({ room: 'lobby' });
    })()`);
    await page.evaluate("new Promise((resolve) => { const video = document.getElementById('mix'); const check = () => (video.videoWidth === 640 ? resolve() : requestAnimationFrame(check)); check(); })");
    expect(await page.evaluate('viewer.state')).to.equal('live');
    await page.evaluate('viewer.close(); viewer.close();');
    await site.until(() => site.endedViewers.length === 1);
    expect(await page.evaluate("log.filter(([type]) => type === 'state').map(([, { state }]) => state)")).to.deep.equal(['connecting', 'live', 'closed']);
    const request = page.waitForRequest((candidate) => candidate.method() === 'POST');
    await page.evaluate("viewer.watch({ room: 'lobby', participantId: 'p 1', token: 'secret' })");
    expect(new URL((await request).url()).search).to.equal('?as=p+1');
    expect((await request).headers()['authorization']).to.equal('Bearer secret');
  });
});
