/**
 * The room: what follows for the others from what one of its parts (`room-parts.ts`) tells, and what is asked of it. It has no media of its own.
 * Control comes in as the requests of `src/rooms/protocol.ts`; upwards go only its events.
 */
import type { MixerEvent } from '../../mixer/index.js';
import { AppError } from '../errors.js';
import type { RecordingDescription, RoomDescription, RoomRequests } from '../rooms/protocol.js';
import type { Participant } from './participant.js';
import { readProcessGauges } from './process-gauges.js';
import { RoomBase } from './room-base.js';
import type { RoomControl } from './room-control.js';
import { makeRoomParts, type RoomDependencies, type RoomParts } from './room-parts.js';
import type { RecordingRequest } from './room-recordings.js';
import type { Session } from './session.js';

/** RTCP's finest grain: repairs are asked for within this time. */
const sessionTickMs = 20;
/** Borders and speaker lists follow within a syllable. */
const stageTickMs = 200;
/** Who leads the conversation is decided twice as often: each decision falls into one frame of speech, perhaps into a gap. */
const speakerTickMs = 100;

export class Room {
  readonly #dependencies: RoomDependencies;
  readonly #base: RoomBase;
  readonly #parts: RoomParts;
  readonly #cancelTimers: readonly (() => void)[];
  #closing: Promise<void> | undefined;

  private constructor(dependencies: RoomDependencies, base: RoomBase) {
    const { timers } = dependencies;
    this.#dependencies = dependencies;
    this.#base = base;
    this.#parts = makeRoomParts(dependencies, base, {
      describe: () => this.describe(),
      onEntered: (participant) => this.#enter(participant),
      onConnected: (session) => this.#connect(session),
      onLeft: (session, participant, reason) => this.#leave(session, participant, reason),
      onChanged: () => this.#refresh(),
    });
    base.onMixerEvent = (event) => this.#takeMixerEvent(event);
    const { sessions, conversation, bulletin } = this.#parts;
    this.#cancelTimers = [
      timers.every(sessionTickMs, () => sessions.tick(base.clock.nowUs())),
      timers.every(speakerTickMs, () => conversation.decide()),
      timers.every(stageTickMs, () => this.#tickStage()),
    ];
    bulletin.update();
  }

  /** @throws {Error} when no port of the range is free or the mixer does not start; nothing stays open then. */
  static async open(dependencies: RoomDependencies): Promise<Room> {
    let isClosing = (): boolean => false;
    const base = await RoomBase.open(dependencies.options, (reason) => {
      if (!isClosing()) dependencies.onFatal(reason);
    });
    const room = new Room(dependencies, base);
    isClosing = () => room.#closing !== undefined;
    return room;
  }

  get udpPort(): number {
    return this.#base.port.port;
  }

  get control(): RoomControl {
    return this.#parts.control;
  }

  describe(): RoomDescription {
    const { name, createdAt, video, audio } = this.#dependencies.options;
    const { picture, sessions, conversation, recordings, control } = this.#parts;
    return {
      name,
      createdAt,
      video,
      audio: { mode: audio.mode },
      layout: picture.layout,
      participants: sessions.participants.map((participant) => participant.describe(conversation.speakers)),
      viewers: sessions.viewerCount,
      recordings: recordings.describe(),
      sounds: control.describeSounds(),
    };
  }

  /** Resolves when the server has been told what changed up to now. */
  settled(): Promise<void> {
    return this.#parts.bulletin.settled();
  }

  setLayout(name: string): void {
    this.#parts.picture.setLayout(name);
    this.#refresh();
  }

  join({ sessionId, name, maxHeightPx }: RoomRequests['join']['params']): Promise<RoomRequests['join']['result']> {
    return this.#parts.sessions.join(sessionId, name, maxHeightPx);
  }

  /** @throws {AppError} `session_not_found` */
  session(sessionId: string): Session {
    return this.#parts.sessions.requireSession(sessionId);
  }

  answer({ sessionId, answer, offerId }: RoomRequests['answer']['params']): void {
    this.session(sessionId).acceptAnswer(answer, offerId);
  }

  setMedia({ sessionId, ...media }: RoomRequests['setMedia']['params']): void {
    if (this.#parts.sessions.requireParticipant(sessionId).setMedia(media)) this.#refresh();
  }

  watchLevels({ sessionId, wanted }: RoomRequests['watchLevels']['params']): void {
    this.#parts.sessions.requireParticipant(sessionId);
    if (wanted) this.#parts.conversation.watchers.watch(sessionId);
    else this.#parts.conversation.watchers.unwatch(sessionId);
  }

  publish({ sessionId, name, offer }: RoomRequests['publish']['params']): Promise<string> {
    return this.#parts.sessions.publish(sessionId, name, offer);
  }

  view({ sessionId, offer, participantId, maxHeightPx }: RoomRequests['view']['params']): Promise<string> {
    return this.#parts.sessions.view(sessionId, offer, participantId, maxHeightPx);
  }

  end(sessionId: string, reason: string): Promise<void> {
    return this.#parts.sessions.end(sessionId, reason);
  }

  snapshot(): Promise<Uint8Array> {
    return this.#base.mixer.snapshot();
  }

  async stats(): Promise<Readonly<Record<string, unknown>>> {
    const { clock, port } = this.#base;
    const mixer = await this.#base.mixer.stats();
    return {
      uptimeMs: Math.round(clock.nowUs() / 1000),
      ...readProcessGauges(),
      port: { number: port.port, ...port.counters, ...port.socketGauges },
      sessions: this.#parts.sessions.stats(),
      outputs: this.#parts.outputs.stats(),
      voices: this.#parts.control.stats(),
      mixer,
    };
  }

  startRecording(request: RecordingRequest): RecordingDescription {
    if (this.#closing !== undefined) throw new AppError('room_closed');
    const recording = this.#parts.recordings.start(request);
    this.#parts.bulletin.update();
    return recording;
  }

  async stopRecording(recordingId: string): Promise<RecordingDescription> {
    return this.#parts.recordings.stop(recordingId);
  }

  /** In the reverse order of opening: people, recordings, mixer, port. Idempotent. */
  close(reason: string): Promise<void> {
    return (this.#closing ??= this.#close(reason));
  }

  async #close(reason: string): Promise<void> {
    for (const cancel of this.#cancelTimers) cancel();
    await this.#parts.sessions.close(reason);
    await this.#parts.recordings.close();
    this.#parts.outputs.close();
    const liveNativeObjects = await this.#base.close();
    if (liveNativeObjects > 0) this.#log('error', 'native objects were not freed', { liveNativeObjects });
  }

  #enter(participant: Participant): void {
    const { id } = participant;
    this.#base.mixer.send({ type: 'addParticipant', participantId: id });
    this.#parts.control.enter(participant);
    this.#parts.conversation.add(participant);
    this.#parts.bulletin.update();
  }

  #connect(session: Session): void {
    this.#parts.outputs.addListener(session, session.participantId);
    this.#refresh();
  }

  #leave(session: Session, participant: Participant | undefined, reason: string): void {
    this.#parts.outputs.removeListener(session);
    if (participant !== undefined) {
      this.#parts.conversation.remove(participant.id);
      this.#parts.control.leave(participant.id);
      this.#base.mixer.send({ type: 'removeParticipant', participantId: participant.id });
    }
    this.#dependencies.onEvent({ type: 'sessionEnded', sessionId: session.id, reason });
    this.#refresh();
  }

  #takeMixerEvent(event: MixerEvent): void {
    const { outputs, conversation, sessions, control, picture } = this.#parts;
    switch (event.type) {
      case 'encodedVideo':
        outputs.takeVideo(event.video);
        return;
      case 'encodedAudio':
        outputs.takeAudio(event.audio);
        conversation.takeAudio(event.audio);
        return;
      case 'keyframeNeeded':
        sessions.findParticipant(event.participantId)?.session.wishKeyframe(event.source);
        return;
      case 'levels':
        for (const level of event.levels) conversation.measure(level);
        return;
      case 'soundEnded':
        control.endSound(event.soundId, event.error);
        return;
      case 'pictureSize':
        sessions.findParticipant(event.participantId)?.setPictureSize(event.source, event.widthPx, event.heightPx);
        picture.show();
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
    const { sessions, outputs, conversation, picture } = this.#parts;
    const nowUs = this.#base.clock.nowUs();
    sessions.endUnconnected(nowUs);
    outputs.followLoss(nowUs);
    let hasChanged = false;
    for (const participant of sessions.participants) hasChanged = participant.observeMedia(nowUs) || hasChanged;
    hasChanged = conversation.tell() || hasChanged;
    if (hasChanged) this.#refresh();
    else picture.follow();
  }

  /** Whatever changed, the canvas and everyone's list follow. */
  #refresh(): void {
    this.#parts.picture.show();
    this.#parts.bulletin.update();
  }

  #log(level: 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#dependencies.onEvent({ type: 'log', level, message, fields: { room: this.#dependencies.options.name, ...fields } });
  }
}
