/**
 * The room: who is in it, what they send, what they get. It joins the parts of this folder and has no media of its own.
 * Control comes in as the requests of `src/rooms/protocol.ts`; upwards go only its events.
 */
import { loadLayouts } from '../../layouts/index.js';
import { Mixer, RoomClock, type MixerEvent, type Timers, type VideoFormat } from '../../mixer/index.js';
import { AppError } from '../errors.js';
import { Peer, UdpPort, type PeerCertificate } from '../peer/index.js';
import type { ParticipantKind, RecordingDescription, RoomDescription, RoomEvent, RoomOptions, RoomRequests } from '../rooms/protocol.js';
import { planBrowser, planPublisher, planViewer, type RandomUint32 } from './media-plan.js';
import { Participant } from './participant.js';
import { RoomOutputs } from './room-outputs.js';
import { RoomRecordings, type RecordingRequest } from './room-recordings.js';
import { Session } from './session.js';
import { SpeakerOrder } from './speaker-order.js';
import { Stage } from './stage.js';

export interface RoomDependencies {
  readonly options: RoomOptions;
  readonly certificate: PeerCertificate;
  readonly timers: Timers;
  readonly random: RandomUint32;
  readonly environmentPath: string | undefined;
  readonly onEvent: (event: RoomEvent) => void;
  /** The mixer thread died: the process must not go on without it. */
  readonly onFatal: (reason: string) => void;
}

/** From both descriptions to media: slow mobile networks take some seconds, an attacker's half-open session must not stay. */
const connectTimeoutMs = 15_000;
/** RTCP's finest grain: repairs are asked for within this time. */
const sessionTickMs = 20;
/** Borders and speaker lists follow within a syllable. */
const stageTickMs = 200;

export class Room {
  readonly #options: RoomOptions;
  readonly #dependencies: RoomDependencies;
  readonly #clock: RoomClock;
  readonly #port: UdpPort;
  readonly #mixer: Mixer;
  readonly #speakers: SpeakerOrder;
  readonly #stage: Stage;
  readonly #outputs: RoomOutputs;
  readonly #recordings: RoomRecordings;
  readonly #participants = new Map<string, Participant>();
  readonly #sessions = new Map<string, Session>();
  readonly #openingSessions = new Set<string>();
  readonly #cancelTimers: readonly (() => void)[];
  #closing: Promise<void> | undefined;

  private constructor(dependencies: RoomDependencies, clock: RoomClock, port: UdpPort, mixer: Mixer) {
    const { options, timers } = dependencies;
    const canvas = toFormat(options.video);
    this.#options = options;
    this.#dependencies = dependencies;
    this.#clock = clock;
    this.#port = port;
    this.#mixer = mixer;
    this.#speakers = new SpeakerOrder({ clock });
    this.#stage = new Stage({ layouts: loadLayouts(), layout: options.layout, canvas, mixer, speakers: this.#speakers });
    this.#outputs = new RoomOutputs({ mixer, canvas, videoBitrateBps: options.videoBitrateBps });
    this.#recordings = new RoomRecordings({
      room: options.name,
      canvas,
      ffmpegPath: options.ffmpegPath,
      environmentPath: dependencies.environmentPath,
      maxActive: options.maxRecordings,
      clock,
      timers,
      outputs: this.#outputs,
      onChanged: (recording) => this.#tellRecording(recording),
      onMeasured: (recording) => dependencies.onEvent({ type: 'recording', recording }),
    });
    this.#cancelTimers = [timers.every(sessionTickMs, () => this.#tickSessions()), timers.every(stageTickMs, () => this.#tickStage())];
    this.#announce();
  }

  /** @throws {Error} when no port of the range is free or the mixer does not start; nothing stays open then. */
  static async open(dependencies: RoomDependencies): Promise<Room> {
    const { options, onFatal } = dependencies;
    const clock = new RoomClock();
    const port = await UdpPort.open({ host: options.udpHost, portMin: options.udpPortMin, portMax: options.udpPortMax, announcedAddresses: options.announcedAddresses, clock });
    // The mixer is silent until it is told something, so the room is there before its first event.
    let takeEvent: (event: MixerEvent) => void = () => undefined;
    let takeExit: (reason: string) => void = onFatal;
    try {
      const mixer = await Mixer.create({
        options: { zero: clock.zero, canvas: toFormat(options.video), maxInputPixels: options.maxInputPixels, audioBitrateBps: options.audioBitrateBps },
        onEvent: (event) => takeEvent(event),
        onExit: (reason) => takeExit(reason),
      });
      const room = new Room(dependencies, clock, port, mixer);
      takeEvent = (event) => room.#takeMixerEvent(event);
      takeExit = (reason) => {
        if (room.#closing === undefined) onFatal(reason);
      };
      return room;
    } catch (error) {
      await port.close();
      throw error;
    }
  }

  get udpPort(): number {
    return this.#port.port;
  }

  describe(): RoomDescription {
    const { name, createdAt, video } = this.#options;
    const viewers = [...this.#sessions.values()].filter((session) => session.participantId === undefined && session.isConnected).length;
    return {
      name,
      createdAt,
      layout: this.#stage.layout,
      video,
      participants: [...this.#participants.values()].map((participant) => participant.describe(this.#speakers)),
      viewers,
      recordings: this.#recordings.describe(),
    };
  }

  setLayout(name: string): void {
    this.#stage.setLayout(name);
    this.#refresh();
  }

  async join({ sessionId, name }: RoomRequests['join']['params']): Promise<string> {
    const session = await this.#openParticipant(sessionId, name, 'browser');
    return session.createOffer(planBrowser(this.#dependencies.random));
  }

  answer({ sessionId, answer }: RoomRequests['answer']['params']): void {
    this.#requireSession(sessionId).acceptAnswer(answer);
  }

  addCandidate({ sessionId, candidate }: RoomRequests['addCandidate']['params']): void {
    this.#requireSession(sessionId).addCandidate(candidate);
  }

  setMedia({ sessionId, ...media }: RoomRequests['setMedia']['params']): void {
    const participant = this.#participants.get(sessionId);
    if (participant === undefined) throw new AppError('participant_not_found');
    if (participant.setMedia(media)) this.#refresh();
  }

  async publish({ sessionId, name, offer }: RoomRequests['publish']['params']): Promise<string> {
    const session = await this.#openParticipant(sessionId, name, 'whip');
    return this.#answerOrClose(session, offer, (remote) => planPublisher(remote, this.#options.requiredMedia, this.#dependencies.random));
  }

  async view({ sessionId, offer, participantId }: RoomRequests['view']['params']): Promise<string> {
    if (participantId !== undefined && !this.#participants.has(participantId)) throw new AppError('participant_not_found');
    const viewers = [...this.#sessions.values()].filter((session) => !this.#participants.has(session.id)).length;
    if (viewers >= this.#options.maxViewers) throw new AppError('room_full');
    const session = await this.#openSession(sessionId, participantId, false);
    if (participantId !== undefined && !this.#participants.has(participantId)) {
      this.#remove(session, 'refused');
      await session.close();
      throw new AppError('participant_not_found');
    }
    return this.#answerOrClose(session, offer, (remote) => planViewer(remote, this.#dependencies.random));
  }

  /** A session that ended by itself meanwhile is no mistake of him who ends it. */
  async end(sessionId: string, reason: string): Promise<void> {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.#remove(session, reason);
    await session.close();
  }

  snapshot(): Promise<Uint8Array> {
    return this.#mixer.snapshot();
  }

  async stats(): Promise<Readonly<Record<string, unknown>>> {
    const mixer = await this.#mixer.stats();
    return {
      uptimeMs: Math.round(this.#clock.nowUs() / 1000),
      memory: process.memoryUsage(),
      cpu: process.cpuUsage(),
      resources: countByName(process.getActiveResourcesInfo()),
      port: { number: this.#port.port, ...this.#port.counters, ...this.#port.socketGauges },
      sessions: Object.fromEntries([...this.#sessions].map(([id, session]) => [id, session.stats()])),
      outputs: this.#outputs.stats(),
      mixer,
    };
  }

  startRecording(request: RecordingRequest): RecordingDescription {
    if (this.#closing !== undefined) throw new AppError('room_closed');
    const recording = this.#recordings.start(request);
    this.#announce();
    return recording;
  }

  async stopRecording(recordingId: string): Promise<RecordingDescription> {
    return this.#recordings.stop(recordingId);
  }

  /** In the reverse order of opening: people, recordings, mixer, port. Idempotent. */
  close(reason: string): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: string): Promise<void> {
    for (const cancel of this.#cancelTimers) cancel();
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) this.#remove(session, reason);
    await Promise.allSettled(sessions.map((session) => session.close()));
    await this.#recordings.close();
    this.#outputs.close();
    const { liveNativeObjects } = await this.#mixer.close();
    if (liveNativeObjects > 0) this.#log('error', 'native objects were not freed', { liveNativeObjects });
    await this.#port.close();
  }

  async #openParticipant(id: string, name: string, kind: ParticipantKind): Promise<Session> {
    if (this.#participants.size + this.#openingSessions.size >= this.#options.maxParticipants) throw new AppError('room_full');
    const session = await this.#openSession(id, id, true);
    const joinedAt = new Date((this.#clock.wallClockZeroUs() + this.#clock.nowUs()) / 1000).toISOString();
    this.#participants.set(id, new Participant({ id, name, kind, joinedAt, session }));
    this.#mixer.send({ type: 'addParticipant', participantId: id });
    this.#speakers.add(id);
    this.#announce();
    return session;
  }

  async #openSession(id: string, participantId: string | undefined, isPublishing: boolean): Promise<Session> {
    if (this.#closing !== undefined) throw new AppError('room_closed');
    const { certificate, timers, random } = this.#dependencies;
    this.#openingSessions.add(id);
    try {
      const session: Session = await Session.create({
        id,
        participantId,
        isPublishing,
        clock: this.#clock,
        random,
        openPeer: (events) =>
          Peer.create({ port: this.#port, certificate, events, clock: this.#clock, timers, connectTimeoutMs, silenceTimeoutMs: this.#options.participantTimeoutMs }),
        events: {
          onConnected: () => this.#connect(session),
          onAudioPacket: (packet) => {
            if (packet.levelDbov !== undefined) this.#speakers.takeLevel(packet.participantId, packet.levelDbov);
            this.#mixer.send({ type: 'audioPacket', packet });
          },
          onVideoFrame: (frame) => this.#mixer.send({ type: 'videoFrame', frame }),
          onKeyframeWish: () => {
            if (session.videoCodec !== undefined) this.#outputs.requestKeyframe(session.videoCodec);
          },
          onEnded: (reason) => this.#remove(session, reason),
        },
      });
      this.#sessions.set(id, session);
      return session;
    } finally {
      this.#openingSessions.delete(id);
    }
  }

  /** A client whose offer is refused was never in the room. */
  async #answerOrClose(session: Session, offer: string, plan: Parameters<Session['acceptOffer']>[1]): Promise<string> {
    try {
      return session.acceptOffer(offer, plan);
    } catch (error) {
      this.#remove(session, 'refused');
      await session.close();
      throw error;
    }
  }

  #connect(session: Session): void {
    if (this.#sessions.get(session.id) !== session) return;
    this.#outputs.addListener(session, session.participantId);
    this.#refresh();
  }

  #remove(session: Session, reason: string): void {
    if (this.#sessions.get(session.id) !== session) return;
    this.#sessions.delete(session.id);
    this.#outputs.removeListener(session);
    if (this.#participants.delete(session.id)) {
      this.#speakers.remove(session.id);
      this.#mixer.send({ type: 'removeParticipant', participantId: session.id });
      // Who takes this participant's mix over another connection has nothing to take any more.
      for (const other of [...this.#sessions.values()].filter(({ participantId }) => participantId === session.id)) {
        this.#remove(other, reason);
        void other.close();
      }
    }
    this.#dependencies.onEvent({ type: 'sessionEnded', sessionId: session.id, reason });
    this.#refresh();
  }

  #requireSession(id: string): Session {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new AppError('session_not_found');
    return session;
  }

  #takeMixerEvent(event: MixerEvent): void {
    switch (event.type) {
      case 'encodedVideo':
        this.#outputs.takeVideo(event.video);
        return;
      case 'encodedAudio':
        this.#outputs.takeAudio(event.audio);
        return;
      case 'keyframeNeeded':
        this.#participants.get(event.participantId)?.session.wishKeyframe(event.source);
        return;
      case 'levels':
        for (const { participantId, levelDbov } of event.levels) this.#speakers.takeLevel(participantId, levelDbov);
        return;
      case 'pictureSize':
        this.#participants.get(event.participantId)?.setPictureSize(event.source, event.widthPx, event.heightPx);
        this.#show();
        return;
      case 'fault':
        this.#log('warn', event.message, { stage: event.stage, participantId: event.participantId });
        return;
      default:
        // `ready`, `snapshot`, `stats` and `closed` are answers that the mixer's handle takes itself.
        return;
    }
  }

  #tickSessions(): void {
    const nowUs = this.#clock.nowUs();
    for (const session of this.#sessions.values()) session.tick(nowUs);
  }

  #tickStage(): void {
    const nowUs = this.#clock.nowUs();
    for (const session of this.#sessions.values()) {
      if (session.hasNeverConnectedBy(nowUs - connectTimeoutMs * 1000)) void this.end(session.id, 'timeout');
    }
    let hasChanged = false;
    for (const participant of this.#participants.values()) hasChanged = participant.observeMedia(nowUs) || hasChanged;
    const change = this.#speakers.update();
    if (change !== undefined) this.#dependencies.onEvent({ type: 'speaking', participantIds: change.speaking, dominant: change.dominant });
    if (hasChanged || change !== undefined) this.#refresh();
  }

  /** Whatever changed, the canvas and everyone's list follow. */
  #refresh(): void {
    this.#show();
    this.#announce();
  }

  /** Only who is connected has a place: an offer that is never answered shows nothing. */
  #show(): void {
    this.#stage.show([...this.#participants.values()].filter(({ session }) => session.isConnected));
  }

  #announce(): void {
    this.#dependencies.onEvent({ type: 'changed', room: this.describe() });
  }

  #tellRecording(recording: RecordingDescription): void {
    this.#dependencies.onEvent({ type: 'recording', recording });
    this.#announce();
  }

  #log(level: 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#dependencies.onEvent({ type: 'log', level, message, fields: { room: this.#options.name, ...fields } });
  }
}

/** Sockets, timers, workers: what keeps this process busy, by kind. */
function countByName(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function toFormat({ width, height, fps }: RoomOptions['video']): VideoFormat {
  return { widthPx: width, heightPx: height, fps };
}
