/** What the tests of this folder hand in: time that they move, a mixer that writes down its commands, a peer without a network, packets as a client sends them. */
import { loadLayouts } from '../../../layouts/load-layouts.js';
import { RoomClock, systemTimers, type AudioPacket, type MixerCommand, type VideoFrame } from '../../../mixer/index.js';
import type { LocalIce, MediaPlan, NegotiatedMedia, PeerCounters, PeerEvents, RemoteMedia } from '../../../src/peer/index.js';
import { createPeerCounters } from '../../../src/peer/peer-options.js';
import type { RoomOptions } from '../../../src/rooms/protocol.js';
import { planBrowser } from '../../../src/room/media-plan.js';
import { Session, type SessionPeer } from '../../../src/room/session.js';
import { parseRtpPacket, rtpHeaderBytes, writeRtpHeader, type RtpExtension, type RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { parseRtcp } from '../../../src/rtp/rtcp/parse-rtcp.js';
import type { RtcpPacket } from '../../../src/rtp/rtcp/rtcp-packets.js';
import { packetiseVp8 } from '../../../src/rtp/vp8-payload.js';

/** The room's zero stands at the first second of 2026. */
export const wallClockZeroUs = Date.UTC(2026, 0, 1) * 1000;

export class ManualRoomClock extends RoomClock {
  #nowUs = 0;

  constructor() {
    super([0, 0]);
  }

  override nowUs(): number {
    return this.#nowUs;
  }

  override wallClockZeroUs(): number {
    return wallClockZeroUs;
  }

  advance(byUs: number): void {
    this.#nowUs += byUs;
  }
}

/** The mixer as this folder sees it: told, and never asked. */
export class CommandList {
  readonly commands: MixerCommand[] = [];

  send(command: MixerCommand): void {
    this.commands.push(command);
  }

  /** The commands of that type, oldest first. */
  of<Type extends MixerCommand['type']>(type: Type): Extract<MixerCommand, { type: Type }>[] {
    return this.commands.filter((command): command is Extract<MixerCommand, { type: Type }> => command.type === type);
  }

  clear(): void {
    this.commands.length = 0;
  }
}

/** 1, 2, 3...: SSRCs that a test can name. */
export function counting(): () => number {
  let last = 0;
  return () => ++last;
}

export interface RtpFields {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly marker?: boolean;
  readonly extensions?: readonly RtpExtension[];
}

export function rtpDatagram({ marker = false, ...fields }: RtpFields, payload: Uint8Array): Buffer {
  const datagram = Buffer.alloc(rtpHeaderBytes(fields.extensions) + payload.length);
  datagram.set(payload, writeRtpHeader(datagram, 0, { marker, ...fields }));
  return datagram;
}

export function rtpPacket(fields: RtpFields, payload: Uint8Array): RtpPacket {
  return mustParseRtp(rtpDatagram(fields, payload));
}

export function mustParseRtp(datagram: Buffer): RtpPacket {
  const packet = parseRtpPacket(datagram);
  if (packet === undefined) throw new Error('This is no RTP packet.');
  return packet;
}

export function mustParseRtcp(datagram: Buffer): readonly RtcpPacket[] {
  const { packets, malformed } = parseRtcp(datagram);
  if (malformed) throw new Error('This is no RTCP packet.');
  return packets;
}

/** The packets of one VP8 frame. */
export function vp8Packets(fields: Omit<RtpFields, 'marker'>, frame: Uint8Array, maxPayloadBytes = 1_000): RtpPacket[] {
  const payloads = packetiseVp8(frame, { maxPayloadBytes, pictureId: fields.timestamp & 0x7fff });
  return payloads.map((payload, index) =>
    rtpPacket({ ...fields, sequenceNumber: (fields.sequenceNumber + index) & 0xffff, marker: index === payloads.length - 1 }, payload),
  );
}

/** Header extension ids as a browser numbers them. */
export const extensionIds = { mid: 4, audioLevel: 1, transportCc: 3, videoOrientation: 13 } as const;
export const opusType = 111;
export const vp8Type = 96;
export const h264Type = 102;

export function midExtension(mid: string): RtpExtension {
  return { id: extensionIds.mid, data: Buffer.from(mid) };
}

/** m-lines as both sides agreed on them, in both directions. */
export function audioLine(changes: Partial<NegotiatedMedia> = {}): NegotiatedMedia {
  const codecs = [{ name: 'opus', payloadType: opusType, clockHz: 48_000 }] as const;
  return { mid: '0', kind: 'audio', sends: true, receives: true, codecs, remoteSsrcs: [], remoteRtxSsrcs: [], extensionIds, sentExtensionIds: extensionIds, ...changes };
}

export function videoLine(changes: Partial<NegotiatedMedia> = {}): NegotiatedMedia {
  const codecs = [
    { name: 'vp8', payloadType: vp8Type, clockHz: 90_000 },
    { name: 'h264', payloadType: h264Type, clockHz: 90_000, packetizationMode: 1 },
  ] as const;
  return { mid: '1', kind: 'video', sends: true, receives: true, codecs, remoteSsrcs: [], remoteRtxSsrcs: [], extensionIds, sentExtensionIds: extensionIds, ...changes };
}

/** A connection that both ends of which are the test: what goes out is kept, what comes in is `events`. */
export class FakePeer implements SessionPeer {
  readonly rtp: Buffer[] = [];
  readonly resent: Buffer[] = [];
  readonly rtcp: Buffer[] = [];
  readonly events: PeerEvents;
  readonly counters: PeerCounters = createPeerCounters();
  /** What the negotiation comes to. */
  media: readonly NegotiatedMedia[] = [audioLine(), videoLine()];
  /** What the client's offer has. */
  remote: RemoteMedia[] = [
    { mid: '0', kind: 'audio', direction: 'sendrecv', codecs: audioLine().codecs, ssrcs: [] },
    { mid: '1', kind: 'video', direction: 'sendrecv', codecs: videoLine().codecs, ssrcs: [] },
  ];
  plans: readonly MediaPlan[] = [];
  offerId = 0;
  /** By ICE. */
  roundTripUs: number | undefined;
  /** Answers to offers of ICE restarts. */
  readonly restarts: string[] = [];
  #isClosed = false;

  constructor(events: PeerEvents) {
    this.events = events;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  createOffer(plans: readonly MediaPlan[]): string {
    this.plans = plans;
    this.offerId += 1;
    return 'offer';
  }

  acceptAnswer(): readonly NegotiatedMedia[] {
    return this.media;
  }

  createRestartOffer(): Promise<string> {
    this.offerId += 1;
    return Promise.resolve('restart offer');
  }

  acceptRestart(answer: string): void {
    this.restarts.push(answer);
  }

  restartFor({ ufrag, password }: { readonly ufrag: string; readonly password: string }): Promise<LocalIce> {
    return Promise.resolve({ ufrag: `for ${ufrag}`, password: `for ${password}`, candidates: [{ foundation: '1', transport: 'udp', priority: 7, address: '192.0.2.1', port: 9 }] });
  }

  acceptOffer(_sdp: string, plan: (remote: RemoteMedia[]) => readonly MediaPlan[]): { readonly answer: string; readonly media: readonly NegotiatedMedia[] } {
    this.plans = plan(this.remote);
    return { answer: 'answer', media: this.media };
  }

  addCandidates(): void {
    // There is no network.
  }

  /** Sealing leaves the header in clear; here everything. */
  sendRtp(packet: Buffer): Buffer {
    // It was lent.
    this.rtp.push(Buffer.from(packet));
    return packet;
  }

  resend(datagram: Buffer): void {
    this.resent.push(datagram);
  }

  sendRtcp(packet: Buffer): void {
    this.rtcp.push(packet);
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.events.onEnded('closed', 'by the test');
    }
    return Promise.resolve();
  }
}

/** One encode, for a listener who may have it. */
export const listenerTiers = { needsBps: [800_000], best: 0 } as const;

export interface OpenSessionOptions {
  readonly id: string;
  /** Undefined: a viewer. */
  readonly participantId?: string | undefined;
  readonly isPublishing?: boolean;
  /** What both sides agreed on: by default sound, a camera and a screen as a browser's. */
  readonly media?: readonly NegotiatedMedia[];
  readonly clock?: ManualRoomClock;
}

/** A real session on a fake peer, with all that it told. */
export class OpenSession {
  readonly peer: FakePeer;
  readonly session: Session;
  readonly audio: AudioPacket[];
  readonly video: VideoFrame[];
  readonly told: string[];

  private constructor(peer: FakePeer, session: Session, audio: AudioPacket[], video: VideoFrame[], told: string[]) {
    this.peer = peer;
    this.session = session;
    this.audio = audio;
    this.video = video;
    this.told = told;
  }

  /** Negotiated and connected. Ours are the SSRCs 1 (sound), 2 (picture) and 3 (unused). */
  static async create({ id, participantId, isPublishing = false, media = [audioLine(), videoLine()], clock = new ManualRoomClock() }: OpenSessionOptions): Promise<OpenSession> {
    const random = counting();
    const audio: AudioPacket[] = [];
    const video: VideoFrame[] = [];
    const told: string[] = [];
    let peer: FakePeer | undefined;
    const session = await Session.create({
      id,
      participantId,
      isPublishing,
      clock,
      timers: systemTimers,
      tiers: listenerTiers,
      random,
      openPeer: (events) => {
        peer = new FakePeer(events);
        peer.media = media;
        return Promise.resolve(peer);
      },
      events: {
        onConnected: () => told.push('connected'),
        onConnectionChanged: () => told.push('connection changed'),
        onAudioPacket: (packet) => audio.push(packet),
        onVideoFrame: (frame) => video.push(frame),
        onKeyframeWish: () => told.push('keyframe'),
        onTierChanged: () => told.push('tier'),
        onEnded: (reason) => told.push(reason),
      },
    });
    if (peer === undefined) throw new Error('The session opened no peer.');
    session.createOffer(planBrowser(random));
    session.acceptAnswer('answer', undefined);
    peer.events.onConnected();
    return new OpenSession(peer, session, audio, video, told);
  }
}

/** A small room for three. */
export const roomOptions: RoomOptions = {
  name: 'atelier',
  createdAt: '2026-01-01T00:00:00.000Z',
  layout: 'grid',
  layouts: loadLayouts().templates,
  video: { width: 320, height: 180, fps: 30 },
  videoBitrateBps: 300_000,
  audio: { mode: 'voice', bitrateBps: 32_000, complexity: 5, maxTalkers: 12, maxHearingGroups: 8 },
  udpHosts: ['127.0.0.1'],
  iceTcp: false,
  udpPortMin: 0,
  udpPortMax: 0,
  announcedAddresses: [],
  maxParticipants: 3,
  requiredMedia: ['audio'],
  maxViewers: 1,
  maxInputPixels: 1_000_000,
  maxRecordings: 1,
  participantTimeoutMs: 8_000,
  ffmpegPath: '',
  noiseSuppression: false,
  levelling: true,
};
