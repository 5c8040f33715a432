/**
 * One participant who came over a WebSocket, from his join to his end. He outlives a socket that is lost, for as long as his media do and at most for the
 * grace: meanwhile whoever has his secret takes his place again over another socket. What he would have been told in between is not kept; what holds is.
 */
import { AppError } from '../errors.js';
import { newSecret } from '../ids.js';
import type { EncodingWish, RecordingDescription, RoomDescription, SoundDescription } from '../rooms/protocol.js';
import type { RoomHandle, SessionListener } from '../rooms/room-handle.js';
import type { CancelTimer, Time } from '../time.js';
import type { ServerMessage } from './messages.js';

export interface MemberOptions {
  readonly room: RoomHandle;
  /** Over which he came. */
  readonly socket: MemberSocket;
  /** How long he stays without a socket; 0: not at all. */
  readonly graceMs: number;
  readonly time: Time;
  readonly events: MemberEvents;
}

export interface MemberEvents {
  /** He is in the room. */
  onEntered(member: Member): void;
  /** Once, after that, however it came. @param reason what the room said; undefined when he left, or was lost for too long */
  onEnded(member: Member, reason: string | undefined): void;
}

/** The WebSocket that a member is told things over. */
export interface MemberSocket {
  tell(message: ServerMessage): void;
  tellRoom(room: RoomDescription): void;
  /** It serves him no more, for this reason. */
  release(reason: string): void;
}

export class Member implements SessionListener {
  readonly room: RoomHandle;
  /** Whoever knows it is him. */
  readonly secret = newSecret();
  readonly #graceMs: number;
  readonly #time: Time;
  readonly #events: MemberEvents;
  readonly #encodings = new Map<EncodingWish['source'], EncodingWish>();
  #id = '';
  #lastAttempt = -1;
  #socket: MemberSocket | undefined;
  #speaking: ServerMessage | undefined;
  #cancelGrace: CancelTimer | undefined;
  #state: 'new' | 'in' | 'ended' = 'new';

  constructor({ room, socket, graceMs, time, events }: MemberOptions) {
    this.room = room;
    this.#socket = socket;
    this.#graceMs = graceMs;
    this.#time = time;
    this.#events = events;
  }

  /** Public; empty until he is in the room. */
  get id(): string {
    return this.#id;
  }

  /** @throws {AppError} what the room says; then he never was in it */
  async join(name: string, maxHeightPx: number | undefined): Promise<{ readonly offer: string; readonly offerId: number }> {
    const { sessionId, offer, offerId } = await this.room.join(name, this, maxHeightPx);
    this.#id = sessionId;
    this.#state = 'in';
    this.#events.onEntered(this);
    return { offer, offerId };
  }

  get roomName(): string {
    return this.room.name;
  }

  /**
   * His page counts the sockets that it tries: one that it has given up, and whose words come late, must not take him from the next.
   * @param attempt undefined from a client that does not count
   * @throws {AppError} resume_outdated
   */
  takeAttempt(attempt: number | undefined): void {
    if (attempt === undefined) return;
    if (attempt <= this.#lastAttempt) throw new AppError('resume_outdated');
    this.#lastAttempt = attempt;
  }

  /** Over this socket from now on, which is first told how things are; the one before is released. */
  resumeOver(socket: MemberSocket): void {
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
    const before = this.#socket;
    this.#socket = socket;
    before?.release('resumed_elsewhere');
    for (const encoding of this.#encodings.values()) socket.tell({ type: 'encoding', ...encoding });
    if (this.#speaking !== undefined) socket.tell(this.#speaking);
  }

  /** The socket was lost. Who has no media that could go on has nothing to come back to. */
  async lose(socket: MemberSocket): Promise<void> {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    if (this.#state !== 'in') return;
    const isConnected = this.room.describe().participants.some(({ id, connection }) => id === this.#id && connection !== 'connecting');
    if (this.#graceMs === 0 || !isConnected) await this.end('connection_lost');
    else this.#cancelGrace = this.#time.after(this.#graceMs, () => void this.end('connection_lost'));
  }

  /** He leaves the room, if he is in it. Idempotent. */
  async end(reason: string): Promise<void> {
    const wasIn = this.#state === 'in';
    this.#finish(undefined);
    if (wasIn) await this.room.end(this.#id, reason);
  }

  roomChanged(room: RoomDescription): void {
    this.#socket?.tellRoom(room);
  }

  speaking(participantIds: readonly string[], dominant: string | null): void {
    this.#speaking = { type: 'speaking', participantIds, dominant };
    this.#socket?.tell(this.#speaking);
  }

  recordingChanged(recording: RecordingDescription): void {
    this.#socket?.tell({ type: 'recording', recording });
  }

  levelsHeard(participants: Readonly<Record<string, number>>): void {
    this.#socket?.tell({ type: 'levels', participants });
  }

  soundChanged(sound: SoundDescription): void {
    this.#socket?.tell({ type: 'sound', sound });
  }

  encodingWished(encoding: EncodingWish): void {
    this.#encodings.set(encoding.source, encoding);
    this.#socket?.tell({ type: 'encoding', ...encoding });
  }

  /** The room ended him. */
  ended(reason: string): void {
    const socket = this.#socket;
    this.#finish(reason);
    socket?.release(reason);
  }

  #finish(reason: string | undefined): void {
    const wasIn = this.#state === 'in';
    this.#state = 'ended';
    this.#socket = undefined;
    this.#cancelGrace?.();
    if (wasIn) this.#events.onEnded(this, reason);
  }
}
