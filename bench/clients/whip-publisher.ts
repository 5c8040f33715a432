/**
 * Sends prepared sound and picture to a room in real time, as a browser on a good line would: header extensions, sender reports, retransmissions when
 * asked, a keyframe when asked. It encodes nothing: a wish for a keyframe is granted by going on at the next one of the loop, one for another size by going on
 * in another file.
 */
import { packetiseH264 } from '../../src/rtp/h264-payload.js';
import { buildSourceDescription, compound } from '../../src/rtp/rtcp/build-rtcp.js';
import { ntpMiddle32, usToNtp, type NtpTime } from '../../src/rtp/rtcp/ntp.js';
import { parseRtcp } from '../../src/rtp/rtcp/parse-rtcp.js';
import type { ReportBlock, RtcpPacket } from '../../src/rtp/rtcp/rtcp-packets.js';
import { roundTripUs } from '../../src/rtp/round-trip.js';
import { packetiseVp8 } from '../../src/rtp/vp8-payload.js';
import type { MediaKind, MediaPlan, PeerEndReason } from '../../src/peer/index.js';
import { ClientLink, randomUint32, type ClientKit } from './client-kit.js';
import { opusPacketUs, pictureFormat, pictureSizes, type PictureCodec } from './media-recipes.js';
import type { StopBeat } from './metronome.js';
import { OutboundRtp } from './outbound-rtp.js';
import { joinAsPage } from './page-exchange.js';
import type { PreparedPicture, PreparedSound } from './prepared-media.js';

export interface WhipPublisherOptions {
  readonly kit: ClientKit;
  /** Origin of the server. */
  readonly url: URL;
  readonly room: string;
  readonly name: string;
  readonly picture: PreparedPicture;
  readonly sound: PreparedSound;
  /** Where in the loop it begins, 0 to 1: people who do the same at the same moment would be no crowd. */
  readonly loopStart?: number;
  readonly onLost?: (reason: PeerEndReason) => void;
}

export interface PagePublisherOptions extends Omit<WhipPublisherOptions, 'picture'> {
  /** Of the same person, one for each of `pictureSizes`, in that order. */
  readonly pictures: readonly PreparedPicture[];
}

export interface PublisherStats {
  readonly frames: number;
  /** Of the picture that is sent now; 0 while none is. */
  readonly widthPx: number;
  readonly audioPackets: number;
  readonly videoPackets: number;
  /** Payload of both. */
  readonly bytes: number;
  readonly resentPackets: number;
  readonly unknownRequests: number;
  /** Wishes for a keyframe. */
  readonly keyframeRequests: number;
  /** As the server reported it last; undefined until it did. */
  readonly roundTripMs: number | undefined;
  /** Cumulative, as the server counts it; packets it repaired by asking again are not in it. */
  readonly lostPackets: number;
  /** The server has reported reception of both streams. */
  readonly isReceived: boolean;
}

/** With all headers below the smallest MTU of the internet's access networks. */
const maxPayloadBytes = 1180;
const reportIntervalUs = 1_000_000;
/** The receiver can pair sound and picture only once it has both reports. */
const firstReportUs = 100_000;
/** Between 1900 and 1970 (RFC 3550 4). */
const ntpEpochUs = 2_208_988_800_000_000;
const plannedCodecs: Readonly<Record<MediaKind, (codec: PictureCodec) => MediaPlan['codecs']>> = { audio: () => ['opus'], video: (codec) => [codec] };

export class WhipPublisher {
  readonly participantId: string | undefined;
  readonly #options: WhipPublisherOptions;
  readonly #link: ClientLink;
  readonly #audio: OutboundRtp;
  readonly #video: OutboundRtp;
  readonly #cname: string;
  readonly #wallClockZeroUs: number;
  readonly #stopBeats: readonly StopBeat[];
  readonly #reportedBySsrc = new Map<number, ReportBlock>();
  #startUs = 0;
  /** Undefined while nothing is to be sent. */
  #picture: PreparedPicture | undefined;
  /** Where in the loop the next frame is. */
  #frameAt: number;
  #frames = 0;
  #keyframeRequests = 0;
  #isKeyframeWished = false;
  #roundTripUs: number | undefined;

  private constructor(options: WhipPublisherOptions, link: ClientLink, plans: readonly MediaPlan[]) {
    const { kit, picture, sound, loopStart = 0 } = options;
    this.participantId = link.participantId;
    this.#options = options;
    this.#picture = picture;
    this.#link = link;
    this.#cname = plans[0]?.cname ?? '';
    this.#wallClockZeroUs = kit.clock.wallClockZeroUs();
    const transportSequence = { next: 0 };
    [this.#audio, this.#video] = (['audio', 'video'] as const).map((kind) => {
      const media = link.media.find((line) => line.kind === kind && line.sends);
      const codec = media?.codecs[0];
      const ssrc = plans.find((plan) => plan.kind === kind)?.ssrc;
      if (media === undefined || codec === undefined || ssrc === undefined) throw new Error(`the server does not take this ${kind}`);
      return new OutboundRtp({ peer: link.peer, ssrc, payloadType: codec.payloadType, clockHz: codec.clockHz, extensionIds: media.sentExtensionIds, transportSequence });
    }) as [OutboundRtp, OutboundRtp];
    this.#frameAt = nextKeyframe(picture, Math.floor(loopStart * picture.frames.length));
    const packetStart = Math.floor(loopStart * sound.packets.length);
    // From the middle of a frame on, each client at another moment.
    const startUs = kit.clock.nowUs() + Math.floor(loopStart * 1_000_000) % opusPacketUs;
    this.#startUs = startUs;
    this.#stopBeats = [
      kit.metronome.add(opusPacketUs, startUs, (index) => this.#sendSound(packetStart + index, index)),
      kit.metronome.add(1e6 / pictureFormat.fps, startUs, (index) => this.#sendPicture(index)),
      kit.metronome.add(reportIntervalUs, startUs + firstReportUs, () => this.#sendReports()),
    ];
  }

  /** Resolves when media flows. @throws {Error} when the server refuses or cannot be reached. */
  static async join(options: WhipPublisherOptions): Promise<WhipPublisher> {
    const { kit, room, name, picture } = options;
    const url = new URL(`/whip/${encodeURIComponent(room)}?name=${encodeURIComponent(name)}`, options.url);
    const plans = planMedia(picture.codec);
    return WhipPublisher.#begin(options, await ClientLink.open({ kit, url, plans }), plans);
  }

  /** Comes in as the page does, and sends what the server says is worth sending: what an encoder makes of a camera of the largest size. */
  static async joinAsPage({ pictures, ...options }: PagePublisherOptions): Promise<WhipPublisher> {
    const { kit, url, room, name } = options;
    const [picture] = pictures;
    if (picture === undefined) throw new Error('a page has a picture to send');
    const plans = planMedia(picture.codec);
    let wished = picture as PreparedPicture | undefined;
    let apply = (): void => undefined;
    const link = await ClientLink.openBy(kit, url, (peer) =>
      joinAsPage(peer, {
        url, room, name, plans,
        onWish: ({ source, active, width, height }) => {
          if (source !== 'camera') return;
          const smallest = pictureSizes.findLastIndex(({ widthPx, heightPx }) => widthPx >= width && heightPx >= height);
          wished = active ? pictures[Math.max(0, smallest)] : undefined;
          apply();
        },
      }),
    );
    const publisher = await WhipPublisher.#begin({ ...options, picture }, link, plans);
    apply = () => publisher.#usePicture(wished);
    // It may have been said already.
    apply();
    return publisher;
  }

  static async #begin(options: WhipPublisherOptions, link: ClientLink, plans: readonly MediaPlan[]): Promise<WhipPublisher> {
    const { onLost = () => undefined } = options;
    try {
      const publisher = new WhipPublisher(options, link, plans);
      link.attach({
        onRtp: () => undefined,
        onRtcp: (packet, arrivalUs) => publisher.#takeRtcp(packet, arrivalUs),
        onLost: (reason) => {
          publisher.#stop();
          onLost(reason);
        },
      });
      return publisher;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  get stats(): PublisherStats {
    const [audio, video] = [this.#audio.counters, this.#video.counters];
    const reports = [...this.#reportedBySsrc.values()];
    return {
      frames: this.#frames,
      widthPx: this.#picture?.widthPx ?? 0,
      audioPackets: audio.packets,
      videoPackets: video.packets,
      bytes: audio.bytes + video.bytes,
      resentPackets: audio.resentPackets + video.resentPackets,
      unknownRequests: audio.unknownRequests + video.unknownRequests,
      keyframeRequests: this.#keyframeRequests,
      roundTripMs: this.#roundTripUs === undefined ? undefined : this.#roundTripUs / 1000,
      lostPackets: reports.reduce((sum, { cumulativeLost }) => sum + Math.max(0, cumulativeLost), 0),
      isReceived: this.#reportedBySsrc.size === 2,
    };
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#stop();
    await this.#link.close();
  }

  /** Sends nothing any more, and tells nobody. */
  #stop(): void {
    for (const stop of this.#stopBeats) stop();
  }

  #sendSound(at: number, index: number): void {
    const { packets } = this.#options.sound;
    const packet = packets[at % packets.length];
    if (packet === undefined) return;
    this.#audio.setLevel(packet.levelDbov);
    this.#audio.send(packet.data, index * opusPacketUs, index === 0);
  }

  /** Another size goes on at about the same moment of the same scene, with a keyframe. */
  #usePicture(picture: PreparedPicture | undefined): void {
    if (picture === this.#picture) return;
    this.#picture = picture;
    this.#isKeyframeWished = true;
  }

  #sendPicture(index: number): void {
    const picture = this.#picture;
    if (picture === undefined) return;
    if (this.#isKeyframeWished) {
      this.#isKeyframeWished = false;
      this.#frameAt = nextKeyframe(picture, this.#frameAt);
    }
    const frame = picture.frames[this.#frameAt];
    if (frame === undefined) return;
    this.#frameAt = (this.#frameAt + 1) % picture.frames.length;
    const payloads = picture.codec === 'vp8' ? packetiseVp8(frame.data, { maxPayloadBytes, pictureId: this.#frames }) : packetiseH264(frame.data, { maxPayloadBytes, mode: 1 });
    this.#frames += 1;
    const mediaUs = (index * 1e6) / pictureFormat.fps;
    for (let i = 0; i < payloads.length; i++) {
      const payload = payloads[i];
      if (payload !== undefined) this.#video.send(payload, mediaUs, i === payloads.length - 1);
    }
  }

  #ntpAt(nowUs: number): NtpTime {
    return usToNtp(this.#wallClockZeroUs + nowUs + ntpEpochUs);
  }

  #sendReports(): void {
    const nowUs = this.#options.kit.clock.nowUs();
    const ntp = this.#ntpAt(nowUs);
    const reports = [this.#audio, this.#video].flatMap((stream) => stream.reportAt(ntp, nowUs - this.#startUs) ?? []);
    if (reports.length > 0) this.#link.peer.sendRtcp(compound([...reports, buildSourceDescription(this.#audio.ssrc, this.#cname), buildSourceDescription(this.#video.ssrc, this.#cname)]));
  }

  #takeRtcp(datagram: Buffer, arrivalUs: number): void {
    for (const packet of parseRtcp(datagram).packets) this.#takeRtcpPacket(packet, arrivalUs);
  }

  #takeRtcpPacket(packet: RtcpPacket, arrivalUs: number): void {
    switch (packet.type) {
      case 'nack':
        for (const stream of [this.#audio, this.#video]) if (stream.ssrc === packet.mediaSsrc) stream.resend(packet.sequenceNumbers);
        return;
      case 'pli':
        if (packet.mediaSsrc === this.#video.ssrc) this.#wishKeyframe();
        return;
      case 'fir':
        if (packet.requests.some(({ ssrc }) => ssrc === this.#video.ssrc)) this.#wishKeyframe();
        return;
      case 'sender-report':
      case 'receiver-report':
        for (const block of packet.reports) this.#takeReport(block, arrivalUs);
        return;
      default:
        // The prepared streams have one bitrate: feedback on the way's width changes nothing.
        return;
    }
  }

  #wishKeyframe(): void {
    this.#keyframeRequests += 1;
    this.#isKeyframeWished = true;
  }

  #takeReport(block: ReportBlock, arrivalUs: number): void {
    if (block.ssrc !== this.#audio.ssrc && block.ssrc !== this.#video.ssrc) return;
    this.#reportedBySsrc.set(block.ssrc, block);
    this.#roundTripUs = roundTripUs(block, ntpMiddle32(this.#ntpAt(arrivalUs))) ?? this.#roundTripUs;
  }
}

function planMedia(codec: PictureCodec): readonly MediaPlan[] {
  const cname = `bench-${randomUint32()}`;
  return (['audio', 'video'] as const).map((kind, index) => ({
    mid: String(index), kind, direction: 'sendonly' as const, codecs: plannedCodecs[kind](codec), ssrc: randomUint32(), cname, msid: `bench ${kind}`,
  }));
}

/** The first keyframe at or after a place in the loop. */
function nextKeyframe({ frames }: PreparedPicture, from: number): number {
  for (let step = 0; step < frames.length; step++) {
    const at = (from + step) % frames.length;
    if (frames[at]?.keyframe === true) return at;
  }
  return 0;
}
