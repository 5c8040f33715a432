import { expect } from 'chai';
import type { NegotiatedMedia } from '../../../src/peer/index.js';
import { MediaLines } from '../../../src/room/media-lines.js';
import type { RtpExtension, RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { audioLine, extensionIds, midExtension, opusType, rtpPacket, videoLine, vp8Type } from './room-rig.js';

const rtxType = 97;
const ids = { ...extensionIds, rid: 10, repairedRid: 11 };
const codecs = [{ name: 'vp8', payloadType: vp8Type, clockHz: 90_000, rtxPayloadType: rtxType }] as const;

function packetOf(ssrc: number, payloadType: number, extensions: RtpExtension[] = []): RtpPacket {
  return rtpPacket({ ssrc, payloadType, sequenceNumber: 1, timestamp: 1, extensions }, Uint8Array.of(1));
}

const ridExtension = (id: number, rid: string): RtpExtension => ({ id, data: Buffer.from(rid) });

describe('MediaLines', () => {
  let lines: MediaLines;

  function agree(...media: NegotiatedMedia[]): void {
    lines = new MediaLines();
    lines.negotiate(media);
  }

  const found = (ssrc: number, payloadType: number, extensions: RtpExtension[] = []): string | undefined => {
    const stream = lines.find(packetOf(ssrc, payloadType, extensions));
    return stream === undefined ? undefined : [stream.line.mid, stream.rid].filter((part) => part !== undefined).join(' ');
  };
  const repaired = (ssrc: number, extensions: RtpExtension[] = []): unknown => lines.findRepaired(packetOf(ssrc, rtxType, extensions));

  /** A browser's: the camera's and the screen's m-line have the same payload types. */
  beforeEach(() => agree(audioLine(), videoLine({ codecs }), videoLine({ mid: '2', codecs, sends: false })));

  it('know nothing before they are agreed on', () => {
    lines = new MediaLines();
    expect([found(1, opusType), lines.repairedType(packetOf(1, rtxType)), repaired(1)]).to.deep.equal([undefined, undefined, undefined]);
  });

  describe('find the m-line of a packet', () => {
    it('as the SDP says, rather than by its MID', () => {
      agree(audioLine(), videoLine({ remoteSsrcs: [70, 71] }), videoLine({ mid: '2', remoteSsrcs: [80] }));
      expect([found(80, vp8Type), found(71, vp8Type), found(70, vp8Type, [midExtension('2')])]).to.deep.equal(['2', '1', '1']);
    });

    it('by its MID', () => expect([found(5, vp8Type, [midExtension('2')]), found(6, vp8Type, [midExtension('1')])]).to.deep.equal(['2', '1']));

    it('by a payload type that only one of them has', () => expect(found(9, opusType)).to.equal('0'));

    it('nowhere when two could be meant, or none', () => {
      expect([found(5, vp8Type), found(6, vp8Type, [midExtension('7')]), found(7, 77, [midExtension('1')])]).to.deep.equal([undefined, undefined, undefined]);
    });

    it('never one that receives nothing', () => {
      agree(audioLine({ receives: false }), videoLine({ receives: false }), videoLine({ mid: '2' }));
      expect([found(9, opusType, [midExtension('0')]), found(11, vp8Type), found(12, vp8Type, [midExtension('1')])]).to.deep.equal([undefined, '2', '2']);
    });

    it('with its layer, if that was agreed on', () => {
      agree(audioLine(), videoLine({ codecs, extensionIds: ids, remoteRids: ['l', 'h'] }));
      expect([found(1, vp8Type, [ridExtension(ids.rid, 'h')]), found(2, vp8Type), found(3, vp8Type, [ridExtension(ids.rid, 'm')]), found(4, vp8Type, [ridExtension(ids.rid, ' ')])]).to.deep.equal(['1 h', undefined, undefined, undefined]);
    });
  });

  describe('find what a retransmission repairs', () => {
    it('as the SDP says, by its MID, by a payload type that only one has; then by its SSRC', () => {
      agree(audioLine(), videoLine({ codecs, remoteRtxSsrcs: [8] }), videoLine({ mid: '2', codecs }));
      expect(lines.repairedType(packetOf(8, rtxType))).to.equal(vp8Type);
      expect(lines.repairedType(packetOf(8, vp8Type))).to.equal(undefined);
      expect([repaired(8), repaired(9)]).to.deep.equal([{ source: 'camera', rid: undefined }, undefined]);
      expect([repaired(9, [midExtension('2')]), repaired(9)]).to.deep.equal([{ source: 'screen', rid: undefined }, { source: 'screen', rid: undefined }]);
      agree(audioLine(), videoLine({ codecs }));
      expect(repaired(55)).to.deep.equal({ source: 'camera', rid: undefined });
    });

    it('with its layer', () => {
      agree(audioLine(), videoLine({ codecs, extensionIds: ids, remoteRids: ['l', 'h'] }));
      expect([repaired(1, [ridExtension(ids.repairedRid, 'h')]), repaired(2, [ridExtension(ids.repairedRid, 'x')]), repaired(3)]).to.deep.equal([{ source: 'camera', rid: 'h' }, undefined, undefined]);
    });

    it('of 16 sources at a time', () => {
      for (let ssrc = 0; ssrc <= 16; ssrc += 1) repaired(ssrc, [midExtension('2')]);
      expect([repaired(15), repaired(16)]).to.deep.equal([undefined, { source: 'screen', rid: undefined }]);
    });
  });

  it('call the first picture that is received the camera', () => {
    const [first, second] = [videoLine({ receives: false }), videoLine({ mid: '2' })];
    agree(audioLine(), first, second, videoLine({ mid: '3' }));
    expect([lines.videoSourceOf(first), lines.videoSourceOf(second)]).to.deep.equal(['screen', 'camera']);
  });
});
