/** Chromium as a WHIP or WHEP client of a dozen lines, in a page of the server's own origin: with the codec that the test wants. */
import { MixPage, mixProbe } from './mix-page.js';
import type { PageBrowser } from './page-browser.js';

export interface WhipPageOptions {
  readonly browser: PageBrowser;
  readonly serverUrl: string;
  /** `/whip/<room>?name=…` or `/whep/<room>` */
  readonly endpoint: string;
  /** Offered in this order, and nothing else of video. */
  readonly videoCodecs: readonly ('VP8' | 'H264')[];
  /** RIDs of simulcast layers, each twice as large as the one before; one stream without. */
  readonly layers?: readonly string[];
  readonly initScript?: string;
}

const client = `
  window.startSession = async ({ endpoint, videoCodecs, layers }) => {
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    const publishes = endpoint.startsWith('/whip/');
    const capable = (publishes ? RTCRtpSender : RTCRtpReceiver).getCapabilities('video').codecs;
    const wanted = [...videoCodecs, ...(layers.length > 0 ? ['rtx'] : [])].flatMap((name) => capable.filter(({ mimeType }) => mimeType === 'video/' + name));
    if (publishes) {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      const sendEncodings = layers.map((rid, index) => ({ rid, scaleResolutionDownBy: 2 ** (layers.length - 1 - index) }));
      for (const track of stream.getTracks()) connection.addTransceiver(track, { direction: 'sendonly', streams: [stream], ...(track.kind === 'video' && layers.length > 0 ? { sendEncodings } : {}) });
    } else {
      for (const kind of ['audio', 'video']) connection.addTransceiver(kind, { direction: 'recvonly' });
      const video = document.body.appendChild(Object.assign(document.createElement('video'), { id: 'mix', muted: true }));
      video.srcObject = new MediaStream(connection.getReceivers().map(({ track }) => track));
      void video.play();
    }
    connection.getTransceivers()[1].setCodecPreferences(wanted);
    await connection.setLocalDescription();
    while (connection.iceGatheringState !== 'complete') await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }));
    const response = await fetch(endpoint, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: connection.localDescription.sdp });
    if (response.status !== 201) throw new Error(response.status + ' ' + (await response.text()));
    await connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    window.session = { connection, url: response.headers.get('Location') };
  };
  window.videoCodecInUse = async () => {
    const stats = [...(await window.session.connection.getStats()).values()];
    const video = stats.find(({ type, kind, bytesSent = 0, bytesReceived = 0 }) => ['outbound-rtp', 'inbound-rtp'].includes(type) && kind === 'video' && bytesSent + bytesReceived > 0);
    return stats.find(({ id }) => id === video?.codecId)?.mimeType ?? '';
  };
`;

export class WhipPage extends MixPage {
  static async open({ browser, serverUrl, endpoint, videoCodecs, layers = [], initScript = '' }: WhipPageOptions): Promise<WhipPage> {
    const page = await browser.open({ origin: serverUrl, initScript: `${mixProbe}\n${client}\n${initScript}` });
    // Any page of the server; what stands on it does not matter.
    await page.goto(`${serverUrl}/`);
    await page.evaluate(`window.startSession(${JSON.stringify({ endpoint, videoCodecs, layers })})`);
    return new WhipPage(page);
  }

  /** `video/VP8`, `video/H264`, or empty while nothing flows. */
  async videoCodecInUse(): Promise<string> {
    return this.page.evaluate<string>('window.videoCodecInUse()');
  }
}
