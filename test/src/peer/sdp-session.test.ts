import { expect } from 'chai';
import { AppError } from '../../../src/errors.js';
import type { MediaPlan, RemoteMedia } from '../../../src/peer/media.js';
import { SdpSession, type SdpOutcome } from '../../../src/peer/sdp-session.js';
import { chromiumOffer, ffmpegOffer, fixtureFingerprint, gstreamerOffer, obsOffer, simulcastOffer } from './sdp-fixtures.js';

const mixRtxSsrc = 4_000_000_001;
const mix = { ssrc: 4_000_000_000, cname: 'tessera', msid: 'tessera mix' } as const;

function createSession(dtlsRole: 'server' | 'client' = 'server'): SdpSession {
  return new SdpSession({
    sessionId: '77',
    ice: {
      ufrag: 'ours/+00',
      password: 'passwordpasswordpassword',
      candidates: [
        { foundation: '1', transport: 'udp', priority: 2130706431, address: '192.0.2.1', port: 5000 },
        { foundation: '2', transport: 'udp', priority: 2130706175, address: '192.0.2.2', port: 5000 },
      ],
    },
    fingerprintSha256: 'AA:BB',
    dtlsRole,
  });
}

/** Everything that is offered, both ways. */
function takeAll(remote: readonly RemoteMedia[]): MediaPlan[] {
  return remote.map(({ mid, kind }) => ({ mid, kind, direction: 'sendrecv', codecs: kind === 'audio' ? ['opus'] : ['vp8', 'h264'], ...mix }));
}

function answer(offer: string, plan: (remote: RemoteMedia[]) => readonly MediaPlan[] = takeAll): SdpOutcome & { readonly answer: string; readonly sections: readonly string[] } {
  const outcome = createSession().acceptOffer(offer, plan);
  return { ...outcome, sections: outcome.answer.split(/(?=^m=)/m) };
}

function linesOf(section: string | undefined, start: string): string[] {
  return (section ?? '').split('\r\n').filter((line) => line.startsWith(start));
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
  return 'none';
}

describe('SdpSession answering', () => {
  it('takes sound and picture of Chromium, with its payload types and extension ids, and refuses its data channel', () => {
    const { answer: text, sections, media, transport, dtlsRole } = answer(chromiumOffer);
    expect(media).to.deep.equal([
      {
        mid: '0', kind: 'audio', sends: true, receives: true,
        codecs: [{ name: 'opus', payloadType: 111, clockHz: 48_000 }],
        remoteSsrcs: [1399694169],
        remoteRtxSsrcs: [],
        extensionIds: { mid: 4, audioLevel: 1, transportCc: 3 },
        sentExtensionIds: { mid: 4, audioLevel: 1, transportCc: 3 },
      },
      {
        mid: '1', kind: 'video', sends: true, receives: true,
        codecs: [
          { name: 'vp8', payloadType: 96, clockHz: 90_000 },
          // Constrained baseline before baseline, mode 1 before mode 0; main and high are not taken.
          { name: 'h264', payloadType: 106, clockHz: 90_000, packetizationMode: 1 },
          { name: 'h264', payloadType: 102, clockHz: 90_000, packetizationMode: 1 },
          { name: 'h264', payloadType: 108, clockHz: 90_000, packetizationMode: 0 },
          { name: 'h264', payloadType: 104, clockHz: 90_000, packetizationMode: 0 },
        ],
        remoteSsrcs: [2231627014],
        remoteRtxSsrcs: [632943048],
        extensionIds: { mid: 4, transportCc: 3, videoOrientation: 13 },
        sentExtensionIds: { mid: 4, transportCc: 3, videoOrientation: 13 },
        takesRemb: true,
      },
    ]);
    expect(linesOf(text, 'a=group')).to.deep.equal(['a=group:BUNDLE 0 1']);
    expect(linesOf(text, 'm=')).to.deep.equal(['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'm=video 9 UDP/TLS/RTP/SAVPF 96 106 102 108 104', 'm=application 0 UDP/DTLS/SCTP webrtc-datachannel']);
    expect(linesOf(sections[1], 'a=fmtp')).to.deep.equal(['a=fmtp:111 minptime=10;useinbandfec=1']);
    expect(linesOf(sections[2], 'a=fmtp:102')).to.deep.equal(['a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f']);
    expect(linesOf(sections[2], 'a=rtcp-fb:96')).to.have.members(['a=rtcp-fb:96 transport-cc', 'a=rtcp-fb:96 ccm fir', 'a=rtcp-fb:96 nack', 'a=rtcp-fb:96 nack pli', 'a=rtcp-fb:96 goog-remb']);
    // Only what was offered for that very payload type.
    expect(linesOf(sections[2], 'a=rtcp-fb:104')).to.deep.equal(['a=rtcp-fb:104 nack']);
    expect(linesOf(sections[2], 'a=extmap')).to.have.members([
      'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
      'a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
      'a=extmap:13 urn:3gpp:video-orientation',
    ]);
    expect(linesOf(sections[2], 'a=ssrc')).to.deep.equal(['a=ssrc:4000000000 cname:tessera', 'a=ssrc:4000000000 msid:tessera mix']);
    expect(text).to.not.match(/rtx|abs-send-time|\.local|simulcast/);
    expect([dtlsRole, transport.setup]).to.deep.equal(['server', 'actpass']);
    expect(transport.ice).to.deep.equal({ ufrag: 'Wq4k', password: '0AbC1dEf2GhI3jKl4MnO5pQr', isLite: false });
    expect(transport.fingerprints).to.deep.equal([{ hash: 'sha256', value: fixtureFingerprint }]);
    // Of the bundle's transport only, without the mDNS name and the TCP one.
    expect(transport.candidates).to.deep.equal([{ foundation: '1853887674', priority: 1686052607, address: '198.51.100.7', port: 56501, type: 'srflx' }]);
  });

  it('takes retransmissions as the client names them, where it is asked to, and says its own source of them', () => {
    const { sections, media } = answer(chromiumOffer, (remote) => takeAll(remote).map((plan) => (plan.kind === 'video' ? { ...plan, rtxSsrc: mixRtxSsrc } : plan)));
    expect(linesOf(sections[1], 'm=')).to.deep.equal(['m=audio 9 UDP/TLS/RTP/SAVPF 111']);
    expect(linesOf(sections[2], 'm=')).to.deep.equal(['m=video 9 UDP/TLS/RTP/SAVPF 96 97 106 102 103 108 104']);
    expect(linesOf(sections[2], 'a=rtpmap:97')).to.deep.equal(['a=rtpmap:97 rtx/90000']);
    expect(linesOf(sections[2], 'a=fmtp:97')).to.deep.equal(['a=fmtp:97 apt=96']);
    expect(linesOf(sections[2], 'a=ssrc')).to.deep.equal([
      'a=ssrc-group:FID 4000000000 4000000001',
      'a=ssrc:4000000000 cname:tessera', 'a=ssrc:4000000000 msid:tessera mix',
      'a=ssrc:4000000001 cname:tessera', 'a=ssrc:4000000001 msid:tessera mix',
    ]);
    expect(media[1]?.codecs.map(({ payloadType, rtxPayloadType }) => [payloadType, rtxPayloadType])).to.deep.equal([[96, 97], [106, undefined], [102, 103], [108, undefined], [104, undefined]]);
    expect([media[1]?.remoteSsrcs, media[1]?.remoteRtxSsrcs]).to.deep.equal([[2231627014], [632943048]]);
  });

  it('says its whole transport in the first section it takes, and its credentials in each', () => {
    const { sections } = answer(chromiumOffer, (remote) => takeAll(remote).filter(({ kind }) => kind === 'video'));
    expect(linesOf(sections[1], 'm=')).to.deep.equal(['m=audio 0 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126']);
    expect(linesOf(sections[2], 'a=candidate')).to.deep.equal(['a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host', 'a=candidate:2 1 udp 2130706175 192.0.2.2 5000 typ host']);
    expect(linesOf(sections[2], 'a=end-of-candidates')).to.have.lengthOf(1);
    expect(linesOf(sections[0], 'a=group')).to.deep.equal(['a=group:BUNDLE 1']);
    for (const line of ['a=ice-ufrag:ours/+00', 'a=ice-pwd:passwordpasswordpassword', 'a=fingerprint:sha-256 AA:BB', 'a=setup:passive', 'a=rtcp-mux', 'a=rtcp-rsize']) {
      expect(linesOf(sections[2], line), line).to.deep.equal([line]);
    }
  });

  it('answers directions from its own and the other view', () => {
    const directions = (['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).map((direction) =>
      (['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).map((offered) => {
        const offer = chromiumOffer.replaceAll('a=sendrecv', `a=${offered}`);
        const { sections, media } = answer(offer, (remote) => takeAll(remote).map((plan) => ({ ...plan, direction })));
        expect(linesOf(sections[1], 'a=ssrc').length > 0).to.equal(media[0]?.sends);
        const said = linesOf(sections[1], 'a=').find((line) => /^a=(sendrecv|sendonly|recvonly|inactive)$/.test(line));
        return `${said?.slice(2)} ${media[0]?.sends === true ? 's' : '-'}${media[0]?.receives === true ? 'r' : '-'}`;
      }),
    );
    expect(directions).to.deep.equal([
      ['sendrecv sr', 'recvonly -r', 'sendonly s-', 'inactive --'],
      ['sendonly s-', 'inactive --', 'sendonly s-', 'inactive --'],
      ['recvonly -r', 'recvonly -r', 'inactive --', 'inactive --'],
      ['inactive --', 'inactive --', 'inactive --', 'inactive --'],
    ]);
  });

  describe('with simulcast', () => {
    const withExtensions = simulcastOffer.replace('a=rid:h send', ['a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid', 'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', 'a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id', 'a=rid:h send'].join('\r\n'));
    const offering = (simulcast: string, ...rids: string[]): string => withExtensions.replace('a=rid:h send\r\na=rid:l send\r\na=simulcast:send h;l', [...rids, simulcast].join('\r\n'));
    const accepted = (offer: string): readonly string[] | undefined => answer(offer).media[1]?.remoteRids;

    it('takes all layers, each by its RID', () => {
      const { sections, media } = answer(withExtensions);
      expect(media[1]).to.deep.include({ remoteRids: ['h', 'l'], extensionIds: { mid: 9, rid: 10, repairedRid: 11 } });
      expect(media[0]).to.not.have.property('remoteRids');
      expect(linesOf(sections[2], 'a=rid')).to.deep.equal(['a=rid:h recv', 'a=rid:l recv']);
      expect(linesOf(sections[2], 'a=simulcast')).to.deep.equal(['a=simulcast:recv h;l']);
      expect(linesOf(sections[2], 'a=extmap:1')).to.deep.equal(['a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', 'a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id']);
    });

    it('takes three at most, of alternatives the first, paused ones too', () => {
      expect(accepted(offering('a=simulcast:send 0;1;2;3', ...['0', '1', '2', '3'].map((id) => `a=rid:${id} send`)))).to.deep.equal(['0', '1', '2']);
      expect(accepted(offering('a=simulcast:recv x send a,b;~c', 'a=rid:a send max-width=1280;max-height=720', 'a=rid:b send', 'a=rid:c send'))).to.deep.equal(['a', 'c']);
    });

    it('leaves out layers that are named nowhere, twice or too long, that it would have to send, or that come in another format', () => {
      expect(accepted(offering(`a=simulcast:send h;h;gone;back;${'x'.repeat(17)};l`, 'a=rid:h send pt=96', 'a=rid:back recv', `a=rid:${'x'.repeat(17)} send`, 'a=rid:l send pt=98;max-fps=15'))).to.deep.equal(['h']);
      expect(accepted(offering('a=simulcast:send l', 'a=rid:l send pt=98'))).to.equal(undefined);
    });

    it('takes one stream where it would receive none of them, or could not tell them apart', () => {
      for (const offer of [withExtensions.replaceAll('a=sendonly', 'a=recvonly'), withExtensions.replace('rtp-stream-id', 'something-else'), offering('a=simulcast:recv h', 'a=rid:h recv')]) {
        const { answer: text, media } = answer(offer);
        expect(media[1]).to.not.have.property('remoteRids');
        expect(text).to.not.match(/a=(rid|simulcast)/);
      }
    });
  });

  it('takes REMB both ways, where that is offered', () => {
    const { sections, media } = answer(chromiumOffer);
    expect(media.map(({ takesRemb }) => takesRemb)).to.deep.equal([undefined, true]);
    expect(linesOf(sections[2], 'a=rtcp-fb:96')).to.include('a=rtcp-fb:96 goog-remb');
    const toWatch = answer(chromiumOffer.replaceAll('a=sendrecv', 'a=recvonly'));
    expect(toWatch.media.map(({ takesRemb }) => takesRemb)).to.deep.equal([undefined, undefined]);
    expect(toWatch.answer).to.include('goog-remb');
  });

  it('offers REMB for pictures that it receives, beside transport-cc, and reads whether the client takes it', () => {
    const plan: MediaPlan = { mid: '0', kind: 'video', direction: 'sendrecv', codecs: ['vp8', 'h264'], ...mix };
    for (const direction of ['sendrecv', 'recvonly', 'sendonly'] as const) {
      const client = createSession('client');
      const offer = client.createOffer([{ ...plan, direction }]);
      expect(linesOf(offer, 'a=rtcp-fb:96'), direction).to.include('a=rtcp-fb:96 transport-cc');
      expect(offer.includes('goog-remb'), direction).to.equal(direction !== 'sendonly');
      const { answer: text } = createSession().acceptOffer(offer, takeAll);
      expect(client.acceptAnswer(text).media[0]?.takesRemb).to.equal(direction === 'sendonly' ? undefined : true);
    }
    const client = createSession('client');
    const { answer: text } = createSession().acceptOffer(client.createOffer([plan]), takeAll);
    expect(client.acceptAnswer(text.replaceAll(/a=rtcp-fb:\d+ goog-remb\r\n/g, '')).media[0]?.takesRemb, 'a client without it').to.equal(undefined);
  });

  describe('protection of pictures', () => {
    const protectedOffer = chromiumOffer.replace('a=rtpmap:116 ulpfec/90000', ['a=rtpmap:113 red/90000', 'a=rtpmap:99 rtx/90000', 'a=fmtp:99 apt=113', 'a=rtpmap:116 ulpfec/90000'].join('\r\n'));
    const withRtx = (remote: readonly RemoteMedia[]): MediaPlan[] => takeAll(remote).map((plan) => (plan.kind === 'video' ? { ...plan, rtxSsrc: mixRtxSsrc } : plan));

    it('is taken as the client names it: RED, retransmissions of it, ULPFEC', () => {
      const { sections, media } = answer(protectedOffer, withRtx);
      expect(linesOf(sections[2], 'm=')[0]).to.match(/ 104 113 99 116$/);
      expect(linesOf(sections[2], 'a=rtpmap:').slice(-3)).to.deep.equal(['a=rtpmap:113 red/90000', 'a=rtpmap:99 rtx/90000', 'a=rtpmap:116 ulpfec/90000']);
      expect(linesOf(sections[2], 'a=fmtp:99')).to.deep.equal(['a=fmtp:99 apt=113']);
      expect(media.map(({ protection }) => protection)).to.deep.equal([undefined, { redPayloadType: 113, redRtxPayloadType: 99, ulpfecPayloadType: 116 }]);
      expect(answer(protectedOffer).media[1]?.protection, 'without RTX').to.deep.equal({ redPayloadType: 113, ulpfecPayloadType: 116 });
    });

    it('is not taken where half of it is offered, where nothing is received, without a codec that counts its pictures, or without the retransmissions that the codec has', () => {
      const others = [
        chromiumOffer,
        protectedOffer.replace('ulpfec', 'flexfec-03'),
        protectedOffer.replace('red/90000', 'red/48000'),
        protectedOffer.replaceAll('a=sendrecv', 'a=recvonly'),
        protectedOffer.replace('VP8/90000', 'VP9/90000'),
        // Then libwebrtc would repair nothing.
        protectedOffer.replace('a=fmtp:99 apt=113\r\n', ''),
      ];
      for (const offer of others) {
        const { answer: text, media } = answer(offer, withRtx);
        expect(text).to.not.match(/ulpfec|red\/90000/);
        expect(media[1]).to.not.have.property('protection');
      }
    });

    it('is not taken where RED is repaired under the type of the codec: that is the codec first, so RED has no retransmissions', () => {
      const { answer: text, media } = answer(protectedOffer.replace('a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=113', 'a=rtpmap:96 rtx/90000\r\na=fmtp:96 apt=113'), withRtx);
      expect(linesOf(text, 'a=rtpmap:96')).to.deep.equal(['a=rtpmap:96 VP8/90000']);
      expect(media[1]?.codecs[0]).to.include({ name: 'vp8', payloadType: 96, rtxPayloadType: 97 });
      expect(media[1]).to.not.have.property('protection');
    });

    it('is refused where its retransmissions come under a type of another m-line', () => {
      const soundAs = (offer: string, type: number): string => offer.replaceAll(/(m=audio[^\r]* |a=\S+:)111\b/g, (_all, start: string) => `${start}${type}`);
      expect(codeOf(() => answer(soundAs(protectedOffer, 99), withRtx))).to.equal('sdp_invalid');
      expect(codeOf(() => answer(soundAs(chromiumOffer, 99), withRtx)), 'where nothing else is called so').to.equal('none');
      const client = createSession('client');
      const offer = client.createOffer([{ mid: '0', kind: 'audio', direction: 'sendrecv', codecs: ['opus'], ...mix }, { mid: '1', kind: 'video', direction: 'sendrecv', codecs: ['vp8'], ...mix, rtxSsrc: mixRtxSsrc }]);
      const { answer: answered } = createSession().acceptOffer(offer, withRtx);
      expect(codeOf(() => client.acceptAnswer(soundAs(answered, 115)))).to.equal('sdp_invalid');
      expect(codeOf(() => client.acceptAnswer(answered))).to.equal('none');
    });

    it('is offered for pictures that are received, and used as the client answers', () => {
      const plan: MediaPlan = { mid: '0', kind: 'video', direction: 'sendrecv', codecs: ['vp8', 'h264'], ...mix, rtxSsrc: mixRtxSsrc };
      const protection = { redPayloadType: 114, redRtxPayloadType: 115, ulpfecPayloadType: 116 };
      for (const [direction, others] of [['sendrecv', 'sendrecv'], ['recvonly', 'sendonly'], ['sendonly', 'recvonly']] as const) {
        const client = createSession('client');
        const offer = client.createOffer([{ ...plan, direction }]);
        expect(offer.includes('a=rtpmap:116 ulpfec/90000'), direction).to.equal(direction !== 'sendonly');
        // As browsers do, which name what they send as well.
        const { answer: text } = createSession().acceptOffer(createSession('client').createOffer([plan]), withRtx);
        expect(client.acceptAnswer(text.replace('a=sendrecv', `a=${others}`)).media[0]?.protection, direction).to.deep.equal(direction === 'sendonly' ? undefined : protection);
      }
      const client = createSession('client');
      const { answer: text } = createSession().acceptOffer(client.createOffer([plan]), withRtx);
      expect(client.acceptAnswer(text.replace('a=rtpmap:114 red/90000\r\n', '')).media[0]).to.not.have.property('protection');
    });
  });

  it('takes one stream of a simulcast offer without the header extensions for it, in a bundle-only section, with feedback offered for all formats', () => {
    const { sections, media } = answer(simulcastOffer);
    expect(media.map(({ sends, receives, remoteSsrcs }) => [sends, receives, remoteSsrcs])).to.deep.equal([[false, true, []], [false, true, []]]);
    expect(sections[2]).to.match(/^m=video 9 UDP\/TLS\/RTP\/SAVPF 96\r\n/);
    expect(linesOf(sections[2], 'a=rtcp-fb')).to.deep.equal(['a=rtcp-fb:96 nack pli']);
    expect(sections[2]).to.not.match(/rid|simulcast|rtcp-rsize/);
  });

  it('is DTLS client for FFmpeg, which wants to be server', () => {
    const { answer: text, media, dtlsRole } = answer(ffmpegOffer);
    expect(dtlsRole).to.equal('client');
    expect(linesOf(text, 'a=setup')).to.deep.equal(['a=setup:active', 'a=setup:active']);
    expect(media.map(({ codecs, remoteSsrcs }) => [codecs, remoteSsrcs])).to.deep.equal([
      [[{ name: 'opus', payloadType: 111, clockHz: 48_000 }], [1094795585]],
      [[{ name: 'h264', payloadType: 106, clockHz: 90_000, packetizationMode: 1 }], [1094795586]],
    ]);
    expect(linesOf(text, 'a=extmap')).to.deep.equal([]);
    expect(answer(ffmpegOffer.replaceAll('setup:passive', 'setup:active')).dtlsRole).to.equal('server');
  });

  it('understands OBS: credentials of the session, a lower-case fingerprint, spaces between parameters', () => {
    const { transport, media, sections } = answer(obsOffer);
    expect(media.map(({ mid, kind, codecs }) => [mid, kind, codecs[0]?.payloadType, codecs[0]?.packetizationMode])).to.deep.equal([['0', 'video', 97, 1], ['1', 'audio', 111, undefined]]);
    expect(transport.ice).to.deep.equal({ ufrag: 'YNxa', password: 'Tm0YRJDrHBE8DSIrHTm0YR', isLite: false });
    expect(transport.fingerprints[0]?.value).to.equal(fixtureFingerprint);
    expect(transport.candidates).to.deep.equal([{ foundation: '1', priority: 2122317823, address: '192.0.2.10', port: 54609, type: 'host' }]);
    expect(linesOf(sections[1], 'a=fmtp')).to.deep.equal(['a=fmtp:97 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f']);
    expect(linesOf(sections[2], 'a=fmtp')).to.deep.equal(['a=fmtp:111 minptime=10;useinbandfec=1']);
  });

  it('understands GStreamer: names as mids, OPUS in capitals, parameter sets in the SDP', () => {
    const { media } = answer(gstreamerOffer);
    expect(media.map(({ mid }) => mid)).to.deep.equal(['video0', 'audio1']);
    expect(media[0]?.codecs).to.deep.equal([{ name: 'h264', payloadType: 96, clockHz: 90_000, packetizationMode: 1, spropParameterSets: 'Z0LAHtoCgPRA,aM48gA==' }]);
    expect(media.map(({ extensionIds }) => extensionIds)).to.deep.equal([{ transportCc: 1 }, { transportCc: 1 }]);
  });

  it('shows the plan what there is: usable sections, known codecs in the order of the client', () => {
    let shown: RemoteMedia[] = [];
    answer(chromiumOffer, (remote) => takeAll((shown = remote)));
    expect(shown.map(({ mid, kind, direction, codecs }) => [mid, kind, direction, codecs.map(({ payloadType }) => payloadType)])).to.deep.equal([
      ['0', 'audio', 'sendrecv', [111]],
      ['1', 'video', 'sendrecv', [96, 102, 104, 106, 108]],
    ]);
  });

  it('takes the m-line it can where another has no common codec', () => {
    const { media, sections } = answer(chromiumOffer.replace('a=rtpmap:111 opus/48000/2', 'a=rtpmap:111 speex/48000'));
    expect(media.map(({ codecs }) => codecs.length)).to.deep.equal([0, 5]);
    expect(sections[1]).to.match(/^m=audio 0 /);
  });

  it('keeps one id to one URI in all m-lines', () => {
    const clash = chromiumOffer.replace('a=extmap:13 urn:3gpp:video-orientation', 'a=extmap:1 urn:3gpp:video-orientation').replace(/(m=video[^]*)a=extmap:4 /, '$1a=extmap:9 ');
    const { media, answer: text } = answer(clash);
    expect(media.map(({ extensionIds }) => extensionIds)).to.deep.equal([{ mid: 4, audioLevel: 1, transportCc: 3 }, { transportCc: 3 }]);
    const ids = linesOf(text, 'a=extmap').map((line) => line.slice('a=extmap:'.length).split(' '));
    expect(new Set(ids.map(([id]) => id)).size).to.equal(new Set(ids.map(([, uri]) => uri)).size);
  });

  describe('header extensions of one direction (RFC 8285 5)', () => {
    const level = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
    const csrcLevel = 'urn:ietf:params:rtp-hdrext:csrc-audio-level';
    const offering = (...lines: string[]): string => chromiumOffer.replace(`a=extmap:1 ${level}`, lines.join('\r\n'));

    it('are answered in the other one, and used so alone', () => {
      // As Firefox offers what it only shows, and a microphone what it only says.
      const { sections, media } = answer(offering(`a=extmap:1/sendonly ${level}`, `a=extmap:5/recvonly ${csrcLevel}`).replace('a=extmap:3 http', 'a=extmap:3/sendrecv http'));
      expect(linesOf(sections[1], 'a=extmap').slice(1)).to.deep.equal([`a=extmap:1/recvonly ${level}`, 'a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', `a=extmap:5/sendonly ${csrcLevel}`]);
      expect(media[0]?.extensionIds).to.deep.equal({ mid: 4, audioLevel: 1, transportCc: 3 });
      expect(media[0]?.sentExtensionIds).to.deep.equal({ mid: 4, transportCc: 3, csrcAudioLevel: 5 });
    });

    it('are left out where the direction is none or a riddle, or their content is secret (RFC 6904)', () => {
      for (const line of [`a=extmap:1/inactive ${level}`, `a=extmap:1/sideways ${level}`, `a=extmap:1 urn:ietf:params:rtp-hdrext:encrypt ${level}`]) {
        const { answer: text, media } = answer(offering(line));
        expect(text, line).to.not.include(level);
        expect(media[0]?.extensionIds).to.deep.equal({ mid: 4, transportCc: 3 });
      }
      expect(answer(offering(`a=extmap:7 urn:ietf:params:rtp-hdrext:encrypt ${level}`, `a=extmap:1 ${level}`)).media[0]?.extensionIds, 'in clear as well').to.include({ audioLevel: 1 });
    });

    it('are read in an answer from its own view', () => {
      const client = createSession('client');
      const { answer: text } = createSession().acceptOffer(client.createOffer([{ mid: '0', kind: 'audio', direction: 'sendrecv', codecs: ['opus'], ...mix }]), takeAll);
      const [line] = client.acceptAnswer(text.replace(`a=extmap:5 ${csrcLevel}`, `a=extmap:5/recvonly ${csrcLevel}`).replace(`a=extmap:2 ${level}`, `a=extmap:2/sendonly ${level}`)).media;
      expect([line?.extensionIds, line?.sentExtensionIds]).to.deep.equal([{ mid: 1, audioLevel: 2, transportCc: 3 }, { mid: 1, transportCc: 3, csrcAudioLevel: 5 }]);
    });
  });

  it('gives the one transport to the first usable m-line of an offer without a bundle', () => {
    const { answer: text, media } = answer(chromiumOffer.replace(/a=group.*\r\n/, ''));
    expect(linesOf(text, 'm=').map((line) => line.split(' ').slice(0, 2).join(' '))).to.deep.equal(['m=audio 9', 'm=video 0', 'm=application 0']);
    expect(linesOf(text, 'a=group')).to.deep.equal([]);
    expect(media).to.have.lengthOf(1);
  });

  it('names no mid to a client that has none', () => {
    const bare = ffmpegOffer.replace(/a=(group|mid).*\r\n/g, '').replace(/m=video[^]*/, '');
    expect(answer(bare).answer).to.not.match(/a=mid|a=group/);
  });
});

describe('SdpSession refusing', () => {
  const refusals: readonly (readonly [string, string, string])[] = [
    ['an empty text', ' \r\n', 'sdp_empty'],
    ['what is no SDP', 'hello', 'sdp_invalid'],
    ['more than 100,000 characters', chromiumOffer + 'a=x\r\n'.repeat(20_000), 'sdp_too_large'],
    ['more than 4,000 lines', chromiumOffer + 'a=\n'.repeat(4_000), 'sdp_too_large'],
    ['more than 16 m-lines', chromiumOffer + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(14), 'sdp_too_large'],
    ['an endless fmtp line', chromiumOffer.replace('minptime=10', `minptime=${'1'.repeat(1_000)}`), 'sdp_too_large'],
    ['an endless line', chromiumOffer.replace('cname:Xs3', `cname:${'x'.repeat(2_000)}`), 'sdp_too_large'],
    ['no m-line', chromiumOffer.replace(/m=[^]*/, ''), 'sdp_without_media'],
    ['a data channel alone', chromiumOffer.replace(/m=audio[^]*(?=m=application)/, ''), 'sdp_without_media'],
    ['m-lines that are all refused', ffmpegOffer.replaceAll(/m=(\w+) 9/g, 'm=$1 0'), 'sdp_without_media'],
    ['RTP without DTLS', ffmpegOffer.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 'sdp_without_media'],
    ['no known codec', ffmpegOffer.replace('opus', 'speex').replace('H264', 'H265'), 'no_common_codec'],
    ['H.264 beyond baseline alone', obsOffer.replace('42e01f', '640032').replace(/m=audio[^]*/, ''), 'no_common_codec'],
    ['no ICE credentials', obsOffer.replace(/a=ice-ufrag.*\r\n/, ''), 'sdp_invalid'],
    ['an ICE password that is too short', obsOffer.replace('Tm0YRJDrHBE8DSIrHTm0YR', 'short'), 'sdp_invalid'],
    ['no fingerprint', obsOffer.replace(/a=fingerprint.*\r\n/, ''), 'sdp_invalid'],
    ['a fingerprint with SHA-1', obsOffer.replace('sha-256', 'sha-1'), 'sdp_invalid'],
    ['no rtcp-mux', obsOffer.replaceAll('a=rtcp-mux\r\n', ''), 'sdp_invalid'],
    ['a setup that means nothing', obsOffer.replace('setup:actpass', 'setup:holdconn'), 'sdp_invalid'],
    ['two m-lines of one mid', obsOffer.replace('a=mid:1', 'a=mid:0'), 'sdp_invalid'],
    ['a mid with markup', obsOffer.replace('a=mid:1', 'a=mid:<b>').replace('BUNDLE 0 1', 'BUNDLE 0 <b>'), 'sdp_invalid'],
    ['a broken m-line', obsOffer.replace(/m=video.*/, 'm='), 'sdp_invalid'],
  ];
  for (const [what, offer, code] of refusals) {
    it(`answers ${code} to ${what}`, () => {
      expect(codeOf(() => createSession().acceptOffer(offer, takeAll))).to.equal(code);
    });
  }

  it('passes on what the plan throws', () => {
    expect(codeOf(() => answer(obsOffer, () => { throw new AppError('sdp_without_audio'); }))).to.equal('sdp_without_audio');
    expect(codeOf(() => answer(obsOffer, () => []))).to.equal('sdp_without_media');
  });

  it('survives every offer cut short at any place, with a code each', () => {
    const codes = new Set<string>();
    for (const offer of [chromiumOffer, obsOffer, gstreamerOffer]) {
      for (let length = 0; length < offer.length; length += 31) codes.add(codeOf(() => createSession().acceptOffer(offer.slice(0, length), takeAll)));
    }
    expect([...codes].filter((code) => !['none', 'sdp_empty', 'sdp_invalid', 'sdp_without_media', 'no_common_codec'].includes(code))).to.deep.equal([]);
  });
});

describe('SdpSession offering', () => {
  const plans: readonly MediaPlan[] = [
    { mid: '0', kind: 'audio', direction: 'sendrecv', codecs: ['opus'], ...mix },
    { mid: '1', kind: 'video', direction: 'sendrecv', codecs: ['vp8', 'h264'], ...mix },
    { mid: '2', kind: 'video', direction: 'recvonly', codecs: ['h264'], ...mix },
  ];

  it('writes an offer that its own kind reads, with one id and one payload type for one thing', () => {
    const offer = createSession().createOffer(plans);
    const sections = offer.split(/(?=^m=)/m);
    expect(linesOf(offer, 'm=')).to.deep.equal(['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'm=video 9 UDP/TLS/RTP/SAVPF 96 102 104 114 116', 'm=video 9 UDP/TLS/RTP/SAVPF 102 104']);
    expect(linesOf(sections[0], 'a=')).to.deep.equal(['a=group:BUNDLE 0 1 2', 'a=ice-options:trickle ice2', 'a=msid-semantic: WMS *']);
    expect(sections.map((section) => linesOf(section, 'a=candidate').length)).to.deep.equal([0, 2, 0, 0]);
    expect(sections.slice(1).map((section) => linesOf(section, 'a=extmap').map((line) => line.split(' ')[0]))).to.deep.equal([
      ['a=extmap:1', 'a=extmap:2', 'a=extmap:3', 'a=extmap:5'],
      ['a=extmap:1', 'a=extmap:3', 'a=extmap:4'],
      ['a=extmap:1', 'a=extmap:3', 'a=extmap:4'],
    ]);
    expect(sections.slice(1).map((section) => linesOf(section, 'a=ssrc').length)).to.deep.equal([2, 2, 0]);
    const { media } = createSession().acceptOffer(offer, takeAll);
    expect(media.map(({ mid, sends, receives }) => [mid, sends, receives])).to.deep.equal([['0', true, true], ['1', true, true], ['2', true, false]]);
  });

  it('offers stereo both ways with what it takes of it, and answers so, only where the plan is stereo (RFC 7587 6.1)', () => {
    const stereo = 'a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=96000';
    const asPlanned = (stereoBps?: number): string => createSession().createOffer(plans.map((plan) => ({ ...plan, stereoBps })));
    expect(linesOf(asPlanned(96_000), 'a=fmtp:111')).to.deep.equal([stereo]);
    expect(linesOf(asPlanned(), 'a=fmtp:111')).to.deep.equal(['a=fmtp:111 minptime=10;useinbandfec=1']);
    const { answer: text } = createSession().acceptOffer(asPlanned(), (remote) => takeAll(remote).map((plan) => ({ ...plan, stereoBps: 96_000 })));
    expect(linesOf(text, 'a=fmtp:111')).to.deep.equal([stereo]);
    expect(linesOf(text, 'a=fmtp:96'), 'pictures are as they were').to.deep.equal([]);
  });

  it('reads what was accepted of it, in the order of the answer', () => {
    const client = createSession('client');
    const offer = client.createOffer(plans);
    const { answer: text } = createSession().acceptOffer(offer, (remote) =>
      takeAll(remote).flatMap((plan) => (plan.mid === '2' ? [] : [{ ...plan, codecs: plan.kind === 'audio' ? ['opus' as const] : ['h264' as const] }])),
    );
    const { media, dtlsRole, isOfferer } = client.acceptAnswer(text);
    expect(media).to.deep.equal([
      { mid: '0', kind: 'audio', sends: true, receives: true, codecs: [{ name: 'opus', payloadType: 111, clockHz: 48_000 }], remoteSsrcs: [mix.ssrc], remoteRtxSsrcs: [], extensionIds: { mid: 1, audioLevel: 2, transportCc: 3, csrcAudioLevel: 5 }, sentExtensionIds: { mid: 1, audioLevel: 2, transportCc: 3, csrcAudioLevel: 5 } },
      {
        mid: '1', kind: 'video', sends: true, receives: true,
        codecs: [
          { name: 'h264', payloadType: 102, clockHz: 90_000, packetizationMode: 1 },
          { name: 'h264', payloadType: 104, clockHz: 90_000, packetizationMode: 0 },
        ],
        remoteSsrcs: [mix.ssrc],
        remoteRtxSsrcs: [],
        extensionIds: { mid: 1, transportCc: 3, videoOrientation: 4 },
        sentExtensionIds: { mid: 1, transportCc: 3, videoOrientation: 4 },
        takesRemb: true,
      },
      { mid: '2', kind: 'video', sends: false, receives: false, codecs: [], remoteSsrcs: [], remoteRtxSsrcs: [], extensionIds: {}, sentExtensionIds: {} },
    ]);
    expect([dtlsRole, isOfferer]).to.deep.equal(['client', true]);
  });

  it('offers retransmissions where it is asked to, and goes without them where they are not taken', () => {
    const withRtx = plans.map((plan) => (plan.kind === 'video' ? { ...plan, rtxSsrc: mixRtxSsrc } : plan));
    const client = createSession('client');
    const offer = client.createOffer(withRtx);
    expect(linesOf(offer, 'm=')).to.deep.equal(['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'm=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 105 114 115 116', 'm=video 9 UDP/TLS/RTP/SAVPF 102 103 104 105']);
    const answered = (hasRtx: boolean): (number | undefined)[] => {
      const { answer: text } = createSession().acceptOffer(offer, (remote) => takeAll(remote).map((plan) => (hasRtx ? { ...plan, rtxSsrc: mixRtxSsrc } : plan)));
      const reader = createSession('client');
      reader.createOffer(withRtx);
      return reader.acceptAnswer(text).media[1]?.codecs.map(({ rtxPayloadType }) => rtxPayloadType) ?? [];
    };
    expect(answered(true)).to.deep.equal([97, 103, 105]);
    expect(answered(false)).to.deep.equal([undefined, undefined, undefined]);
  });

  it('refuses answers that do not fit the offer, and stays open for one that does', () => {
    const client = createSession();
    const { answer: text } = createSession().acceptOffer(client.createOffer(plans), takeAll);
    const cases: readonly (readonly [string, string])[] = [
      [text.replace(/m=video[^]*/, ''), 'sdp_invalid'],
      [text.replace('a=mid:1', 'a=mid:7').replace('BUNDLE 0 1 2', 'BUNDLE 0 7 2'), 'sdp_invalid'],
      [text.replaceAll('a=setup:passive', 'a=setup:actpass'), 'sdp_invalid'],
      [text.replaceAll(/m=(\w+) 9/g, 'm=$1 0'), 'sdp_without_media'],
      ['', 'sdp_empty'],
    ];
    for (const [broken, code] of cases) expect(codeOf(() => client.acceptAnswer(broken))).to.equal(code);
    expect(client.acceptAnswer(text).media.map(({ sends }) => sends)).to.deep.equal([true, true, false]);
    expect(codeOf(() => client.acceptAnswer(text))).to.equal('sdp_invalid');
  });
});
