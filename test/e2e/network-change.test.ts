import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { RoomDescription } from '../../src/rooms/protocol.js';
import { eventually } from '../support/eventually.js';
import { linkedSdp } from '../support/linked-sdp.js';
import { rootFolder } from '../support/root-folder.js';
import { mixProbe, MixPage } from '../support/mix-page.js';
import { untilInPage } from '../support/mix-video.js';
import { PageBrowser } from '../support/page-browser.js';
import { pageDevices } from '../support/page-devices.js';
import { startRoomServer } from '../support/room-server.js';
import { TcpRelay } from '../support/tcp-relay.js';
import type { TestServer } from '../support/test-server.js';
import { UdpRelay } from '../support/udp-relay.js';
import { WrtcListener } from '../support/wrtc-client.js';
import { WrtcMember } from '../support/wrtc-member.js';
import { gatheredSdp } from '../support/wrtc.js';

const whole = { left: 0, top: 0, width: 1, height: 1 };
const firstSeat = { left: 0, top: 0.25, width: 0.5, height: 0.5 };
const secondSeat = { left: 0.5, top: 0.25, width: 0.5, height: 0.5 };
/** From the restart until media flow again. */
const maxRecoveryMs = 2_000;
/** Pictures that a cut finds on the loopback and in the client's jitter buffer, a few; those beyond came by another way. */
const mostOnTheWay = 10;

/** In the page: its first connection begins at the relay, and the server learns none of the browser's own addresses until the page has asked for a restart. */
const firstThroughRelay = `{
  let hasRestarted = false;
  window.restartedAtMs = [];
  window.hasAskedToRestart = new Promise((resolve) => addEventListener('restart', resolve, { once: true }));
  const setRemote = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = async function (description) {
    return setRemote.call(this, hasRestarted ? description : { type: description.type, sdp: await window.throughRelay(description.sdp) });
  };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    const message = JSON.parse(text);
    if (message.type === 'restart') {
      hasRestarted = true;
      window.restartedAtMs.push(performance.now());
      dispatchEvent(new Event('restart'));
    }
    if (!hasRestarted && message.type === 'candidate') return;
    if (!hasRestarted && message.type === 'answer') message.sdp = message.sdp.replace(/a=candidate:.*\\r\\n/g, '');
    send.call(this, JSON.stringify(message));
  };
}`;

/** In the page: when something is received again. It has asked for a restart after silence, so what was on its way at the cut has come by then. */
const mixComesAgain = `(async () => {
  const count = async () => [...(await spied.connections[0].getStats()).values()].reduce((sum, { type, packetsReceived }) => (type === 'inbound-rtp' ? sum + packetsReceived : sum), 0);
  await window.hasAskedToRestart;
  const before = await count();
  while ((await count()) < before + 20) await new Promise((resolve) => setTimeout(resolve, 20));
  return performance.now();
})()`;

interface RestartTexts {
  readonly restartFragment: (offer: string) => string;
  readonly restartedAnswer: (answer: string, fragment: string) => string;
}

describe('a client that changes its network', function () {
  this.timeout(60_000);
  let server: TestServer;
  let relay: UdpRelay;

  before(async () => {
    server = await startRoomServer();
  });
  beforeEach(() => {
    relay = new UdpRelay();
  });
  afterEach(() => relay.close());
  after(() => server.close());

  const describeRoom = async (room: string): Promise<RoomDescription> => (await server.call('GET', `/api/rooms/${room}`)).body as RoomDescription;

  it('is disconnected after 5 s of silence, and connected again 2 s after an ICE restart over the WebSocket, with the same media', async () => {
    const ann = await WrtcMember.join(server.url, 'move', 'Ann', { color: 'red', toneHz: 500 }, relay.through);
    await ann.mix.until('Ann sees herself', () => ann.mix.sees('red', whole), 20_000);
    const connectionOf = async (): Promise<unknown> => (await describeRoom('move')).participants.find(({ id }) => id === ann.participantId)?.connection;
    expect(await connectionOf()).to.equal('connected');
    const cutMs = performance.now();
    relay.isCut = true;
    await eventually('Ann is disconnected', async () => (await connectionOf()) === 'disconnected', 10_000);
    expect(performance.now() - cutMs).to.be.within(4_500, 6_500);

    const framesBefore = ann.mix.frameCount;
    const restartMs = performance.now();
    ann.signalling.send({ type: 'restart' });
    const { sdp } = await ann.signalling.next('offer');
    await ann.connection.setRemoteDescription({ type: 'offer', sdp });
    ann.signalling.send({ type: 'answer', sdp: await gatheredSdp(ann.connection, await ann.connection.createAnswer()) });
    await ann.mix.until('the mix comes again', () => ann.mix.frameCount > framesBefore, 10_000);
    const backMs = performance.now() - restartMs;
    await eventually('Ann is connected', async () => (await connectionOf()) === 'connected', 10_000);
    console.log(`      ICE restart over the WebSocket: the mix came again after ${Math.round(backMs)} ms`);
    expect(backMs).to.be.lessThan(maxRecoveryMs);
    await ann.mix.until('Ann sees herself again', () => ann.mix.sees('red', whole), 10_000);
    await ann.leave();
  });

  it('goes on within 2 s of an ICE restart by PATCH', async () => {
    // The page's own texts.
    const { restartFragment, restartedAnswer } = (await import(pathToFileURL(join(rootFolder, 'public/client/ice-restart.js')).href)) as RestartTexts;
    const ann = await WrtcMember.join(server.url, 'patch', 'Ann', { color: 'red', toneHz: 500 });
    const bob = await WrtcListener.join(server.url, 'patch', undefined, relay.through);
    await bob.mix.until('Bob sees Ann', () => bob.mix.sees('red', whole), 20_000);
    relay.isCut = true;
    const cutFrames = bob.mix.frameCount;
    const restartMs = performance.now();
    const offer = await gatheredSdp(bob.connection, await bob.connection.createOffer({ iceRestart: true }));
    const response = await fetch(bob.url, { method: 'PATCH', headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' }, body: restartFragment(offer) });
    expect(response.status).to.equal(200);
    await bob.connection.setRemoteDescription({ type: 'answer', sdp: restartedAnswer(bob.answer, await response.text()) });
    await bob.mix.until('the mix comes again', () => bob.mix.frameCount > cutFrames + mostOnTheWay, 10_000);
    const backMs = performance.now() - restartMs;
    console.log(`      ICE restart by PATCH: the mix came again, ${mostOnTheWay} pictures of it, after ${Math.round(backMs)} ms`);
    expect(backMs).to.be.lessThan(maxRecoveryMs);
    expect(relay.cutDatagrams, 'the first path was cut').to.be.greaterThan(0);
    await bob.leave();
    await ann.leave();
  });

  it('notices it by itself where it is the room page, and keeps its place in the room', async () => {
    const browser = await PageBrowser.launch();
    try {
      const page = await browser.open({
        origin: server.url,
        admitted: { room: 'page', name: 'Ann' },
        initScript: `${mixProbe}\n${firstThroughRelay}\n${pageDevices({ color: 'green', toneHz: 500 })}`,
      });
      await page.exposeFunction('throughRelay', (sdp: string) => linkedSdp(sdp, relay.through));
      await page.goto(`${server.url}/r/page`);
      const ann = new MixPage(page);
      await ann.untilSees('green', whole);
      const bob = await WrtcListener.join(server.url, 'page');
      await bob.mix.until('Bob sees Ann', () => bob.mix.sees('green', whole), 20_000);
      const [before] = (await describeRoom('page')).participants;
      const receivedPackets = (): Promise<number> => page.evaluate<number>(`spied.connections[0].getStats().then((stats) => [...stats.values()].reduce((sum, { type, packetsReceived }) => (type === 'inbound-rtp' ? sum + packetsReceived : sum), 0))`);
      relay.isCut = true;
      const cutMs = performance.now();
      const packets = await receivedPackets();
      await eventually('the mix comes again', async () => (await receivedPackets()) > packets + 20, 10_000);
      console.log(`      the room page: cut off, and back after ${Math.round(performance.now() - cutMs)} ms`);
      await eventually('Ann is connected', async () => (await describeRoom('page')).participants[0]?.connection === 'connected', 10_000);
      await ann.untilSees('green', whole);
      expect((await describeRoom('page')).participants.map(({ id }) => id)).to.deep.equal([before?.id]);
      expect(await page.evaluate('spied.connections.length')).to.equal(1);
      expect(browser.problems).to.deep.equal([]);
      await bob.leave();
    } finally {
      await browser.close();
    }
  });

  it('keeps its id, its tile and its place in everybody\'s list where the page loses its WebSocket with the network', async () => {
    const browser = await PageBrowser.launch();
    const way = await TcpRelay.open(server.url);
    try {
      const page = await browser.open({
        origin: way.url,
        admitted: { room: 'roam', name: 'Ann' },
        initScript: `${mixProbe}\n${firstThroughRelay}\n${pageDevices({ color: 'green', toneHz: 500 })}`,
      });
      await page.exposeFunction('throughRelay', (sdp: string) => linkedSdp(sdp, relay.through));
      await page.goto(`${way.url}/r/roam`);
      const ann = new MixPage(page);
      await ann.untilSees('green', whole);
      const bob = await WrtcMember.join(server.url, 'roam', 'Bob', { color: 'red', toneHz: 1000 });
      await bob.mix.until('Bob sees both', () => bob.mix.sees('green', firstSeat) && bob.mix.sees('red', secondSeat), 20_000);
      await ann.untilSees('red', secondSeat);
      const idOfAnn = (await describeRoom('roam')).participants.find(({ name }) => name === 'Ann')?.id;
      const lists: string[][] = [];
      bob.signalling.socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as { type: string; room?: RoomDescription };
        if (message.room !== undefined) lists.push(message.room.participants.map(({ id }) => id));
      });

      relay.isCut = true;
      way.cut();
      const cutMs = performance.now();
      const backAtMs = await page.evaluate<number>(mixComesAgain);
      const outageMs = performance.now() - cutMs;
      const restartedAtMs = await page.evaluate<number[]>('restartedAtMs');
      const backMs = backAtMs - (restartedAtMs.at(-1) ?? 0);
      console.log(`      the room page without its WebSocket: back ${Math.round(outageMs)} ms after the cut, ${Math.round(backMs)} ms after the restart`);
      expect(restartedAtMs.length, 'over the lost socket, and over the new one').to.be.at.least(2);
      expect(backMs).to.be.lessThan(maxRecoveryMs);
      await eventually('Ann is connected', async () => (await describeRoom('roam')).participants[0]?.connection === 'connected', 10_000);
      await ann.untilSees('red', secondSeat);
      await bob.mix.until('Bob sees both where they were', () => bob.mix.sees('green', firstSeat) && bob.mix.sees('red', secondSeat), 10_000);
      expect(await page.evaluate('spied.connections.length')).to.equal(1);
      expect(lists.every((ids) => ids.join() === [idOfAnn, bob.participantId].join()), JSON.stringify(lists)).to.equal(true);
      expect((await describeRoom('roam')).participants.map(({ id }) => id)).to.deep.equal([idOfAnn, bob.participantId]);
      expect(browser.problems).to.deep.equal([]);
      await bob.leave();
      await page.locator('#leave').click();
      await eventually('she leaves at once', async () => (await describeRoom('roam')).participants.length === 0, 2_000);
    } finally {
      await browser.close();
      way.close();
    }
  });

  interface StillWay {
    readonly page: Page;
    readonly way: TcpRelay;
    readonly bob: WrtcMember;
    /** Ids of who is in the room, as Bob is told, since both are. */
    readonly lists: readonly string[];
  }

  /** Ann on the room page, whose WebSocket has a way of its own, and Bob. */
  async function withStillWay(room: string, run: (scene: StillWay) => Promise<void>): Promise<void> {
    const browser = await PageBrowser.launch();
    const way = await TcpRelay.open(server.url);
    try {
      const page = await browser.open({ origin: way.url, admitted: { room, name: 'Ann' }, initScript: `${mixProbe}\n${pageDevices({ color: 'green', toneHz: 500 })}` });
      await page.goto(`${way.url}/r/${room}`);
      const ann = new MixPage(page);
      await ann.untilSees('green', whole);
      const bob = await WrtcMember.join(server.url, room, 'Bob', { color: 'red', toneHz: 1000 });
      await ann.untilSees('red', secondSeat);
      const lists: string[] = [];
      bob.signalling.socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as { room?: RoomDescription };
        if (message.room !== undefined) lists.push(message.room.participants.map(({ id }) => id).join());
      });
      await run({ page, way, bob, lists });
      expect(await page.evaluate("[spied.connections.length, spied.sockets.flatMap(({ said }) => said).filter((type) => type === 'join').length]"), 'connections and joins').to.deep.equal([1, 1]);
      expect(browser.problems).to.deep.equal([]);
      await bob.leave();
    } finally {
      await browser.close();
      way.close();
    }
  }

  it('leaves nobody\'s list where only the WebSocket stands still for longer than the page waits, and what was said comes late', async () => {
    await withStillWay('stall', async ({ page, way, bob, lists }) => {
      const idsBefore = (await describeRoom('stall')).participants.map(({ id }) => id);
      way.stall();
      await page.evaluate("dispatchEvent(new Event('online'))");
      // She has given the first socket up: what she said over it, and its end, come late, and still before the next one, which takes more round trips.
      await untilInPage(page, 'spied.sockets.length === 2');
      way.flow();
      await untilInPage(page, 'spied.sockets[0].readyState === WebSocket.CLOSED');
      way.admit();
      await untilInPage(page, "spied.sockets[1].said.includes('answer')");
      bob.signalling.send({ type: 'layout', layout: 'speaker' });
      await eventually('Bob is told how the room is', () => lists.length > 0);
      expect(new Set(lists)).to.deep.equal(new Set([idsBefore.join()]));
      expect((await describeRoom('stall')).participants.map(({ id }) => id)).to.deep.equal(idsBefore);
    });
  });

  it('stays out where it is removed while its WebSocket stands still, and says so', async () => {
    await withStillWay('out', async ({ page, way, bob, lists }) => {
      const [ann] = (await describeRoom('out')).participants;
      way.stall();
      expect((await server.call('DELETE', `/api/rooms/out/participants/${ann?.id ?? ''}`)).status).to.equal(204);
      way.admit();
      await page.getByText('You were removed from the room.').waitFor();
      expect(lists.at(-1)).to.equal(bob.participantId);
    });
  });
});
