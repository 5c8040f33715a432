import type { ParticipantVoice } from '../../src/room/participant-voice.js';
import type { ParticipantChanges } from '../../src/rooms/control-schemas.js';
import type { ParticipantDescription, RecordingDescription, RecordingFormat, RoomDescription } from '../../src/rooms/protocol.js';
import type { ServerMessage } from '../../src/signalling/messages.js';
import { newVoice, plainVoice, toVoiceChanges } from './voices.js';

export interface PageListener {
  send(message: ServerMessage): void;
}

const roomCreatedAt = '2026-01-02T10:00:00.000Z';

/** The state of a room as the pages are told it, changed by hand; every change is told to everyone attached. */
export class PageRoom {
  readonly name: string;
  layouts: readonly string[] = ['grid', 'speaker', 'presentation', 'single'];
  control: 'everyone' | 'api' = 'everyone';
  viewers = 0;
  #layout = 'grid';
  #participants: ParticipantDescription[] = [];
  #recordings: RecordingDescription[] = [];
  readonly #voices = new Map<string, ParticipantVoice>();
  readonly #listeners = new Set<PageListener>();
  #nextId = 1;

  constructor(name: string) {
    this.name = name;
  }

  get layout(): string {
    return this.#layout;
  }

  describe(): RoomDescription {
    return {
      name: this.name,
      createdAt: roomCreatedAt,
      layout: this.#layout,
      video: { width: 1280, height: 720, fps: 30 },
      audio: { mode: 'voice' },
      participants: this.#participants,
      viewers: this.viewers,
      recordings: this.#recordings,
      sounds: [],
    };
  }

  /** Answers the new participant's id. */
  add({ name, audio = false, video = false, kind = 'browser' }: { name: string; audio?: boolean; video?: boolean; kind?: 'browser' | 'whip' }): string {
    const id = `p${this.#nextId}`;
    this.#nextId += 1;
    this.#participants = [...this.#participants, { id, name, kind, audio, video, screen: false, speaking: false, connection: 'connected', csrc: this.#participants.length, joinedAt: roomCreatedAt, ...plainVoice }];
    this.tell();
    return id;
  }

  change(id: string, { audio, video, screen }: { audio: boolean; video: boolean; screen: boolean }): void {
    this.#participants = this.#participants.map((participant) => (participant.id === id ? { ...participant, audio, video, screen } : participant));
    this.tell();
  }

  /** As a moderator does. */
  changeVoice(id: string, changes: ParticipantChanges): void {
    const voice = this.#voices.get(id) ?? newVoice();
    this.#voices.set(id, voice);
    voice.change(toVoiceChanges(changes));
    this.#participants = this.#participants.map((participant) => (participant.id === id ? { ...participant, ...voice.describe() } : participant));
    this.tell();
  }

  remove(id: string): void {
    this.#participants = this.#participants.filter((participant) => participant.id !== id);
    this.tell();
  }

  setLayout(layout: string): void {
    this.#layout = layout;
    this.tell();
  }

  setSpeaking(participantIds: readonly string[]): void {
    this.#participants = this.#participants.map((participant) => ({ ...participant, speaking: participantIds.includes(participant.id) }));
    this.broadcast({ type: 'speaking', participantIds, dominant: participantIds[0] ?? null });
  }

  startRecording(format: RecordingFormat): void {
    const id = `r${this.#recordings.length + 1}`;
    const url = `/recordings/${this.name}-${id}.${format}`;
    const recording: RecordingDescription = { id, room: this.name, format, status: 'starting', startedAt: null, endedAt: null, durationMs: 0, bytes: 0, url, error: null };
    this.#setRecording(recording);
    this.#setRecording({ ...recording, status: 'active', startedAt: roomCreatedAt });
  }

  /** As a room that was made anew. */
  forgetRecordings(): void {
    this.#recordings = [];
  }

  stopRecording(id: string): void {
    this.#endRecording(id, { status: 'complete', endedAt: roomCreatedAt, durationMs: 83_000, bytes: 12_400_000 });
  }

  failRecording(id: string, error: string): void {
    this.#endRecording(id, { status: 'failed', endedAt: roomCreatedAt, error });
  }

  attach(listener: PageListener): void {
    this.#listeners.add(listener);
  }

  detach(listener: PageListener): void {
    this.#listeners.delete(listener);
  }

  tell(): void {
    this.broadcast({ type: 'room', room: this.describe() });
  }

  broadcast(message: ServerMessage): void {
    for (const listener of this.#listeners) listener.send(message);
  }

  #endRecording(id: string, change: Partial<RecordingDescription>): void {
    const recording = this.#recordings.find((candidate) => candidate.id === id);
    if (recording !== undefined) this.#setRecording({ ...recording, ...change });
  }

  #setRecording(recording: RecordingDescription): void {
    const others = this.#recordings.filter(({ id }) => id !== recording.id);
    this.#recordings = [...others, recording];
    this.broadcast({ type: 'recording', recording });
    this.tell();
  }
}
