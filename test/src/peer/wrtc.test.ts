import { expect } from 'chai';
import { UdpPort, type MediaPlan, type NegotiatedMedia } from '../../../src/peer/index.js';
import { decodeTransportSequence } from '../../../src/rtp/header-extensions.js';
import { parseRtpPacket } from '../../../src/rtp/rtp-packet.js';
import { buildGoodbye, buildRemb, compound } from '../../../src/rtp/rtcp/build-rtcp.js';
import { parseRtcp } from '../../../src/rtp/rtcp/parse-rtcp.js';
import { TransportFeedback } from '../../../src/rtp/transport-feedback.js';
import { eventually } from '../../support/eventually.js';
import { gatheredSdp, wrtc, type WrtcPeerConnection, type WrtcTrack } from '../../support/wrtc.js';
import { loopback, makeReceiverReport, makeRtp, RiggedPeer, sharedCertificate } from './peer-rig.js';

const plans: readonly MediaPlan[] = [
  { mid: '0', kind: 'audio', direction: 'sendrecv', codecs: ['opus'], ssrc: 0x1111, cname: 'mix', msid: 'mix sound' },
  { mid: '1', kind: 'video', direction: 'sendrecv', codecs: ['vp8', 'h264'], ssrc: 0x2222, cname: 'mix', msid: 'mix picture' },
];
/** Opus, one frame of silence. */
const opusSilence = Buffer.from('f8fffe', 'hex');

/** A libwebrtc client that hums and shows a picture until it is stopped. */
class Browser {
  readonly connection: WrtcPeerConnection = new wrtc.RTCPeerConnection();
  readonly tracks: readonly [WrtcTrack, WrtcTrack];
  readonly #audio = new wrtc.nonstandard.RTCAudioSource();
  readonly #video = new wrtc.nonstandard.RTCVideoSource();
  readonly #feeding: NodeJS.Timeout;

  constructor() {
    this.tracks = [this.#audio.createTrack(), this.#video.createTrack()];
    const samples = Int16Array.from({ length: 480 }, (_, index) => Math.sin((index * 2 * Math.PI) / 48) * 8000);
    const picture = { width: 64, height: 64, data: new Uint8Array((64 * 64 * 3) / 2).fill(90) };
    this.#feeding = setInterval(() => {
      this.#audio.onData({ samples, sampleRate: 48_000, bitsPerSample: 16, channelCount: 1, numberOfFrames: 480 });
      this.#video.onFrame(picture);
    }, 10);
  }

  /** Packets that libwebrtc says it has received, by kind. */
  async receivedPackets(): Promise<Record<'audio' | 'video', number>> {
    const counts = { audio: 0, video: 0 };
    for (const [, report] of await this.connection.getStats()) {
      if (report['type'] === 'inbound-rtp') counts[report['kind'] as 'audio' | 'video'] += report['packetsReceived'] as number;
    }
    return counts;
  }

  /** What its congestion control lets it send, which stands at the pair in use; 0 before it has an opinion. */
  async allowedBps(): Promise<number> {
    const allowed = [...(await this.connection.getStats())].map(([, report]) => report['availableOutgoingBitrate']);
    return Math.max(0, ...allowed.filter((bps) => typeof bps === 'number'));
  }

  /** Resolves when the connection is in this state. */
  reached(state: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.connection.connectionState === state) resolve();
      };
      this.connection.onconnectionstatechange = look;
      look();
    });
  }

  /** Resolves when DTLS is closed: `connectionState` says so only when ICE notices, seconds later, and this binding has no event for it. */
  async dtlsClosed(): Promise<void> {
    const [transport] = this.connection.getTransceivers().map(({ sender }) => (sender as unknown as { readonly transport: { readonly state: string } }).transport);
    await eventually('DTLS is closed', () => transport?.state === 'closed', 5_000);
  }

  close(): void {
    clearInterval(this.#feeding);
    for (const track of this.tracks) track.stop();
    this.connection.onconnectionstatechange = null;
    this.connection.close();
  }
}

describe('Peer and libwebrtc', function () {
  this.timeout(20_000);
  let port: UdpPort;
  let rigged: RiggedPeer;
  let browser: Browser;
  /** Then nobody learns of a UDP address. */
  let isUdpBlocked = false;

  beforeEach(async () => {
    port = await UdpPort.open({ ...loopback, hasTcp: true });
    isUdpBlocked = false;
    rigged = await RiggedPeer.create({ port, certificate: await sharedCertificate() });
    browser = new Browser();
  });

  afterEach(async () => {
    browser.close();
    await rigged.peer.close();
    await port.close();
  });

  function withinNetwork(sdp: string): string {
    return isUdpBlocked ? sdp.replace(/a=candidate:\S+ 1 udp .*\r\n/g, '') : sdp;
  }

  async function weOffer(): Promise<readonly NegotiatedMedia[]> {
    const offer = withinNetwork(rigged.peer.createOffer(plans));
    await browser.connection.setRemoteDescription({ type: 'offer', sdp: offer });
    const transceivers = browser.connection.getTransceivers();
    await Promise.all(transceivers.map(({ sender }, index) => sender.replaceTrack(browser.tracks[index] ?? null)));
    for (const transceiver of transceivers) transceiver.direction = 'sendrecv';
    return rigged.peer.acceptAnswer(withinNetwork(await gatheredSdp(browser.connection, await browser.connection.createAnswer())));
  }

  async function theyOffer(): Promise<readonly NegotiatedMedia[]> {
    const stream = new wrtc.MediaStream();
    for (const track of browser.tracks) browser.connection.addTransceiver(track, { direction: 'sendrecv', streams: [stream] });
    const offer = withinNetwork(await gatheredSdp(browser.connection, await browser.connection.createOffer()));
    const { answer, media } = rigged.peer.acceptOffer(offer, (remote) => remote.map(({ mid, kind }) => ({ ...plans[kind === 'audio' ? 0 : 1]!, mid })));
    await browser.connection.setRemoteDescription({ type: 'answer', sdp: withinNetwork(answer) });
    return media;
  }

  async function expectMediaBothWays(media: readonly NegotiatedMedia[]): Promise<void> {
    expect(media.map(({ kind, sends, receives, codecs }) => [kind, sends, receives, codecs[0]?.name])).to.deep.equal([
      ['audio', true, true, 'opus'],
      ['video', true, true, 'vp8'],
    ]);
    for (const { extensionIds } of media) expect(extensionIds).to.include.keys('mid', 'transportCc');
    expect(media[0]?.extensionIds.transportCc).to.equal(media[1]?.extensionIds.transportCc);
    await Promise.all([rigged.reached(({ isConnected }) => isConnected), browser.reached('connected')]);
    // This build of libwebrtc offers no GCM; two peers of ours take it, and so does Chromium.
    expect(rigged.peer.transport?.srtpProfile).to.equal('AES_CM_128_HMAC_SHA1_80');

    const payloadTypes = media.map(({ codecs }) => codecs[0]!.payloadType);
    for (let index = 0; index < 30; index++) {
      rigged.peer.sendRtp(makeRtp(index, { ssrc: 0x1111, payloadType: payloadTypes[0]!, payload: opusSilence }));
      rigged.peer.sendRtp(makeRtp(index, { ssrc: 0x2222, payloadType: payloadTypes[1]!, timestamp: index * 3000 }));
    }
    // Where both sides know RED, libwebrtc puts all of its pictures into it.
    const expectedTypes = [payloadTypes[0], media[1]?.protection?.redPayloadType];
    const count = (payloadType: number | undefined): number => rigged.rtp.filter((packet) => (packet[1]! & 0x7f) === payloadType).length;
    await rigged.reached(({ rtcp }) => count(expectedTypes[0]) >= 20 && count(expectedTypes[1]) >= 3 && rtcp.length > 0);
    expect(new Set(rigged.rtp.map((packet) => packet.readUInt32BE(8)))).to.deep.equal(new Set(media.map(({ remoteSsrcs }) => remoteSsrcs[0])));
    // libwebrtc counts a moment after it has received.
    await eventually('all have been counted', async () => {
      expect(await browser.receivedPackets()).to.deep.equal({ audio: 30, video: 30 });
      return true;
    }, 1_000);
    expect(rigged.peer.counters).to.include({ droppedSrtp: 0, droppedSends: 0 });
    rigged.peer.sendRtcp(makeReceiverReport(0x1111));
  }

  it('connect when we offer: media is counted both ways, and the client notices at once that we close', async () => {
    await expectMediaBothWays(await weOffer());
    const before = performance.now();
    const closed = browser.dtlsClosed();
    await rigged.peer.close();
    await closed;
    expect(performance.now() - before).to.be.lessThan(1_000);
  });

  it('connect when they offer: media is counted both ways, and we notice at once that the client closes', async () => {
    await expectMediaBothWays(await theyOffer());
    const before = performance.now();
    browser.close();
    await rigged.reached(({ ended }) => ended !== undefined);
    expect(rigged.ended).to.equal('closed_by_peer');
    expect(performance.now() - before).to.be.lessThan(1_000);
  });

  for (const [who, exchange] of [['we offer', weOffer], ['they offer', theyOffer]] as const) {
    it(`connect by TCP where UDP is blocked, when ${who}: media is counted both ways`, async () => {
      isUdpBlocked = true;
      await expectMediaBothWays(await exchange());
      expect([port.counters.sentDatagrams, port.sourceCount]).to.deep.equal([0, 0]);
      // libwebrtc connects from each of its networks.
      expect(port.socketGauges.tcpStreams).to.be.within(1, 4);
      await rigged.peer.close();
      await eventually('its connections are closed', () => port.socketGauges.tcpStreams === 0, 2_000);
    });
  }

  it('prefer UDP where both work', async () => {
    await expectMediaBothWays(await weOffer());
    expect(port.counters.sentDatagrams).to.be.greaterThan(60);
  });

  it('agree on REMB beside transport-cc when we offer: it is a ceiling over what the feedback allows', async () => {
    const media = await weOffer();
    const picture = media[1];
    expect([picture?.takesRemb, picture?.extensionIds.transportCc]).to.deep.equal([true, media[0]?.extensionIds.transportCc]);
    await Promise.all([rigged.reached(({ isConnected }) => isConnected), browser.reached('connected')]);
    const feedback = new TransportFeedback();
    let told = 0;
    let ceilingBps: number | undefined;
    const telling = setInterval(() => {
      for (; told < rigged.rtp.length; told += 1) {
        const data = parseRtpPacket(rigged.rtp[told]!)?.extension(picture?.extensionIds.transportCc ?? 0);
        if (data !== undefined) feedback.onPacket(decodeTransportSequence(data) ?? 0, rigged.rtpArrivalsUs[told]!);
      }
      const remb = ceilingBps === undefined ? [] : [buildRemb({ senderSsrc: 1, bitrateBps: ceilingBps, ssrcs: picture?.remoteSsrcs ?? [] })];
      rigged.peer.sendRtcp(compound([makeReceiverReport(1), ...feedback.build({ senderSsrc: 1, mediaSsrc: picture?.remoteSsrcs[0] ?? 0 }), ...remb]));
    }, 100);
    try {
      const reaches = (what: string, isThere: (bps: number) => boolean): Promise<unknown> => eventually(what, async () => isThere(await browser.allowedBps()), 10_000);
      await reaches('a free path', (bps) => bps > 200_000);
      ceilingBps = 150_000;
      await reaches('the ceiling', (bps) => Math.abs(bps / 150_000 - 1) < 0.01);
      ceilingBps = 5_000_000;
      await reaches('none any more', (bps) => bps > 200_000);
    } finally {
      clearInterval(telling);
    }
  });

  it('part without waiting: libwebrtc says goodbye of a picture that it ends, and lives on with ours', async () => {
    const media = await weOffer();
    await expectMediaBothWays(media);
    const [, picture] = browser.connection.getTransceivers();
    if (picture !== undefined) picture.direction = 'recvonly';
    await browser.connection.setRemoteDescription({ type: 'offer', sdp: rigged.peer.createOffer(plans) });
    rigged.peer.acceptAnswer(await gatheredSdp(browser.connection, await browser.connection.createAnswer()));
    const goodbyes = (): number[] => rigged.rtcp.flatMap((datagram) => parseRtcp(datagram).packets).flatMap((packet) => (packet.type === 'goodbye' ? packet.ssrcs : []));
    await rigged.reached(() => goodbyes().length > 0);
    expect(goodbyes()).to.include(media[1]?.remoteSsrcs[0]);
    rigged.peer.sendRtcp(compound([makeReceiverReport(0x1111), buildGoodbye({ ssrcs: [0x2222], reason: undefined })]));
    rigged.peer.sendRtp(makeRtp(30, { ssrc: 0x1111, payloadType: media[0]!.codecs[0]!.payloadType, payload: opusSilence }));
    await eventually('sound goes on', async () => (await browser.receivedPackets()).audio === 31, 1_000);
  });

  it('connect when we are DTLS client', async () => {
    await rigged.peer.close();
    rigged = await RiggedPeer.create({ port, certificate: await sharedCertificate(), dtlsRole: 'client' });
    await expectMediaBothWays(await theyOffer());
  });
});
