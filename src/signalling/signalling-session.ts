/**
 * One WebSocket: at most one participant, from `join` to the end.
 * The socket and the participant end together: a page that lost its socket joins again, and gets a new id.
 */
import type { WebSocket } from 'ws';
import { AppError } from '../errors.js';
import type { IceServers } from '../ice-servers.js';
import { describeError, type Log } from '../log.js';
import { parseDisplayName, parseRoomName } from '../names.js';
import type { EncodingWish, RecordingDescription, RoomDescription, SoundDescription } from '../rooms/protocol.js';
import type { RoomHandle, SessionListener } from '../rooms/room-handle.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { CancelTimer, Time } from '../time.js';
import { describeClosing } from './closed-reasons.js';
import { checkControl, type ControlRule } from './control-rule.js';
import { MessageAllowance } from './message-allowance.js';
import type { ClientMessage, ServerMessage } from './messages.js';
import { readMessage } from './read-message.js';

export interface SignallingSessionOptions {
  readonly socket: WebSocket;
  readonly registry: RoomRegistry;
  readonly iceServers: IceServers;
  readonly control: ControlRule;
  readonly time: Time;
  readonly log: Log;
}

interface Joined {
  readonly room: RoomHandle;
  readonly sessionId: string;
}

type JoinMessage = Extract<ClientMessage, { type: 'join' }>;

/** A page joins as soon as its socket is open; who does not is no page. */
const joinTimeoutMs = 10_000;
/** One mistake is a version that is a little off, five are no client of ours. */
const maxMistakes = 5;
/** A room of 50 is described in 15 kB: a client that is a minute of changes behind will not catch up. */
const maxBufferedBytes = 1024 * 1024;
/** Pings without an answer; the server sends one each 3 s, so that a vanished browser is noticed within 9 s and a busy one survives. */
const maxMissedPings = 2;
const closeNormal = 1000;
/** A page that is closed or reloaded. */
const closeGoingAway = 1001;
const closePolicy = 1008;

/** The room tells all its sessions the same object: it is written once. */
const writtenRooms = new WeakMap<RoomDescription, string>();

export class SignallingSession implements SessionListener {
  readonly #socket: WebSocket;
  readonly #registry: RoomRegistry;
  readonly #iceServers: IceServers;
  readonly #control: ControlRule;
  readonly #time: Time;
  readonly #log: Log;
  readonly #allowance: MessageAllowance;
  readonly #cancelJoinTimeout: CancelTimer;
  #state: 'new' | 'joining' | 'joined' | 'closed' = 'new';
  #joined: Joined | undefined;
  #mistakes = 0;
  #missedPings = 0;

  constructor({ socket, registry, iceServers, control, time, log }: SignallingSessionOptions) {
    this.#socket = socket;
    this.#registry = registry;
    this.#iceServers = iceServers;
    this.#control = control;
    this.#time = time;
    this.#log = log;
    this.#allowance = new MessageAllowance(time.nowMs());
    this.#cancelJoinTimeout = time.after(joinTimeoutMs, () => this.#finish('join_timeout', closePolicy));
    socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.#missedPings = 0;
    });
    // Frames that are no WebSocket, or too long for one: `close` follows.
    socket.on('error', (error) => this.#log.limited('info', 'a socket failed', { error: error.message }));
    socket.once('close', (code) => this.#socketClosed(code));
  }

  /** Called in a steady beat. */
  ping(): void {
    if (this.#missedPings >= maxMissedPings) {
      this.#socket.terminate();
      return;
    }
    this.#missedPings += 1;
    this.#socket.ping();
  }

  roomChanged(room: RoomDescription): void {
    if (this.#state !== 'joined') return;
    const written = writtenRooms.get(room) ?? JSON.stringify({ type: 'room', room } satisfies ServerMessage);
    writtenRooms.set(room, written);
    this.#sendText(written);
  }

  speaking(participantIds: readonly string[], dominant: string | null): void {
    if (this.#state === 'joined') this.#send({ type: 'speaking', participantIds, dominant });
  }

  recordingChanged(recording: RecordingDescription): void {
    if (this.#state === 'joined') this.#send({ type: 'recording', recording });
  }

  soundChanged(sound: SoundDescription): void {
    if (this.#state === 'joined') this.#send({ type: 'sound', sound });
  }

  encodingWished(encoding: EncodingWish): void {
    if (this.#state === 'joined') this.#send({ type: 'encoding', ...encoding });
  }

  /** The room ended the session; the socket ends with it. */
  ended(reason: string): void {
    this.#joined = undefined;
    this.#finish(reason, closeNormal);
  }

  close(reason: string): void {
    this.#finish(reason, closeNormal);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#state === 'closed') return;
    if (!this.#allowance.take(this.#time.nowMs())) {
      this.#sendError(new AppError('too_many_messages'));
      this.#finish('too_many_mistakes', closePolicy);
      return;
    }
    let message: ClientMessage;
    try {
      message = readMessage(data, isBinary);
    } catch (error) {
      this.#takeMistake(error);
      return;
    }
    this.#act(message).catch((error: unknown) => this.#sendError(error));
  }

  #takeMistake(error: unknown): void {
    this.#sendError(error);
    this.#mistakes += 1;
    if (this.#mistakes < maxMistakes) return;
    this.#log.limited('info', 'a socket sent too many mistakes and was closed');
    this.#finish('too_many_mistakes', closePolicy);
  }

  async #act(message: ClientMessage): Promise<void> {
    if (message.type === 'join') {
      await this.#join(message);
      return;
    }
    if (message.type === 'leave') {
      this.#finish('left', closeNormal);
      return;
    }
    if (this.#joined === undefined) throw new AppError('not_joined');
    const { room, sessionId } = this.#joined;
    checkControl(this.#control, message, sessionId);
    switch (message.type) {
      case 'answer':
        if (message.sdp.trim() === '') throw new AppError('sdp_empty');
        await room.answer(sessionId, message.sdp);
        break;
      case 'candidate':
        await room.addCandidate(sessionId, message.candidate);
        break;
      case 'restart':
        this.#send({ type: 'offer', sdp: await room.restartIce(sessionId), iceServers: this.#iceServers.for(sessionId) });
        break;
      case 'media':
        await room.setMedia(sessionId, { audio: message.audio, video: message.video, screen: message.screen });
        break;
      case 'layout':
        await room.setLayout(this.#registry.findLayout(message.layout));
        break;
      case 'startRecording':
        await room.startRecording(message.format ?? 'mp4');
        break;
      case 'stopRecording':
        await room.stopRecording(message.recordingId);
        break;
      case 'participant':
        await room.changeParticipant(message.participantId, message);
        break;
      case 'removeParticipant':
        await room.removeParticipant(message.participantId);
        break;
      case 'playSound':
        await room.playSound(message);
        break;
      case 'stopSound':
        await room.stopSound(message.soundId);
        break;
    }
  }

  async #join({ room: roomName, name, audio, video, maxHeight }: JoinMessage): Promise<void> {
    if (this.#state !== 'new') throw new AppError('already_joined');
    const parsedRoom = parseRoomName(roomName);
    const parsedName = parseDisplayName(name);
    this.#state = 'joining';
    try {
      const room = await this.#registry.findOrCreate(parsedRoom);
      const { sessionId, offer } = await room.join(parsedName, this, maxHeight);
      this.#joined = { room, sessionId };
      // Closed while the room answered.
      if (this.#isClosed()) {
        await this.#leaveRoom('left');
        return;
      }
      await room.setMedia(sessionId, { audio, video, screen: false });
      if (this.#isClosed()) return;
      this.#state = 'joined';
      this.#cancelJoinTimeout();
      this.#send({ type: 'joined', participantId: sessionId, room: room.describe(), layouts: this.#registry.layoutNames, iceServers: this.#iceServers.for(sessionId), control: this.#control });
      this.#send({ type: 'offer', sdp: offer });
    } catch (error) {
      await this.#leaveRoom('left');
      if (!this.#isClosed()) this.#state = 'new';
      throw error;
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #sendError(error: unknown): void {
    const appError = error instanceof AppError ? error : new AppError('internal');
    if (!(error instanceof AppError)) this.#log.limited('error', 'a message failed unexpectedly', { error: describeError(error) });
    this.#send({ type: 'error', error: appError.toJSON() });
  }

  #send(message: ServerMessage): void {
    this.#sendText(JSON.stringify(message));
  }

  #sendText(text: string): void {
    if (this.#state === 'closed' || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > maxBufferedBytes) {
      this.#log.limited('info', 'a socket reads too slowly and was closed');
      this.#socket.terminate();
      return;
    }
    this.#socket.send(text);
  }

  /** Tells the client why, leaves the room, closes the socket; once. */
  #finish(reason: string, closeCode: number): void {
    if (this.#state === 'closed') return;
    this.#send({ type: 'closed', ...describeClosing(reason) });
    this.#state = 'closed';
    this.#cancelJoinTimeout();
    this.#socket.close(closeCode);
    void this.#leaveRoom('left');
  }

  #socketClosed(code: number): void {
    this.#state = 'closed';
    this.#cancelJoinTimeout();
    this.#log.debug('socket closed', { code });
    void this.#leaveRoom(code === closeNormal || code === closeGoingAway ? 'left' : 'connection_lost');
  }

  async #leaveRoom(reason: string): Promise<void> {
    const joined = this.#joined;
    this.#joined = undefined;
    await joined?.room.end(joined.sessionId, reason);
  }
}
