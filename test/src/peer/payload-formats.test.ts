import { expect } from 'chai';
import { parse, type ParsedMedia } from 'sdp-transform';
import { PayloadFormats } from '../../../src/peer/payload-formats.js';
import { protectionFormats, readProtection } from '../../../src/peer/protection-lines.js';

function mediaOf(types: string, ...lines: string[]): ParsedMedia {
  return parse(['v=0', `m=video 9 UDP/TLS/RTP/SAVPF ${types}`, ...lines, ''].join('\r\n')).media[0]!;
}

const formatsOf = (types: string, ...lines: string[]): PayloadFormats => new PayloadFormats(mediaOf(types, ...lines));

describe('PayloadFormats', () => {
  it('has what the m-line names, in its order', () => {
    const formats = formatsOf('98 96 99', 'a=rtpmap:96 VP8/90000', 'a=rtpmap:97 VP9/90000', 'a=rtpmap:98 H264/90000');
    expect(formats.maps.map(({ payloadType, name }) => [payloadType, name])).to.deep.equal([[98, 'h264'], [96, 'vp8']]);
    expect([formats.find('vp8', 90_000), formats.find('vp8', 48_000), formats.find('vp9', 90_000)]).to.deep.equal([96, undefined, undefined]);
  });

  it('has no type that a packet cannot carry', () => {
    const lines = ['a=rtpmap:128 red/90000', 'a=rtpmap:127 ulpfec/90000', 'a=rtpmap:200 rtx/90000', 'a=fmtp:200 apt=127', 'a=rtpmap:0 VP8/90000'];
    const formats = formatsOf('128 127 200 0', ...lines);
    expect(formats.maps.map(({ payloadType }) => payloadType)).to.deep.equal([127, 0]);
    expect(formats.rtxType(127)).to.equal(undefined);
    expect(readProtection(formats), 'RED').to.equal(undefined);
    expect(readProtection(formatsOf('113 128', 'a=rtpmap:113 red/90000', 'a=rtpmap:128 ulpfec/90000')), 'ULPFEC').to.equal(undefined);
    const bare = readProtection(formatsOf('113 128 127', 'a=rtpmap:113 red/90000', 'a=rtpmap:127 ulpfec/90000', 'a=rtpmap:128 rtx/90000', 'a=fmtp:128 apt=113'));
    expect(protectionFormats(bare)).to.deep.equal([113, 127]);
  });

  it('reads parameters and feedback, those of all types as well, and of these what is known', () => {
    const formats = formatsOf('96 97', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 Packetization-Mode=1; profile-level-id=42e01f;x;=y', 'a=rtcp-fb:96 nack pli', 'a=rtcp-fb:* ccm fir', 'a=rtcp-fb:96 trains');
    expect([...formats.parameters(96)]).to.deep.equal([['packetization-mode', '1'], ['profile-level-id', '42e01f']]);
    expect([...formats.feedback(96)]).to.have.members(['nack pli', 'ccm fir']);
    expect([[...formats.parameters(97)], [...formats.feedback(97)]]).to.deep.equal([[], ['ccm fir']]);
  });

  it('takes each type for one thing, the first that it is called', () => {
    // RED's retransmissions under the type of VP8, of ULPFEC, of those of VP8.
    const lines = ['a=rtpmap:96 VP8/90000', 'a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96', 'a=rtpmap:113 red/90000', 'a=rtpmap:116 ulpfec/90000'];
    for (const type of [96, 97, 116]) {
      const formats = formatsOf('96 97 113 116', ...lines, `a=rtpmap:${type} rtx/90000`, `a=fmtp:${type} apt=113`);
      expect(formats.maps.map(({ name }) => name), `${type}`).to.deep.equal(['vp8', 'rtx', 'red', 'ulpfec']);
      expect([formats.rtxType(96), formats.rtxType(113)], `${type}`).to.deep.equal([97, undefined]);
    }
  });

  it('looks at each line a few times, however many types the m-line has', () => {
    const types = Array.from({ length: 128 }, (_unused, type) => type);
    const { rtp, fmtp, rtcpFb, ...media } = mediaOf(types.join(' '), ...types.map((type) => `a=rtpmap:${type} VP8/90000`), ...Array.from({ length: 500 }, () => ['a=rtpmap:97 rtx/90000', 'a=fmtp:1 a=b', 'a=rtcp-fb:* nack']).flat());
    let looks = 0;
    const watched = <Line extends { readonly payload: string | number }>(lines: readonly Line[]): Line[] => lines.map((line) => ({ ...line, get payload() { looks += 1; return line.payload; } }));
    const formats = new PayloadFormats({ ...media, rtp: watched(rtp), fmtp: watched(fmtp), rtcpFb: watched(rtcpFb ?? []) });
    for (const type of types) expect([formats.rtxType(type), formats.feedback(type).size]).to.deep.equal([undefined, 1]);
    expect(looks).to.be.within(1_628, 3 * 1_628);
  });
});
