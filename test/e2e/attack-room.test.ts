/** A participant who is let in and then turns on the room: what he can cost, in bytes, keyframes and memory, and that the others do not notice. */
import { expect } from 'chai';
import { SeededRandom } from '../../bench/network/seeded-random.js';
import { nextTurn } from '../../mixer/clock/next-turn.js';
import { systemTimers } from '../../mixer/index.js';
import { UdpPort, type MediaPlan, type NegotiatedMedia } from '../../src/peer/index.js';
import { Room } from '../../src/room/room.js';
import { packetiseH264 } from '../../src/rtp/h264-payload.js';
import { buildFullIntraRequest, buildNack, buildPictureLossIndication, buildReceiverReport } from '../../src/rtp/rtcp/build-rtcp.js';
import { depacketiseVp8, isVp8Keyframe, packetiseVp8 } from '../../src/rtp/vp8-payload.js';
import { mutate } from '../fuzz/mutator.js';
import { loopback, RiggedPeer, sharedCertificate } from '../src/peer/peer-rig.js';
import { counting, mustParseRtp, roomOptions, rtpDatagram } from '../src/room/room-rig.js';
import { encodeTone, encodeVp8, type EncodedPicture } from '../support/encoded-media.js';
import { h264Bomb, vp8Bomb } from '../support/picture-bombs.js';
import { eventually } from '../support/eventually.js';

const plans = [{ mid: '0', kind: 'audio', codecs: ['opus'] }, { mid: '1', kind: 'video', codecs: ['vp8', 'h264'] }] as const;
/** What one listener's repairs may cost a second, and at once after a quiet one (`src/rtp/outbound-stream.ts`). */
const repairBytesPerSecond = 100_000;
/** Decoders, frames and JIT code of an honest minute move it by so much; one picture of 16384x16384 would take 400 MB. */
const mostGrowthBytes = 100 * 1024 * 1024;

interface SessionStats {
  readonly refusedKeyframeWishes: number;
  readonly malformedPackets: number;
  readonly unknownSources: number;
  readonly downlinks: { readonly video: { readonly resentBytes: number; readonly resentPackets: number; readonly unknownRequests: number; readonly repeatedRequests: number; readonly refusedRequests: number } };
}

interface Stats {
  readonly sessions: Readonly<Record<string, SessionStats>>;
}

/** A client with its streams: pictures and sound that go on by themselves where it is honest. */
class Member {
  readonly rig: RiggedPeer;
  readonly media: readonly NegotiatedMedia[];
  readonly #ssrcs: Readonly<Record<'audio' | 'video', number>>;
  readonly #numbers = { audio: 0, video: 0 };
  #timestamp = 0;

  constructor(rig: RiggedPeer, media: readonly NegotiatedMedia[], firstSsrc: number) {
    this.rig = rig;
    this.media = media;
    this.#ssrcs = { audio: firstSsrc, video: firstSsrc + 1 };
  }

  payloadType(name: 'opus' | 'vp8' | 'h264'): number {
    const codec = this.media.flatMap(({ codecs }) => codecs).find((known) => known.name === name);
    if (codec === undefined) throw new Error(`${name} was not agreed on`);
    return codec.payloadType;
  }

  send(kind: 'audio' | 'video', payloadType: number, payload: Uint8Array, marker: boolean): void {
    const sequenceNumber = this.#numbers[kind]++ & 0xffff;
    this.rig.peer.sendRtp(rtpDatagram({ ssrc: this.#ssrcs[kind], payloadType, sequenceNumber, timestamp: this.#timestamp, marker }, payload));
  }

  sendPicture(payloads: readonly Uint8Array[], name: 'vp8' | 'h264'): void {
    this.#timestamp += 3_000;
    for (const [at, payload] of payloads.entries()) this.send('video', this.payloadType(name), payload, at === payloads.length - 1);
  }

  /** Of our SSRC for its picture, told by the packets themselves. */
  pictureSsrc(): number {
    const types = new Set([this.payloadType('vp8'), this.payloadType('h264')]);
    const packet = this.rig.rtp.map(mustParseRtp).find(({ payloadType }) => types.has(payloadType));
    if (packet === undefined) throw new Error('no picture came');
    return packet.ssrc;
  }
}

describe('a room with an enemy inside', function () {
  this.timeout(60_000);
  let room: Room;
  let ports: UdpPort[];
  let ann: Member;
  let eve: Member;
  let viewer: RiggedPeer;
  let pictures: readonly EncodedPicture[];
  let tone: readonly Uint8Array[];
  let stopAnn: () => void;

  /** A copy: the counters themselves go on. */
  const readStats = async (): Promise<Stats> => structuredClone(await room.stats()) as unknown as Stats;
  const statsOf = async (id: string): Promise<SessionStats> => {
    const stats = (await readStats()).sessions[id];
    if (stats === undefined) throw new Error(`${id} is not there`);
    return stats;
  };
  const memoryBytes = (): number => process.memoryUsage.rss();

  async function join(id: string, port: UdpPort, firstSsrc: number): Promise<Member> {
    const rig = await RiggedPeer.create({ port, certificate: await sharedCertificate(), dtlsRole: 'client' });
    const { offer } = await room.join({ sessionId: id, name: id });
    const { answer, media } = rig.peer.acceptOffer(offer, () => plans.map((plan, at): MediaPlan => ({ ...plan, direction: 'sendrecv', ssrc: firstSsrc + at, cname: id, msid: `${id} ${plan.kind}` })));
    room.answer({ sessionId: id, answer });
    room.setMedia({ sessionId: id, audio: true, video: true, screen: false });
    await rig.reached(({ isConnected }) => isConnected);
    return new Member(rig, media, firstSsrc);
  }

  before(async () => {
    pictures = await encodeVp8({ widthPx: 160, heightPx: 90, fps: 10, frames: 10, color: 'red' });
    tone = await encodeTone(440, 50);
    ports = [await UdpPort.open(loopback), await UdpPort.open(loopback), await UdpPort.open(loopback)];
    room = await Room.open({
      options: roomOptions, certificate: await sharedCertificate(), timers: systemTimers, random: counting(), environmentPath: undefined,
      onEvent: () => undefined,
      onFatal: (reason) => expect.fail(reason),
    });
    ann = await join('ann', ports[0]!, 1_000);
    eve = await join('eve', ports[1]!, 2_000);
    viewer = await RiggedPeer.create({ port: ports[2]!, certificate: await sharedCertificate(), dtlsRole: 'client' });
    const viewerPlans = plans.map((plan, at): MediaPlan => ({ ...plan, direction: 'recvonly', ssrc: 3_000 + at, cname: 'v', msid: `v ${plan.kind}` }));
    viewer.peer.acceptAnswer(await room.view({ sessionId: 'viewer', offer: viewer.peer.createOffer(viewerPlans), participantId: undefined }));
    await viewer.reached(({ isConnected }) => isConnected);
    let count = 0;
    stopAnn = systemTimers.every(20, () => {
      ann.send('audio', ann.payloadType('opus'), tone[count % tone.length]!, false);
      if (count % 5 === 0) ann.sendPicture(packetiseVp8(pictures[(count / 5) % pictures.length]!.data, { maxPayloadBytes: 1_000, pictureId: count }), 'vp8');
      count++;
    });
    for (const rig of [viewer, ann.rig, eve.rig]) await rig.reached(({ rtp }) => rtp.length > 60);
  });

  after(async () => {
    stopAnn();
    await room.close('test');
    for (const rig of [ann.rig, eve.rig, viewer]) await rig.peer.close();
    for (const port of ports) await port.close();
  });

  /** Of the viewer's two streams every packet came, and they go on. */
  async function expectViewerUnharmed(): Promise<void> {
    const before = viewer.rtp.length;
    await viewer.reached(({ rtp }) => rtp.length > before + 60);
    const numbers = new Map<number, number[]>();
    for (const { ssrc, sequenceNumber } of viewer.rtp.map(mustParseRtp)) numbers.set(ssrc, [...(numbers.get(ssrc) ?? []), sequenceNumber]);
    expect(numbers.size).to.equal(2);
    for (const ofStream of numbers.values()) expect(ofStream.every((number, at) => at === 0 || number === ((ofStream[at - 1]! + 1) & 0xffff))).to.equal(true);
    expect(viewer.ended ?? ann.rig.ended).to.equal(undefined);
    expect(room.describe().participants.map(({ id }) => id)).to.include('ann');
  }

  function keyframesSeen(): number {
    const type = ann.payloadType('vp8');
    const begun = viewer.rtp.map(mustParseRtp).filter(({ payloadType, payload }) => payloadType === type && payload.length > 0).map(({ payload }) => depacketiseVp8(payload));
    return begun.filter((packet) => packet?.startOfPartition0 === true && isVp8Keyframe(packet.data)).length;
  }

  it('repairs for a storm of NACKs no more than the budget, and counts the rest', async () => {
    const mediaSsrc = eve.pictureSsrc();
    const startMs = performance.now();
    const before = await statsOf('eve');
    // 297 items of 17 numbers each: as much as a datagram of 1,200 bytes can ask for.
    const storm = Array.from({ length: 13 }, (_, part) => buildNack({ senderSsrc: 2_000, mediaSsrc, sequenceNumbers: Array.from({ length: 5_049 }, (__, at) => (part * 5_049 + at) & 0xffff) }));
    for (let round = 0; round < 20; round++) {
      for (const nack of storm) eve.rig.peer.sendRtcp(nack);
      await nextTurn();
    }
    await eventually('the requests have been counted', async () => (await statsOf('eve')).downlinks.video.unknownRequests > before.downlinks.video.unknownRequests + 50_000);
    const { downlinks } = await statsOf('eve');
    const seconds = (performance.now() - startMs) / 1000;
    expect(downlinks.video.resentPackets).to.be.greaterThan(before.downlinks.video.resentPackets);
    expect(downlinks.video.resentBytes - before.downlinks.video.resentBytes).to.be.at.most(repairBytesPerSecond * (seconds + 1));
    expect(downlinks.video.repeatedRequests + downlinks.video.refusedRequests).to.be.greaterThan(before.downlinks.video.repeatedRequests + before.downlinks.video.refusedRequests);
    await expectViewerUnharmed();
  });

  it('makes of a storm of PLI and FIR one keyframe a second', async () => {
    const ssrc = eve.pictureSsrc();
    const startMs = performance.now();
    const [before, keyframesBefore] = [await statsOf('eve'), keyframesSeen()];
    for (let count = 0; count < 2_000; count++) {
      eve.rig.peer.sendRtcp(count % 2 === 0 ? buildPictureLossIndication({ senderSsrc: 2_000, mediaSsrc: ssrc }) : buildFullIntraRequest({ senderSsrc: 2_000, requests: [{ ssrc, requestNumber: count & 0xff }] }));
      if (count % 40 === 0) await nextTurn();
    }
    await eventually('they have been counted', async () => (await statsOf('eve')).refusedKeyframeWishes >= before.refusedKeyframeWishes + 1_900);
    await expectViewerUnharmed();
    const seconds = (performance.now() - startMs) / 1000;
    expect(keyframesSeen() - keyframesBefore).to.be.within(1, Math.ceil(seconds) + 1);
  });

  async function explode(name: 'vp8' | 'h264', bomb: Uint8Array): Promise<void> {
    const before = refusedPictures(await room.stats());
    const memoryBefore = memoryBytes();
    for (let count = 0; count < 40; count++) {
      eve.sendPicture(name === 'vp8' ? packetiseVp8(bomb, { maxPayloadBytes: 1_000, pictureId: count }) : packetiseH264(bomb, { maxPayloadBytes: 1_000, mode: 1 }), name);
      // In the room's own pace: what overflows a queue of the mixer would never come to be refused.
      const heard = viewer.rtp.length;
      await viewer.reached(({ rtp }) => rtp.length > heard);
    }
    await eventually('the pictures have been refused', async () => refusedPictures(await room.stats()) >= before + 30);
    await expectViewerUnharmed();
    expect(memoryBytes() - memoryBefore).to.be.below(mostGrowthBytes);
  }

  /** Of all inputs of the mixer: refused by their header, or by the decoder. */
  function refusedPictures(stats: unknown): number {
    let sum = 0;
    JSON.stringify(stats, (key, value: unknown) => {
      if (typeof value === 'number' && (key === 'droppedTooLarge' || key === 'droppedDamaged')) sum += value;
      return value;
    });
    return sum;
  }

  it('decodes no VP8 keyframe that claims 16383x16383', () => explode('vp8', vp8Bomb()));

  it('decodes no H.264 keyframe that claims 16384x16384', () => explode('h264', h264Bomb(0)));

  it('decodes none that hides it behind a smaller size', () => explode('h264', h264Bomb(2)));

  it('takes a flood of made-up sources and of broken packets for what they are', async () => {
    const memoryBefore = memoryBytes();
    const random = new SeededRandom(3);
    const before = await statsOf('eve');
    const samples = [vp8Bomb(), Buffer.from(pictures[0]!.data.subarray(0, 600)), Buffer.from(tone[0]!), buildNack({ senderSsrc: 1, mediaSsrc: eve.pictureSsrc(), sequenceNumbers: [1, 5, 90] }), buildReceiverReport({ senderSsrc: 1, reports: [] })];
    const pick = (): Buffer => samples[Math.floor(random.next() * samples.length)]!;
    for (let count = 0; count < 6_000; count++) {
      const payload = mutate(pick(), pick(), random);
      const payloadType = count % 3 === 0 ? eve.payloadType('vp8') : count % 3 === 1 ? eve.payloadType('h264') : Math.floor(random.next() * 32) + 96;
      if (count % 4 === 0 && payload.length >= 8) eve.rig.peer.sendRtcp(payload);
      else if (count % 4 === 1) eve.rig.peer.sendRtp(rtpDatagram({ ssrc: 100_000 + count, payloadType, sequenceNumber: 1, timestamp: count }, payload));
      else eve.send(count % 2 === 0 ? 'video' : 'audio', payloadType, payload, count % 5 === 0);
      if (count % 40 === 0) await nextTurn();
    }
    await eventually('they have been counted', async () => {
      const { unknownSources, malformedPackets } = await statsOf('eve');
      return unknownSources > before.unknownSources && malformedPackets > before.malformedPackets;
    });
    await expectViewerUnharmed();
    expect(memoryBytes() - memoryBefore).to.be.below(mostGrowthBytes);
  });
});
