import { expect } from 'chai';
import type { AudioPacket, VideoFrame } from '../../../mixer/index.js';
import { IncomingMedia } from '../../../src/room/incoming-media.js';
import type { NegotiatedMedia } from '../../../src/peer/index.js';
import type { RtpExtension, RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { packetiseVp8 } from '../../../src/rtp/vp8-payload.js';
import { protect, putIntoRed } from '../../support/ulpfec-encoder.js';
import { vp8Frame } from '../../support/video-frames.js';
import { audioLine, extensionIds, midExtension, mustParseRtp, opusType, rtpDatagram, rtpPacket, videoLine, vp8Packets, vp8Type } from './room-rig.js';

/** A browser's: the camera's and the screen's m-line have the same payload types. */
const browserLines = [audioLine(), videoLine(), videoLine({ mid: '2', sends: false })];

describe('IncomingMedia', () => {
  let audio: AudioPacket[];
  let video: VideoFrame[];
  let incoming: IncomingMedia;

  function open(media = browserLines, isPublishing = true): void {
    audio = [];
    video = [];
    incoming = new IncomingMedia({ participantId: isPublishing ? 'ann' : undefined, events: { onAudioPacket: (packet) => audio.push(packet), onVideoFrame: (frame) => video.push(frame) } });
    incoming.negotiate(media);
  }

  beforeEach(() => open());

  function sound(ssrc: number, nowUs = 0, extensions: RtpExtension[] = []): void {
    incoming.receive(rtpPacket({ ssrc, payloadType: opusType, sequenceNumber: 1, timestamp: 1, extensions }, Uint8Array.of(0x78, 1)), nowUs);
  }

  function picture(ssrc: number, nowUs = 0, extensions: RtpExtension[] = []): void {
    for (const packet of vp8Packets({ ssrc, payloadType: vp8Type, sequenceNumber: 1, timestamp: 1, extensions }, vp8Frame(100, { keyframe: true }))) incoming.receive(packet, nowUs);
  }

  function bound(): string[] {
    return [...incoming.uplinks].map(({ source, ssrc }) => `${source} ${ssrc}`);
  }

  describe('binds a new SSRC', () => {
    it('as the SDP says', () => {
      open([audioLine(), videoLine({ remoteSsrcs: [70, 71] }), videoLine({ mid: '2', remoteSsrcs: [80] })]);
      picture(80);
      picture(71);
      expect(bound()).to.deep.equal(['screen 80', 'camera 71']);
      expect(video.map(({ source, participantId }) => [source, participantId])).to.deep.equal([['screen', 'ann'], ['camera', 'ann']]);
    });

    it('by a payload type that only one m-line has', () => {
      sound(9);
      expect(bound()).to.deep.equal(['microphone 9']);
      expect(audio.length).to.equal(1);
    });

    it('to nothing when two m-lines could be meant', () => {
      picture(5);
      picture(6, 0, [midExtension('7')]);
      expect(bound()).to.deep.equal([]);
      expect(video).to.deep.equal([]);
      expect(incoming.unknownSources).to.equal(2);
    });

    it('once it can be told where it belongs', () => {
      picture(5);
      picture(5, 20_000, [midExtension('1')]);
      picture(5, 40_000);
      expect(bound()).to.deep.equal(['camera 5']);
      expect(incoming.unknownSources).to.equal(1);
    });

    it('never to an m-line that receives nothing, or with a payload type that nobody agreed on', () => {
      open([audioLine({ receives: false }), videoLine({ receives: false }), videoLine({ mid: '2' })]);
      sound(9, 0, [midExtension('0')]);
      incoming.receive(rtpPacket({ ssrc: 10, payloadType: 77, sequenceNumber: 1, timestamp: 1, extensions: [midExtension('2')] }, Uint8Array.of(1)), 0);
      expect(bound()).to.deep.equal([]);
      picture(11);
      expect(bound(), 'the first that receives is the camera').to.deep.equal(['camera 11']);
    });

    it('of nobody who only takes, or before anything was agreed on', () => {
      open(browserLines, false);
      sound(9);
      const early = new IncomingMedia({ participantId: 'ann', events: { onAudioPacket: () => expect.fail(), onVideoFrame: () => expect.fail() } });
      early.receive(rtpPacket({ ssrc: 1, payloadType: opusType, sequenceNumber: 1, timestamp: 1 }, Uint8Array.of(1)), 0);
      expect([incoming.unknownSources, early.unknownSources]).to.deep.equal([1, 1]);
      expect(audio).to.deep.equal([]);
    });
  });

  describe('a source that comes back under another SSRC', () => {
    it('takes the place of the old one, of the same source only', () => {
      sound(9);
      picture(5, 0, [midExtension('1')]);
      picture(6, 0, [midExtension('2')]);
      picture(7, 1_000_000, [midExtension('1')]);
      expect(bound()).to.deep.equal(['microphone 9', 'screen 6', 'camera 7']);
    });

    it('is not pushed out again by late packets of the old one, for 2 s', () => {
      sound(9);
      sound(10, 1_000_000);
      sound(9, 2_999_999);
      expect(bound()).to.deep.equal(['microphone 10']);
      expect(incoming.unknownSources).to.equal(1);
      sound(9, 3_000_000);
      expect(bound()).to.deep.equal(['microphone 9']);
    });

    it('has never more than one uplink, however many SSRCs somebody makes up', () => {
      for (let ssrc = 0; ssrc < 1_000; ssrc += 1) {
        sound(ssrc, ssrc);
        picture(10_000 + ssrc, ssrc, [midExtension(String(1 + (ssrc % 2)))]);
      }
      expect(bound().sort()).to.deep.equal(['camera 10998', 'microphone 999', 'screen 10999']);
      expect(audio.length).to.equal(1_000);
    });
  });

  describe('after a black-out', () => {
    const wishes = (nowUs: number): number[] => [...incoming.uplinks].filter((uplink) => uplink.takeKeyframeWish(nowUs)).map(({ ssrc }) => ssrc);
    const frame = (sequenceNumber: number, nowUs: number): void => {
      for (const packet of vp8Packets({ ssrc: 7, payloadType: vp8Type, sequenceNumber, timestamp: sequenceNumber * 3_000 }, vp8Frame(100, { keyframe: false }))) incoming.receive(packet, nowUs);
    };

    beforeEach(() => open([audioLine(), videoLine()]));

    it('wants a keyframe with the first packet, be it a sound\'s, and nothing of what was lost', () => {
      picture(7);
      sound(9, 20_000);
      frame(2, 33_000);
      expect(wishes(33_000)).to.deep.equal([]);
      sound(9, 3_000_000);
      expect(wishes(3_000_000)).to.deep.equal([7]);
      frame(60, 3_010_000);
      const [camera] = incoming.uplinks;
      expect(camera?.dueNacks(3_030_000, 50_000)).to.deep.equal([]);
      frame(62, 3_040_000);
      expect(camera?.dueNacks(3_040_000, 50_000)).to.deep.equal([61]);
      expect(camera?.reportBlock(3_040_000), 'of which no rate was the reason').to.include({ cumulativeLost: 1, extendedHighest: 62 });
    });

    it('reports as lost what came behind it alone, of sound and of repairs as well', () => {
      const rtxType = 97;
      open([audioLine(), videoLine({ codecs: [{ name: 'vp8', payloadType: vp8Type, rtxPayloadType: rtxType, clockHz: 90_000 }], remoteSsrcs: [7], remoteRtxSsrcs: [8] })]);
      const receive = (ssrc: number, payloadType: number, sequenceNumber: number, nowUs: number): void => incoming.receive(rtpPacket({ ssrc, payloadType, sequenceNumber, timestamp: 1 }, Uint8Array.of(0, 1, 0x10, 1)), nowUs);
      picture(7);
      receive(8, rtxType, 100, 0);
      receive(9, opusType, 1, 20_000);
      for (const [index, jump] of [150, 152, 153].entries()) {
        receive(9, opusType, 1 + jump, 3_000_000 + index * 20_000);
        receive(8, rtxType, 100 + jump, 3_000_000 + index * 20_000);
      }
      const lost = [...incoming.uplinks].map((uplink) => [uplink.reportBlock(3_100_000)?.cumulativeLost, uplink.repairReportBlock?.(3_100_000)?.cumulativeLost]);
      expect(lost).to.deep.equal([[0, 1], [1, undefined]]);
    });

    it('which is none where one stream alone was silent: what it lost is reported', () => {
      picture(7);
      for (let nowUs = 0; nowUs <= 3_000_000; nowUs += 20_000) sound(9, nowUs);
      frame(60, 3_010_000);
      expect([...incoming.uplinks][0]?.reportBlock(3_040_000)).to.include({ cumulativeLost: 58, extendedHighest: 60 });
    });

    it('which is none where there was no sound before: a still screen sends as seldom', () => {
      picture(7);
      for (const [index, nowUs] of [1_000_000, 2_000_000, 3_000_000].entries()) frame(2 + index, nowUs);
      expect(wishes(3_000_000)).to.deep.equal([]);
    });
  });

  describe('takes retransmissions (RFC 4588)', () => {
    const rtxType = 97;
    const withRtx = (changes: Partial<NegotiatedMedia> = {}): NegotiatedMedia => videoLine({ codecs: [{ name: 'vp8', payloadType: vp8Type, rtxPayloadType: rtxType, clockHz: 90_000 }], ...changes });
    const rtx = (original: RtpPacket, ssrc: number, extensions: RtpExtension[] = []): RtpPacket =>
      rtpPacket({ ssrc, payloadType: rtxType, sequenceNumber: 500, timestamp: original.timestamp, marker: original.marker, extensions }, Uint8Array.of(original.sequenceNumber >> 8, original.sequenceNumber & 0xff, ...original.payload));
    const frame = vp8Frame(3_000, { keyframe: true });
    const packets = (ssrc: number): RtpPacket[] => vp8Packets({ ssrc, payloadType: vp8Type, sequenceNumber: 0xffff, timestamp: 1 }, frame);

    /** All but the second packet come; then that one, as RTX. */
    function loseAndRepair(lines: readonly NegotiatedMedia[], rtxSsrc: number, extensions: RtpExtension[] = []): void {
      open(lines as NegotiatedMedia[]);
      const sent = packets(7);
      expect(sent.length).to.be.greaterThan(2);
      sent.forEach((packet, index) => {
        if (index !== 1) incoming.receive(packet, index * 1_000);
      });
      expect(video).to.deep.equal([]);
      incoming.receive(rtx(sent[1]!, rtxSsrc, extensions), 30_000);
    }

    it('whose source the SDP names', () => {
      loseAndRepair([audioLine(), withRtx({ remoteSsrcs: [7], remoteRtxSsrcs: [8] }), withRtx({ mid: '2' })], 8);
      expect(video.map(({ data }) => Buffer.from(data).equals(Buffer.from(frame)))).to.deep.equal([true]);
      expect(incoming.stats()[0]).to.include({ repairPackets: 1, packets: packets(7).length - 1 });
      // The path did lose it.
      expect([...incoming.uplinks][0]?.reportBlock(40_000)?.cumulativeLost).to.equal(1);
      expect(bound()).to.deep.equal(['camera 7']);
    });

    it('by their MID, or by a payload type that one m-line has', () => {
      loseAndRepair([audioLine(), withRtx({ remoteSsrcs: [7] }), withRtx({ mid: '2' })], 55, [midExtension('1')]);
      expect(video.length).to.equal(1);
      loseAndRepair([audioLine(), withRtx()], 55);
      expect(video.length).to.equal(1);
    });

    it('and no others: of an m-line that could be either, before the stream itself, of padding', () => {
      loseAndRepair([audioLine(), withRtx({ remoteSsrcs: [7] }), withRtx({ mid: '2' })], 55);
      expect([video.length, incoming.unknownSources]).to.deep.equal([0, 1]);
      open([audioLine(), withRtx()]);
      incoming.receive(rtx(packets(7)[1]!, 55), 0);
      expect([incoming.unknownSources, bound()]).to.deep.equal([1, []]);
      for (const packet of packets(7)) incoming.receive(packet, 0);
      for (const payload of [[], [1]]) incoming.receive(rtpPacket({ ssrc: 55, payloadType: rtxType, sequenceNumber: 1, timestamp: 1 }, Uint8Array.from(payload)), 0);
      expect(incoming.stats()[0]).to.include({ repairPackets: 0 });
    });
  });

  describe('takes pictures in RED', () => {
    const protection = { redPayloadType: 114, redRtxPayloadType: 115, ulpfecPayloadType: 116 } as const;
    const datagrams = packetiseVp8(vp8Frame(2_500, { keyframe: true }), { maxPayloadBytes: 1_000, pictureId: 1 }).map((payload, index, payloads) =>
      rtpDatagram({ ssrc: 7, payloadType: vp8Type, sequenceNumber: index, timestamp: 1, marker: index === payloads.length - 1 }, payload),
    );
    const inRed = datagrams.map((datagram) => mustParseRtp(putIntoRed(datagram, protection.redPayloadType)));
    const fec = mustParseRtp(putIntoRed(rtpDatagram({ ssrc: 7, payloadType: protection.ulpfecPayloadType, sequenceNumber: 3, timestamp: 1 }, protect(datagrams)), protection.redPayloadType));

    it('where both sides have agreed on it, and completes them by their protection', () => {
      open([audioLine(), videoLine({ protection })]);
      for (const packet of [inRed[0]!, inRed[2]!, fec]) incoming.receive(packet, 0);
      expect(bound()).to.deep.equal(['camera 7']);
      expect(video.length).to.equal(1);
      expect(incoming.stats()[0]).to.include({ protectionPackets: 1, rebuiltPackets: 1 });
    });

    it('and what is sent of it again', () => {
      open([audioLine(), videoLine({ protection })]);
      for (const packet of [inRed[0]!, inRed[2]!]) incoming.receive(packet, 0);
      incoming.receive(rtpPacket({ ssrc: 8, payloadType: protection.redRtxPayloadType, sequenceNumber: 900, timestamp: 1 }, Uint8Array.of(0, 1, ...inRed[1]!.payload)), 30_000);
      expect(video.length).to.equal(1);
      expect(incoming.stats()[0]).to.include({ repairPackets: 1, recoveredPackets: 0, rebuiltPackets: 0 });
    });

    it('and nowhere else', () => {
      for (const packet of [...inRed, fec]) incoming.receive(packet, 0);
      expect([bound(), video.length, incoming.unknownSources]).to.deep.equal([[], 0, 4]);
    });
  });

  describe('simulcast', () => {
    const rtxType = 97;
    const ids = { ...extensionIds, rid: 10, repairedRid: 11 };
    const codecs = [{ name: 'vp8', payloadType: vp8Type, clockHz: 90_000, rtxPayloadType: rtxType }] as const;
    const lines = [audioLine(), videoLine({ codecs, extensionIds: ids, remoteRids: ['l', 'h'] })];
    const sizes = { l: [320, 180], h: [1280, 720] } as const;
    const sequenceNumbers = new Map<number, number>();

    const ridExtension = (rid: string): RtpExtension => ({ id: ids.rid, data: Buffer.from(rid) });
    const need = (widthPx: number, heightPx: number): void => incoming.setNeed('camera', { widthPx, heightPx, fps: 30, bitrateBps: 1 });

    function packetsOf(ssrc: number, rid: keyof typeof sizes, keyframe: boolean, timestamp: number, extensions: RtpExtension[]): RtpPacket[] {
      const sequenceNumber = sequenceNumbers.get(ssrc) ?? 0xffff;
      const frame = vp8Frame(2_500, { keyframe, widthPx: sizes[rid][0], heightPx: sizes[rid][1] });
      const packets = vp8Packets({ ssrc, payloadType: vp8Type, sequenceNumber, timestamp, extensions }, frame);
      sequenceNumbers.set(ssrc, (sequenceNumber + packets.length) & 0xffff);
      return packets;
    }

    function layer(ssrc: number, rid: keyof typeof sizes, keyframe: boolean, nowUs: number, extensions = [ridExtension(rid)]): void {
      for (const packet of packetsOf(ssrc, rid, keyframe, Math.round(nowUs * 0.09), extensions)) incoming.receive(packet, nowUs);
      incoming.tick(nowUs);
    }

    /** Width of each keyframe, `-` for another frame. */
    function given(): string {
      return video.map(({ keyframe, data }) => (keyframe ? String((data[6] ?? 0) | ((data[7] ?? 0) << 8)) : '-')).join(' ');
    }

    /** SSRCs that are asked for a keyframe. */
    function asked(nowUs: number): number[] {
      return [...incoming.uplinks].filter((uplink) => uplink.takeKeyframeWish(nowUs)).map(({ ssrc }) => ssrc);
    }

    beforeEach(() => {
      sequenceNumbers.clear();
      open(lines);
    });

    it('shows the layer that the tile needs, and changes it at a keyframe that it asks for', () => {
      need(320, 180);
      layer(1, 'l', true, 0);
      layer(2, 'h', true, 0);
      layer(1, 'l', false, 40_000);
      layer(2, 'h', false, 40_000);
      expect(given()).to.equal('320 -');
      asked(40_000);
      need(1280, 720);
      layer(1, 'l', false, 80_000, []);
      expect(asked(90_000), 'the old one is not asked').to.deep.equal([2]);
      layer(2, 'h', false, 120_000, []);
      layer(1, 'l', false, 120_000, []);
      layer(2, 'h', true, 160_000, []);
      layer(1, 'l', false, 160_000, []);
      layer(2, 'h', false, 200_000, []);
      expect(given()).to.equal('320 - - - 1280 -');
      expect(incoming.stats().map((stats) => [stats['rid'], stats['resting'], stats['packets']])).to.deep.equal([['l', 1, 15], ['h', 0, 15]]);
    });

    it('reports on the layers that rest, and never asks them for anything again', () => {
      need(320, 180);
      layer(1, 'l', true, 0);
      const packets = packetsOf(2, 'h', true, 0, [ridExtension('h')]);
      for (const [index, packet] of packets.entries()) if (index !== 1) incoming.receive(packet, 0);
      const resting = [...incoming.uplinks].find(({ ssrc }) => ssrc === 2);
      expect(resting?.dueNacks(500_000, 20_000)).to.deep.equal([]);
      expect(resting?.reportBlock(500_000)).to.include({ ssrc: 2, cumulativeLost: 1 });
      incoming.wishKeyframe('camera');
      expect(asked(1_000_000)).to.deep.equal([1]);
    });

    it('repairs a layer by the RTX that names it', () => {
      need(1280, 720);
      layer(2, 'h', true, 0);
      layer(1, 'l', true, 0);
      const packets = packetsOf(2, 'h', false, 3_600, []);
      for (const [index, packet] of packets.entries()) if (index !== 1) incoming.receive(packet, 40_000);
      expect(given()).to.equal('1280');
      const lost = packets[1]!;
      const repair = (rid: string): RtpPacket =>
        rtpPacket(
          { ssrc: 1_000 + rid.charCodeAt(0), payloadType: rtxType, sequenceNumber: 9, timestamp: lost.timestamp, marker: lost.marker, extensions: [{ id: ids.repairedRid, data: Buffer.from(rid) }] },
          Uint8Array.of(lost.sequenceNumber >> 8, lost.sequenceNumber & 0xff, ...lost.payload),
        );
      incoming.receive(repair('l'), 60_000);
      incoming.receive(repair('x'), 60_000);
      expect([given(), incoming.unknownSources]).to.deep.equal(['1280', 1]);
      incoming.receive(repair('h'), 60_000);
      expect(given()).to.equal('1280 -');
    });

    it('knows no layers but those agreed on, and no packets that name none', () => {
      need(320, 180);
      layer(1, 'l', true, 0, []);
      layer(2, 'h', true, 0, [ridExtension('m')]);
      layer(3, 'h', true, 0, [ridExtension(' ')]);
      expect([bound(), incoming.unknownSources]).to.deep.equal([[], 9]);
    });

    it('holds one SSRC a layer, however many come', () => {
      need(320, 180);
      for (let ssrc = 1; ssrc <= 200; ssrc += 1) layer(ssrc, ssrc % 2 === 0 ? 'l' : 'h', true, ssrc * 1_000);
      expect(bound()).to.deep.equal(['camera 199', 'camera 200']);
    });
  });

  describe('worthwhile bits', () => {
    const need = { widthPx: 320, heightPx: 180, fps: 30, bitrateBps: 200_000 };

    it('are those of the picture with its headers, and of the sound; fewer for one that nobody sees', () => {
      open([audioLine(), videoLine({ takesRemb: true })]);
      expect(incoming.worthwhile.bitrateBps).to.equal(undefined);
      incoming.setNeed('camera', need);
      expect(incoming.worthwhile.bitrateBps).to.equal(300_000);
      incoming.setNeed('camera', undefined);
      expect(incoming.worthwhile.bitrateBps).to.equal(190_000);
    });

    it('are not told to who hears of needs otherwise', () => {
      incoming = new IncomingMedia({ participantId: 'ann', events: { onAudioPacket: () => undefined, onVideoFrame: () => undefined } });
      incoming.negotiate([audioLine(), videoLine({ takesRemb: true })], true);
      incoming.setNeed('camera', need);
      expect(incoming.worthwhile.bitrateBps).to.equal(undefined);
    });

    it('are no more than what comes through a path that is suddenly full, also where nothing else limits them', () => {
      for (const [isRemb, isNeeded] of [[true, true], [true, false], [false, true]] as const) {
        open([audioLine(), videoLine(isRemb ? { takesRemb: true } : {})]);
        if (isNeeded) incoming.setNeed('camera', need);
        const usual = incoming.worthwhile.bitrateBps;
        /** 50 bytes of sound each 20 ms: 46 kbps with all headers, of which half come through from a moment on. */
        for (let at = 0; at < 160; at += 1) {
          const nowUs = at * 20_000 + Math.max(0, at - 150) * 20_000;
          incoming.receive(rtpPacket({ ssrc: 9, payloadType: opusType, sequenceNumber: at, timestamp: at * 960 }, new Uint8Array(50)), nowUs);
          incoming.tick(nowUs);
          if (at === 150) expect(incoming.worthwhile.bitrateBps).to.equal(usual);
        }
        // Its floor.
        expect(incoming.worthwhile.bitrateBps).to.equal(isRemb ? 120_000 : undefined);
        expect(incoming.worthwhile.brakes).to.be.greaterThan(0);
        for (let at = 160; at < 1_500; at += 1) {
          const nowUs = at * 20_000 + 200_000 * Math.max(0, 1 - (at - 160) / 50);
          incoming.receive(rtpPacket({ ssrc: 9, payloadType: opusType, sequenceNumber: at, timestamp: at * 960 }, new Uint8Array(50)), nowUs);
          incoming.tick(nowUs);
        }
        expect(incoming.worthwhile.bitrateBps, 'it was said and has to be taken back').to.satisfy((bps: number | undefined) => (!isRemb ? bps === undefined : isNeeded ? bps === usual : (bps ?? 0) > 1_000_000));
      }
    });

    it('change while packets come again that were lost, and not for old ones that try the path', () => {
      const rtxType = 97;
      const sent = vp8Packets({ ssrc: 7, payloadType: vp8Type, sequenceNumber: 1, timestamp: 1 }, vp8Frame(4_000, { keyframe: true }));
      const [first, lost, ...others] = sent as [RtpPacket, RtpPacket, ...RtpPacket[]];
      const again = (packet: RtpPacket, nowUs: number): void =>
        incoming.receive(rtpPacket({ ssrc: 8, payloadType: rtxType, sequenceNumber: 1 + nowUs / 1_000, timestamp: 1 }, Uint8Array.of(0, packet.sequenceNumber, ...packet.payload)), nowUs);
      open([audioLine(), videoLine({ takesRemb: true, codecs: [{ name: 'vp8', payloadType: vp8Type, rtxPayloadType: rtxType, clockHz: 90_000 }], remoteSsrcs: [7], remoteRtxSsrcs: [8] })]);
      incoming.setNeed('camera', need);
      for (const packet of [first, ...others]) incoming.receive(packet, 0);
      for (const uplink of incoming.uplinks) uplink.dueNacks(1_000, undefined);
      again(first, 40_000);
      incoming.tick(60_000);
      expect(incoming.worthwhile.bitrateBps, 'had come').to.equal(300_000);
      again(lost, 80_000);
      incoming.tick(100_000);
      expect(incoming.worthwhile.bitrateBps, 'was lost').to.equal(297_000);
      incoming.tick(600_000);
      expect(incoming.worthwhile.bitrateBps).to.equal(300_000);
    });

    it('are told to nobody who does not heed them, or sends in layers', () => {
      for (const line of [videoLine(), videoLine({ takesRemb: true, remoteRids: ['l', 'h'] })]) {
        open([audioLine(), line]);
        incoming.setNeed('camera', need);
        expect(incoming.worthwhile.bitrateBps).to.equal(undefined);
      }
    });
  });

  it('forgets a source that said goodbye, and takes it up when it speaks again', () => {
    sound(9);
    incoming.remove(9, 10_000);
    incoming.remove(12_345, 10_000);
    expect(bound()).to.deep.equal([]);
    sound(12_345, 10_000);
    expect(bound(), 'it was nobody, and is not held back').to.deep.equal(['microphone 12345']);
    sound(9, 210_000);
    expect(bound()).to.deep.equal(['microphone 9']);
  });

  it('is not brought back by a packet that the goodbye overtook', () => {
    picture(5, 0, [midExtension('1')]);
    incoming.remove(5, 1_000_000);
    picture(5, 1_199_999, [midExtension('1')]);
    expect([bound(), video.length, incoming.lastVideoUs, incoming.unknownSources]).to.deep.equal([[], 1, Number.NEGATIVE_INFINITY, 1]);
    picture(5, 1_200_000, [midExtension('1')]);
    expect(bound()).to.deep.equal(['camera 5']);
  });

  it('remembers when sound and picture came last; padding is neither', () => {
    expect([incoming.lastAudioUs, incoming.lastVideoUs]).to.deep.equal([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    sound(9, 1_000);
    picture(5, 2_000, [midExtension('2')]);
    incoming.receive(rtpPacket({ ssrc: 5, payloadType: vp8Type, sequenceNumber: 9, timestamp: 9 }, new Uint8Array(0)), 3_000);
    expect([incoming.lastAudioUs, incoming.lastVideoUs]).to.deep.equal([1_000, 2_000]);
  });

  it('has nothing of a kind as soon as the last source of it said goodbye', () => {
    sound(9, 1_000);
    picture(5, 2_000, [midExtension('1')]);
    picture(6, 3_000, [midExtension('2')]);
    incoming.remove(5, 4_000);
    expect([incoming.lastAudioUs, incoming.lastVideoUs]).to.deep.equal([1_000, 3_000]);
    incoming.remove(6, 4_000);
    expect([incoming.lastAudioUs, incoming.lastVideoUs]).to.deep.equal([1_000, Number.NEGATIVE_INFINITY]);
    incoming.remove(9, 4_000);
    expect(incoming.lastAudioUs).to.equal(Number.NEGATIVE_INFINITY);
    picture(6, 204_000, [midExtension('2')]);
    expect(incoming.lastVideoUs).to.equal(204_000);
  });

  it('passes a wish for a keyframe to the source that is meant', () => {
    picture(5, 0, [midExtension('1')]);
    picture(6, 0, [midExtension('2')]);
    incoming.wishKeyframe('screen');
    expect([...incoming.uplinks].filter((uplink) => uplink.takeKeyframeWish(1_000_000)).map(({ source }) => source)).to.deep.equal(['screen']);
  });

  it('tells what came of each source in its stats, and has none after its close', () => {
    sound(9);
    expect(incoming.stats()).to.deep.equal([{ source: 'microphone', ssrc: 9, packets: 1, bytes: 2 }]);
    incoming.close();
    expect(incoming.stats()).to.deep.equal([]);
  });
});
