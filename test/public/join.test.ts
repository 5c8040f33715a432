import { expect } from 'chai';
import type { PageBrowser } from '../support/page-browser.js';
import type { PageServer } from '../support/page-server.js';
import { pictureColor, untilHeard, untilInPage, untilPictureShows } from '../support/mix-video.js';
import { setUpPages } from '../support/set-up-pages.js';

const testTimeoutMs = 30_000;

describe('room page: joining', function () {
  this.timeout(testTimeoutMs);
  let browser: PageBrowser;
  let site: PageServer;

  setUpPages((chromium, server) => {
    [browser, site] = [chromium, server];
  });

  it('asks for the name, shows the camera, then sends both and shows the mix in the one video', async () => {
    const page = await browser.open({ origin: site.origin });
    await page.goto(`${site.origin}/r/lobby`);
    await page.locator('#preview').waitFor();
    expect(await page.locator('#prejoin h1').textContent()).to.equal('Join lobby');
    expect(site.sessions).to.have.length(0);
    await page.locator('#prejoin-name').fill('  Ann  ');
    await page.locator('#prejoin-name').press('Enter');
    await untilPictureShows(page);
    await site.until(() => (site.session.peer?.camera.frames ?? 0) > 3 && (site.session.peer?.audibleChunks ?? 0) > 0);
    expect(site.session.said('join')).to.deep.equal([{ type: 'join', room: 'lobby', name: 'Ann', audio: true, video: true }]);
    expect(await page.locator('video').count()).to.equal(1);
    expect(await page.evaluate("document.getElementById('mix').muted")).to.equal(false);
    const [red, green, blue] = await pictureColor(page);
    // The stand-in's upper left tile is slate blue.
    expect(blue).to.be.greaterThan(green + 15);
    expect(green).to.be.greaterThan(red + 10);
    await untilHeard(page);
  });

  it('answers the offer once, with the directions and limits it keeps for good', async () => {
    const page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' } });
    await page.goto(`${site.origin}/r/lobby`);
    await site.until(() => (site.sessions[0]?.peer?.camera.frames ?? 0) > 0);
    await page.locator('#camera').click();
    await site.until(() => site.session.said('media').at(-1)?.video === false);
    const state = await page.evaluate<unknown>(`(() => {
      const [connection] = window.spied.connections;
      return {
        directions: connection.getTransceivers().map(({ mid, currentDirection }) => [mid, currentDirection]),
        limits: connection.getSenders().slice(1).map((sender) => sender.getParameters().encodings.map(({ maxBitrate, maxFramerate }) => [maxBitrate, maxFramerate])),
        descriptions: window.spied.localDescriptions,
        audio: (({ echoCancellation, noiseSuppression, autoGainControl }) => [echoCancellation, noiseSuppression, autoGainControl])(window.spied.tracks.find(({ kind }) => kind === 'audio').getSettings()),
      };
    })()`);
    expect(state).to.deep.equal({
      directions: [
        ['0', 'sendrecv'],
        ['1', 'sendrecv'],
        ['2', 'sendonly'],
      ],
      limits: [[[2_500_000, 30]], [[2_500_000, 15]]],
      descriptions: 1,
      audio: [true, true, true],
    });
  });

  it('asks for the rows in its address, and joins without where they are no number, and says so', async () => {
    const page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' } });
    await page.goto(`${site.origin}/r/lobby?maxHeight=360`);
    await untilPictureShows(page);
    expect(site.session.said('join')).to.deep.include.members([{ type: 'join', room: 'lobby', name: 'Ann', audio: false, video: false, maxHeight: 360 }]);
    expect(await page.locator('.toast').count()).to.equal(0);
    await page.goto(`${site.origin}/r/lobby?maxHeight=abc`);
    await page.locator('.toast-error').waitFor();
    expect(await page.locator('.toast-error p').textContent()).to.match(/^You get the whole picture/);
    await untilPictureShows(page);
    expect(site.sessions.map((session) => session.said('join').map((join) => join.maxHeight))).to.deep.equal([[360], [undefined]]);
  });

  it('joins before the person has answered the question for the camera', async () => {
    const page = await browser.open({
      origin: site.origin,
      admitted: { room: 'lobby', name: 'Ann' },
      initScript: `
        const refused = new Promise((resolve) => { window.refuse = resolve; });
        navigator.mediaDevices.getUserMedia = async () => { await refused; throw new DOMException('no', 'NotAllowedError'); };`,
    });
    await page.goto(`${site.origin}/r/lobby`);
    await untilPictureShows(page);
    expect(site.session.said('join')[0]).to.include({ audio: false, video: false });
    expect(await page.locator('#camera').getAttribute('class')).to.include('is-busy');
    await page.evaluate('window.refuse()');
    await page.locator('.toast-error').waitFor();
    expect(await page.locator('.toast-error p').textContent()).to.match(/^Your camera and microphone are blocked/);
    expect(await page.locator('#camera').getAttribute('class')).to.include('is-off').and.include('has-problem');
  });

  it('joins with the microphone alone when another program holds the camera, and with both when it lets go', async () => {
    const page = await browser.open({
      origin: site.origin,
      initScript: `
        const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        window.cameraHeld = true;
        navigator.mediaDevices.getUserMedia = async (constraints) => {
          if (constraints.video && window.cameraHeld) throw new DOMException('in use', 'NotReadableError');
          return original(constraints);
        };`,
    });
    await page.goto(`${site.origin}/r/lobby`);
    await page.locator('#prejoin-notice').waitFor();
    expect(await page.locator('#prejoin-notice').textContent()).to.equal('Your camera is in use by another program. Close it and press the button again.');
    await page.locator('#prejoin-name').fill('Ann');
    await page.locator('#prejoin-join').click();
    await site.until(() => (site.sessions[0]?.peer?.audibleChunks ?? 0) > 0);
    expect(site.session.said('join')[0]).to.include({ audio: true, video: false });
    await page.evaluate('window.cameraHeld = false');
    await page.locator('#camera').click();
    await site.until(() => (site.session.peer?.camera.frames ?? 0) > 0);
    expect(site.session.said('media').at(-1)).to.include({ audio: true, video: true });
  });

  it('takes whatever camera there is when the one that was chosen last is gone', async () => {
    const page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' }, initScript: "if (location.protocol === 'http:') localStorage.setItem('tessera.cameraId', 'gone');" });
    await page.goto(`${site.origin}/r/lobby`);
    await site.until(() => (site.sessions[0]?.peer?.camera.frames ?? 0) > 0 && (site.session.peer?.audibleChunks ?? 0) > 0);
    expect(await page.locator('.toast').count()).to.equal(0);
  });

  it('plays the sound of a room without any picture, shows who is there, then the picture when one comes', async () => {
    site.mix.pictureOn = false;
    site.room('lobby').add({ name: 'Zoë Quill', audio: true });
    const page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann', camera: false } });
    await page.goto(`${site.origin}/r/lobby`);
    await page.locator('#stage-faces').waitFor();
    await untilInPage(page, "document.getElementById('mix').currentTime > 0.2 && !document.getElementById('mix').paused");
    expect(await page.evaluate("document.getElementById('mix').videoWidth")).to.equal(0);
    await untilHeard(page);
    expect(await page.locator('#stage-faces figcaption').allTextContents()).to.have.members(['Ann', 'Zoë Quill']);
    expect(await page.locator('#stage-faces .avatar').allTextContents()).to.have.members(['A', 'ZQ']);
    site.mix.pictureOn = true;
    site.room('lobby').change('p1', { audio: true, video: true, screen: false });
    await page.locator('#stage-faces').waitFor({ state: 'hidden' });
    await untilPictureShows(page);
  });

  it('says why joining was refused, and can try again', async () => {
    site.refusal = { type: 'error', error: { code: 'room_full', message: 'As many as there may be.' } };
    const page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' } });
    await page.goto(`${site.origin}/r/lobby`);
    await page.locator('#farewell').waitFor();
    expect(await page.locator('#farewell-text').textContent()).to.match(/^The room is full/);
    // Opened or still being opened: the light goes off.
    await untilInPage(page, "window.spied.tracks.length === 2 && window.spied.tracks.every(({ readyState }) => readyState === 'ended')");
    expect(site.sessions).to.have.length(1);
    site.refusal = null;
    await page.locator('#rejoin').click();
    await untilPictureShows(page);
  });

  it('says what is wrong with a name before it joins', async () => {
    const page = await browser.open({ origin: site.origin });
    await page.goto(`${site.origin}/r/lobby`);
    await page.locator('#prejoin-name').fill('<b>');
    await page.locator('#prejoin-join').click();
    expect(await page.locator('#prejoin-problem').textContent()).to.include('leave out the “<”');
    expect(await page.evaluate('document.activeElement.id')).to.equal('prejoin-name');
    expect(site.sessions).to.have.length(0);
    await page.locator('#prejoin-name').fill('Bea');
    expect(await page.locator('#prejoin-problem').isVisible()).to.equal(false);
    await page.locator('#prejoin-join').click();
    await untilPictureShows(page);
    expect(site.session.said('join')[0]).to.include({ name: 'Bea' });
  });

  it('lets one whose name was refused change it', async () => {
    site.refusal = { type: 'error', error: { code: 'invalid_participant_name', message: 'Leave out the “<”.' } };
    const page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Zoë <dev>' } });
    await page.goto(`${site.origin}/r/lobby`);
    await page.locator('#rename').waitFor();
    expect(await page.locator('#farewell-text').textContent()).to.equal('Leave out the “<”.');
    expect(await page.locator('#rejoin').isVisible()).to.equal(false);
    site.refusal = null;
    await page.locator('#rename').click();
    await page.locator('#prejoin-problem').waitFor();
    expect(await page.locator('#prejoin-name').inputValue()).to.equal('Zoë <dev>');
    await page.locator('#prejoin-name').fill('Zoë');
    await page.locator('#prejoin-join').click();
    await untilPictureShows(page);
    expect(site.session.said('join')[0]).to.include({ name: 'Zoë' });
  });

  it('keeps trying while the server is not ready, and says so', async () => {
    site.refusal = { type: 'error', error: { code: 'room_timeout', message: 'Not now.' } };
    const page = await browser.open({ origin: site.origin, admitted: { room: 'lobby', name: 'Ann' } });
    await page.goto(`${site.origin}/r/lobby`);
    await page.locator('.toast-error').waitFor();
    await site.until(() => site.sessions.length >= 3);
    site.refusal = null;
    await untilPictureShows(page);
  });
});
