import { expect } from 'chai';
import { mixProbe, MixPage } from '../support/mix-page.js';
import type { PageBrowser } from '../support/page-browser.js';
import { pageDevices } from '../support/page-devices.js';
import { setUpRoom } from '../support/set-up-room.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcListener } from '../support/wrtc-client.js';

const whole = { left: 0, top: 0, width: 1, height: 1 };
/** In the page: neither side learns of a UDP address of the other. */
const withoutUdp = `{
  const setRemote = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    return setRemote.call(this, { type, sdp: sdp.replace(/a=candidate:\\S+ 1 udp .*\\r\\n/g, '') });
  };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    const message = JSON.parse(text);
    if (message.type === 'candidate' && message.candidate.includes(' udp ')) return;
    if (message.type === 'answer') message.sdp = message.sdp.replace(/a=candidate:\\S+ 1 udp .*\\r\\n/g, '');
    send.call(this, JSON.stringify(message));
  };
}`;

describe('a browser whose network blocks UDP', function () {
  this.timeout(60_000);
  let server: TestServer;
  let browser: PageBrowser;

  setUpRoom((setUp) => {
    ({ browser, server } = setUp);
  });

  it('takes part by TCP on the same port', async () => {
    const page = await browser.open({
      origin: server.url,
      admitted: { room: 'tcp', name: 'Ann' },
      initScript: `${mixProbe}\n${withoutUdp}\n${pageDevices({ color: 'green', toneHz: 500 })}`,
    });
    await page.goto(`${server.url}/r/tcp`);
    const ann = new MixPage(page);
    await ann.untilSees('green', whole);
    const { port } = (await server.call('GET', '/api/rooms/tcp/stats')).body as { readonly port: { readonly tcpStreams: number; readonly sentDatagrams: number } };
    expect(port.tcpStreams).to.be.at.least(1);
    expect(port.sentDatagrams).to.equal(0);
    const bob = await WrtcListener.join(server.url, 'tcp');
    await bob.mix.until('Bob sees Ann', () => bob.mix.sees('green', whole), 20_000);
    await bob.mix.until('Bob hears Ann', () => bob.mix.toneDb(500) > -35, 20_000);
    await bob.leave();
  });
});
