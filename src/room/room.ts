/**
 * The room: who is in it, what they send, what they get. It joins the parts of this folder and has no media of its own.
 * Control comes in as the requests of `src/rooms/protocol.ts`; upwards go only its events.
 */
import { indexLayouts } from '../../layouts/index.js';
import { Mixer, RoomClock, type MixerEvent, type Timers, type VideoFormat, type VideoSource } from '../../mixer/index.js';
import { AppError } from '../errors.js';
import { Peer, UdpPort, type PeerCertificate } from '../peer/index.js';
import type { IceDescription, RecordingDescription, RoomDescription, RoomEvent, RoomOptions, RoomRequests, SoundDescription } from '../rooms/protocol.js';
import { LevelWatchers } from './level-watchers.js';
import type { RandomUint32 } from './media-plan.js';
import type { Participant } from './participant.js';
import { wishEncoding, type PictureNeed } from './picture-need.js';
import { readProcessGauges } from './process-gauges.js';
import { RoomBulletin } from './room-bulletin.js';
import { RoomOutputs } from './room-outputs.js';
import { RoomRecordings, type RecordingRequest } from './room-recordings.js';
import { RoomSessions } from './room-sessions.js';
import { RoomSounds } from './room-sounds.js';
import { RoomVoices } from './room-voices.js';
import type { Session } from './session.js';
import { audioSettings } from './audio-settings.js';
import { SpeakerLevels } from './speaker-levels.js';
import { SpeakerOrder } from './speaker-order.js';
import { Stage } from './stage.js';
import { UpstreamNeeds } from './upstream-needs.js';
import { listenerTiers, videoTiers } from './video-tiers.js';

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

/** RTCP's finest grain: repairs are asked for within this time. */
const sessionTickMs = 20;
/** Borders and speaker lists follow within a syllable. */
const stageTickMs = 200;
/** Who leads the conversation is decided twice as often: each decision falls into one frame of speech, perhaps into a gap. */
const speakerTickMs = 100;

export class Room {
  readonly #options: RoomOptions;
  readonly #dependencies: RoomDependencies;
  readonly #clock: RoomClock;
  readonly #port: UdpPort;
  readonly #mixer: Mixer;
  readonly #speakers: SpeakerOrder;
  readonly #levels: SpeakerLevels;
  readonly #stage: Stage;
  readonly #upstream: UpstreamNeeds;
  readonly #outputs: RoomOutputs;
  readonly #recordings: RoomRecordings;
  readonly #sessions: RoomSessions;
  readonly #voices: RoomVoices;
  readonly #sounds: RoomSounds;
  readonly #bulletin: RoomBulletin;
  readonly #levelWatchers = new LevelWatchers();
  readonly #cancelTimers: readonly (() => void)[];
  #closing: Promise<void> | undefined;

  private constructor(dependencies: RoomDependencies, clock: RoomClock, port: UdpPort, mixer: Mixer) {
    const { options, timers, certificate, random, onEvent } = dependencies;
    const canvas = toFormat(options.video);
    const audio = audioSettings(options.audio);
    this.#options = options;
    this.#dependencies = dependencies;
    this.#clock = clock;
    this.#port = port;
    this.#mixer = mixer;
    this.#speakers = new SpeakerOrder({ clock });
    this.#levels = new SpeakerLevels({ clock, speakers: this.#speakers });
    this.#stage = new Stage({ layouts: indexLayouts(options.layouts), layout: options.layout, canvas, mixer, speakers: this.#speakers });
    this.#upstream = new UpstreamNeeds({ fps: canvas.fps, onNeed: (participant, source, need) => this.#askFor(participant, source, need) });
    const tiers = videoTiers(canvas, options.videoBitrateBps);
    this.#outputs = new RoomOutputs({ mixer, tiers, csrcOf: (participantId) => this.#sessions.findParticipant(participantId)?.csrc });
    this.#sessions = new RoomSessions({
      maxParticipants: options.maxParticipants,
      maxViewers: options.maxViewers,
      requiredMedia: options.requiredMedia,
      voiceDefaults: options,
      clock,
      timers,
      tiersFor: (maxHeightPx) => listenerTiers(tiers, audio.bitrateBps, maxHeightPx),
      stereoBps: audio.mode === 'music' ? audio.bitrateBps : undefined,
      random,
      openPeer: (events, connectTimeoutMs) => Peer.create({ port, certificate, events, clock, timers, connectTimeoutMs, silenceTimeoutMs: options.participantTimeoutMs }),
      events: {
        onEntered: (participant) => this.#enter(participant),
        onConnected: (session) => this.#connect(session),
        onConnectionChanged: () => this.#bulletin.update(),
        onAudioPacket: (packet) => {
          if (packet.levelDbov !== undefined) this.#levels.claim(packet.participantId, packet.levelDbov);
          mixer.send({ type: 'audioPacket', packet });
        },
        onVideoFrame: (frame) => mixer.send({ type: 'videoFrame', frame }),
        onKeyframeWish: (session) => this.#outputs.requestKeyframe(session),
        onTierChanged: (session) => this.#outputs.changeTier(session),
        onLeft: (session, participant, reason) => this.#leave(session, participant, reason),
      },
    });
    this.#voices = new RoomVoices({ mixer, maxHearingGroups: options.audio.maxHearingGroups });
    this.#sounds = new RoomSounds({
      mixer,
      hasParticipant: (id) => this.#sessions.findParticipant(id) !== undefined,
      now: () => new Date((clock.wallClockZeroUs() + clock.nowUs()) / 1000).toISOString(),
      onChanged: (sound) => {
        onEvent({ type: 'sound', sound });
        this.#bulletin.update();
      },
    });
    this.#recordings = new RoomRecordings({
      room: options.name,
      canvas,
      audioChannels: audio.mode === 'music' ? 2 : 1,
      ffmpegPath: options.ffmpegPath,
      environmentPath: dependencies.environmentPath,
      maxActive: options.maxRecordings,
      clock,
      timers,
      outputs: this.#outputs,
      onChanged: (recording) => {
        onEvent({ type: 'recording', recording });
        this.#bulletin.update();
      },
      onMeasured: (recording) => onEvent({ type: 'recording', recording }),
    });
    this.#bulletin = new RoomBulletin({ describe: () => this.describe(), onChanged: (room) => onEvent({ type: 'changed', room }) });
    this.#cancelTimers = [
      timers.every(sessionTickMs, () => this.#sessions.tick(clock.nowUs())),
      timers.every(speakerTickMs, () => this.#speakers.decide()),
      timers.every(stageTickMs, () => this.#tickStage()),
    ];
    this.#bulletin.update();
  }

  /** @throws {Error} when no port of the range is free or the mixer does not start; nothing stays open then. */
  static async open(dependencies: RoomDependencies): Promise<Room> {
    const { options, onFatal } = dependencies;
    const clock = new RoomClock();
    const port = await UdpPort.open({ hosts: options.udpHosts, hasTcp: options.iceTcp, portMin: options.udpPortMin, portMax: options.udpPortMax, announcedAddresses: options.announcedAddresses, clock });
    // The mixer is silent until it is told something, so the room is there before its first event.
    let room: Room | undefined;
    try {
      const mixer = await Mixer.create({
        options: { zero: clock.zero, canvas: toFormat(options.video), maxInputPixels: options.maxInputPixels, audio: audioSettings(options.audio) },
        onEvent: (event) => {
          if (room !== undefined) room.#takeMixerEvent(event);
        },
        onExit: (reason) => {
          if (room === undefined || room.#closing === undefined) onFatal(reason);
        },
      });
      room = new Room(dependencies, clock, port, mixer);
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
    const { name, createdAt, video, audio } = this.#options;
    return {
      name,
      createdAt,
      video,
      audio: { mode: audio.mode },
      layout: this.#stage.layout,
      participants: this.#sessions.participants.map((participant) => participant.describe(this.#speakers)),
      viewers: this.#sessions.viewerCount,
      recordings: this.#recordings.describe(),
      sounds: this.#sounds.describe(),
    };
  }

  /** Resolves when the server has been told what changed up to now. */
  settled(): Promise<void> {
    return this.#bulletin.settled();
  }

  setLayout(name: string): void {
    this.#stage.setLayout(name);
    this.#refresh();
  }

  join({ sessionId, name, maxHeightPx }: RoomRequests['join']['params']): Promise<RoomRequests['join']['result']> {
    return this.#sessions.join(sessionId, name, maxHeightPx);
  }

  answer({ sessionId, answer, offerId }: RoomRequests['answer']['params']): void {
    this.#sessions.requireSession(sessionId).acceptAnswer(answer, offerId);
  }

  addCandidates({ sessionId, candidates }: RoomRequests['addCandidates']['params']): void {
    this.#sessions.requireSession(sessionId).addCandidates(candidates);
  }

  restartIce({ sessionId }: RoomRequests['restartIce']['params']): Promise<RoomRequests['restartIce']['result']> {
    return this.#sessions.requireSession(sessionId).restartIce();
  }

  restartIceFor({ sessionId, iceUfrag, icePassword, candidates }: RoomRequests['restartIceFor']['params']): Promise<IceDescription> {
    return this.#sessions.requireSession(sessionId).restartIceFor(iceUfrag, icePassword, candidates);
  }

  setMedia({ sessionId, ...media }: RoomRequests['setMedia']['params']): void {
    if (this.#sessions.requireParticipant(sessionId).setMedia(media)) this.#refresh();
  }

  /** @throws {AppError} `participant_not_found`, `unknown_participants` */
  changeParticipant({ participantId, changes }: RoomRequests['changeParticipant']['params']): void {
    const participant = this.#sessions.requireParticipant(participantId);
    this.#voices.change(participant, changes);
    this.#refresh();
  }

  /** @throws {AppError} `participant_not_found` */
  removeParticipant({ participantId }: RoomRequests['removeParticipant']['params']): Promise<void> {
    return this.#sessions.end(this.#sessions.requireParticipant(participantId).id, 'removed');
  }

  playSound(request: RoomRequests['playSound']['params']): SoundDescription {
    return this.#sounds.play(request);
  }

  stopSound({ soundId }: RoomRequests['stopSound']['params']): void {
    this.#sounds.stop(soundId);
  }

  watchLevels({ sessionId, wanted }: RoomRequests['watchLevels']['params']): void {
    this.#sessions.requireParticipant(sessionId);
    if (wanted) this.#levelWatchers.watch(sessionId);
    else this.#levelWatchers.unwatch(sessionId);
  }

  publish({ sessionId, name, offer }: RoomRequests['publish']['params']): Promise<string> {
    return this.#sessions.publish(sessionId, name, offer);
  }

  view({ sessionId, offer, participantId, maxHeightPx }: RoomRequests['view']['params']): Promise<string> {
    return this.#sessions.view(sessionId, offer, participantId, maxHeightPx);
  }

  end(sessionId: string, reason: string): Promise<void> {
    return this.#sessions.end(sessionId, reason);
  }

  snapshot(): Promise<Uint8Array> {
    return this.#mixer.snapshot();
  }

  async stats(): Promise<Readonly<Record<string, unknown>>> {
    const mixer = await this.#mixer.stats();
    return {
      uptimeMs: Math.round(this.#clock.nowUs() / 1000),
      ...readProcessGauges(),
      port: { number: this.#port.port, ...this.#port.counters, ...this.#port.socketGauges },
      sessions: this.#sessions.stats(),
      outputs: this.#outputs.stats(),
      voices: this.#voices.stats(),
      mixer,
    };
  }

  startRecording(request: RecordingRequest): RecordingDescription {
    if (this.#closing !== undefined) throw new AppError('room_closed');
    const recording = this.#recordings.start(request);
    this.#bulletin.update();
    return recording;
  }

  async stopRecording(recordingId: string): Promise<RecordingDescription> {
    return this.#recordings.stop(recordingId);
  }

  /** In the reverse order of opening: people, recordings, mixer, port. Idempotent. */
  close(reason: string): Promise<void> {
    return (this.#closing ??= this.#close(reason));
  }

  async #close(reason: string): Promise<void> {
    for (const cancel of this.#cancelTimers) cancel();
    await this.#sessions.close(reason);
    await this.#recordings.close();
    this.#outputs.close();
    const { liveNativeObjects } = await this.#mixer.close();
    if (liveNativeObjects > 0) this.#log('error', 'native objects were not freed', { liveNativeObjects });
    await this.#port.close();
  }

  #enter(participant: Participant): void {
    const { id } = participant;
    this.#mixer.send({ type: 'addParticipant', participantId: id });
    this.#voices.add(participant);
    this.#levels.add(participant);
    this.#bulletin.update();
  }

  #connect(session: Session): void {
    this.#outputs.addListener(session, session.participantId);
    this.#refresh();
  }

  #leave(session: Session, participant: Participant | undefined, reason: string): void {
    this.#outputs.removeListener(session);
    this.#levelWatchers.unwatch(session.id);
    if (participant !== undefined) {
      this.#levels.remove(participant.id);
      this.#voices.remove(participant.id);
      this.#sounds.forget();
      this.#mixer.send({ type: 'removeParticipant', participantId: participant.id });
    }
    this.#dependencies.onEvent({ type: 'sessionEnded', sessionId: session.id, reason });
    this.#refresh();
  }

  #takeMixerEvent(event: MixerEvent): void {
    switch (event.type) {
      case 'encodedVideo':
        this.#outputs.takeVideo(event.video);
        return;
      case 'encodedAudio':
        this.#outputs.takeAudio(event.audio);
        this.#levelWatchers.take(event.audio);
        return;
      case 'keyframeNeeded':
        this.#sessions.findParticipant(event.participantId)?.session.wishKeyframe(event.source);
        return;
      case 'levels':
        for (const { participantId, levelDbov } of event.levels) this.#levels.measure(participantId, levelDbov);
        return;
      case 'soundEnded':
        if (this.#voices.endSound(event.soundId)) this.#bulletin.update();
        else this.#sounds.end(event.soundId, event.error);
        return;
      case 'pictureSize':
        this.#sessions.findParticipant(event.participantId)?.setPictureSize(event.source, event.widthPx, event.heightPx);
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

  #tickStage(): void {
    const nowUs = this.#clock.nowUs();
    this.#sessions.endUnconnected(nowUs);
    this.#outputs.followLoss(nowUs);
    let hasChanged = false;
    for (const participant of this.#sessions.participants) hasChanged = participant.observeMedia(nowUs) || hasChanged;
    const change = this.#speakers.update();
    if (change?.isNews === true) this.#dependencies.onEvent({ type: 'speaking', participantIds: change.speaking, dominant: change.dominant });
    for (const told of this.#levelWatchers.tell((id) => this.#sessions.findParticipant(id)?.voice)) this.#dependencies.onEvent({ type: 'levels', ...told });
    if (hasChanged || change !== undefined) this.#refresh();
    else this.#followUpstream();
  }

  /** Whatever changed, the canvas and everyone's list follow. */
  #refresh(): void {
    this.#show();
    this.#bulletin.update();
  }

  /** Only who is connected has a place: an offer that is never answered shows nothing. */
  #show(): void {
    this.#stage.show(this.#connectedParticipants);
    this.#followUpstream();
  }

  get #connectedParticipants(): readonly Participant[] {
    return this.#sessions.participants.filter(({ session }) => session.isConnected);
  }

  #followUpstream(): void {
    this.#upstream.follow(this.#stage.scene, this.#connectedParticipants, this.#clock.nowUs());
  }

  /** A page is told in words, every other client by what RTP has for it. */
  #askFor({ id, kind, session }: Participant, source: VideoSource, need: PictureNeed | undefined): void {
    session.setNeed(source, need);
    if (kind === 'browser') this.#dependencies.onEvent({ type: 'encoding', sessionId: id, encoding: wishEncoding(source, need) });
  }

  #log(level: 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#dependencies.onEvent({ type: 'log', level, message, fields: { room: this.#options.name, ...fields } });
  }
}

function toFormat({ width, height, fps }: RoomOptions['video']): VideoFormat {
  return { widthPx: width, heightPx: height, fps };
}
