/** One WebSocket: at most one participant, from `join` or `resume` on. A socket that is closed on purpose ends him, too; one that is lost (`close-codes.ts`) leaves him for a while (`member.ts`). */
import type { WebSocket } from 'ws';
import { AppError } from '../errors.js';
import type { IceServers } from '../ice-servers.js';
import { newId } from '../ids.js';
import { describeError, type Log } from '../log.js';
import { parseDisplayName, parseRoomName } from '../names.js';
import type { RoomDescription } from '../rooms/protocol.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { CancelTimer, Time } from '../time.js';
import { TokenBucket } from '../token-bucket.js';
import { isSocketLost } from './close-codes.js';
import { describeClosing } from './closed-reasons.js';
import { checkControl, type ControlRule } from './control-rule.js';
import { carryOut } from './member-commands.js';
import type { Member, MemberSocket } from './member.js';
import type { Members } from './members.js';
import type { ClientMessage, ServerMessage } from './messages.js';
import { readMessage } from './read-message.js';

export interface SignallingSessionOptions {
  readonly socket: WebSocket;
  readonly registry: RoomRegistry;
  readonly members: Members;
  readonly iceServers: IceServers;
  readonly control: ControlRule;
  readonly time: Time;
  readonly log: Log;
}

type JoinMessage = Extract<ClientMessage, { type: 'join' }>;
type ResumeMessage = Extract<ClientMessage, { type: 'resume' }>;

/** A page joins as soon as its socket is open; who does not is no page. */
const joinTimeoutMs = 10_000;
/** Joining sends some 40 messages at once (candidates of a machine with many interfaces); nobody clicks 20 times a second. */
const messages = { burst: 100, perSecond: 20 };
/** One mistake is a version that is a little off, five are no client of ours. */
const maxMistakes = 5;
/**
 * Of what waits when a message is to be sent; the message itself may be longer. Whatever the room, its descriptions come to 750 kbps at most (`RoomNews`), so a client that is so much
 * behind has read nothing of 11 s of steady changes, and will not catch up. The longest, 200 kB (`test/src/room/room-size`), fits five times: one that is being read harms nobody.
 */
export const maxBufferedBytes = 1024 * 1024;
/** Pings without an answer; the server sends one each 3 s, so that a vanished browser is noticed within 9 s and a busy one survives. */
const maxMissedPings = 2;
const closeNormal = 1000;
const closePolicy = 1008;

/** The room tells all its sessions the same object: it is written once. */
const writtenRooms = new WeakMap<RoomDescription, string>();

export class SignallingSession implements MemberSocket {
  readonly #socket: WebSocket;
  readonly #registry: RoomRegistry;
  readonly #members: Members;
  readonly #iceServers: IceServers;
  readonly #control: ControlRule;
  readonly #time: Time;
  readonly #log: Log;
  readonly #allowance: TokenBucket;
  readonly #cancelJoinTimeout: CancelTimer;
  #state: 'new' | 'joining' | 'joined' | 'closed' = 'new';
  #member: Member | undefined;
  #mistakes = 0;
  #missedPings = 0;

  constructor({ socket, registry, members, iceServers, control, time, log }: SignallingSessionOptions) {
    this.#socket = socket;
    this.#registry = registry;
    this.#members = members;
    this.#iceServers = iceServers;
    this.#control = control;
    this.#time = time;
    this.#log = log;
    this.#allowance = new TokenBucket(messages, time.nowMs() * 1000);
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

  tellRoom(room: RoomDescription): void {
    if (this.#state !== 'joined') return;
    const written = writtenRooms.get(room) ?? JSON.stringify({ type: 'room', room } satisfies ServerMessage);
    writtenRooms.set(room, written);
    this.#sendText(written);
  }

  tell(message: ServerMessage): void {
    if (this.#state === 'joined') this.#send(message);
  }

  release(reason: string): void {
    this.#member = undefined;
    this.#finish(reason, closeNormal);
  }

  close(reason: string): void {
    this.#finish(reason, closeNormal);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#state === 'closed') return;
    if (!this.#allowance.take(this.#time.nowMs() * 1000)) {
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
    this.#act(message).catch((error: unknown) => {
      // Nobody has a wrong one by chance.
      if (error instanceof AppError && error.code === 'wrong_secret') this.#takeMistake(error);
      else this.#sendError(error);
    });
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
    if (message.type === 'resume') {
      this.#resume(message);
      return;
    }
    if (message.type === 'leave') {
      this.#finish('left', closeNormal);
      return;
    }
    if (this.#member === undefined) throw new AppError('not_joined');
    checkControl(this.#control, message, this.#member.id);
    const answer = await carryOut(message, { member: this.#member, registry: this.#registry, iceServers: this.#iceServers });
    if (answer !== undefined) this.#send(answer);
  }

  async #join({ room: roomName, name, audio, video, maxHeight }: JoinMessage): Promise<void> {
    if (this.#state !== 'new') throw new AppError('already_joined');
    const parsedRoom = parseRoomName(roomName);
    const parsedName = parseDisplayName(name);
    this.#state = 'joining';
    try {
      const room = await this.#registry.findOrCreate(parsedRoom);
      const member = this.#members.create(room, this);
      const { offer, offerId } = await member.join(parsedName, maxHeight);
      this.#member = member;
      // Closed while the room answered.
      if (this.#isClosed()) {
        await this.#leaveRoom();
        return;
      }
      await room.setMedia(member.id, { audio, video, screen: false });
      if (this.#isClosed()) return;
      this.#enter();
      this.#send({ type: 'joined', ...this.#describeFor(member), control: this.#control, secret: member.secret, resumeTimeoutMs: this.#members.graceMs });
      this.#send({ type: 'offer', sdp: offer, offerId });
    } catch (error) {
      await this.#leaveRoom();
      if (!this.#isClosed()) this.#state = 'new';
      throw error;
    }
  }

  #resume({ room: roomName, participantId, secret, attempt }: ResumeMessage): void {
    if (this.#state !== 'new') throw new AppError('already_joined');
    const found = this.#members.find(parseRoomName(roomName), participantId, secret);
    if ('endReason' in found) {
      this.#finish(found.endReason, closeNormal);
      return;
    }
    found.takeAttempt(attempt);
    this.#member = found;
    this.#enter();
    this.#send({ type: 'resumed', ...this.#describeFor(found) });
    found.resumeOver(this);
  }

  #enter(): void {
    this.#state = 'joined';
    this.#cancelJoinTimeout();
  }

  #describeFor({ id, room }: Member): Omit<Extract<ServerMessage, { type: 'resumed' }>, 'type'> {
    return { participantId: id, room: room.describe(), layouts: this.#registry.layoutNames, iceServers: this.#iceServers.for(id) };
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #sendError(error: unknown): void {
    const appError = error instanceof AppError ? error : this.#unexpected(error);
    this.#send({ type: 'error', error: appError.toJSON() });
  }

  /** A bug: the client learns the id under which the log has the rest. */
  #unexpected(error: unknown): AppError {
    const requestId = newId();
    this.#log.limited('error', 'a message failed unexpectedly', { requestId, error: describeError(error) });
    return new AppError('internal', undefined, { requestId });
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
    void this.#leaveRoom();
  }

  #socketClosed(code: number): void {
    const isLost = isSocketLost(code) && this.#state === 'joined';
    this.#state = 'closed';
    this.#cancelJoinTimeout();
    this.#log.debug('socket closed', { code });
    if (isLost) void this.#member?.lose(this);
    else void this.#leaveRoom();
  }

  async #leaveRoom(): Promise<void> {
    const member = this.#member;
    this.#member = undefined;
    await member?.end('left');
  }
}
