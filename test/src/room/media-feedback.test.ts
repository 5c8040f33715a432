import { expect } from 'chai';
import { opusSilencePacket } from '../../../mixer/audio/opus-packet.js';
import { IncomingMedia } from '../../../src/room/incoming-media.js';
import { MediaFeedback } from '../../../src/room/media-feedback.js';
import { planBrowser } from '../../../src/room/media-plan.js';
import { OutgoingMedia } from '../../../src/room/outgoing-media.js';
import { buildFullIntraRequest, buildGoodbye, buildNack, buildPictureLossIndication, buildReceiverReport, buildSenderReport, compound } from '../../../src/rtp/rtcp/build-rtcp.js';
import { ntpMiddle32, usToNtp } from '../../../src/rtp/rtcp/ntp.js';
import type { ReportBlock } from '../../../src/rtp/rtcp/rtcp-packets.js';
import { systemTimers } from '../../../mixer/index.js';
import { audioLine, counting, listenerTiers, ManualRoomClock, opusType, rtpPacket, videoLine } from './room-rig.js';

const audioSsrc = 1;
const videoSsrc = 2;
const clientSsrc = 900;
const pli = buildPictureLossIndication({ senderSsrc: clientSsrc, mediaSsrc: videoSsrc });

describe('MediaFeedback', () => {
  let clock: ManualRoomClock;
  let incoming: IncomingMedia;
  let resent: Buffer[];
  let outgoing: OutgoingMedia;
  let wishes: number;
  let checkedUs: number | undefined;
  let feedback: MediaFeedback;

  beforeEach(() => {
    clock = new ManualRoomClock();
    resent = [];
    wishes = 0;
    checkedUs = undefined;
    const media = [audioLine(), videoLine()];
    const random = counting();
    incoming = new IncomingMedia({ participantId: 'ann', events: { onAudioPacket: () => undefined, onVideoFrame: () => undefined } });
    incoming.negotiate(media);
    const sender = { sendRtp: (packet: Buffer) => packet, resend: (datagram: Buffer) => resent.push(datagram) };
    outgoing = new OutgoingMedia({ media, plans: planBrowser(random), sender, clock, timers: systemTimers, tiers: listenerTiers, random: () => 10 });
    feedback = new MediaFeedback({ incoming, outgoing, pathRoundTripUs: () => checkedUs, ntpMiddleAt: (nowUs) => ntpMiddle32(usToNtp(nowUs)), onKeyframeWish: () => (wishes += 1) });
  });

  function take(...packets: Buffer[]): void {
    feedback.take(compound([buildReceiverReport({ senderSsrc: clientSsrc, reports: [] }), ...packets]), clock.nowUs());
  }

  describe('a wish for a keyframe', () => {
    it('is passed on at most once a second, and the others are counted', () => {
      for (let ms = 0; ms < 3_000; ms += 100) {
        take(pli);
        clock.advance(100_000);
      }
      expect(wishes).to.equal(3);
      expect(feedback.refusedKeyframeWishes).to.equal(27);
    });

    it('is one whether it comes as PLI or as FIR', () => {
      take(buildFullIntraRequest({ senderSsrc: clientSsrc, requests: [{ ssrc: videoSsrc, requestNumber: 0 }] }));
      take(pli);
      expect(wishes).to.equal(1);
    });

    it('is passed over when it means another stream', () => {
      take(buildPictureLossIndication({ senderSsrc: clientSsrc, mediaSsrc: audioSsrc }));
      take(buildPictureLossIndication({ senderSsrc: clientSsrc, mediaSsrc: 77 }));
      take(buildFullIntraRequest({ senderSsrc: clientSsrc, requests: [{ ssrc: 77, requestNumber: 1 }] }));
      expect([wishes, feedback.refusedKeyframeWishes]).to.deep.equal([0, 0]);
    });
  });

  it('sends again what the listener misses of the picture, and nothing of another stream', () => {
    outgoing.video!.sendFrame([Uint8Array.of(1), Uint8Array.of(2)], 0, true);
    outgoing.audio!.send(Uint8Array.of(3), 0);
    take(buildNack({ senderSsrc: clientSsrc, mediaSsrc: videoSsrc, sequenceNumbers: [11, 400] }));
    take(buildNack({ senderSsrc: clientSsrc, mediaSsrc: audioSsrc, sequenceNumbers: [10] }));
    take(buildNack({ senderSsrc: clientSsrc, mediaSsrc: 77, sequenceNumbers: [10] }));
    expect(resent.map((datagram) => [datagram.readUInt32BE(8), datagram.readUInt16BE(2)])).to.deep.equal([[videoSsrc, 11]]);
  });

  describe('the round trip', () => {
    /** The listener echoes our report of `sentUs`, which he had for `heldUs`. */
    function echo(ssrc: number, sentUs: number, heldUs: number): void {
      const block: ReportBlock = {
        ssrc, fractionLost: 0, cumulativeLost: 0, extendedHighest: 0, jitterTicks: 0,
        lastSenderReport: ntpMiddle32(usToNtp(sentUs)), delaySinceLastSenderReport: Math.round((heldUs * 65_536) / 1e6),
      };
      feedback.take(buildReceiverReport({ senderSsrc: clientSsrc, reports: [block] }), clock.nowUs());
    }

    it('is 100 ms until measured, then what was measured, then smoothed', () => {
      expect(feedback.roundTripUs).to.equal(100_000);
      clock.advance(10_040_000);
      echo(videoSsrc, 10_000_000, 0);
      expect(feedback.roundTripUs).to.be.closeTo(40_000, 50);
      echo(audioSsrc, 9_500_000, 340_000);
      expect(feedback.roundTripUs).to.be.closeTo(40_000 + (200_000 - 40_000) / 8, 50);
    });

    it('is that of the path while no report tells it, as with a client who is sent nothing', () => {
      expect(feedback.measuredRoundTripUs, 'nobody knows').to.equal(undefined);
      checkedUs = 0;
      expect([feedback.roundTripUs, feedback.measuredRoundTripUs]).to.deep.equal([0, 0]);
      checkedUs = 300_000;
      expect([feedback.roundTripUs, feedback.measuredRoundTripUs]).to.deep.equal([300_000, 300_000]);
      clock.advance(10_040_000);
      echo(videoSsrc, 10_000_000, 0);
      expect(feedback.roundTripUs).to.be.closeTo(40_000, 50);
    });

    it('is not changed by reports about streams that are not ours, or that echo nothing', () => {
      clock.advance(10_000_000);
      echo(77, 9_900_000, 0);
      feedback.take(buildReceiverReport({ senderSsrc: clientSsrc, reports: [{ ssrc: videoSsrc, fractionLost: 0, cumulativeLost: 0, extendedHighest: 0, jitterTicks: 0, lastSenderReport: 0, delaySinceLastSenderReport: 0 }] }), clock.nowUs());
      expect(feedback.roundTripUs).to.equal(100_000);
    });

    it('decides how soon the same packet is sent again', () => {
      clock.advance(10_040_000);
      echo(videoSsrc, 10_000_000, 0);
      outgoing.video!.sendFrame([Uint8Array.of(1)], clock.nowUs(), true);
      const nack = buildNack({ senderSsrc: clientSsrc, mediaSsrc: videoSsrc, sequenceNumbers: [10] });
      take(nack);
      clock.advance(29_000);
      take(nack);
      expect(resent.length).to.equal(1);
      clock.advance(1_100);
      take(nack);
      expect(resent.length).to.equal(2);
    });
  });

  it('counts what is lost of the sound once a second, however often it is reported, and the rest as refused', () => {
    const report = (fractionLost: number): void =>
      feedback.take(buildReceiverReport({ senderSsrc: clientSsrc, reports: [{ ssrc: audioSsrc, fractionLost, cumulativeLost: 0, extendedHighest: 0, jitterTicks: 0, lastSenderReport: 0, delaySinceLastSenderReport: 0 }] }), clock.nowUs());
    report(0);
    for (let i = 0; i < 99; i += 1) {
      clock.advance(10_000);
      report(255);
    }
    expect([outgoing.audio!.loss.percent, feedback.refusedLossReports]).to.deep.equal([0, 99]);
    clock.advance(10_000);
    report(255);
    expect([outgoing.audio!.loss.percent, feedback.refusedLossReports]).to.deep.equal([20, 99]);
  });

  it('learns nothing of the path from what is lost while hardly anything is sent', () => {
    for (let tick = 0; tick < 50; tick += 1) outgoing.audio!.send(opusSilencePacket(1), tick * 20_000);
    const block: ReportBlock = { ssrc: audioSsrc, fractionLost: 21, cumulativeLost: 1, extendedHighest: 12, jitterTicks: 0, lastSenderReport: 0, delaySinceLastSenderReport: 0 };
    feedback.take(buildReceiverReport({ senderSsrc: clientSsrc, reports: [block] }), clock.nowUs());
    expect(outgoing.audio!.loss.percent).to.equal(0);
    outgoing.audio!.send(Uint8Array.of(0x78, 1, 2, 3), 1_000_000);
    feedback.take(buildReceiverReport({ senderSsrc: clientSsrc, reports: [block] }), clock.nowUs());
    expect(outgoing.audio!.loss.percent).to.equal(20);
  });

  it('gives sender reports to the source that they are of', () => {
    incoming.receive(rtpPacket({ ssrc: clientSsrc, payloadType: opusType, sequenceNumber: 1, timestamp: 0 }, Uint8Array.of(0x78)), 0);
    const ntp = usToNtp(4_000_000_000_000_000);
    feedback.take(buildSenderReport({ senderSsrc: clientSsrc, ntp, rtpTimestamp: 0, packetCount: 1, octetCount: 1, reports: [] }), 0);
    feedback.take(buildSenderReport({ senderSsrc: 77, ntp: usToNtp(1), rtpTimestamp: 0, packetCount: 1, octetCount: 1, reports: [] }), 0);
    const [uplink] = incoming.uplinks;
    expect(uplink?.reportBlock(0)?.lastSenderReport).to.equal(ntpMiddle32(ntp));
  });

  it('forgets the sources that say goodbye', () => {
    incoming.receive(rtpPacket({ ssrc: clientSsrc, payloadType: opusType, sequenceNumber: 1, timestamp: 0 }, Uint8Array.of(0x78)), 0);
    take(buildGoodbye({ ssrcs: [clientSsrc, 77], reason: undefined }));
    expect([...incoming.uplinks]).to.deep.equal([]);
  });

  it('counts what it cannot read, and goes on', () => {
    feedback.take(Buffer.from('80ce0002deadbeef', 'hex'), 0);
    feedback.take(Buffer.alloc(3), 0);
    expect(feedback.malformedPackets).to.equal(2);
    take(pli);
    expect(wishes).to.equal(1);
  });

  it('has no keyframe for who takes no picture', () => {
    const none = new OutgoingMedia({ media: [audioLine()], plans: planBrowser(counting()), sender: { sendRtp: () => undefined, resend: () => undefined }, clock, timers: systemTimers, tiers: listenerTiers, random: () => 1 });
    const soundOnly = new MediaFeedback({ incoming, outgoing: none, pathRoundTripUs: () => undefined, ntpMiddleAt: () => 0, onKeyframeWish: () => expect.fail('there is no picture') });
    soundOnly.take(pli, 0);
    expect(soundOnly.refusedKeyframeWishes).to.equal(0);
  });
});
