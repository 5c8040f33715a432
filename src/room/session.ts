/**
 * One peer connection of the room: a participant's (microphone, camera and screen in, the mix out) or a viewer's (the mix out).
 * It joins the way in, the way out and RTCP to the peer; who it belongs to and what becomes of the media is the room's business.
 */
import type { RoomClock, Timers, VideoCodec, VideoSource } from '../../mixer/index.js';
import { writeCandidate, type MediaPlan, type NegotiatedMedia, type Peer, type PeerEndReason, type PeerEvents, type RemoteMedia } from '../peer/index.js';
import { decodeTransportSequence } from '../rtp/header-extensions.js';
import { parseRtpPacket } from '../rtp/rtp-packet.js';
import type { ConnectionState, IceDescription } from '../rooms/protocol.js';
import type { AudioDownlink } from './downlink.js';
import { IncomingMedia, type IncomingMediaEvents } from './incoming-media.js';
import { MediaFeedback } from './media-feedback.js';
import type { RandomUint32 } from './media-plan.js';
import { OutgoingMedia } from './outgoing-media.js';
import type { PictureNeed } from './picture-need.js';
import { SessionReports } from './session-reports.js';
import type { VideoDownlink } from './video-downlink.js';
import type { ListenerTiers } from './video-tiers.js';

export interface SessionOptions {
  readonly id: string;
  /** Whose session this is; undefined for a viewer's. */
  readonly participantId: string | undefined;
  /** False for a session that only takes: what it sends is dropped. */
  readonly isPublishing: boolean;
  readonly clock: RoomClock;
  readonly timers: Timers;
  readonly tiers: ListenerTiers;
  readonly random: RandomUint32;
  readonly openPeer: (events: PeerEvents) => Promise<SessionPeer>;
  readonly events: SessionEvents;
}

/** What a session asks of its peer. */
export type SessionPeer = Pick<Peer, 'createOffer' | 'createRestartOffer' | 'offerId' | 'acceptRestart' | 'restartFor' | 'acceptAnswer' | 'acceptOffer' | 'addCandidates' | 'sendRtp' | 'resend' | 'sendRtcp' | 'counters' | 'roundTripUs' | 'close'>;

/** As `RoomRequests` has it. */
export interface Offer {
  readonly offer: string;
  /** Which of the session's offers it is. */
  readonly offerId: number;
}

export interface SessionEvents extends IncomingMediaEvents {
  onConnected(): void;
  /** {@link Session.connection} has changed after that. */
  onConnectionChanged(): void;
  /** The listener cannot go on without one. */
  onKeyframeWish(): void;
  /** His path carries less or more: {@link Session.tier} is another. */
  onTierChanged(): void;
  onEnded(reason: PeerEndReason): void;
}

/** All that begins when both sides have agreed on media. */
interface Negotiated {
  readonly outgoing: OutgoingMedia;
  readonly reports: SessionReports;
  readonly feedback: MediaFeedback;
  readonly transportSequenceId: number | undefined;
}

export class Session {
  readonly id: string;
  readonly participantId: string | undefined;
  readonly #createdUs: number;
  readonly #options: SessionOptions;
  readonly #incoming: IncomingMedia;
  #peer: SessionPeer | undefined;
  #plans: readonly MediaPlan[] = [];
  #negotiated: Negotiated | undefined;
  #isSilent = false;
  #state: 'new' | 'connected' | 'ended' = 'new';
  #malformedPackets = 0;

  private constructor(options: SessionOptions) {
    this.id = options.id;
    this.participantId = options.participantId;
    this.#createdUs = options.clock.nowUs();
    this.#options = options;
    this.#incoming = new IncomingMedia({ participantId: options.isPublishing ? options.participantId : undefined, events: options.events });
  }

  static async create(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    session.#peer = await options.openPeer({
      onConnected: () => session.#connect(),
      onRtp: (packet, arrivalUs) => session.#takeRtp(packet, arrivalUs),
      onRtcp: (packet, arrivalUs) => session.#negotiated?.feedback.take(packet, arrivalUs),
      onDisconnected: () => session.#setSilent(true),
      onReconnected: () => session.#setSilent(false),
      onEnded: (reason) => session.#end(reason),
    });
    return session;
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  get connection(): ConnectionState {
    if (!this.isConnected) return 'connecting';
    return this.#isSilent ? 'disconnected' : 'connected';
  }

  /** True for a session made before `deadlineUs` that is still not connected, whatever it waits for. */
  hasNeverConnectedBy(deadlineUs: number): boolean {
    return this.#state === 'new' && this.#createdUs < deadlineUs;
  }

  /** What the listener wants the mix in; undefined when he takes no picture. */
  get videoCodec(): VideoCodec | undefined {
    return this.#negotiated?.outgoing.videoCodec;
  }

  /** Of the room's encodes, from 0, the best, to their number, which means sound only. */
  get tier(): number {
    return this.#negotiated?.outgoing.path.tier ?? this.#options.tiers.best;
  }

  /** A smaller picture cannot wait for its keyframe while the larger one goes on. */
  get isPathFull(): boolean {
    return this.#negotiated?.outgoing.path.isFull === true;
  }

  get audioDownlink(): AudioDownlink | undefined {
    return this.#negotiated?.outgoing.audio;
  }

  get videoDownlink(): VideoDownlink | undefined {
    return this.#negotiated?.outgoing.video;
  }

  /** Room times at which media came last; -Infinity for never. */
  get lastAudioUs(): number {
    return this.#incoming.lastAudioUs;
  }

  get lastVideoUs(): number {
    return this.#incoming.lastVideoUs;
  }

  createOffer(plans: readonly MediaPlan[]): Offer {
    this.#plans = plans;
    const peer = this.#requirePeer();
    return { offer: peer.createOffer(plans), offerId: peer.offerId };
  }

  /** To our offer, or to that of an ICE restart, which changes nothing about media. */
  acceptAnswer(answer: string, offerId: number | undefined): void {
    if (this.#negotiated !== undefined) {
      this.#requirePeer().acceptRestart(answer, offerId);
      return;
    }
    this.#negotiate(this.#requirePeer().acceptAnswer(answer, offerId), true);
  }

  acceptOffer(offer: string, plan: (remote: readonly RemoteMedia[]) => MediaPlan[]): string {
    const { answer, media } = this.#requirePeer().acceptOffer(offer, (remote) => {
      const plans = plan(remote);
      this.#plans = plans;
      return plans;
    });
    this.#negotiate(media, false);
    return answer;
  }

  async restartIce(): Promise<Offer> {
    const peer = this.#requirePeer();
    return { offer: await peer.createRestartOffer(), offerId: peer.offerId };
  }

  async restartIceFor(ufrag: string, password: string, candidates: readonly string[]): Promise<IceDescription> {
    const local = await this.#requirePeer().restartFor({ ufrag, password }, candidates);
    return { iceUfrag: local.ufrag, icePassword: local.password, candidates: local.candidates.map(writeCandidate) };
  }

  addCandidates(candidates: readonly string[]): void {
    this.#requirePeer().addCandidates(candidates);
  }

  /** What the source's tile shows; undefined: nothing. */
  setNeed(source: VideoSource, need: PictureNeed | undefined): void {
    this.#incoming.setNeed(source, need);
  }

  wishKeyframe(source: VideoSource): void {
    this.#incoming.wishKeyframe(source);
  }

  /** To be called each 20 ms: what RTCP owes by now. */
  tick(nowUs: number): void {
    if (this.#state !== 'connected' || this.#negotiated === undefined) return;
    this.#incoming.tick(nowUs);
    const { reports, feedback, outgoing } = this.#negotiated;
    if (outgoing.path.tick(nowUs, feedback.roundTripUs)) this.#options.events.onTierChanged();
    reports.tick(nowUs, this.#repairTripUs(feedback, nowUs), { uplinks: this.#incoming.uplinks, downlinks: outgoing.downlinks, worthwhileBps: this.#incoming.worthwhile.bitrateBps });
  }

  stats(): Readonly<Record<string, unknown>> {
    const { outgoing, feedback } = this.#negotiated ?? {};
    return {
      state: this.#state === 'connected' ? this.connection : this.#state,
      roundTripMs: feedback?.measuredRoundTripUs === undefined ? undefined : feedback.measuredRoundTripUs / 1000,
      malformedPackets: this.#malformedPackets + (feedback?.malformedPackets ?? 0),
      unknownSources: this.#incoming.unknownSources,
      worthwhileBps: this.#incoming.worthwhile.bitrateBps,
      brakes: this.#incoming.worthwhile.brakes,
      refusedKeyframeWishes: feedback?.refusedKeyframeWishes ?? 0,
      refusedLossReports: feedback?.refusedLossReports ?? 0,
      uplinks: this.#incoming.stats(),
      ...outgoing?.stats(),
      peer: this.#peer?.counters,
    };
  }

  async close(): Promise<void> {
    if (this.isConnected) this.#negotiated?.reports.sayGoodbye(this.#options.clock.nowUs(), this.#negotiated.outgoing.downlinks);
    this.#end('closed');
    await this.#peer?.close();
  }

  #requirePeer(): SessionPeer {
    if (this.#peer === undefined) throw new Error('the session has no peer yet');
    return this.#peer;
  }

  /** @param isPage whose WebSocket tells it what its pictures are worth */
  #negotiate(media: readonly NegotiatedMedia[], isPage: boolean): void {
    const { clock, timers, tiers, random, events } = this.#options;
    const sender = this.#requirePeer();
    const [plan] = this.#plans;
    const reports = new SessionReports({ clock, ownSsrc: plan?.ssrc ?? 1, cname: plan?.cname ?? '', send: (packet) => sender.sendRtcp(packet) });
    const outgoing = new OutgoingMedia({ media, plans: this.#plans, sender, clock, timers, tiers, random });
    const feedback = new MediaFeedback({
      incoming: this.#incoming,
      outgoing,
      pathRoundTripUs: () => sender.roundTripUs,
      ntpMiddleAt: (nowUs) => reports.ntpMiddleAt(nowUs),
      onKeyframeWish: () => events.onKeyframeWish(),
    });
    const transportSequenceId = media.find((line) => line.extensionIds.transportCc !== undefined)?.extensionIds.transportCc;
    this.#incoming.negotiate(media, isPage);
    this.#negotiated = { outgoing, reports, feedback, transportSequenceId };
  }

  #connect(): void {
    if (this.#state !== 'new') return;
    this.#state = 'connected';
    this.#options.events.onConnected();
  }

  #setSilent(isSilent: boolean): void {
    if (this.#state !== 'connected') return;
    this.#isSilent = isSilent;
    this.#options.events.onConnectionChanged();
  }

  #takeRtp(datagram: Uint8Array, arrivalUs: number): void {
    const packet = parseRtpPacket(datagram);
    if (packet === undefined) {
      this.#malformedPackets += 1;
      return;
    }
    const { transportSequenceId, reports, feedback } = this.#negotiated ?? {};
    const sequence = transportSequenceId === undefined ? undefined : packet.extension(transportSequenceId);
    const sequenceNumber = sequence === undefined ? undefined : decodeTransportSequence(sequence);
    if (sequenceNumber !== undefined) reports?.takeTransportSequence(sequenceNumber, packet.ssrc, arrivalUs);
    this.#incoming.receive(packet, arrivalUs);
    if (feedback !== undefined && this.isConnected) reports?.hasten(arrivalUs, this.#repairTripUs(feedback, arrivalUs), this.#incoming.uplinks);
  }

  /** From a request to its repair, which goes through what waits on the client's way up: a queue that has just begun stands in no measured round trip. */
  #repairTripUs({ measuredRoundTripUs }: MediaFeedback, nowUs: number): number | undefined {
    return measuredRoundTripUs === undefined ? undefined : measuredRoundTripUs + this.#incoming.worthwhile.queueUs(nowUs);
  }

  #end(reason: PeerEndReason): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#incoming.close();
    this.#negotiated?.outgoing.close();
    this.#options.events.onEnded(reason);
  }
}
