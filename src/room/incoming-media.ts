/**
 * What one client sends: each SSRC finds the m-line that it belongs to and becomes an uplink. One microphone, one camera, one screen:
 * a second SSRC for one of them takes the place of the first. Where simulcast was agreed on, that holds for each layer, known by its RID.
 */
import type { AudioPacket, VideoFrame, VideoSource } from '../../mixer/index.js';
import type { NegotiatedCodec, NegotiatedMedia } from '../peer/index.js';
import { CaptureClock } from '../rtp/capture-clock.js';
import { H264Depacketiser } from '../rtp/h264-depacketiser.js';
import type { RtpPacket } from '../rtp/rtp-packet.js';
import type { VideoDepacketiser } from '../rtp/video-depacketiser.js';
import { Vp8Depacketiser } from '../rtp/vp8-payload.js';
import { TokenBucket } from '../token-bucket.js';
import { AudioUplink } from './audio-uplink.js';
import { MediaLines, type StreamName } from './media-lines.js';
import type { PictureNeed } from './picture-need.js';
import { SimulcastLayers } from './simulcast-layers.js';
import type { SenderReportFacts, Uplink } from './uplink.js';
import { VideoUplink } from './video-uplink.js';
import { WorthwhileBitrate } from './worthwhile-bitrate.js';

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
/** Nor one that said goodbye, or a late packet would show its last picture again: more than packets overtake each other by, and less than a new start under the same SSRC takes. */
const endedHoldUs = 200_000;
/** Whoever comes with more SSRCs than this makes them up. */
const maxHeld = 64;

/** Sound comes each 20 ms, in pauses each 400 ms: nothing at all for so long is a black-out. */
const blackOutUs = 700_000;
const soundPauseUs = 450_000;

/**
 * Bytes that rebuilding from protection may read (`ulpfec-decoder`), of all pictures of one client: where 8 Mbps, more than a browser sends as camera and screen, lose one packet in five, and each comes back
 * out of 16, it is 3.2 MB a second; of a keyframe of 150 kB, each out of 24, 0.7 MB. 4 MB take 4 ms of a core. Without a bound each packet that he sends could cost 0.07 ms.
 */
const rebuilding = { perSecond: 4_000_000, burst: 1_000_000 } as const;

export class IncomingMedia {
  readonly #participantId: string | undefined;
  readonly #events: IncomingMediaEvents;
  /** One for all: sound and picture of one client are placed on the room's clock by each other. */
  readonly #captureClock = new CaptureClock();
  readonly #lines = new MediaLines();
  readonly #uplinks = new Map<number, Uplink>();
  /** Not followed before then. */
  readonly #heldUntilUs = new Map<number, number>();
  /** Of the sources that come in layers. */
  readonly #layers = new Map<VideoSource, SimulcastLayers>();
  readonly #worthwhile = new WorthwhileBitrate();
  readonly #rebuilding = new TokenBucket(rebuilding, 0);
  #unknownSources = 0;
  #lastAudioUs = Number.NEGATIVE_INFINITY;
  #lastVideoUs = Number.NEGATIVE_INFINITY;
  #lastPacketUs = Number.NEGATIVE_INFINITY;

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

  /**
   * What both sides agreed on; nothing is taken before.
   *
   * @param isToldNeeds as {@link WorthwhileBitrate.negotiate} has it
   */
  negotiate(media: readonly NegotiatedMedia[], isToldNeeds = false): void {
    this.#lines.negotiate(media);
    const pictures = media.filter((line) => line.kind === 'video' && line.receives);
    this.#worthwhile.negotiate(pictures.map((line) => ({ source: this.#lines.videoSourceOf(line), takesRemb: line.takesRemb === true, isLayered: line.remoteRids !== undefined })), isToldNeeds);
    for (const line of media) {
      const source = this.#lines.videoSourceOf(line);
      if (line.remoteRids !== undefined && !this.#layers.has(source)) this.#layers.set(source, new SimulcastLayers((frame) => this.#events.onVideoFrame(frame)));
    }
  }

  receive(packet: RtpPacket, arrivalUs: number): void {
    this.#watchForBlackOut(arrivalUs);
    this.#worthwhile.takePacket(packet.payload.length, arrivalUs);
    const repairedType = this.#lines.repairedType(packet);
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
      if (uplink.source === 'microphone') {
        this.#lastAudioUs = arrivalUs;
        this.#worthwhile.takeSound(packet.timestamp, arrivalUs);
      } else {
        this.#lastVideoUs = arrivalUs;
        this.#worthwhile.takePicture({ ssrc: packet.ssrc, timestamp: packet.timestamp, bytes: packet.payload.length, arrivalUs });
      }
    }
    uplink.receive(packet, arrivalUs);
  }

  /** Who sent sound up to then would have gone on: all streams resume at once, be the first packet a sound's, for those of pictures may wait for word of it. */
  #watchForBlackOut(arrivalUs: number): void {
    const isOver = arrivalUs - this.#lastPacketUs > blackOutUs && this.#lastPacketUs - this.#lastAudioUs < soundPauseUs;
    this.#lastPacketUs = arrivalUs;
    if (isOver) for (const uplink of this.#uplinks.values()) uplink.resume(arrivalUs);
  }

  takeSenderReport(ssrc: number, report: SenderReportFacts): void {
    this.#uplinks.get(ssrc)?.takeSenderReport(report);
  }

  wishKeyframe(source: VideoSource): void {
    for (const uplink of this.#uplinks.values()) if (uplink.source === source) uplink.wishKeyframe();
  }

  /** As {@link WorthwhileBitrate}; what of it is told. */
  get worthwhile(): Pick<WorthwhileBitrate, 'bitrateBps' | 'queueUs' | 'brakes'> {
    return this.#worthwhile;
  }

  /** What the source's tile shows decides which of its layers is put together, or how many bits it is worth. */
  setNeed(source: VideoSource, need: PictureNeed | undefined): void {
    this.#layers.get(source)?.setNeed(need);
    this.#worthwhile.setNeed(source, need);
  }

  /** To be called each 20 ms. */
  tick(nowUs: number): void {
    for (const layers of this.#layers.values()) layers.tick(nowUs);
    this.#worthwhile.tick(nowUs);
  }

  /** The client said that this source is over (RFC 3550 6.6): nothing more is waited for. What comes of it in the next moment was under way, and later is a new start. */
  remove(ssrc: number, nowUs: number): void {
    if (this.#uplinks.has(ssrc)) this.#hold(ssrc, nowUs + endedHoldUs);
    this.#drop(ssrc);
    const left = [...this.#uplinks.values()].map(({ source }) => source);
    if (!left.includes('microphone')) this.#lastAudioUs = Number.NEGATIVE_INFINITY;
    if (left.every((source) => source === 'microphone')) this.#lastVideoUs = Number.NEGATIVE_INFINITY;
  }

  #drop(ssrc: number): void {
    const uplink = this.#uplinks.get(ssrc);
    if (uplink === undefined) return;
    uplink.close();
    this.#uplinks.delete(ssrc);
    if (uplink instanceof VideoUplink && uplink.rid !== undefined) this.#layers.get(uplink.source)?.remove(uplink.rid, uplink);
  }

  stats(): readonly Readonly<Record<string, unknown>>[] {
    return [...this.#uplinks.values()].map((uplink) => {
      const { rid } = nameOf(uplink);
      return { source: uplink.source, ssrc: uplink.ssrc, ...(rid === undefined ? {} : { rid }), ...uplink.stats() };
    });
  }

  close(): void {
    for (const uplink of this.#uplinks.values()) uplink.close();
    this.#uplinks.clear();
  }

  #receiveRepair(packet: RtpPacket, payloadType: number, arrivalUs: number): void {
    const name = this.#lines.findRepaired(packet);
    const uplink = name === undefined ? undefined : this.#findVideoUplink(name);
    if (uplink === undefined) {
      this.#unknownSources += 1;
      return;
    }
    if (uplink.receiveRepair(packet, payloadType, arrivalUs)) this.#worthwhile.takeRepair(arrivalUs);
  }

  #findVideoUplink({ source, rid }: StreamName): VideoUplink | undefined {
    for (const uplink of this.#uplinks.values()) if (uplink instanceof VideoUplink && uplink.source === source && uplink.rid === rid) return uplink;
    return undefined;
  }

  #bind(packet: RtpPacket, nowUs: number): Uplink | undefined {
    const participantId = this.#participantId;
    if (participantId === undefined) return undefined;
    if (nowUs < (this.#heldUntilUs.get(packet.ssrc) ?? Number.NEGATIVE_INFINITY)) return undefined;
    const found = this.#lines.find(packet);
    if (found === undefined) return undefined;
    const { line, rid } = found;
    const uplink = this.#createUplink(line, packet.ssrc, participantId, rid);
    this.#replace(uplink, nowUs);
    this.#uplinks.set(packet.ssrc, uplink);
    if (rid !== undefined && uplink instanceof VideoUplink) this.#layers.get(uplink.source)?.add(rid, uplink);
    return uplink;
  }

  /** The sender began anew: what was under way on the old SSRC will not come. */
  #replace(uplink: Uplink, nowUs: number): void {
    for (const old of this.#uplinks.values()) {
      if (old.source !== uplink.source || nameOf(old).rid !== nameOf(uplink).rid) continue;
      this.#drop(old.ssrc);
      this.#hold(old.ssrc, nowUs + replacedHoldUs);
    }
  }

  #hold(ssrc: number, untilUs: number): void {
    if (this.#heldUntilUs.size >= maxHeld) this.#heldUntilUs.clear();
    this.#heldUntilUs.set(ssrc, untilUs);
  }

  #createUplink(line: NegotiatedMedia, ssrc: number, participantId: string, rid: string | undefined): Uplink {
    const events = this.#events;
    const common = { participantId, ssrc, captureClock: this.#captureClock };
    if (line.kind === 'audio') {
      return new AudioUplink({ ...common, levelExtensionId: line.extensionIds.audioLevel, onPacket: (packet) => events.onAudioPacket(packet) });
    }
    const source = this.#lines.videoSourceOf(line);
    const layers = this.#layers.get(source);
    const isLayer = rid !== undefined && layers !== undefined;
    return new VideoUplink({
      ...common,
      source,
      orientationExtensionId: line.extensionIds.videoOrientation,
      depacketisers: createDepacketisers(line.codecs),
      protection: line.protection === undefined ? undefined : { types: line.protection, allowance: this.#rebuilding },
      ...(isLayer ? { layer: { rid, onSize: (size) => layers.setSize(rid, size) } } : {}),
      onFrame: (frame) => (isLayer ? layers.takeFrame(rid, frame) : events.onVideoFrame(frame)),
    });
  }
}

function nameOf(uplink: Uplink): { readonly rid: string | undefined } {
  return { rid: uplink instanceof VideoUplink ? uplink.rid : undefined };
}

function createDepacketisers(codecs: readonly NegotiatedCodec[]): ReadonlyMap<number, VideoDepacketiser> {
  return new Map(
    codecs
      .filter(({ name }) => name !== 'opus')
      .map(({ name, payloadType, spropParameterSets }) => [payloadType, name === 'vp8' ? new Vp8Depacketiser() : new H264Depacketiser({ spropParameterSets })]),
  );
}
