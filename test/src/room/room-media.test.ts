import { expect } from 'chai';
import { systemTimers } from '../../../mixer/index.js';
import { UdpPort, type MediaPlan, type NegotiatedMedia } from '../../../src/peer/index.js';
import { Room } from '../../../src/room/room.js';
import type { RoomEvent } from '../../../src/rooms/protocol.js';
import { packetiseVp8 } from '../../../src/rtp/vp8-payload.js';
import { deferred } from '../../support/deferred.js';
import { encodeTone, encodeVp8, type EncodedPicture } from '../../support/encoded-media.js';
import { loopback, RiggedPeer, sharedCertificate } from '../peer/peer-rig.js';
import { counting, mustParseRtcp, mustParseRtp, roomOptions, rtpDatagram } from './room-rig.js';

/** Ann's SSRCs, as her answer tells them. */
const annSound = 1_000;
const annPicture = 1_001;
const packetMs = 20;

/** The whole way of a packet: real connections, a real mixer, one who talks and one who listens. */
describe('Room with media', () => {
  let room: Room;
  /** One each: the room knows its clients by their addresses. */
  let ports: readonly UdpPort[];
  let ann: RiggedPeer;
  let viewer: RiggedPeer;
  let annMedia: readonly NegotiatedMedia[];
  let viewerMedia: readonly NegotiatedMedia[];
  let tone: readonly Uint8Array[];
  let picture: EncodedPicture;
  const events: RoomEvent[] = [];
  let onEvent: () => void = () => undefined;

  before(async () => {
    const certificate = await sharedCertificate();
    tone = await encodeTone(440, 50);
    picture = (await encodeVp8({ widthPx: 160, heightPx: 90, fps: 10, frames: 1, color: 'red' }))[0]!;
    ports = [await UdpPort.open(loopback), await UdpPort.open(loopback)];
    room = await Room.open({
      options: roomOptions,
      certificate,
      timers: systemTimers,
      random: counting(),
      environmentPath: undefined,
      onEvent: (event) => {
        events.push(event);
        onEvent();
      },
      onFatal: (reason) => expect.fail(reason),
    });
    ann = await RiggedPeer.create({ port: ports[0]!, certificate, dtlsRole: 'client' });
    viewer = await RiggedPeer.create({ port: ports[1]!, certificate, dtlsRole: 'client' });
  });
  after(async () => {
    await room.close('test');
    await ann.peer.close();
    await viewer.peer.close();
    for (const port of ports) await port.close();
  });

  /** Resolves at the event that makes it so. */
  async function told(isSo: (event: RoomEvent) => boolean): Promise<void> {
    const met = deferred<undefined>();
    onEvent = () => (events.some(isSo) ? met.resolve(undefined) : undefined);
    onEvent();
    await met.promise;
  }

  function line(kind: 'audio' | 'video'): NegotiatedMedia {
    const found = annMedia.find((media) => media.kind === kind);
    if (found === undefined) throw new Error(`no m-line for ${kind}`);
    return found;
  }

  /** The packets that a listener got with codecs of this kind. */
  function received(peer: RiggedPeer, kind: 'audio' | 'video'): number {
    return peer.rtp.map(mustParseRtp).filter(({ payloadType }) => line(kind).codecs.some((codec) => codec.payloadType === payloadType)).length;
  }

  it('connects a participant by our offer and a viewer by his, and counts them', async () => {
    const { offer } = await room.join({ sessionId: 'ann', name: 'Ann' });
    const plans = [{ mid: '0', kind: 'audio', codecs: ['opus'], ssrc: annSound }, { mid: '1', kind: 'video', codecs: ['vp8'], ssrc: annPicture }] as const;
    const { answer, media } = ann.peer.acceptOffer(offer, () => plans.map((plan): MediaPlan => ({ ...plan, direction: 'sendrecv', cname: 'ann', msid: `ann ${plan.kind}` })));
    annMedia = media;
    room.answer({ sessionId: 'ann', answer });
    room.setMedia({ sessionId: 'ann', audio: true, video: true, screen: false });
    const viewerPlans = plans.map((plan): MediaPlan => ({ ...plan, direction: 'recvonly', cname: 'v', msid: `v ${plan.kind}` }));
    // As Firefox does: it shows levels and has none to tell.
    const offerOfViewer = viewer.peer.createOffer(viewerPlans).replace(/a=extmap:(\d+) (urn:ietf:params:rtp-hdrext:csrc-audio-level)/, 'a=extmap:$1/recvonly $2');
    const answerToViewer = await room.view({ sessionId: 'viewer', offer: offerOfViewer, participantId: undefined });
    expect(answerToViewer).to.match(/a=extmap:\d+\/sendonly urn:ietf:params:rtp-hdrext:csrc-audio-level\r\n/);
    viewerMedia = viewer.peer.acceptAnswer(answerToViewer);
    await Promise.all([ann, viewer].map((peer) => peer.reached(({ isConnected }) => isConnected)));
    await told((event) => event.type === 'changed' && event.room.viewers === 1);
    // He is alone on the canvas, and who only looks is asked for nothing.
    expect(events.filter(({ type }) => type === 'encoding')).to.deep.equal([
      { type: 'encoding', sessionId: 'ann', encoding: { source: 'camera', active: true, width: 320, height: 180, maxFps: 30, maxBitrate: 213_000 } },
    ]);
    expect(room.describe()).to.include({ viewers: 1 }).and.to.have.property('participants').with.lengthOf(1);
  });

  it('sends the mix to both, from a keyframe on, and says who speaks', async () => {
    const level = line('audio').extensionIds.audioLevel;
    if (level === undefined) throw new Error('no audio level was agreed on');
    const { payloadType } = line('audio').codecs[0]!;
    // As a microphone sends: who speaks is he who has spoken for a while.
    let packet = 0;
    const talking = setInterval(() => {
      const payload = tone[packet % tone.length]!;
      ann.peer.sendRtp(rtpDatagram({ ssrc: annSound, payloadType, sequenceNumber: packet, timestamp: packet * 960, extensions: [{ id: level, data: Uint8Array.of(20) }] }, payload));
      packet += 1;
    }, packetMs);
    const video = packetiseVp8(picture.data, { maxPayloadBytes: 1_000, pictureId: 1 });
    for (const [piece, payload] of video.entries()) {
      ann.peer.sendRtp(rtpDatagram({ ssrc: annPicture, payloadType: line('video').codecs[0]!.payloadType, sequenceNumber: piece, timestamp: 0, marker: piece === video.length - 1 }, payload));
    }
    await Promise.all([ann, viewer].map((peer) => peer.reached(() => received(peer, 'audio') >= 3 && received(peer, 'video') >= 1)));
    const first = viewer.rtp.map(mustParseRtp).find(({ ssrc, payloadType: type }) => ssrc !== annPicture && line('video').codecs.some((codec) => codec.payloadType === type));
    // RFC 7741 4.2: the descriptor's one byte, then the frame, whose lowest bit is 0 in keyframes.
    expect((first?.payload[1] ?? 1) & 1).to.equal(0);
    const viewerLevel = viewerMedia[0]?.extensionIds.csrcAudioLevel;
    if (viewerLevel === undefined) throw new Error('no levels of who is heard were agreed on');
    const levelsOf = ({ rtp }: RiggedPeer): (number | undefined)[] => rtp.flatMap((datagram) => mustParseRtp(datagram).extension(viewerLevel)?.at(0) ?? []);
    // RFC 6465: the tone is far above silence.
    await viewer.reached((peer) => levelsOf(peer).some((minusDbov) => minusDbov !== undefined && minusDbov < 60));
    await told((event) => event.type === 'speaking' && event.dominant === 'ann').finally(() => clearInterval(talking));
    expect(events).to.deep.include({ type: 'speaking', participantIds: ['ann'], dominant: 'ann' });
    const stats = await room.stats();
    expect(stats['outputs']).to.deep.equal({ listeners: 2, video: [{ outputId: 'vp8-320x180@30-300000', takers: 2 }] });
    expect(stats['sessions']).to.have.nested.property('ann.uplinks').that.is.an('array').with.lengthOf(2);
  });

  it('makes nothing for nobody when both have gone', async () => {
    await ann.peer.close();
    await told((event) => event.type === 'sessionEnded' && event.sessionId === 'ann');
    await room.end('viewer', 'left');
    await viewer.reached(({ ended }) => ended !== undefined);
    // Before the end, for nothing is heard after it.
    const goodbyes = viewer.rtcp.flatMap(mustParseRtcp).flatMap((packet) => (packet.type === 'goodbye' ? packet.ssrcs : []));
    expect(goodbyes).to.include.members([...new Set(viewer.rtp.map((packet) => mustParseRtp(packet).ssrc))]);
    await room.settled();
    expect(room.describe()).to.deep.include({ participants: [], viewers: 0 });
    expect((await room.stats())['outputs']).to.deep.equal({ listeners: 0, video: [] });
    expect(events.findLast(({ type }) => type === 'changed')).to.have.nested.property('room.participants').that.deep.equals([]);
  });
});
