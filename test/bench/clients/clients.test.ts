import { expect } from 'chai';
import { createClientKit, type ClientKit } from '../../../bench/clients/client-kit.js';
import { FullParticipant } from '../../../bench/clients/full-participant.js';
import type { PictureCodec } from '../../../bench/clients/media-recipes.js';
import type { PreparedPicture, PreparedSound } from '../../../bench/clients/prepared-media.js';
import { WhepListener } from '../../../bench/clients/whep-listener.js';
import { WhipPublisher } from '../../../bench/clients/whip-publisher.js';
import { decodeAudioLevel, decodeTransportSequence } from '../../../src/rtp/header-extensions.js';
import { ntpToUs } from '../../../src/rtp/rtcp/ntp.js';
import type { RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { depacketiseVp8, isVp8Keyframe } from '../../../src/rtp/vp8-payload.js';
import { countSockets } from '../../src/peer/peer-rig.js';
import { ForwardingServer } from './forwarding-server.js';

const room = 'Our room';

describe('bench clients', function () {
  // Where nobody has run it before, FFmpeg encodes a picture first.
  this.timeout(60_000);
  let kit: ClientKit;
  let picture: PreparedPicture;
  let sound: PreparedSound;
  let server: ForwardingServer;
  const open: { close(): Promise<void> }[] = [];

  before(async () => {
    kit = await createClientKit();
    picture = await kit.media.picture('vp8', 0);
    sound = await kit.media.sound(0);
  });

  beforeEach(async () => {
    server = await ForwardingServer.start();
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
    await server.close();
  });

  async function publish(): Promise<WhipPublisher> {
    const publisher = await WhipPublisher.join({ kit, url: server.url, room, name: 'Ann & Bo', picture, sound });
    open.push(publisher);
    return publisher;
  }

  async function listen(codec: PictureCodec = 'vp8'): Promise<WhepListener> {
    const listener = await WhepListener.join({ kit, url: server.url, room, codec });
    open.push(listener);
    return listener;
  }

  function packetsOf(kind: 'audio' | 'video'): RtpPacket[] {
    const { media, rtp } = server.publisher;
    const payloadType = media.find((line) => line.kind === kind)?.codecs[0]?.payloadType;
    return rtp.filter((packet) => packet.payloadType === payloadType);
  }

  it('publishes in real time, with levels, transport-wide numbers and reports that agree', async () => {
    const publisher = await publish();
    expect(publisher.participantId).to.equal('guest-0');
    expect(server.publisher.url).to.equal('/whip/Our%20room?name=Ann%20%26%20Bo');
    await server.reached(() => packetsOf('audio').length >= 25 && server.publisher.rtcp.length > 0);
    const [audio, video] = [packetsOf('audio'), packetsOf('video')];
    expect(audio.every((packet, index) => index === 0 || packet.timestamp === ((audio[index - 1]!.timestamp + 960) >>> 0))).to.equal(true);
    const { audioLevel = 0, transportCc = 0 } = server.publisher.media.find(({ kind }) => kind === 'audio')?.extensionIds ?? {};
    expect(audio.map((packet) => decodeAudioLevel(packet.extension(audioLevel)!)!.levelDbov)).to.deep.equal(sound.packets.slice(0, audio.length).map(({ levelDbov }) => levelDbov));
    const numbers = server.publisher.rtp.map((packet) => decodeTransportSequence(packet.extension(transportCc)!)!);
    expect(numbers).to.deep.equal(numbers.map((_unused, index) => numbers[0]! + index));

    const frames = new Map<number, RtpPacket[]>();
    for (const packet of video) frames.set(packet.timestamp, [...(frames.get(packet.timestamp) ?? []), packet]);
    const [first = [], second = []] = [...frames.values()];
    expect(isVp8Keyframe(depacketiseVp8(first[0]!.payload)!.data)).to.equal(true);
    expect(first.map(({ marker }) => marker)).to.deep.equal(first.map((_unused, index) => index === first.length - 1));
    expect(Buffer.concat(first.map((packet) => depacketiseVp8(packet.payload)!.data)).equals(picture.frames[0]!.data)).to.equal(true);
    expect((second[0]!.timestamp - first[0]!.timestamp) >>> 0).to.equal(3_000);

    const reports = server.publisher.rtcp.filter((packet) => packet.type === 'sender-report');
    expect(reports).to.have.lengthOf(2);
    const zeros = [audio, video].map(([packet], index) => {
      const report = reports.find(({ senderSsrc }) => senderSsrc === packet!.ssrc)!;
      return ntpToUs(report.ntp) - (((report.rtpTimestamp - packet!.timestamp) >>> 0) * 1e6) / (index === 0 ? 48_000 : 90_000);
    });
    expect(zeros[0]).to.be.closeTo(zeros[1]!, 30);
  });

  it('answers a wish for a keyframe with the next one of its loop', async () => {
    const publisher = await publish();
    await server.reached(() => packetsOf('video').length > 5);
    const before = packetsOf('video').length;
    server.wishKeyframe();
    const keyframesAfter = (): RtpPacket[] => packetsOf('video').slice(before).filter((packet) => {
      const { startOfPartition0, data } = depacketiseVp8(packet.payload)!;
      return startOfPartition0 && isVp8Keyframe(data);
    });
    await server.reached(() => keyframesAfter().length > 0);
    expect(publisher.stats.keyframeRequests).to.equal(1);
    // Three seconds lie between two of them in the loop: it jumped.
    expect(publisher.stats.frames).to.be.lessThan(60);
    const expected = depacketiseVp8(keyframesAfter()[0]!.payload)!.data;
    expect(Buffer.from(picture.frames[90]!.data.subarray(0, expected.length)).equals(expected)).to.equal(true);
  });

  it('listens, counts whole frames and sound, and asks for what is lost', async () => {
    await publish();
    let lost = 0;
    server.isLost = (packet) => packet.sequenceNumber % 10 === 0 && ++lost > 0;
    const listener = await listen();
    // A packet asked for and not there yet counts as lost; those that are not lost any more have come again.
    await server.reached(() => lost - listener.stats.lostPackets >= 5 && listener.stats.frames >= 20 && server.guests[1]!.rtcp.some(({ type }) => type === 'receiver-report'));
    const { stats } = listener;
    expect(stats.nackedPackets).to.be.greaterThan(0);
    expect(stats.freezes).to.equal(0);
    expect(stats.keyframes).to.be.greaterThan(0);
    expect(stats.audioPackets).to.be.greaterThan(20);
    expect(stats.firstFrameMs).to.be.within(1, 4_000);
    const sent = server.publisher.rtp.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(stats.bytes).to.be.within(sent / 10, sent);
  });

  it('counts what never comes', async () => {
    await publish();
    const listener = await listen();
    await server.reached(() => listener.stats.frames > 10);
    let lastNumber: number | undefined;
    server.isLost = (packet) => {
      // One for good: its retransmission would be the only copy, and that is kept back too.
      lastNumber ??= packet.sequenceNumber;
      return packet.sequenceNumber === lastNumber;
    };
    server.guests[1]!.peer.resend = () => undefined;
    const sendRtp = server.guests[1]!.peer.sendRtp.bind(server.guests[1]!.peer);
    server.guests[1]!.peer.sendRtp = (packet) => (packet.readUInt16BE(2) === lastNumber ? undefined : sendRtp(packet));
    await server.reached(() => listener.stats.lostPackets > 0);
    expect(listener.stats.lostPackets).to.equal(1);
    expect(listener.stats.nackedPackets).to.be.greaterThan(1);
  });

  it('makes a full participant of both, whose listener asks for his own mix', async () => {
    const participant = await FullParticipant.join({ kit, url: server.url, room, name: 'Ann', picture, sound });
    open.push(participant);
    expect(server.guests.map(({ url }) => url)).to.deep.equal(['/whip/Our%20room?name=Ann', '/whep/Our%20room?as=guest-0']);
    await server.reached(() => participant.listener.stats.frames > 5);
    await participant.close();
    await participant.close();
    expect(server.guests.map(({ isDeleted }) => isDeleted)).to.deep.equal([true, true]);
  });

  it('tells that the server ended the connection', async () => {
    const lost = new Promise((resolve) => {
      void WhipPublisher.join({ kit, url: server.url, room, name: 'Ann', picture, sound, onLost: resolve }).then((publisher) => open.push(publisher));
    });
    await server.reached(() => server.guests.length > 0 && packetsOf('audio').length > 1);
    await server.publisher.peer.close();
    expect(await lost).to.equal('closed_by_peer');
  });

  it('fails with the server\'s own words, and leaves nothing open', async () => {
    const before = countSockets();
    const refused = await WhipPublisher.join({ kit, url: server.url, room: 'full', name: 'Ann', picture, sound }).catch((error: unknown) => error);
    expect(String(refused)).to.contain('POST /whip/full answered 503: room_full: There is no room.');
    const gone = await ForwardingServer.start();
    const { url } = gone;
    await gone.close();
    const unreachable = await WhepListener.join({ kit, url, room, codec: 'vp8' }).catch((error: unknown) => error);
    expect(String(unreachable)).to.contain(`${url.origin} cannot be reached: connect ECONNREFUSED`);
    // A closed handle is listed until the end of the loop's turn.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(countSockets()).to.equal(before);
  });

  it('publishes and listens in H.264', async () => {
    picture = await kit.media.picture('h264', 0);
    await publish();
    const listener = await listen('h264');
    server.wishKeyframe();
    await server.reached(() => listener.stats.frames >= 10 && listener.stats.keyframes > 0);
    expect(listener.stats.lostPackets).to.equal(0);
  });
});
