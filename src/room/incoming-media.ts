/**
 * What one client sends: each SSRC finds the m-line that it belongs to and becomes an uplink. One microphone, one camera, one screen:
 * a second SSRC for one of them takes the place of the first.
 */
import type { AudioPacket, VideoFrame, VideoSource } from '../../mixer/index.js';
import type { NegotiatedCodec, NegotiatedMedia } from '../peer/index.js';
import { CaptureClock } from '../rtp/capture-clock.js';
import { H264Depacketiser } from '../rtp/h264-depacketiser.js';
import { decodeMid } from '../rtp/header-extensions.js';
import type { RtpPacket } from '../rtp/rtp-packet.js';
import { unwrapRtx } from '../rtp/rtx-payload.js';
import type { VideoDepacketiser } from '../rtp/video-depacketiser.js';
import { Vp8Depacketiser } from '../rtp/vp8-payload.js';
import { AudioUplink } from './audio-uplink.js';
import type { SenderReportFacts, Uplink } from './uplink.js';
import { VideoUplink } from './video-uplink.js';

export interface IncomingMediaOptions {
  /** Whose media it is; undefined for a session that only takes: what it sends is dropped. */
  readonly participantId: string | undefined;
  readonly events: IncomingMediaEvents;
}

export interface IncomingMediaEvents {
  onAudioPacket(packet: AudioPacket): void;
  onVideoFrame(frame: VideoFrame): void;
}

/** An SSRC that was replaced is not followed again for so long: its late packets must not take the place of what replaced it. */
const replacedHoldUs = 2_000_000;
/** Whoever comes with more SSRCs than this makes them up. */
const maxReplaced = 64;
const maxRepairSources = 16;

export class IncomingMedia {
  readonly #participantId: string | undefined;
  readonly #events: IncomingMediaEvents;
  /** One for all: sound and picture of one client are placed on the room's clock by each other. */
  readonly #captureClock = new CaptureClock();
  readonly #uplinks = new Map<number, Uplink>();
  readonly #replacedUs = new Map<number, number>();
  /** Payload type of retransmissions -> that of what they repair. */
  #repairedTypes: ReadonlyMap<number, number> = new Map();
  /** SSRC of retransmissions -> what they repair. */
  readonly #repaired = new Map<number, VideoSource>();
  #media: readonly NegotiatedMedia[] = [];
  #unknownSources = 0;
  #lastAudioUs = Number.NEGATIVE_INFINITY;
  #lastVideoUs = Number.NEGATIVE_INFINITY;

  constructor({ participantId, events }: IncomingMediaOptions) {
    this.#participantId = participantId;
    this.#events = events;
  }

  get uplinks(): Iterable<Uplink> {
    return this.#uplinks.values();
  }

  /** Packets that belong to no m-line, or came where nothing is taken. */
  get unknownSources(): number {
    return this.#unknownSources;
  }

  /** Room times at which media came last; -Infinity for never. */
  get lastAudioUs(): number {
    return this.#lastAudioUs;
  }

  get lastVideoUs(): number {
    return this.#lastVideoUs;
  }

  /** What both sides agreed on; nothing is taken before. */
  negotiate(media: readonly NegotiatedMedia[]): void {
    this.#media = media;
    this.#repairedTypes = new Map(media.flatMap(({ codecs }) => codecs.flatMap(({ payloadType, rtxPayloadType }) => (rtxPayloadType === undefined ? [] : [[rtxPayloadType, payloadType] as const]))));
  }

  receive(packet: RtpPacket, arrivalUs: number): void {
    const repairedType = this.#repairedTypes.get(packet.payloadType);
    if (repairedType !== undefined) {
      this.#receiveRepair(packet, repairedType, arrivalUs);
      return;
    }
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

  takeSenderReport(ssrc: number, report: SenderReportFacts): void {
    this.#uplinks.get(ssrc)?.takeSenderReport(report);
  }

  wishKeyframe(source: VideoSource): void {
    for (const uplink of this.#uplinks.values()) if (uplink.source === source) uplink.wishKeyframe();
  }

  /** The client said that this source is over (RFC 3550 6.6); what comes of it nevertheless is a new start. */
  remove(ssrc: number): void {
    this.#uplinks.get(ssrc)?.close();
    this.#uplinks.delete(ssrc);
  }

  stats(): readonly Readonly<Record<string, unknown>>[] {
    return [...this.#uplinks.values()].map((uplink) => ({ source: uplink.source, ssrc: uplink.ssrc, ...uplink.stats() }));
  }

  close(): void {
    for (const uplink of this.#uplinks.values()) uplink.close();
    this.#uplinks.clear();
  }

  #receiveRepair(packet: RtpPacket, payloadType: number, arrivalUs: number): void {
    const source = this.#repaired.get(packet.ssrc) ?? this.#bindRepair(packet);
    const uplink = source === undefined ? undefined : this.#findVideoUplink(source);
    if (uplink === undefined) {
      this.#unknownSources += 1;
      return;
    }
    const original = unwrapRtx(packet, { ssrc: uplink.ssrc, payloadType });
    if (original !== undefined) uplink.receiveRepair(original, arrivalUs);
  }

  #findVideoUplink(source: VideoSource): VideoUplink | undefined {
    for (const uplink of this.#uplinks.values()) if (uplink.source === source && uplink instanceof VideoUplink) return uplink;
    return undefined;
  }

  #bindRepair(packet: RtpPacket): VideoSource | undefined {
    const line = this.#findLine(packet, ({ codecs }) => codecs.some(({ rtxPayloadType }) => rtxPayloadType === packet.payloadType), ({ remoteRtxSsrcs }) => remoteRtxSsrcs);
    if (line === undefined) return undefined;
    if (this.#repaired.size >= maxRepairSources) this.#repaired.clear();
    const source = this.#videoSourceOf(line);
    this.#repaired.set(packet.ssrc, source);
    return source;
  }

  #bind(packet: RtpPacket, nowUs: number): Uplink | undefined {
    const participantId = this.#participantId;
    if (participantId === undefined) return undefined;
    if (nowUs - (this.#replacedUs.get(packet.ssrc) ?? Number.NEGATIVE_INFINITY) < replacedHoldUs) return undefined;
    const line = this.#findLine(packet, ({ codecs }) => codecs.some(({ payloadType }) => payloadType === packet.payloadType), ({ remoteSsrcs }) => remoteSsrcs);
    if (line === undefined) return undefined;
    const uplink = this.#createUplink(line, packet.ssrc, participantId);
    this.#replace(uplink, nowUs);
    this.#uplinks.set(packet.ssrc, uplink);
    return uplink;
  }

  /** Which m-line a new SSRC belongs to: as the SDP says, else by its MID (RFC 9143 9.2), else by a payload type that only one m-line has. */
  #findLine(packet: RtpPacket, takesType: (line: NegotiatedMedia) => boolean, toldSsrcs: (line: NegotiatedMedia) => readonly number[]): NegotiatedMedia | undefined {
    const receiving = this.#media.filter((line) => line.receives && takesType(line));
    return (
      receiving.find((line) => toldSsrcs(line).includes(packet.ssrc)) ??
      receiving.find(({ mid, extensionIds }) => {
        const data = extensionIds.mid === undefined ? undefined : packet.extension(extensionIds.mid);
        return data !== undefined && decodeMid(data) === mid;
      }) ??
      (receiving.length === 1 ? receiving[0] : undefined)
    );
  }

  /** The sender began anew: what was under way on the old SSRC will not come. */
  #replace({ source }: Uplink, nowUs: number): void {
    for (const old of this.#uplinks.values()) {
      if (old.source !== source) continue;
      this.remove(old.ssrc);
      if (this.#replacedUs.size >= maxReplaced) this.#replacedUs.clear();
      this.#replacedUs.set(old.ssrc, nowUs);
    }
  }

  /** The first picture is the camera's. */
  #videoSourceOf(line: NegotiatedMedia): VideoSource {
    return line === this.#media.find(({ kind, receives }) => kind === 'video' && receives) ? 'camera' : 'screen';
  }

  #createUplink(line: NegotiatedMedia, ssrc: number, participantId: string): Uplink {
    const events = this.#events;
    const common = { participantId, ssrc, captureClock: this.#captureClock };
    if (line.kind === 'audio') {
      return new AudioUplink({ ...common, levelExtensionId: line.extensionIds.audioLevel, onPacket: (packet) => events.onAudioPacket(packet) });
    }
    return new VideoUplink({
      ...common,
      source: this.#videoSourceOf(line),
      orientationExtensionId: line.extensionIds.videoOrientation,
      depacketisers: createDepacketisers(line.codecs),
      onFrame: (frame) => events.onVideoFrame(frame),
    });
  }
}

function createDepacketisers(codecs: readonly NegotiatedCodec[]): ReadonlyMap<number, VideoDepacketiser> {
  return new Map(
    codecs
      .filter(({ name }) => name !== 'opus')
      .map(({ name, payloadType, spropParameterSets }) => [payloadType, name === 'vp8' ? new Vp8Depacketiser() : new H264Depacketiser({ spropParameterSets })]),
  );
}
