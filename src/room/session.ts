/**
 * One peer connection of the room: a participant's (microphone, camera and screen in, the mix out) or a viewer's (the mix out).
 * It knows RTP and RTCP; who it belongs to and what becomes of the media is the room's business.
 */
import type { AudioPacket, RoomClock, VideoCodec, VideoFrame, VideoSource } from '../../mixer/index.js';
import type { MediaPlan, NegotiatedCodec, NegotiatedMedia, Peer, PeerEndReason, PeerEvents, RemoteMedia } from '../peer/index.js';
import { CaptureClock } from '../rtp/capture-clock.js';
import { H264Depacketiser } from '../rtp/h264-depacketiser.js';
import { decodeMid, decodeTransportSequence } from '../rtp/header-extensions.js';
import { roundTripUs } from '../rtp/round-trip.js';
import { parseRtpPacket, type RtpPacket } from '../rtp/rtp-packet.js';
import { ntpMiddle32, ntpToUs } from '../rtp/rtcp/ntp.js';
import { parseRtcp } from '../rtp/rtcp/parse-rtcp.js';
import type { ReportBlock, RtcpPacket } from '../rtp/rtcp/rtcp-packets.js';
import type { VideoDepacketiser } from '../rtp/video-depacketiser.js';
import { Vp8Depacketiser } from '../rtp/vp8-payload.js';
import { AudioUplink } from './audio-uplink.js';
import { Downlink, VideoDownlink } from './downlink.js';
import type { RandomUint32 } from './media-plan.js';
import { SessionReports } from './session-reports.js';
import type { Uplink } from './uplink.js';
import { VideoUplink } from './video-uplink.js';

export interface SessionOptions {
  readonly id: string;
  /** Whose session this is; undefined for a viewer's. */
  readonly participantId: string | undefined;
  /** False for a session that only takes: what it sends is dropped. */
  readonly isPublishing: boolean;
  readonly clock: RoomClock;
  readonly random: RandomUint32;
  readonly openPeer: (events: PeerEvents) => Promise<Peer>;
  readonly events: SessionEvents;
}

export interface SessionEvents {
  onConnected(): void;
  onAudioPacket(packet: AudioPacket): void;
  onVideoFrame(frame: VideoFrame): void;
  /** The listener cannot go on without one. */
  onKeyframeWish(): void;
  onEnded(reason: PeerEndReason): void;
}

/** Nothing measured yet: a path across a continent; too long only makes a first repair come later. */
const defaultRoundTripUs = 100_000;
/** Weight of a new measurement of the round trip, as in RFC 6298. */
const roundTripGain = 1 / 8;
/** A client has three streams, some more over its reloads; beyond that somebody makes up SSRCs. */
const maxUplinks = 8;
const opusClockHz = 48_000;
const videoClockHz = 90_000;
/** A keyframe makes everybody's picture coarser for a moment: one listener with a bad line, or a bad mind, gets no more than this. */
const keyframeWishIntervalUs = 1_000_000;
/** An SSRC that was replaced is not followed again for so long: its late packets must not take the place of what replaced it. */
const replacedHoldUs = 2_000_000;
/** Whoever comes with more SSRCs than this makes them up. */
const maxReplaced = 64;

export class Session {
  readonly id: string;
  readonly participantId: string | undefined;
  readonly #createdUs: number;
  readonly #options: SessionOptions;
  readonly #captureClock = new CaptureClock();
  readonly #uplinks = new Map<number, Uplink>();
  #peer: Peer | undefined;
  #plans: readonly MediaPlan[] = [];
  #media: readonly NegotiatedMedia[] = [];
  #transportSequenceId: number | undefined;
  #reports: SessionReports | undefined;
  #audio: Downlink | undefined;
  #video: VideoDownlink | undefined;
  #videoCodec: VideoCodec | undefined;
  #downlinks: readonly Downlink[] = [];
  #roundTripUs = defaultRoundTripUs;
  #state: 'new' | 'connected' | 'ended' = 'new';
  #malformedPackets = 0;
  #unknownSources = 0;
  #refusedKeyframeWishes = 0;
  #lastKeyframeWishUs = Number.NEGATIVE_INFINITY;
  readonly #replacedUs = new Map<number, number>();
  #lastAudioUs = Number.NEGATIVE_INFINITY;
  #lastVideoUs = Number.NEGATIVE_INFINITY;

  private constructor(options: SessionOptions) {
    this.id = options.id;
    this.participantId = options.participantId;
    this.#createdUs = options.clock.nowUs();
    this.#options = options;
  }

  static async create(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    session.#peer = await options.openPeer({
      onConnected: () => session.#connect(),
      onRtp: (packet, arrivalUs) => session.#takeRtp(packet, arrivalUs),
      onRtcp: (packet, arrivalUs) => session.#takeRtcp(packet, arrivalUs),
      onEnded: (reason) => session.#end(reason),
    });
    return session;
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  /** True for a session made before `deadlineUs` that is still not connected, whatever it waits for. */
  hasNeverConnectedBy(deadlineUs: number): boolean {
    return this.#state === 'new' && this.#createdUs < deadlineUs;
  }

  /** What the listener wants the mix in; undefined when he takes no picture. */
  get videoCodec(): VideoCodec | undefined {
    return this.#videoCodec;
  }

  get audioDownlink(): Downlink | undefined {
    return this.#audio;
  }

  get videoDownlink(): VideoDownlink | undefined {
    return this.#video;
  }

  /** Room times at which media came last; -Infinity for never. */
  get lastAudioUs(): number {
    return this.#lastAudioUs;
  }

  get lastVideoUs(): number {
    return this.#lastVideoUs;
  }

  createOffer(plans: readonly MediaPlan[]): string {
    this.#plans = plans;
    return this.#requirePeer().createOffer(plans);
  }

  acceptAnswer(answer: string): void {
    this.#negotiate(this.#requirePeer().acceptAnswer(answer));
  }

  acceptOffer(offer: string, plan: (remote: readonly RemoteMedia[]) => MediaPlan[]): string {
    const { answer, media } = this.#requirePeer().acceptOffer(offer, (remote) => {
      const plans = plan(remote);
      this.#plans = plans;
      return plans;
    });
    this.#negotiate(media);
    return answer;
  }

  addCandidate(candidate: string): void {
    this.#requirePeer().addCandidate(candidate);
  }

  wishKeyframe(source: VideoSource): void {
    for (const uplink of this.#uplinks.values()) if (uplink.source === source) uplink.wishKeyframe();
  }

  /** To be called each 20 ms: what RTCP owes by now. */
  tick(nowUs: number): void {
    if (this.#state === 'connected') this.#reports?.tick(nowUs, this.#roundTripUs, { uplinks: this.#uplinks.values(), downlinks: this.#downlinks });
  }

  stats(): Readonly<Record<string, unknown>> {
    return {
      state: this.#state,
      roundTripMs: this.#roundTripUs / 1000,
      malformedPackets: this.#malformedPackets,
      unknownSources: this.#unknownSources,
      refusedKeyframeWishes: this.#refusedKeyframeWishes,
      uplinks: [...this.#uplinks.values()].map((uplink) => ({ source: uplink.source, ssrc: uplink.ssrc, ...uplink.stats() })),
      downlinks: { audio: this.#audio?.counters, video: this.#video?.counters, videoCodec: this.#videoCodec },
      sinceTickUs: { audio: this.#audio?.sinceTick.summary(), video: this.#video?.sinceTick.summary() },
      peer: this.#peer?.counters,
    };
  }

  async close(): Promise<void> {
    this.#end('closed');
    await this.#peer?.close();
  }

  #requirePeer(): Peer {
    if (this.#peer === undefined) throw new Error('the session has no peer yet');
    return this.#peer;
  }

  #negotiate(media: readonly NegotiatedMedia[]): void {
    const { clock, random } = this.#options;
    const sender = this.#requirePeer();
    this.#media = media;
    this.#transportSequenceId = media.find((line) => line.extensionIds.transportCc !== undefined)?.extensionIds.transportCc;
    for (const line of media) {
      const ssrc = this.#plans.find((plan) => plan.mid === line.mid)?.ssrc;
      const codec = line.codecs.find(canSend);
      if (!line.sends || codec === undefined || ssrc === undefined) continue;
      const common = { ssrc, payloadType: codec.payloadType, sender, clock, random };
      if (line.kind === 'audio') this.#audio ??= new Downlink({ kind: 'audio', clockHz: opusClockHz, ...common });
      else if (this.#video === undefined) {
        this.#video = new VideoDownlink({ kind: 'video', clockHz: videoClockHz, ...common });
        this.#videoCodec = codec.name === 'h264' ? 'h264' : 'vp8';
      }
    }
    this.#downlinks = [this.#audio, this.#video].filter((downlink) => downlink !== undefined);
    const [plan] = this.#plans;
    this.#reports = new SessionReports({ clock, ownSsrc: plan?.ssrc ?? 1, cname: plan?.cname ?? '', send: (packet) => sender.sendRtcp(packet) });
  }

  #connect(): void {
    if (this.#state !== 'new') return;
    this.#state = 'connected';
    this.#options.events.onConnected();
  }

  #takeRtp(datagram: Buffer, arrivalUs: number): void {
    const packet = parseRtpPacket(datagram);
    if (packet === undefined) {
      this.#malformedPackets += 1;
      return;
    }
    const sequence = this.#transportSequenceId === undefined ? undefined : packet.extension(this.#transportSequenceId);
    const sequenceNumber = sequence === undefined ? undefined : decodeTransportSequence(sequence);
    if (sequenceNumber !== undefined) this.#reports?.takeTransportSequence(sequenceNumber, packet.ssrc, arrivalUs);
    const uplink = this.#uplinks.get(packet.ssrc) ?? this.#bind(packet, arrivalUs);
    if (uplink === undefined) {
      this.#unknownSources += 1;
      return;
    }
    if (packet.payload.length > 0) {
      if (uplink.source === 'microphone') this.#lastAudioUs = arrivalUs;
      else this.#lastVideoUs = arrivalUs;
    }
    uplink.receive(packet, arrivalUs);
  }

  /** Which m-line a new SSRC belongs to: as the SDP says, else by its MID (RFC 9143 9.2), else by a payload type that only one m-line has. */
  #bind(packet: RtpPacket, nowUs: number): Uplink | undefined {
    const { participantId } = this;
    if (participantId === undefined || !this.#options.isPublishing || this.#uplinks.size >= maxUplinks) return undefined;
    if (nowUs - (this.#replacedUs.get(packet.ssrc) ?? Number.NEGATIVE_INFINITY) < replacedHoldUs) return undefined;
    const receiving = this.#media.filter((line) => line.receives && line.codecs.some((codec) => codec.payloadType === packet.payloadType));
    const line =
      receiving.find(({ remoteSsrcs }) => remoteSsrcs.includes(packet.ssrc)) ??
      receiving.find(({ mid, extensionIds }) => {
        const data = extensionIds.mid === undefined ? undefined : packet.extension(extensionIds.mid);
        return data !== undefined && decodeMid(data) === mid;
      }) ??
      (receiving.length === 1 ? receiving[0] : undefined);
    if (line === undefined) return undefined;
    const uplink = this.#createUplink(line, packet.ssrc, participantId);
    // The sender began anew: what was under way on the old SSRC will not come.
    for (const old of this.#uplinks.values()) {
      if (old.source !== uplink.source) continue;
      this.#uplinks.delete(old.ssrc);
      old.close();
      if (this.#replacedUs.size >= maxReplaced) this.#replacedUs.clear();
      this.#replacedUs.set(old.ssrc, nowUs);
    }
    this.#uplinks.set(packet.ssrc, uplink);
    return uplink;
  }

  #createUplink(line: NegotiatedMedia, ssrc: number, participantId: string): Uplink {
    const { events } = this.#options;
    const common = { participantId, ssrc, captureClock: this.#captureClock };
    if (line.kind === 'audio') {
      return new AudioUplink({ ...common, levelExtensionId: line.extensionIds.audioLevel, onPacket: (packet) => events.onAudioPacket(packet) });
    }
    const firstVideo = this.#media.find(({ kind, receives }) => kind === 'video' && receives);
    return new VideoUplink({
      ...common,
      source: line === firstVideo ? 'camera' : 'screen',
      orientationExtensionId: line.extensionIds.videoOrientation,
      depacketisers: createDepacketisers(line.codecs),
      onFrame: (frame) => events.onVideoFrame(frame),
    });
  }

  #takeRtcp(datagram: Buffer, arrivalUs: number): void {
    const { packets, malformed } = parseRtcp(datagram);
    if (malformed) this.#malformedPackets += 1;
    for (const packet of packets) this.#takeRtcpPacket(packet, arrivalUs);
  }

  #takeRtcpPacket(packet: RtcpPacket, arrivalUs: number): void {
    switch (packet.type) {
      case 'sender-report':
        this.#uplinks.get(packet.senderSsrc)?.takeSenderReport({
          ntpUs: ntpToUs(packet.ntp),
          ntpMiddle: ntpMiddle32(packet.ntp),
          rtpTimestamp: packet.rtpTimestamp,
          arrivalUs,
        });
        this.#takeReportBlocks(packet.reports, arrivalUs);
        return;
      case 'receiver-report':
        this.#takeReportBlocks(packet.reports, arrivalUs);
        return;
      case 'nack':
        this.#downlinks.find(({ ssrc }) => ssrc === packet.mediaSsrc)?.resend(packet.sequenceNumbers, this.#roundTripUs);
        return;
      case 'pli':
        if (packet.mediaSsrc === this.#video?.ssrc) this.#takeKeyframeWish(arrivalUs);
        return;
      case 'fir':
        if (packet.requests.some(({ ssrc }) => ssrc === this.#video?.ssrc)) this.#takeKeyframeWish(arrivalUs);
        return;
      case 'goodbye':
        for (const ssrc of packet.ssrcs) {
          this.#uplinks.get(ssrc)?.close();
          this.#uplinks.delete(ssrc);
        }
        return;
      default:
        // Source descriptions, bandwidth estimates and transport feedback steer nothing yet.
        return;
    }
  }

  #takeKeyframeWish(nowUs: number): void {
    if (nowUs - this.#lastKeyframeWishUs < keyframeWishIntervalUs) {
      this.#refusedKeyframeWishes += 1;
      return;
    }
    this.#lastKeyframeWishUs = nowUs;
    this.#options.events.onKeyframeWish();
  }

  #takeReportBlocks(blocks: readonly ReportBlock[], arrivalUs: number): void {
    for (const block of blocks) {
      if (!this.#downlinks.some(({ ssrc }) => ssrc === block.ssrc)) continue;
      const measuredUs = roundTripUs(block, this.#reports?.ntpMiddleAt(arrivalUs) ?? 0);
      if (measuredUs === undefined) continue;
      this.#roundTripUs = this.#roundTripUs === defaultRoundTripUs ? measuredUs : this.#roundTripUs + (measuredUs - this.#roundTripUs) * roundTripGain;
    }
  }

  #end(reason: PeerEndReason): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    for (const uplink of this.#uplinks.values()) uplink.close();
    this.#uplinks.clear();
    this.#options.events.onEnded(reason);
  }
}

/** H.264 in packetization mode 0 would need an encoder that cuts its slices to the MTU: such listeners get VP8. */
function canSend(codec: NegotiatedCodec): boolean {
  return codec.name !== 'h264' || codec.packetizationMode === 1;
}

function createDepacketisers(codecs: readonly NegotiatedCodec[]): ReadonlyMap<number, VideoDepacketiser> {
  return new Map(
    codecs
      .filter(({ name }) => name !== 'opus')
      .map(({ name, payloadType, spropParameterSets }) => [payloadType, name === 'vp8' ? new Vp8Depacketiser() : new H264Depacketiser({ spropParameterSets })]),
  );
}
