import { expect } from 'chai';
import type { VideoFrame } from '../../../mixer/index.js';
import { VideoUplink, type UplinkProtection } from '../../../src/room/video-uplink.js';
import { CaptureClock } from '../../../src/rtp/capture-clock.js';
import { H264Depacketiser } from '../../../src/rtp/h264-depacketiser.js';
import { packetiseH264 } from '../../../src/rtp/h264-payload.js';
import type { RtpPacket } from '../../../src/rtp/rtp-packet.js';
import type { VideoDepacketiser } from '../../../src/rtp/video-depacketiser.js';
import { packetiseVp8, Vp8Depacketiser } from '../../../src/rtp/vp8-payload.js';
import { protect, putIntoRed } from '../../support/ulpfec-encoder.js';
import { annexB, nal, vp8Frame } from '../../support/video-frames.js';
import { extensionIds, h264Type, mustParseRtp, rtpDatagram, rtpPacket, vp8Packets, vp8Type } from './room-rig.js';

const ssrc = 22;
const frameUs = 100_000;
const frameTicks = 9_000;
const roundTripUs = 60_000;

describe('VideoUplink', () => {
  let frames: VideoFrame[];
  let uplink: VideoUplink;

  beforeEach(() => {
    frames = [];
    uplink = new VideoUplink({
      participantId: 'ann',
      source: 'camera',
      ssrc,
      captureClock: new CaptureClock(),
      orientationExtensionId: extensionIds.videoOrientation,
      depacketisers: new Map<number, VideoDepacketiser>([[vp8Type, new Vp8Depacketiser()], [h264Type, new H264Depacketiser({ spropParameterSets: undefined })]]),
      onFrame: (frame) => frames.push(frame),
    });
  });

  /** Frame number n of three packets each, sequence numbers 3n to 3n + 2. */
  function packetsOf(frame: number, keyframe = frame === 0): RtpPacket[] {
    const packets = vp8Packets({ ssrc, payloadType: vp8Type, sequenceNumber: (frame * 3) & 0xffff, timestamp: frame * frameTicks }, vp8Frame(2_500, { keyframe, seed: frame }));
    expect(packets.length).to.equal(3);
    return packets;
  }

  function receive(packets: readonly RtpPacket[], arrivalUs: number): void {
    for (const packet of packets) uplink.receive(packet, arrivalUs);
  }

  it('makes whole frames of packets in any order, with their capture time', () => {
    receive(packetsOf(0), 0);
    const [a, b, c] = packetsOf(1);
    receive([c!, a!], frameUs + 3_000);
    expect(frames.length).to.equal(1);
    receive([b!], frameUs + 40_000);
    expect(frames.map(({ data, ...frame }) => ({ ...frame, isWhole: Buffer.from(data).equals(vp8Frame(2_500, { keyframe: frame.keyframe, seed: frame.keyframe ? 0 : 1 })) }))).to.deep.equal([
      { participantId: 'ann', source: 'camera', codec: 'vp8', ptsUs: 0, arrivalUs: 0, keyframe: true, gapBefore: false, rotationDegrees: 0, isWhole: true },
      // Captured when the first frame's clock says so, not when the last packet came.
      { participantId: 'ann', source: 'camera', codec: 'vp8', ptsUs: frameUs, arrivalUs: frameUs + 40_000, keyframe: false, gapBefore: false, rotationDegrees: 0, isWhole: true },
    ]);
  });

  it('takes the codec that each packet says, as far as both agreed on it', () => {
    receive(packetsOf(0), 0);
    const unit = annexB([nal(7, 12), nal(8, 6), nal(5, 900)]);
    const payloads = packetiseH264(unit, { maxPayloadBytes: 1_000, mode: 1 });
    receive(payloads.map((payload, index) => rtpPacket({ ssrc, payloadType: h264Type, sequenceNumber: 3 + index, timestamp: frameTicks, marker: index === payloads.length - 1 }, payload)), frameUs);
    receive([rtpPacket({ ssrc, payloadType: 99, sequenceNumber: 3 + payloads.length, timestamp: 2 * frameTicks, marker: true }, Uint8Array.of(1, 2))], 2 * frameUs);
    expect(frames.map(({ codec, keyframe }) => [codec, keyframe])).to.deep.equal([['vp8', true], ['h264', true]]);
    expect(uplink.stats()).to.include({ unknownPayloadTypes: 1 });
  });

  it('turns pictures as the last packet that said so, until another one says otherwise', () => {
    const turned = (frame: number, degrees: number | undefined): void => {
      const payload = Uint8Array.of(0x10, ...vp8Frame(50, { keyframe: frame === 0 }));
      const extensions = degrees === undefined ? [] : [{ id: extensionIds.videoOrientation, data: Uint8Array.of(degrees / 90) }];
      receive([rtpPacket({ ssrc, payloadType: vp8Type, sequenceNumber: frame, timestamp: frame * frameTicks, marker: true, extensions }, payload)], frame * frameUs);
    };
    for (const [frame, degrees] of [undefined, 90, undefined, 270, 0, undefined].entries()) turned(frame, degrees);
    expect(frames.map(({ rotationDegrees }) => rotationDegrees)).to.deep.equal([0, 90, 90, 270, 0, 0]);
  });

  describe('protection', () => {
    const redPayloadType = 114;
    const ulpfecPayloadType = 116;
    const protection: UplinkProtection = { types: { redPayloadType, ulpfecPayloadType }, allowance: { take: () => true } };

    beforeEach(() => {
      uplink = new VideoUplink({
        participantId: 'ann', source: 'camera', ssrc, captureClock: new CaptureClock(), orientationExtensionId: undefined,
        depacketisers: new Map([[vp8Type, new Vp8Depacketiser()]]), protection, onFrame: (frame) => frames.push(frame),
      });
    });

    /** Frame n: three packets in RED and one that protects them, numbers 4n to 4n + 3 or from another one on. */
    function protectedPackets(frame: number, first = 4 * frame, keyframe = frame === 0): RtpPacket[] {
      const fields = { ssrc, timestamp: frame * frameTicks };
      const payloads = packetiseVp8(vp8Frame(2_500, { keyframe, seed: frame }), { maxPayloadBytes: 1_000, pictureId: frame });
      const media = payloads.map((payload, index) => rtpDatagram({ ...fields, payloadType: vp8Type, sequenceNumber: (first + index) & 0xffff, marker: index === payloads.length - 1 }, payload));
      const fec = rtpDatagram({ ...fields, payloadType: ulpfecPayloadType, sequenceNumber: (first + media.length) & 0xffff }, protect(media));
      return [...media, fec].map((datagram) => mustParseRtp(putIntoRed(datagram, redPayloadType)));
    }

    it('brings back what was lost, whatever of a frame it is, and nothing is asked for', () => {
      for (let frame = 0; frame < 8; frame += 1) {
        // In turn the first, the second, the third, the protection itself.
        receive(protectedPackets(frame).filter((_packet, index) => index !== frame % 4), frame * frameUs);
        expect(uplink.dueNacks(frame * frameUs, roundTripUs), `${frame}`).to.deep.equal([]);
        // What was lost last is known with the next packet.
        expect(frames.length).to.equal(frame + 1);
      }
      expect(frames.map(({ gapBefore }) => gapBefore)).to.deep.equal(Array.from({ length: 8 }, () => false));
      for (const [frame, { data }] of frames.entries()) expect(Buffer.from(data).equals(vp8Frame(2_500, { keyframe: frame === 0, seed: frame })), `${frame}`).to.equal(true);
      expect(uplink.stats()).to.include({ packets: 24, protectionPackets: 6, rebuiltPackets: 6, nackedPackets: 0, lostPackets: 0, abandonedPackets: 0 });
    });

    for (const back of [1_100, 5_000, 20_000]) {
      it(`brings back what was lost where its sender has gone back by ${back} numbers`, () => {
        const first = 0xff_f0;
        for (let frame = 0; frame < 4; frame += 1) receive(protectedPackets(frame, first + 4 * frame), frame * frameUs);
        // Its second packet shows that it is no late one; the keyframe comes with the next frame.
        for (let frame = 4; frame < 8; frame += 1) receive(protectedPackets(frame, first + 4 * frame - back, frame === 5).filter((_packet, index) => frame < 6 || index !== 1), frame * frameUs);
        expect(frames.map(({ keyframe, gapBefore }) => (gapBefore ? '|' : '') + (keyframe ? 'K' : 'd')).join('')).to.equal('Kddd|Kdd');
        expect(uplink.stats()).to.include({ rebuiltPackets: 2, restarts: 1, nackedPackets: 0 });
      });
    }

    it('sees the size of a layer that rests, in RED as well, and counts its protection once', () => {
      const sizes: number[] = [];
      uplink = new VideoUplink({
        participantId: 'ann', source: 'camera', ssrc, captureClock: new CaptureClock(), orientationExtensionId: undefined,
        depacketisers: new Map([[vp8Type, new Vp8Depacketiser()]]), protection, onFrame: (frame) => frames.push(frame),
        layer: { rid: 'h', onSize: ({ widthPx }) => sizes.push(widthPx) },
      });
      receive(protectedPackets(0), 0);
      expect([sizes.length, frames.length]).to.deep.equal([1, 0]);
      uplink.wake();
      receive(protectedPackets(1), frameUs);
      uplink.rest();
      receive(protectedPackets(2), 2 * frameUs);
      expect(uplink.stats()).to.include({ protectionPackets: 1, resting: 1 });
    });

    it('asks for what it cannot bring back, and opens what is sent again', () => {
      receive(protectedPackets(0), 0);
      const [, , last, fec] = protectedPackets(1);
      receive([last!, fec!], frameUs);
      expect(uplink.dueNacks(frameUs, roundTripUs)).to.deep.equal([4, 5]);
      for (const [index, again] of protectedPackets(1).slice(0, 2).entries()) {
        const payload = Uint8Array.of(0, 4 + index, ...again.payload);
        uplink.receiveRepair(rtpPacket({ ssrc: 23, payloadType: 115, sequenceNumber: index, timestamp: frameTicks, marker: again.marker }, payload), redPayloadType, 2 * frameUs);
      }
      expect(frames.map(({ gapBefore }) => gapBefore)).to.deep.equal([false, false]);
      expect(uplink.stats()).to.include({ recoveredPackets: 2, rebuiltPackets: 0, lostPackets: 0 });
    });
  });

  describe('losses', () => {
    it('asks for what is missing by its 16-bit number, over the wrap too, until it comes', () => {
      const nearWrap = 21_844;
      receive(packetsOf(nearWrap, true), 0);
      const [, , last] = packetsOf(nearWrap + 1);
      receive([last!], frameUs);
      expect(uplink.isUrgent(frameUs)).to.equal(true);
      expect(uplink.dueNacks(frameUs, roundTripUs)).to.deep.equal([65_535, 0]);
      expect(uplink.isUrgent(frameUs)).to.equal(false);
      expect(uplink.dueNacks(frameUs + 59_999, roundTripUs)).to.deep.equal([]);
      receive([packetsOf(nearWrap + 1)[0]!], frameUs + 60_000);
      // It took 60 ms: that, and a quarter more, is what the other may take.
      expect(uplink.dueNacks(frameUs + 74_999, roundTripUs)).to.deep.equal([]);
      expect(uplink.dueNacks(frameUs + 75_000, roundTripUs)).to.deep.equal([0]);
      receive([packetsOf(nearWrap + 1)[1]!], frameUs + 135_000);
      expect(uplink.dueNacks(frameUs + 200_000, roundTripUs)).to.deep.equal([]);
      expect(frames.map(({ gapBefore }) => gapBefore)).to.deep.equal([false, false]);
      expect(uplink.stats()).to.include({ nackedPackets: 3, recoveredPackets: 2, lostPackets: 0 });
    });

    it('asks again no sooner than the path allows, however soon something seemed to be an answer', () => {
      receive(packetsOf(0), 0);
      const [a, , c] = packetsOf(1);
      receive([c!], frameUs);
      expect(uplink.dueNacks(frameUs, undefined)).to.deep.equal([3, 4]);
      receive([a!], frameUs + 16_000);
      expect(uplink.dueNacks(frameUs + 249_999, 250_000)).to.deep.equal([]);
      expect(uplink.dueNacks(frameUs + 250_000, 250_000)).to.deep.equal([4]);
    });

    it('takes no old packets that come again for a sender that went back', () => {
      for (let frame = 0; frame < 400; frame += 1) receive(packetsOf(frame), frame * frameUs);
      for (const [index, again] of packetsOf(0).slice(0, 2).entries()) {
        uplink.receiveRepair(rtpPacket({ ssrc: 23, payloadType: 97, sequenceNumber: index, timestamp: 0 }, Uint8Array.of(0, index, ...again.payload)), vp8Type, 400 * frameUs);
      }
      receive(packetsOf(400), 400 * frameUs);
      expect(frames.map(({ gapBefore }) => gapBefore)).to.deep.equal(Array.from({ length: 401 }, () => false));
      expect(uplink.stats()).to.include({ restarts: 0, latePackets: 2 });
    });

    it('asks no more for what stood before a keyframe that came whole', () => {
      receive(packetsOf(0), 0);
      receive(packetsOf(1).slice(1), frameUs);
      expect(uplink.dueNacks(frameUs + 10_000, roundTripUs)).to.have.lengthOf(1);
      receive(packetsOf(2, true), 2 * frameUs);
      expect(frames.map(({ keyframe }) => keyframe)).to.deep.equal([true, true]);
      expect(uplink.dueNacks(frameUs + 10_000 + roundTripUs, roundTripUs)).to.deep.equal([]);
      expect(uplink.stats()).to.include({ nackedPackets: 1, abandonedPackets: 1 });
    });

    it('goes on behind a loss that six tries do not repair, says so, and wishes for a keyframe after the third', () => {
      receive(packetsOf(0), 0);
      expect(uplink.takeKeyframeWish(0)).to.equal(false);
      receive(packetsOf(1).slice(1), frameUs);
      receive(packetsOf(2), 2 * frameUs);
      let nowUs = frameUs + 10_000;
      for (let tries = 1; tries <= 6; tries += 1) {
        expect(uplink.dueNacks(nowUs, roundTripUs)).to.have.lengthOf(1);
        expect(frames.length).to.equal(1);
        expect(uplink.takeKeyframeWish(nowUs), `${tries}`).to.equal(tries === 4);
        nowUs += roundTripUs;
      }
      uplink.dueNacks(nowUs, roundTripUs);
      expect(frames.slice(1).map(({ gapBefore, keyframe }) => ({ gapBefore, keyframe }))).to.deep.equal([{ gapBefore: true, keyframe: false }]);
      expect(uplink.takeKeyframeWish(nowUs + 500_000)).to.equal(true);
      receive(packetsOf(3), nowUs);
      expect(frames.at(-1)?.gapBefore, 'told once').to.equal(false);
    });
  });

  describe('wishes for a keyframe', () => {
    it('has one from its first packet on, when that is no keyframe', () => {
      expect(uplink.takeKeyframeWish(0), 'nobody is there to ask').to.equal(false);
      receive(packetsOf(5, false), 0);
      expect(uplink.takeKeyframeWish(0)).to.equal(true);
      expect(uplink.takeKeyframeWish(0), 'asked once, answered once').to.equal(false);
    });

    it('has none when the keyframe came by itself', () => {
      receive(packetsOf(0), 0);
      expect(uplink.takeKeyframeWish(0)).to.equal(false);
      uplink.wishKeyframe();
      receive(packetsOf(1, true), frameUs);
      expect(uplink.takeKeyframeWish(frameUs)).to.equal(false);
    });

    it('makes one of all wishes within 500 ms', () => {
      receive(packetsOf(0), 0);
      let asked = 0;
      for (let us = 0; us < 2_000_000; us += 20_000) {
        uplink.wishKeyframe();
        if (uplink.takeKeyframeWish(us)) asked += 1;
      }
      expect(asked).to.equal(4);
      expect(uplink.stats()).to.include({ keyframeRequests: 4 });
    });
  });

  it('does not take padding for a picture', () => {
    receive(packetsOf(0), 0);
    receive([rtpPacket({ ssrc, payloadType: vp8Type, sequenceNumber: 3, timestamp: 0 }, new Uint8Array(0))], 10_000);
    const [a, b, c] = packetsOf(1).map((packet, index) => rtpPacket({ ssrc, payloadType: vp8Type, sequenceNumber: 4 + index, timestamp: frameTicks, marker: packet.marker }, packet.payload));
    receive([a!, b!, c!], frameUs);
    expect(frames.map(({ gapBefore }) => gapBefore)).to.deep.equal([false, false]);
    expect(uplink.stats()).to.include({ packets: 7, frames: 2 });
  });
});
