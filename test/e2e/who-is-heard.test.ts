/** Who is heard, as a real Chromium reads it from the packets of the mix: the contributing sources that RTP names, and what the library makes of them. */
import { expect } from 'chai';
import type { RoomDescription } from '../../src/rooms/protocol.js';
import { eventually } from '../support/eventually.js';
import type { PageBrowser } from '../support/page-browser.js';
import { RoomPage } from '../support/room-page.js';
import { setUpRoom } from '../support/set-up-room.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcPublisher } from '../support/wrtc-client.js';

const room = 'heard';

/** Keeps the connections that a page makes, to look at what they receive. */
const connectionProbe = `window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...options) {
    super(...options);
    window.connections.push(this);
  }
};`;

/** CSRCs that were in the packets of the last 200 ms of sound. */
const readSources = `(() => {
  const [{ receiver }] = window.connections.at(-1).getTransceivers();
  const newestMs = Math.max(...receiver.getSynchronizationSources().map(({ timestamp }) => timestamp));
  return receiver.getContributingSources().filter(({ timestamp }) => newestMs - timestamp < 200).map(({ source }) => source);
})()`;

describe('who is heard', function () {
  this.timeout(60_000);
  let server: TestServer;
  let browser: PageBrowser;

  setUpRoom((setUp) => {
    ({ browser, server } = setUp);
  }, { devices: { color: 'red', toneHz: 500 } });

  it('is named in each packet of the mix while he talks, and never the listener himself, who talks too', async () => {
    const ann = await RoomPage.join({ browser, serverUrl: server.url, room, name: 'Ann', initScript: connectionProbe });
    const bob = await WrtcPublisher.join(server.url, room, 'Bob', { color: 'blue', toneHz: 1250 });
    try {
      const sources = (): Promise<number[]> => ann.page.evaluate<number[]>(readSources);
      await eventually('Ann hears Bob', async () => (await sources()).length > 0);
      const { participants } = (await server.call('GET', `/api/rooms/${room}`)).body as RoomDescription;
      const csrcOf = (name: string): number | undefined => participants.find((participant) => participant.name === name)?.csrc;
      expect(csrcOf('Ann')).to.be.a('number').and.not.equal(csrcOf('Bob'));
      expect(await sources()).to.deep.equal([csrcOf('Bob')]);
      // Chromium reads no levels from packets; the page has asked for them, and his row shows them.
      const level = `document.querySelector('#people .person[data-id="${bob.participantId}"]').style.getPropertyValue('--level')`;
      await eventually('the bars of Bob follow his level', async () => Number(await ann.page.evaluate<string>(level)) > 0.3);
    } finally {
      bob.vanish();
    }
    await eventually('nobody is heard any more', async () => (await ann.page.evaluate<number[]>(readSources)).length === 0);
  });
});
