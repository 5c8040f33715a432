import { expect } from 'chai';
import { AudioDownlink, type Downlink } from '../../../src/room/downlink.js';
import { SessionReports } from '../../../src/room/session-reports.js';
import type { Uplink } from '../../../src/room/uplink.js';
import type { RtcpPacket, SenderReport } from '../../../src/rtp/rtcp/rtcp-packets.js';
import { ntpToUs } from '../../../src/rtp/rtcp/ntp.js';
import { AudioUplink } from '../../../src/room/audio-uplink.js';
import { VideoUplink } from '../../../src/room/video-uplink.js';
import { CaptureClock } from '../../../src/rtp/capture-clock.js';
import { Vp8Depacketiser } from '../../../src/rtp/vp8-payload.js';
import { vp8Frame } from '../../support/video-frames.js';
import { ManualRoomClock, mustParseRtcp, opusType, rtpPacket, vp8Packets, vp8Type, wallClockZeroUs } from './room-rig.js';

const tickUs = 20_000;
const roundTripUs = 50_000;
const ownSsrc = 5;
/** 1 January 1900 to 1 January 1970, in seconds (RFC 868). */
const ntpEpochSeconds = 2_208_988_800;

interface Sent {
  readonly atUs: number;
  readonly packets: readonly RtcpPacket[];
}

describe('SessionReports', () => {
  let clock: ManualRoomClock;
  let reports: SessionReports;
  let sent: Sent[];
  let uplinks: Uplink[];
  let downlinks: Downlink[];
  let captureClock: CaptureClock;

  beforeEach(() => {
    clock = new ManualRoomClock();
    clock.advance(3_000_000);
    sent = [];
    uplinks = [];
    downlinks = [];
    captureClock = new CaptureClock();
    worthwhileBps = undefined;
    reports = new SessionReports({ clock, ownSsrc, cname: 'tessera', send: (packet) => sent.push({ atUs: clock.nowUs() - 3_000_000, packets: mustParseRtcp(packet) }) });
  });

  let worthwhileBps: number | undefined;

  function run(forUs: number, eachTick: () => void = () => undefined): void {
    for (let us = 0; us < forUs; us += tickUs) {
      clock.advance(tickUs);
      eachTick();
      reports.tick(clock.nowUs(), roundTripUs, { uplinks: uplinks.values(), downlinks, worthwhileBps });
    }
  }

  function microphone(): AudioUplink {
    const uplink = new AudioUplink({ participantId: 'ann', ssrc: 21, captureClock, levelExtensionId: undefined, onPacket: () => undefined });
    uplinks.push(uplink);
    return uplink;
  }

  function camera(): VideoUplink {
    const depacketisers = new Map([[vp8Type, new Vp8Depacketiser()]]);
    const uplink = new VideoUplink({ participantId: 'ann', source: 'camera', ssrc: 22, captureClock, orientationExtensionId: undefined, depacketisers, onFrame: () => undefined });
    uplinks.push(uplink);
    return uplink;
  }

  function downlink(kind: 'audio' | 'video', ssrc: number): AudioDownlink {
    const sender = { sendRtp: (packet: Buffer) => packet, resend: () => undefined };
    const added = new AudioDownlink({ ssrc, payloadType: 96, clockHz: kind === 'audio' ? 48_000 : 90_000, lane: { sender, extensions: [] }, clock, random: () => 1_000 });
    downlinks.push(added);
    return added;
  }

  function all<Type extends RtcpPacket['type']>(type: Type): Extract<RtcpPacket, { type: Type }>[] {
    return sent.flatMap(({ packets }) => packets).filter((packet): packet is Extract<RtcpPacket, { type: Type }> => packet.type === type);
  }

  it('reports after 100 ms, then once a second, as a compound that begins with a report and names the source', () => {
    run(3_200_000);
    expect(sent.map(({ atUs }) => atUs)).to.deep.equal([100_000, 1_100_000, 2_100_000, 3_100_000]);
    for (const { packets } of sent) {
      expect(packets).to.deep.equal([
        { type: 'receiver-report', senderSsrc: ownSsrc, reports: [] },
        { type: 'source-description', chunks: [{ ssrc: ownSsrc, cname: 'tessera' }] },
      ]);
    }
  });

  it('tells of both streams at one moment: the same NTP time, each its own ticks, one CNAME', () => {
    const [audio, video] = [downlink('audio', 5), downlink('video', 6)];
    audio.send(Uint8Array.of(1, 2, 3), 3_000_000);
    for (const byte of [1, 2]) video.send(Uint8Array.of(byte), 3_000_000);
    run(100_000);
    const senderReports = all('sender-report') as [SenderReport, SenderReport];
    expect(senderReports.map(({ senderSsrc, rtpTimestamp, packetCount, octetCount }) => [senderSsrc, rtpTimestamp, packetCount, octetCount])).to.deep.equal([
      [5, 1_000 + 3.1 * 48_000, 1, 3],
      [6, 1_000 + 3.1 * 90_000, 2, 2],
    ]);
    expect(senderReports[0].ntp).to.deep.equal(senderReports[1].ntp);
    expect(ntpToUs(senderReports[0].ntp) - ntpEpochSeconds * 1e6).to.equal(wallClockZeroUs + 3_100_000);
    expect(all('source-description').flatMap(({ chunks }) => chunks)).to.deep.equal([{ ssrc: 5, cname: 'tessera' }, { ssrc: 6, cname: 'tessera' }]);
  });

  it('is silent of a stream that has sent nothing yet', () => {
    downlink('audio', 5).send(Uint8Array.of(1), 3_000_000);
    downlink('video', 6);
    run(100_000);
    expect(all('sender-report').map(({ senderSsrc }) => senderSsrc)).to.deep.equal([5]);
  });

  it('tells what came of each source, once, in the first report of a compound', () => {
    const audio = microphone();
    for (const sequenceNumber of [10, 11, 13]) audio.receive(rtpPacket({ ssrc: 21, payloadType: opusType, sequenceNumber, timestamp: sequenceNumber * 960 }, Uint8Array.of(1)), clock.nowUs());
    camera();
    for (const ssrc of [5, 6]) downlink('audio', ssrc).send(Uint8Array.of(1), 3_000_000);
    run(100_000);
    expect(all('sender-report').map(({ reports: blocks }) => blocks.map(({ ssrc, cumulativeLost, fractionLost, extendedHighest }) => [ssrc, cumulativeLost, fractionLost, extendedHighest]))).to.deep.equal([
      [[21, 1, 64, 13]],
      [],
    ]);
    sent.length = 0;
    run(1_000_000);
    expect(all('sender-report')[0]?.reports[0], 'nothing was lost since').to.include({ fractionLost: 0, cumulativeLost: 1 });
  });

  it('asks for a missing packet at the next tick at the latest, and again after a round trip', () => {
    const video = camera();
    // The wish of a new camera goes out first.
    const [keyframe] = vp8Packets({ ssrc: 22, payloadType: vp8Type, sequenceNumber: 65_534, timestamp: 0 }, vp8Frame(100, { keyframe: true }));
    const [late] = vp8Packets({ ssrc: 22, payloadType: vp8Type, sequenceNumber: 1, timestamp: 9_000 }, vp8Frame(100, { keyframe: false }));
    video.receive(keyframe!, clock.nowUs());
    video.receive(late!, clock.nowUs());
    run(80_000);
    expect(sent.map(({ atUs, packets }) => [atUs, packets.find(({ type }) => type === 'nack')])).to.deep.equal([
      [20_000, { type: 'nack', senderSsrc: ownSsrc, mediaSsrc: 22, sequenceNumbers: [65_535, 0] }],
      [80_000, { type: 'nack', senderSsrc: ownSsrc, mediaSsrc: 22, sequenceNumbers: [65_535, 0] }],
    ]);
    expect(sent[0]?.packets[0], 'a compound begins with a report').to.deep.equal({ type: 'receiver-report', senderSsrc: ownSsrc, reports: [] });
  });

  it('asks with the packet that shows a loss, once for what comes within 4 ms, and for no keyframe that mostly is under way', () => {
    const video = camera();
    const packets = [0, 1, 2, 3].flatMap((at) => vp8Packets({ ssrc: 22, payloadType: vp8Type, sequenceNumber: at * 3, timestamp: at * 3_000 }, vp8Frame(2_500, { keyframe: at === 0 })));
    const comes = (index: number): void => {
      video.receive(packets[index]!, clock.nowUs());
      reports.hasten(clock.nowUs(), roundTripUs, uplinks);
    };
    for (const index of [0, 1, 2]) comes(index);
    expect(sent).to.deep.equal([]);
    clock.advance(30_000);
    for (const index of [4, 6]) comes(index);
    clock.advance(3_999);
    comes(8);
    expect(all('nack').map(({ sequenceNumbers }) => sequenceNumbers)).to.deep.equal([[3]]);
    clock.advance(1);
    comes(9);
    expect(all('nack').map(({ sequenceNumbers }) => sequenceNumbers)).to.deep.equal([[3], [5, 7]]);
    expect(sent[0]?.packets[0], 'a compound begins with a report').to.deep.equal({ type: 'receiver-report', senderSsrc: ownSsrc, reports: [] });
    expect(all('pli')).to.deep.equal([]);
    video.resume(0);
    clock.advance(4_000);
    reports.hasten(clock.nowUs(), roundTripUs, uplinks);
    expect(all('pli')).to.have.length(1);
  });

  it('reports on the stream of repairs like on any other', () => {
    const video = camera();
    const [first] = vp8Packets({ ssrc: 22, payloadType: vp8Type, sequenceNumber: 1, timestamp: 0 }, vp8Frame(100, { keyframe: true }));
    video.receive(first!, clock.nowUs());
    for (const sequenceNumber of [500, 502]) video.receiveRepair(rtpPacket({ ssrc: 23, payloadType: 97, sequenceNumber, timestamp: 0 }, Uint8Array.of(0, 1, 2)), vp8Type, clock.nowUs());
    run(100_000);
    expect(all('receiver-report').flatMap(({ reports: blocks }) => blocks.map(({ ssrc, cumulativeLost, extendedHighest }) => [ssrc, cumulativeLost, extendedHighest]))).to.deep.equal([[22, 0, 1], [23, 1, 502]]);
  });

  it('passes a wish for a keyframe on at the next tick', () => {
    const video = camera();
    run(80_000);
    expect(sent, 'nobody is there to ask yet').to.deep.equal([]);
    const [middle] = vp8Packets({ ssrc: 22, payloadType: vp8Type, sequenceNumber: 1, timestamp: 0 }, vp8Frame(100, { keyframe: false }));
    video.receive(middle!, clock.nowUs());
    run(tickUs);
    expect(all('pli')).to.deep.equal([{ type: 'pli', senderSsrc: ownSsrc, mediaSsrc: 22 }]);
  });

  it('tells each 100 ms when the packets of the whole connection arrived, and nothing when none did', () => {
    let sequenceNumber = 65_530;
    run(300_000, () => reports.takeTransportSequence(sequenceNumber++ & 0xffff, 22, clock.nowUs()));
    const feedback = sent.filter(({ packets }) => packets.some(({ type }) => type === 'transport-feedback'));
    expect(feedback.map(({ atUs }) => atUs)).to.deep.equal([100_000, 200_000, 300_000]);
    expect(all('transport-feedback').map(({ senderSsrc, mediaSsrc, body }) => [senderSsrc, mediaSsrc, body.readUInt16BE(0), body.readUInt16BE(2)])).to.deep.equal([
      [ownSsrc, 22, 65_530, 5],
      [ownSsrc, 22, 65_535, 5],
      [ownSsrc, 22, 4, 5],
    ]);
    sent.length = 0;
    run(540_000);
    expect(all('transport-feedback')).to.deep.equal([]);
    reports.takeTransportSequence(20, 22, clock.nowUs());
    run(20_000);
    expect(all('transport-feedback'), 'the first after half a second: at once').to.have.length(1);
    reports.takeTransportSequence(21, 22, clock.nowUs());
    run(80_000);
    expect(all('transport-feedback')).to.have.length(1);
    run(20_000);
    expect(all('transport-feedback')).to.have.length(2);
  });

  it('tells what is worth sending once there is a picture, at once when it changes, and again each second', () => {
    const told = (): [number, number, readonly number[]][] =>
      sent.flatMap(({ atUs, packets }) => packets.flatMap((packet) => (packet.type === 'remb' ? [[atUs, packet.bitrateBps, packet.ssrcs] as [number, number, readonly number[]]] : [])));
    microphone();
    worthwhileBps = 300_000;
    run(200_000);
    expect(told()).to.deep.equal([]);
    camera();
    run(1_000_000);
    worthwhileBps = 200_000;
    run(100_000);
    expect(told()).to.deep.equal([[220_000, 300_000, [22]], [1_100_000, 300_000, [22]], [1_220_000, 200_000, [22]]]);
    worthwhileBps = undefined;
    run(2_000_000);
    expect(told()).to.have.length(3);
  });
});
