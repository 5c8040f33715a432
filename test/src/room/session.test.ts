import { expect } from 'chai';
import { buildPictureLossIndication } from '../../../src/rtp/rtcp/build-rtcp.js';
import { vp8Frame } from '../../support/video-frames.js';
import { audioLine, extensionIds, ManualRoomClock, midExtension, mustParseRtcp, OpenSession, opusType, rtpDatagram, videoLine, vp8Type } from './room-rig.js';

const opusPacket = Uint8Array.of(0x78, 1);

describe('Session', () => {
  let clock: ManualRoomClock;

  beforeEach(() => {
    clock = new ManualRoomClock();
  });

  function participant(media = [audioLine(), videoLine()]): Promise<OpenSession> {
    return OpenSession.create({ id: 'ann', participantId: 'ann', isPublishing: true, media, clock });
  }

  function sound(ssrc = 30, sequenceNumber = 1, transportSequence?: number): Buffer {
    const extensions = transportSequence === undefined ? [] : [{ id: extensionIds.transportCc, data: Uint8Array.of(transportSequence >> 8, transportSequence & 0xff) }];
    return rtpDatagram({ ssrc, payloadType: opusType, sequenceNumber, timestamp: 1, extensions }, opusPacket);
  }

  it('turns what its peer receives into sound and pictures of its participant', async () => {
    const { peer, audio, video } = await participant();
    peer.events.onRtp(sound(), 10_000);
    const frame = vp8Frame(50, { keyframe: true });
    peer.events.onRtp(rtpDatagram({ ssrc: 31, payloadType: vp8Type, sequenceNumber: 1, timestamp: 1, marker: true, extensions: [midExtension('1')] }, Uint8Array.of(0x10, ...frame)), 20_000);
    expect(audio.map(({ participantId, arrivalUs, data }) => [participantId, arrivalUs, ...data])).to.deep.equal([['ann', 10_000, ...opusPacket]]);
    expect(video.map(({ participantId, source, arrivalUs, data }) => [participantId, source, arrivalUs, data.length])).to.deep.equal([['ann', 'camera', 20_000, frame.length]]);
  });

  it('asks for a packet again when its repair can have come through what waits on the way up, and no sooner', async () => {
    const againAfterMs = async (queueUs: number): Promise<number> => {
      const { peer, session } = await participant();
      peer.roundTripUs = 50_000;
      const hear = (atMs: number, waitUs: number): void =>
        peer.events.onRtp(rtpDatagram({ ssrc: 30, payloadType: opusType, sequenceNumber: atMs / 20, timestamp: atMs * 48 }, opusPacket), 1000 * atMs + waitUs);
      for (let atMs = 0; atMs <= 400; atMs += 20) hear(atMs, (queueUs * atMs) / 400);
      for (const sequenceNumber of [1, 3]) {
        const payload = Uint8Array.of(0x10, ...vp8Frame(50, { keyframe: sequenceNumber === 1 }));
        peer.events.onRtp(rtpDatagram({ ssrc: 31, payloadType: vp8Type, sequenceNumber, timestamp: sequenceNumber, marker: true, extensions: [midExtension('1')] }, payload), 400_000 + queueUs);
      }
      const isAsked = (from: number): boolean => peer.rtcp.slice(from).flatMap(mustParseRtcp).some(({ type }) => type === 'nack');
      expect(isAsked(0), 'at once').to.equal(true);
      for (let atMs = 420; atMs < 1_400; atMs += 20) {
        const before = peer.rtcp.length;
        hear(atMs, queueUs);
        session.tick(1000 * atMs + queueUs);
        if (isAsked(before)) return atMs - 400;
      }
      return Number.POSITIVE_INFINITY;
    };
    expect(await againAfterMs(0)).to.equal(60);
    expect(await againAfterMs(300_000)).to.be.within(350, 380);
  });

  it('takes nothing of who only listens, also when he hears as a participant', async () => {
    const { peer, audio, session } = await OpenSession.create({ id: 'second', participantId: 'ann', isPublishing: false, clock });
    peer.events.onRtp(sound(), 0);
    expect(audio).to.deep.equal([]);
    expect(session.stats()).to.include({ unknownSources: 1 });
  });

  it('has the codec that the listener wants most and that can be cut for him', async () => {
    const [vp8, h264] = videoLine().codecs;
    const uncut = { ...h264!, payloadType: 103, packetizationMode: 0 } as const;
    for (const { codecs, wanted, payloadType } of [
      { codecs: [vp8!, h264!], wanted: 'vp8', payloadType: vp8!.payloadType },
      { codecs: [h264!, vp8!], wanted: 'h264', payloadType: h264!.payloadType },
      { codecs: [uncut, vp8!], wanted: 'vp8', payloadType: vp8!.payloadType },
      { codecs: [uncut], wanted: undefined, payloadType: undefined },
    ]) {
      const { session, peer } = await participant([audioLine(), videoLine({ codecs })]);
      expect(session.videoCodec).to.equal(wanted);
      session.videoDownlink?.sendFrame([Uint8Array.of(1)], 0, true);
      expect(peer.rtp[0]?.readUInt8(1)).to.equal(payloadType === undefined ? undefined : payloadType | 0x80);
    }
  });

  it('sends the SSRCs that its offer told, and nothing on m-lines that do not send', async () => {
    const both = await participant([audioLine(), videoLine(), videoLine({ mid: '2' })]);
    expect([both.session.audioDownlink?.ssrc, both.session.videoDownlink?.ssrc]).to.deep.equal(both.peer.plans.slice(0, 2).map(({ ssrc }) => ssrc));
    const none = await participant([audioLine({ sends: false }), videoLine({ sends: false })]);
    expect([none.session.audioDownlink, none.session.videoDownlink, none.session.videoCodec]).to.deep.equal([undefined, undefined, undefined]);
  });

  it('sends RTCP at its ticks: feedback of what came over the whole connection', async () => {
    const { peer, session } = await participant();
    clock.advance(1_000);
    for (let number = 0; number < 3; number += 1) peer.events.onRtp(sound(30, number, 500 + number), clock.nowUs());
    clock.advance(99_000);
    session.tick(clock.nowUs());
    const packets = peer.rtcp.flatMap(mustParseRtcp);
    expect(packets.flatMap((packet) => (packet.type === 'transport-feedback' ? [[packet.body.readUInt16BE(0), packet.body.readUInt16BE(2)]] : []))).to.deep.equal([[500, 3]]);
    expect(packets.flatMap((packet) => (packet.type === 'receiver-report' ? packet.reports.map(({ ssrc, extendedHighest }) => [ssrc, extendedHighest]) : []))).to.deep.equal([[30, 2]]);
  });

  it('passes on that its listener wishes for a keyframe', async () => {
    const { peer, told } = await participant();
    peer.events.onRtcp(buildPictureLossIndication({ senderSsrc: 1, mediaSsrc: 2 }), 0);
    expect(told).to.deep.equal(['connected', 'keyframe']);
  });

  it('asks the source that is meant for a keyframe', async () => {
    const { peer, session } = await participant();
    const frame = Uint8Array.of(0x10, ...vp8Frame(50, { keyframe: true }));
    peer.events.onRtp(rtpDatagram({ ssrc: 31, payloadType: vp8Type, sequenceNumber: 1, timestamp: 1, marker: true }, frame), 0);
    session.wishKeyframe('screen');
    session.tick(20_000);
    expect(peer.rtcp).to.deep.equal([]);
    session.wishKeyframe('camera');
    session.tick(40_000);
    expect(peer.rtcp.flatMap(mustParseRtcp).filter(({ type }) => type === 'pli')).to.deep.equal([{ type: 'pli', senderSsrc: 1, mediaSsrc: 31 }]);
  });

  it('goes from one simulcast layer to another by a PLI of that one, and acknowledges the packets of all', async () => {
    const ids = { ...extensionIds, rid: 10 };
    const { peer, session, video } = await participant([audioLine(), videoLine({ extensionIds: ids, remoteRids: ['l', 'h'] })]);
    const widths = { l: 320, h: 1280 } as const;
    let transportSequence = 0;
    let at = 0;
    const tick = (wanted: 'l' | 'h', ...keyframes: ('l' | 'h')[]): void => {
      clock.advance(40_000);
      session.setNeed('camera', { widthPx: widths[wanted], heightPx: (widths[wanted] * 9) / 16, fps: 25, bitrateBps: 1 });
      at += 1;
      for (const rid of ['l', 'h'] as const) {
        const frame = vp8Frame(50, { keyframe: keyframes.includes(rid), widthPx: widths[rid], heightPx: (widths[rid] * 9) / 16 });
        const extensions = [{ id: ids.rid, data: Buffer.from(rid) }, { id: ids.transportCc, data: Uint8Array.of(0, transportSequence++) }];
        peer.events.onRtp(rtpDatagram({ ssrc: rid === 'l' ? 41 : 42, payloadType: vp8Type, sequenceNumber: at, timestamp: at * 3_600, marker: true, extensions }, Uint8Array.of(0x10, ...frame)), clock.nowUs());
      }
      session.tick(clock.nowUs());
    };
    const shown = (): string => video.map(({ keyframe, data }) => (keyframe ? String((data[6] ?? 0) | ((data[7] ?? 0) << 8)) : '-')).join(' ');
    const rtcp = (from = 0): ReturnType<typeof mustParseRtcp>[number][] => peer.rtcp.slice(from).flatMap(mustParseRtcp);
    tick('l', 'l', 'h');
    tick('l');
    expect(shown()).to.equal('320 -');
    const before = peer.rtcp.length;
    tick('h');
    expect(rtcp(before).flatMap((packet) => (packet.type === 'pli' ? [packet.mediaSsrc] : []))).to.deep.equal([42]);
    tick('h');
    tick('h', 'h');
    tick('h');
    expect(shown()).to.equal('320 - - - - 1280 -');
    const feedback = rtcp().flatMap((packet) => (packet.type === 'transport-feedback' ? [packet.body.readUInt16BE(2)] : []));
    expect(feedback.reduce((sum, count) => sum + count, 0)).to.equal(transportSequence);
    expect(session.stats()['uplinks']).to.have.deep.nested.property('[0].resting', 1);
  });

  it('counts what is no RTP and no RTCP', async () => {
    const { peer, session } = await participant();
    peer.events.onRtp(Buffer.from('no RTP'), 0);
    peer.events.onRtcp(Buffer.from('no RTCP at all'), 0);
    expect(session.stats()).to.include({ malformedPackets: 2, state: 'connected' });
  });

  it('ends once, by itself or by its owner, and is silent then', async () => {
    const { peer, session, told } = await participant();
    peer.events.onRtp(sound(), 0);
    peer.events.onEnded('timeout', '');
    await session.close();
    await session.close();
    expect(told).to.deep.equal(['connected', 'timeout']);
    expect(peer.isClosed).to.equal(true);
    session.tick(5_000_000);
    expect(peer.rtcp).to.deep.equal([]);
    expect(session.isConnected).to.equal(false);
    expect(session.stats()['uplinks']).to.deep.equal([]);
  });

  it('says goodbye of what it has sent, after the last reports of it, when its owner ends it and not otherwise', async () => {
    const lines = [audioLine(), videoLine({ codecs: [{ name: 'vp8', payloadType: vp8Type, rtxPayloadType: vp8Type + 1, clockHz: 90_000 }] })];
    for (const [isSending, ssrcs] of [[true, [1, 2, 3]], [false, [1]]] as const) {
      const { peer, session } = await participant(lines);
      if (isSending) session.audioDownlink?.send(opusPacket, 0);
      if (isSending) session.videoDownlink?.sendFrame([Uint8Array.of(1)], 0, true);
      await session.close();
      await session.close();
      expect(peer.rtcp.length, 'one compound').to.equal(1);
      const packets = peer.rtcp.flatMap(mustParseRtcp);
      expect(packets.map(({ type }) => type)).to.deep.equal([...(isSending ? ['sender-report', 'sender-report', 'source-description'] : ['receiver-report']), 'source-description', 'goodbye']);
      expect(packets.at(-1)).to.deep.include({ ssrcs: [...ssrcs] });
    }
    const gone = await participant();
    gone.session.audioDownlink?.send(opusPacket, 0);
    gone.peer.events.onEnded('closed_by_peer', '');
    await gone.session.close();
    expect(gone.peer.rtcp).to.deep.equal([]);
  });

  it('goes on with its media through ICE restarts', async () => {
    const { session, peer } = await participant();
    const { audioDownlink, videoDownlink } = session;
    expect(await session.restartIce()).to.deep.equal({ offer: 'restart offer', offerId: 2 });
    session.acceptAnswer('second answer', 2);
    expect(peer.restarts).to.deep.equal(['second answer']);
    expect([session.audioDownlink, session.videoDownlink]).to.deep.equal([audioDownlink, videoDownlink]);
    expect(await session.restartIceFor('abcd', 'secret', [])).to.deep.equal({ iceUfrag: 'for abcd', icePassword: 'for secret', candidates: ['candidate:1 1 udp 7 192.0.2.1 9 typ host'] });
  });

  it('does not become connected after its end', async () => {
    const { peer, session, told } = await participant();
    await session.close();
    peer.events.onConnected();
    expect(told).to.deep.equal(['connected', 'closed']);
    expect(session.hasNeverConnectedBy(Number.POSITIVE_INFINITY)).to.equal(false);
  });
});
