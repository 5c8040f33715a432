import type { WebSocket } from 'ws';
import { isSocketLost } from '../../src/signalling/close-codes.js';
import { describeClosing } from '../../src/signalling/closed-reasons.js';
import { clientMessageSchema, type ClientMessage, type ServerMessage } from '../../src/signalling/messages.js';
import type { MixSource } from './mix-source.js';
import { PagePeer } from './page-peer.js';
import type { PageRoom } from './page-room.js';

export interface PageSessionOptions {
  readonly socket: WebSocket;
  readonly mix: MixSource;
  readonly findRoom: (name: string) => PageRoom;
  /** Instead of joining: answer so. */
  readonly refusal: () => ServerMessage | null;
  /** Whose participant it is, when sockets may be replaced. */
  readonly findLost: (participantId: string) => PageSession | undefined;
  /** Whether a socket that breaks leaves its participant. */
  readonly keepsLost: () => boolean;
  readonly resumeTimeoutMs: () => number;
  readonly onChange: () => void;
  /** Somebody is taken out of the room. */
  readonly onRemove: (participantId: string) => void;
}

/** One page's WebSocket as the server sees it, scripted: real media behind it, canned decisions. */
export class PageSession {
  /** Everything the page said, in order. */
  readonly messages: ClientMessage[] = [];
  /** What it said that the product would refuse to read: a test expects none. */
  readonly faults: string[] = [];
  /** ICE restarts that it asked for, which nobody answers here. */
  restarts = 0;
  wantsLevels = false;
  participantId: string | null = null;
  room: PageRoom | null = null;
  peer: PagePeer | null = null;
  closed = false;
  /** How its socket ended. */
  closeCode: number | null = null;
  /** Why the room has let him go. */
  endReason: string | null = null;
  readonly #options: PageSessionOptions;

  constructor(options: PageSessionOptions) {
    this.#options = options;
    options.socket.on('message', (data) => this.#handleData((data as Buffer).toString()));
    options.socket.on('close', (code) => this.#handleClose(code));
    options.socket.on('error', () => this.drop());
  }

  /** The messages of one type, typed. */
  said<T extends ClientMessage['type']>(type: T): Extract<ClientMessage, { type: T }>[] {
    return this.messages.filter((message): message is Extract<ClientMessage, { type: T }> => message.type === type);
  }

  send(message: ServerMessage): void {
    this.#options.socket.send(JSON.stringify(message));
  }

  /** Nothing that it says arrives any more, and nobody tells it. */
  stall(): void {
    this.#options.socket.removeAllListeners('message');
  }

  /** The connection breaks without a word. */
  drop(): void {
    this.#options.socket.terminate();
  }

  close(): void {
    this.#options.socket.close();
  }

  /** The room lets him go: his media end at once, and what is said of it comes over the socket, if it still leads to him. */
  end(reason: string, isTold = true): void {
    this.endReason = reason;
    if (isTold) this.#tellEnd(reason);
    this.peer?.close();
    if (this.participantId !== null) this.room?.remove(this.participantId);
  }

  #tellEnd(reason: string): void {
    this.send({ type: 'closed', ...describeClosing(reason) });
    this.close();
  }

  #handleData(text: string): void {
    const parsed = clientMessageSchema.safeParse(JSON.parse(text));
    if (parsed.success) {
      this.messages.push(parsed.data);
      void this.#handle(parsed.data).catch((error: unknown) => this.faults.push(String(error))).finally(this.#options.onChange);
    } else {
      this.faults.push(`${text}: ${parsed.error.message}`);
    }
    this.#options.onChange();
  }

  async #handle(message: ClientMessage): Promise<void> {
    if (message.type === 'join') return this.#join(message);
    if (message.type === 'answer') return this.peer?.takeAnswer(message.sdp);
    if (message.type === 'candidate') return this.peer?.addCandidate(message.candidate);
    if (message.type === 'resume') {
      this.#resume(message);
      return undefined;
    }
    const { room } = this;
    if (room === null || this.participantId === null) throw new Error(`${message.type} before join`);
    if (message.type === 'restart') this.restarts += 1;
    else if (message.type === 'ping') this.send({ type: 'pong' });
    else if (message.type === 'leave') this.close();
    else if (message.type === 'media') room.change(this.participantId, message);
    else if (message.type === 'layout') this.#setLayout(room, message.layout);
    else if (message.type === 'levels') this.wantsLevels = message.wanted;
    else if (message.type === 'startRecording') room.startRecording(message.format ?? 'mp4');
    else if (message.type === 'stopRecording') room.stopRecording(message.recordingId);
    else if (message.type === 'participant') room.changeVoice(message.participantId, message);
    else if (message.type === 'removeParticipant') this.#options.onRemove(message.participantId);
    else throw new Error(`no page says ${message.type}`);
    return undefined;
  }

  async #join({ room: roomName, name, audio, video }: Extract<ClientMessage, { type: 'join' }>): Promise<void> {
    const refusal = this.#options.refusal();
    if (refusal !== null) {
      this.send(refusal);
      return;
    }
    const room = this.#options.findRoom(roomName);
    this.room = room;
    this.participantId = room.add({ name, audio, video });
    this.send({ type: 'joined', participantId: this.participantId, room: room.describe(), layouts: room.layouts, iceServers: [], control: room.control, secret: `secret of ${this.participantId}`, resumeTimeoutMs: this.#options.resumeTimeoutMs() });
    room.attach(this);
    this.peer = new PagePeer({ mix: this.#options.mix, onChange: this.#options.onChange });
    this.send({ type: 'offer', sdp: await this.peer.offer(), offerId: 1 });
  }

  /** Takes over what the lost session had. */
  #resume({ participantId, secret }: Extract<ClientMessage, { type: 'resume' }>): void {
    const lost = this.#options.findLost(participantId);
    if (lost?.room === undefined || lost.room === null || secret !== `secret of ${participantId}`) {
      this.send({ type: 'error', error: { code: 'session_not_found', message: 'This session has ended or never was.' } });
      return;
    }
    lost.closed = true;
    lost.room.detach(lost);
    if (lost.endReason !== null) {
      this.#tellEnd(lost.endReason);
      return;
    }
    this.participantId = participantId;
    this.room = lost.room;
    this.peer = lost.peer;
    this.send({ type: 'resumed', participantId, room: this.room.describe(), layouts: this.room.layouts, iceServers: [] });
    this.room.attach(this);
  }

  #setLayout(room: PageRoom, layout: string): void {
    if (room.layouts.includes(layout)) room.setLayout(layout);
    else this.send({ type: 'error', error: { code: 'unknown_layout', message: `There is no layout ${layout}.`, details: { layouts: room.layouts } } });
  }

  #handleClose(code: number): void {
    this.closeCode = code;
    if (this.closed) return;
    if (isSocketLost(code) && this.#options.keepsLost()) {
      this.room?.detach(this);
      this.#options.onChange();
      return;
    }
    this.closed = true;
    this.peer?.close();
    this.room?.detach(this);
    if (this.participantId !== null) this.room?.remove(this.participantId);
    this.#options.onChange();
  }
}
