/**
 * A room process without media: speaks `src/rooms/protocol.ts` over real IPC, keeps the list of who is there, answers canned SDP.
 * Tests treat it as they would the real one: they kill it, stop it (SIGSTOP), and let it lose its sessions (SIGUSR2: all time out).
 * Environment FAKE_ROOM: `dies` ends and `spins` hangs before it is ready; `refuses` answers `open` with an error; `hangs` does not end on `close`.
 */
import { writeFileSync } from 'node:fs';
import { AppError, type ErrorCode } from '../../src/errors.js';
import type { ParticipantDescription, RecordingDescription, RoomDescription, RoomOptions, RoomProcessMessage, RoomRequestMessage, RoomRequestName, RoomRequests, SoundDescription } from '../../src/rooms/protocol.js';
import type { ParticipantVoice } from '../../src/room/participant-voice.js';
import { cannedAnswer, cannedOffer, tinyPng } from './canned-media.js';
import { newVoice, plainVoice } from './voices.js';

type Handlers = { [Name in RoomRequestName]: (params: RoomRequests[Name]['params']) => RoomRequests[Name]['result'] };

const behaviour = process.env['FAKE_ROOM'] ?? '';
if (behaviour === 'dies') process.exit(3);
// A busy loop: it takes no signal but the last.
while (behaviour === 'spins') continue;

let options: RoomOptions | undefined;
let layout = '';
const participants = new Map<string, ParticipantDescription>();
const voices = new Map<string, ParticipantVoice>();
const viewers = new Set<string>();
const recordings = new Map<string, RecordingDescription>();
const sounds = new Map<string, SoundDescription>();
/** Of the whole room: its tests restart ICE of one participant. */
let lastOfferId = 1;
/** What was asked, for `stats`: tests see that it arrived. */
const asked: { name: string; params: unknown }[] = [];

function tell(message: RoomProcessMessage): void {
  process.send?.(message);
}

function describe(): RoomDescription {
  if (options === undefined) throw new AppError('internal', 'not opened');
  return { name: options.name, createdAt: options.createdAt, layout, video: options.video, audio: { mode: options.audio.mode }, participants: [...participants.values()], viewers: viewers.size, recordings: [...recordings.values()], sounds: [...sounds.values()] };
}

function changed(): void {
  tell({ type: 'changed', room: describe() });
}

function addParticipant(id: string, name: string, kind: ParticipantDescription['kind']): void {
  if (participants.size >= (options?.maxParticipants ?? 0)) throw new AppError('room_full');
  participants.set(id, { id, name, kind, audio: true, video: true, screen: false, speaking: false, connection: kind === 'browser' ? 'connecting' : 'connected', csrc: participants.size, joinedAt: new Date().toISOString(), ...plainVoice });
  voices.set(id, newVoice());
  changed();
  tell({ type: 'speaking', participantIds: [id], dominant: id });
}

function requireOffer(offer: string): void {
  if (!offer.startsWith('v=0')) throw new AppError('sdp_invalid');
}

function putRecording(recording: RecordingDescription): RecordingDescription {
  recordings.set(recording.id, recording);
  tell({ type: 'recording', recording });
  changed();
  return recording;
}

function finish(recording: RecordingDescription): RecordingDescription {
  return putRecording({ ...recording, status: 'complete', endedAt: new Date().toISOString(), durationMs: 20, bytes: 10 });
}

const handlers: Handlers = {
  open: (params) => {
    if (behaviour === 'refuses') throw new AppError('no_media_port', 'no port is free');
    options = params.options;
    layout = options.layout;
    changed();
    return { udpPort: 40_000 };
  },
  setLayout: (params) => {
    layout = params.layout;
    changed();
    return {};
  },
  join: ({ sessionId, name }) => {
    addParticipant(sessionId, name, 'browser');
    return { offer: cannedOffer, offerId: 1 };
  },
  answer: ({ sessionId, answer, offerId = lastOfferId }) => {
    requireOffer(answer);
    if (offerId !== lastOfferId) throw new AppError('answer_outdated');
    const participant = participants.get(sessionId);
    if (participant !== undefined) participants.set(sessionId, { ...participant, connection: 'connected' });
    changed();
    tell({ type: 'encoding', sessionId, encoding: { source: 'camera', active: true, width: 640, height: 360, maxFps: 30, maxBitrate: 600_000 } });
    return {};
  },
  addCandidates: ({ candidates }) => {
    if (candidates.some((candidate) => candidate !== '' && !candidate.startsWith('candidate:'))) throw new AppError('invalid_candidate');
    return {};
  },
  restartIce: () => ({ offer: cannedOffer.replace(/a=ice-ufrag:.*/g, 'a=ice-ufrag:new0'), offerId: ++lastOfferId }),
  restartIceFor: ({ iceUfrag, icePassword }) => {
    if (iceUfrag === 'refused') throw new AppError('invalid_candidate');
    return { iceUfrag: `${iceUfrag}0`, icePassword: `${icePassword}0`, candidates: ['candidate:1 1 udp 7 192.0.2.1 9 typ host'] };
  },
  setMedia: ({ sessionId, audio, video, screen }) => {
    const participant = participants.get(sessionId);
    if (participant === undefined) throw new AppError('participant_not_found');
    participants.set(sessionId, { ...participant, audio, video, screen });
    changed();
    return {};
  },
  watchLevels: ({ sessionId, wanted }) => {
    if (wanted) tell({ type: 'levels', sessionIds: [sessionId], levels: { [sessionId]: -20 } });
    return {};
  },
  publish: ({ sessionId, name, offer }) => {
    requireOffer(offer);
    addParticipant(sessionId, name, 'whip');
    return { answer: cannedAnswer };
  },
  view: ({ sessionId, offer, participantId }) => {
    requireOffer(offer);
    if (participantId !== undefined && !participants.has(participantId)) throw new AppError('participant_not_found');
    if (viewers.size >= (options?.maxViewers ?? 0)) throw new AppError('room_full');
    viewers.add(sessionId);
    changed();
    return { answer: cannedAnswer };
  },
  end: ({ sessionId }) => {
    if (participants.delete(sessionId) || viewers.delete(sessionId)) changed();
    return {};
  },
  ping: () => ({}),
  snapshot: () => ({ png: tinyPng }),
  stats: () => ({ stats: { asked, argv: process.execArgv, threadPool: process.env['UV_THREADPOOL_SIZE'], udp: options } }),
  startRecording: ({ recordingId, format, path, url }) => {
    const running = [...recordings.values()].filter(({ status }) => status === 'active');
    if (running.length >= (options?.maxRecordings ?? 0)) throw new AppError('too_many_recordings');
    writeFileSync(path, '0123456789');
    const recording = putRecording({ id: recordingId, room: options?.name ?? '', format, status: 'active', startedAt: new Date().toISOString(), endedAt: null, durationMs: 0, bytes: 0, url, error: null });
    return { recording };
  },
  stopRecording: ({ recordingId }) => {
    const recording = recordings.get(recordingId);
    if (recording === undefined) throw new AppError('recording_not_found');
    return { recording: finish(recording) };
  },
  changeParticipant: ({ participantId, changes }) => {
    const [participant, voice] = [participants.get(participantId), voices.get(participantId)];
    if (participant === undefined || voice === undefined) throw new AppError('participant_not_found');
    const strangers = Object.keys(changes.hears?.sources ?? {}).filter((id) => id === participantId || !participants.has(id));
    if (strangers.length > 0) throw new AppError('unknown_participants', undefined, { participantIds: strangers });
    voice.change(changes);
    participants.set(participantId, { ...participant, ...voice.describe() });
    changed();
    return {};
  },
  removeParticipant: ({ participantId }) => {
    if (!participants.delete(participantId)) throw new AppError('participant_not_found');
    tell({ type: 'sessionEnded', sessionId: participantId, reason: 'removed' });
    changed();
    return {};
  },
  playSound: ({ soundId, sound: { file }, loop, gainDb, participantIds }) => {
    const sound: SoundDescription = { id: soundId, file, loop, gainDb, participantIds, status: 'playing', startedAt: new Date().toISOString(), endedAt: null, error: null };
    sounds.set(soundId, sound);
    tell({ type: 'sound', sound });
    changed();
    return { sound };
  },
  stopSound: ({ soundId }) => {
    const sound = sounds.get(soundId);
    if (sound === undefined) throw new AppError('sound_not_playing');
    sounds.delete(soundId);
    tell({ type: 'sound', sound: { ...sound, status: 'stopped', endedAt: new Date().toISOString() } });
    changed();
    return {};
  },
  close: () => {
    for (const recording of recordings.values()) if (recording.status === 'active') finish(recording);
    return {};
  },
};

function toError(error: unknown): { code: ErrorCode; message: string; details?: unknown } {
  return error instanceof AppError ? error.toJSON() : { code: 'internal', message: String(error) };
}

process.on('message', ({ requestId, name, params }: RoomRequestMessage) => {
  asked.push({ name, params });
  try {
    const handle = handlers[name] as (given: unknown) => unknown;
    tell({ type: 'answer', requestId, result: handle(params) });
  } catch (error) {
    tell({ type: 'error', requestId, error: toError(error) });
  }
  // The channel is flushed before the process ends; closing it from here would look like a crash.
  if (name === 'close' && behaviour !== 'hangs') setImmediate(() => process.exit(0));
});
process.on('disconnect', () => process.exit(0));
// A terminal sends Ctrl+C to everyone; the server ends its rooms in order.
process.on('SIGINT', () => undefined);
process.on('SIGUSR2', () => {
  const sessionIds = [...participants.keys(), ...viewers];
  participants.clear();
  viewers.clear();
  for (const sessionId of sessionIds) tell({ type: 'sessionEnded', sessionId, reason: 'timeout' });
  changed();
});
tell({ type: 'ready' });
