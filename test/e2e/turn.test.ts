import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { IceServer } from '../../src/ice-servers.js';
import { ColoredToneSource } from '../support/colored-tone-source.js';
import { mixProbe, MixPage } from '../support/mix-page.js';
import { MixReceiver } from '../support/mix-receiver.js';
import { PageBrowser } from '../support/page-browser.js';
import { rootFolder } from '../support/root-folder.js';
import { startRoomServer } from '../support/room-server.js';
import { SignallingClient } from '../support/signalling-client.js';
import type { TestServer } from '../support/test-server.js';
import { TurnServer } from '../support/turn-server.js';
import { WrtcListener, WrtcPublisher } from '../support/wrtc-client.js';
import { gatheredSdp, wrtc, type WrtcPeerConnection } from '../support/wrtc.js';

const whole = { left: 0, top: 0, width: 1, height: 1 };
const secret = 'north of the river';

/** Which kinds of its own addresses the pair in use has. */
async function localCandidateTypes(connection: WrtcPeerConnection): Promise<readonly unknown[]> {
  const reports = new Map(await connection.getStats());
  const pairs = [...reports.values()].filter((report) => report['type'] === 'candidate-pair' && report['state'] === 'succeeded');
  return pairs.map((pair) => reports.get(String(pair['localCandidateId']))?.['candidateType']);
}

describe('clients that reach the server through a TURN server only', function () {
  this.timeout(60_000);
  let turn: TurnServer;
  let server: TestServer;
  const closing: (() => void)[] = [];

  before(async () => {
    turn = await TurnServer.start(secret);
    server = await startRoomServer({ iceServers: [turn.url], turnSecret: secret });
  });
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });
  after(async () => {
    await server.close();
    await turn.close();
  });

  function relayed(iceServers: readonly IceServer[]): WrtcPeerConnection {
    const connection = new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle', iceTransportPolicy: 'relay', iceServers });
    closing.push(() => connection.close());
    return connection;
  }

  it('join by the WebSocket, which hands them credentials, and are seen and see', async () => {
    const signalling = await SignallingClient.connect(server.url);
    closing.push(() => signalling.socket.terminate());
    const { iceServers } = await signalling.join('turn', 'Ann');
    const { sdp } = await signalling.next('offer');
    const connection = relayed(iceServers);
    await connection.setRemoteDescription({ type: 'offer', sdp });
    const source = new ColoredToneSource({ color: 'red', toneHz: 500 });
    closing.push(() => source.close());
    const [microphone, camera] = connection.getTransceivers();
    for (const [transceiver, track] of [[microphone, source.audioTrack], [camera, source.videoTrack]] as const) {
      transceiver!.direction = 'sendrecv';
      await transceiver!.sender.replaceTrack(track);
    }
    const answer = await gatheredSdp(connection, await connection.createAnswer());
    expect(answer).to.match(/^a=candidate:.* typ relay/m).and.not.match(/ typ (host|srflx)/);
    signalling.send({ type: 'answer', sdp: answer });
    const mix = new MixReceiver({ video: camera!.receiver.track, audio: microphone!.receiver.track });
    closing.push(() => mix.close());
    await mix.until('Ann sees herself', () => mix.sees('red', whole), 20_000);
    const bob = await WrtcListener.join(server.url, 'turn');
    closing.push(() => bob.vanish());
    await bob.mix.until('Bob sees Ann', () => bob.mix.sees('red', whole), 20_000);
    expect(new Set(await localCandidateTypes(connection))).to.deep.equal(new Set(['relay']));
    expect(server.logLines.join('\n')).to.not.include(secret).and.not.include(iceServers[0]!.credential);
    expect(JSON.stringify((await server.call('GET', '/api/rooms/turn/stats')).body)).to.not.include(secret).and.not.include(iceServers[0]!.credential);
  });

  it('get nothing from the TURN server with credentials that it did not make', async () => {
    const signalling = await SignallingClient.connect(server.url);
    closing.push(() => signalling.socket.terminate());
    const { iceServers } = await signalling.join('forged', 'Eve');
    const { sdp } = await signalling.next('offer');
    const connection = relayed(iceServers.map((iceServer) => ({ ...iceServer, username: `1${iceServer.username ?? ''}` })));
    await connection.setRemoteDescription({ type: 'offer', sdp });
    expect(await gatheredSdp(connection, await connection.createAnswer())).to.not.include('a=candidate:');
  });

  it('ask by OPTIONS before they watch with WHEP', async () => {
    const { readIceServers } = (await import(pathToFileURL(join(rootFolder, 'public/client/ice-servers.js')).href)) as { readonly readIceServers: (header: string | null) => readonly IceServer[] };
    const ann = await WrtcPublisher.join(server.url, 'options', 'Ann', { color: 'blue', toneHz: 500 });
    closing.push(() => ann.vanish());
    const asked = await fetch(`${server.url}/whep/options`, { method: 'OPTIONS' });
    const connection = relayed(readIceServers(asked.headers.get('Link')));
    const transceivers = (['audio', 'video'] as const).map((kind) => connection.addTransceiver(kind, { direction: 'recvonly' }));
    const offer = await gatheredSdp(connection, await connection.createOffer());
    const response = await fetch(`${server.url}/whep/options`, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: offer });
    await connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    const mix = new MixReceiver({ audio: transceivers[0]!.receiver.track, video: transceivers[1]!.receiver.track });
    closing.push(() => mix.close());
    await mix.until('the mix is seen', () => mix.sees('blue', whole), 20_000);
    expect(new Set(await localCandidateTypes(connection))).to.deep.equal(new Set(['relay']));
  });

  it('are browsers on the viewer page, which learns of it with the answer', async () => {
    const ann = await WrtcPublisher.join(server.url, 'page', 'Ann', { color: 'green', toneHz: 500 });
    closing.push(() => ann.vanish());
    const browser = await PageBrowser.launch();
    try {
      const relayOnly = `{
        const Original = window.RTCPeerConnection;
        window.RTCPeerConnection = class extends Original { constructor(options) { super({ ...options, iceTransportPolicy: 'relay' }); } };
      }`;
      const viewer = new MixPage(await browser.open({ origin: server.url, initScript: `${mixProbe}\n${relayOnly}` }));
      await viewer.page.goto(`${server.url}/v/page`);
      await viewer.untilSees('green', whole);
      const types = await viewer.page.evaluate(`Promise.all(spied.connections.map(async (connection) => {
        const stats = await connection.getStats();
        return [...stats.values()].filter(({ type, nominated }) => type === 'candidate-pair' && nominated).map(({ localCandidateId }) => stats.get(localCandidateId).candidateType);
      }))`);
      expect((types as string[][]).flat()).to.deep.equal(['relay']);
      expect(browser.problems).to.deep.equal([]);
    } finally {
      await browser.close();
    }
  });
});
