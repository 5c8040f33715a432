/** Who has a connection to the room: participants, second connections that hear as one of them, viewers. Lets in up to the limits, and sees off. */
import type { AudioPacket, RoomClock, Timers, VideoFrame } from '../../mixer/index.js';
import { AppError } from '../errors.js';
import type { MediaKind, PeerEvents } from '../peer/index.js';
import type { ParticipantKind } from '../rooms/protocol.js';
import { planBrowser, planPublisher, planViewer, type RandomUint32 } from './media-plan.js';
import { Participant } from './participant.js';
import { ParticipantVoice, type VoiceDefaults } from './participant-voice.js';
import { Session, type Offer, type SessionPeer } from './session.js';
import type { ListenerTiers } from './video-tiers.js';

export interface RoomSessionsOptions {
  readonly maxParticipants: number;
  /** Of all that only take. */
  readonly maxViewers: number;
  /** What a WHIP publisher has to send at least. */
  readonly requiredMedia: readonly MediaKind[];
  readonly voiceDefaults: VoiceDefaults;
  readonly clock: RoomClock;
  readonly timers: Timers;
  /** Undefined: as high as the room's picture is. */
  readonly tiersFor: (maxHeightPx: number | undefined) => ListenerTiers;
  /** Of sound both ways in a room for music; undefined: mono. */
  readonly stereoBps: number | undefined;
  readonly random: RandomUint32;
  readonly openPeer: (events: PeerEvents, connectTimeoutMs: number) => Promise<SessionPeer>;
  readonly events: RoomSessionsEvents;
}

export interface RoomSessionsEvents {
  /** He is in the list from now on; his media follows when he is connected. */
  onEntered(participant: Participant): void;
  onConnected(session: Session): void;
  onConnectionChanged(): void;
  onAudioPacket(packet: AudioPacket): void;
  onVideoFrame(frame: VideoFrame): void;
  onKeyframeWish(session: Session): void;
  onTierChanged(session: Session): void;
  /** Once for each session that was opened; with whom it took out of the room. */
  onLeft(session: Session, participant: Participant | undefined, reason: string): void;
}

/** From both descriptions to media: slow mobile networks take some seconds, an attacker's half-open session must not stay. */
const connectTimeoutMs = 15_000;

interface Newcomer {
  readonly name: string;
  readonly kind: ParticipantKind;
}

export class RoomSessions {
  readonly #options: RoomSessionsOptions;
  readonly #participants = new Map<string, Participant>();
  readonly #sessions = new Map<string, Session>();
  #openingParticipants = 0;
  #openingViewers = 0;
  #isClosed = false;

  constructor(options: RoomSessionsOptions) {
    this.#options = options;
  }

  /** In the order in which they came. */
  get participants(): readonly Participant[] {
    return [...this.#participants.values()];
  }

  /** Connected ones, without those who hear as a participant. */
  get viewerCount(): number {
    return [...this.#sessions.values()].filter((session) => session.participantId === undefined && session.isConnected).length;
  }

  findParticipant(id: string): Participant | undefined {
    return this.#participants.get(id);
  }

  /** @throws {AppError} `participant_not_found` */
  requireParticipant(id: string): Participant {
    const participant = this.#participants.get(id);
    if (participant === undefined) throw new AppError('participant_not_found');
    return participant;
  }

  /** @throws {AppError} `session_not_found` */
  requireSession(id: string): Session {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new AppError('session_not_found');
    return session;
  }

  /** A browser page; answers our offer. @param maxHeightPx of the picture that it wants at most @throws {AppError} `room_full`, `room_closed` */
  async join(id: string, name: string, maxHeightPx?: number): Promise<Offer> {
    const session = await this.#openParticipant(id, { name, kind: 'browser' }, maxHeightPx);
    return session.createOffer(planBrowser(this.#options.random, this.#options.stereoBps));
  }

  /** WHIP. @throws {AppError} `room_full`, `room_closed`, and what is wrong with the offer */
  async publish(id: string, name: string, offer: string): Promise<string> {
    const { requiredMedia, random, stereoBps } = this.#options;
    const session = await this.#openParticipant(id, { name, kind: 'whip' }, undefined);
    return this.#orRefuse(session, () => session.acceptOffer(offer, (remote) => planPublisher(remote, requiredMedia, random, stereoBps)));
  }

  /**
   * WHEP.
   *
   * @param hearsAs the participant whose own voice is left out.
   * @param maxHeightPx of the picture that he wants at most.
   * @throws {AppError} `participant_not_found`, `room_full`, `room_closed`, and what is wrong with the offer
   */
  async view(id: string, offer: string, hearsAs: string | undefined, maxHeightPx?: number): Promise<string> {
    if (hearsAs !== undefined) this.requireParticipant(hearsAs);
    const session = await this.#openViewer(id, hearsAs, maxHeightPx);
    return this.#orRefuse(session, () => {
      // He may have left meanwhile.
      if (hearsAs !== undefined) this.requireParticipant(hearsAs);
      return session.acceptOffer(offer, (remote) => planViewer(remote, this.#options.random, this.#options.stereoBps));
    });
  }

  /** To be called each 20 ms. */
  tick(nowUs: number): void {
    for (const session of this.#sessions.values()) session.tick(nowUs);
  }

  /** An offer that is never answered must not stay. */
  endUnconnected(nowUs: number): void {
    const deadlineUs = nowUs - connectTimeoutMs * 1000;
    for (const session of this.#sessions.values()) if (session.hasNeverConnectedBy(deadlineUs)) void this.end(session.id, 'timeout');
  }

  /** A session that ended by itself meanwhile is no mistake of him who ends it. */
  async end(id: string, reason: string): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#remove(session, reason);
    await session.close();
  }

  stats(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#sessions].map(([id, session]) => [id, session.stats()]));
  }

  /** Nobody comes in any more, and everybody goes. */
  async close(reason: string): Promise<void> {
    this.#isClosed = true;
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) this.#remove(session, reason);
    await Promise.allSettled(sessions.map((session) => session.close()));
  }

  async #openParticipant(id: string, newcomer: Newcomer, maxHeightPx: number | undefined): Promise<Session> {
    if (this.#participants.size + this.#openingParticipants >= this.#options.maxParticipants) throw new AppError('room_full');
    this.#openingParticipants += 1;
    try {
      return await this.#open(id, id, newcomer, maxHeightPx);
    } finally {
      this.#openingParticipants -= 1;
    }
  }

  async #openViewer(id: string, hearsAs: string | undefined, maxHeightPx: number | undefined): Promise<Session> {
    if (this.#sessions.size - this.#participants.size + this.#openingViewers >= this.#options.maxViewers) throw new AppError('room_full');
    this.#openingViewers += 1;
    try {
      return await this.#open(id, hearsAs, undefined, maxHeightPx);
    } finally {
      this.#openingViewers -= 1;
    }
  }

  async #open(id: string, participantId: string | undefined, newcomer: Newcomer | undefined, maxHeightPx: number | undefined): Promise<Session> {
    this.#requireOpen();
    const { clock, timers, tiersFor, random, openPeer, events } = this.#options;
    const session: Session = await Session.create({
      id,
      participantId,
      isPublishing: newcomer !== undefined,
      clock,
      timers,
      tiers: tiersFor(maxHeightPx),
      random,
      openPeer: (peerEvents) => openPeer(peerEvents, connectTimeoutMs),
      events: {
        onConnected: () => {
          if (this.#sessions.get(id) === session) events.onConnected(session);
        },
        onConnectionChanged: () => events.onConnectionChanged(),
        onAudioPacket: (packet) => events.onAudioPacket(packet),
        onVideoFrame: (frame) => events.onVideoFrame(frame),
        onKeyframeWish: () => events.onKeyframeWish(session),
        onTierChanged: () => events.onTierChanged(session),
        onEnded: (reason) => this.#remove(session, reason),
      },
    });
    // The room may have closed while the peer was made.
    if (this.#isClosed) await session.close();
    this.#requireOpen();
    this.#sessions.set(id, session);
    if (newcomer !== undefined) this.#enter(session, newcomer);
    return session;
  }

  #enter(session: Session, { name, kind }: Newcomer): void {
    const { clock, voiceDefaults, events } = this.#options;
    const joinedAt = new Date((clock.wallClockZeroUs() + clock.nowUs()) / 1000).toISOString();
    const participant = new Participant({ id: session.id, name, kind, joinedAt, csrc: this.#newCsrc(), session, voice: new ParticipantVoice(voiceDefaults) });
    this.#participants.set(session.id, participant);
    events.onEntered(participant);
  }

  /** Not the SSRC of his microphone: that is his own choice, may change, and may be another's, for each connection has sources of its own. */
  #newCsrc(): number {
    const taken = new Set(this.participants.map(({ csrc }) => csrc));
    let csrc = this.#options.random();
    while (taken.has(csrc)) csrc = (csrc + 1) >>> 0;
    return csrc;
  }

  /** A client whose offer is refused was never in the room: what `act` throws ends the session, too. */
  async #orRefuse<Result>(session: Session, act: () => Result): Promise<Result> {
    try {
      return act();
    } catch (error) {
      await this.end(session.id, 'refused');
      throw error;
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new AppError('room_closed');
  }

  #remove(session: Session, reason: string): void {
    if (this.#sessions.get(session.id) !== session) return;
    this.#sessions.delete(session.id);
    const participant = this.#participants.get(session.id);
    if (participant !== undefined) {
      this.#participants.delete(session.id);
      // Who takes this participant's mix over another connection has nothing to take any more.
      for (const other of [...this.#sessions.values()].filter(({ participantId }) => participantId === session.id)) void this.end(other.id, reason);
    }
    this.#options.events.onLeft(session, participant, reason);
  }
}
