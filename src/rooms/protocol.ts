/**
 * Everything that crosses the border between the server process and a room process: typed control messages, never media.
 * The server asks (`RoomRequests`: each has one answer or one error); the room process tells (`RoomEvent`).
 * A *session* is one peer connection: a participant's (its id is the participant's id) or a viewer's.
 */
import type { LayoutTemplate } from '../../layouts/index.js';
import type { ErrorCode } from '../errors.js';

export type ParticipantKind = 'browser' | 'whip';
/** `disconnected`: nothing has come from him for 5 s; he is gone after `participantTimeoutMs`, or `connected` again. */
export type ConnectionState = 'connecting' | 'connected' | 'disconnected';
export type RecordingFormat = 'mp4' | 'webm';
export type RecordingStatus = 'starting' | 'active' | 'complete' | 'failed';

/** As the HTTP face shows it: pixels and frames per second. */
export interface VideoDescription {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

/** `music`: stereo and more bits, levels are left as they are. */
export type AudioMode = 'voice' | 'music';

export interface AudioDescription {
  readonly mode: AudioMode;
}

export interface AudioOptions extends AudioDescription {
  readonly bitrateBps: number;
  /** Of the Opus encoders, 0 to 10. */
  readonly complexity: number;
  /** Who are mixed at the same time. */
  readonly maxTalkers: number;
  /** Different ways of hearing others than everyone as he is. */
  readonly maxHearingGroups: number;
}

export interface ParticipantDescription {
  readonly id: string;
  readonly name: string;
  readonly kind: ParticipantKind;
  /** Microphone on, camera on, screen shared: what the participant says, or for WHIP what arrives. */
  readonly audio: boolean;
  readonly video: boolean;
  readonly screen: boolean;
  readonly speaking: boolean;
  readonly connection: ConnectionState;
  /** Among the contributing sources of the mix (RFC 3550 7.1): his voice is in the packet. 0 to 2^32 - 1. */
  readonly csrc: number;
  /** ISO 8601. */
  readonly joinedAt: string;
  /** Heard by nobody, whatever he says of his microphone. */
  readonly muted: boolean;
  /** Of his voice for everyone. */
  readonly gainDb: number;
  /** Hears nobody. */
  readonly deaf: boolean;
  readonly hears: HearingDescription;
  /** Hears nobody but `holdSound`, is heard by nobody. */
  readonly onHold: boolean;
  /** The file that he hears; null: silence. */
  readonly holdSound: string | null;
  readonly noiseSuppression: boolean;
  readonly levelling: boolean;
}

/** What moderators have set of a participant. */
export type VoiceDescription = Pick<ParticipantDescription, 'muted' | 'gainDb' | 'deaf' | 'hears' | 'onHold' | 'holdSound' | 'noiseSuppression' | 'levelling'>;

/** One row of who hears whom, his own voice aside: gain in dB, -60 to 20; null: not heard. */
export interface HearingDescription {
  /** Of all who are not in `sources`. */
  readonly rest: number | null;
  /** By the participant's id. */
  readonly sources: Readonly<Record<string, number | null>>;
}

/** A sound file of the operator's: its name, and where it lies. */
export interface SoundFileReference {
  readonly file: string;
  /** Absolute. */
  readonly path: string;
}

/** What changes of one participant; what is not there stays as it is. */
export interface VoiceChanges {
  readonly muted?: boolean | undefined;
  readonly gainDb?: number | undefined;
  readonly deaf?: boolean | undefined;
  readonly hears?: HearingDescription | undefined;
  /** `sound` null: he hears silence. */
  readonly hold?: false | { readonly sound: SoundFileReference | null } | undefined;
  readonly noiseSuppression?: boolean | undefined;
  readonly levelling?: boolean | undefined;
}

export type SoundStatus = 'playing' | 'ended' | 'stopped' | 'failed';

export interface SoundDescription {
  readonly id: string;
  readonly file: string;
  readonly loop: boolean;
  readonly gainDb: number;
  /** Who hears it; null: everyone, viewers and recordings too. */
  readonly participantIds: readonly string[] | null;
  readonly status: SoundStatus;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Null while it plays. */
  readonly endedAt: string | null;
  /** What was wrong with the file. */
  readonly error: 'sound_unreadable' | 'sound_too_long' | 'sound_too_short' | null;
}

export interface RecordingDescription {
  readonly id: string;
  readonly room: string;
  readonly format: RecordingFormat;
  readonly status: RecordingStatus;
  /** ISO 8601; null until it is so. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number;
  readonly bytes: number;
  readonly url: string;
  readonly error: string | null;
}

export interface RoomDescription {
  readonly name: string;
  readonly createdAt: string;
  readonly layout: string;
  readonly video: VideoDescription;
  readonly audio: AudioDescription;
  readonly participants: readonly ParticipantDescription[];
  readonly viewers: number;
  readonly recordings: readonly RecordingDescription[];
  /** Those that are playing. */
  readonly sounds: readonly SoundDescription[];
}

/** What a page is asked to send of one source: what its tile shows, and no more. */
export interface EncodingWish {
  readonly source: 'camera' | 'screen';
  /** False: no tile shows it, nothing is to be sent; then the numbers are 0. */
  readonly active: boolean;
  /** The whole picture in pixels of the canvas: not to be larger than that, nor smaller. */
  readonly width: number;
  readonly height: number;
  readonly maxFps: number;
  /** Bits a second. */
  readonly maxBitrate: number;
}

export interface RoomOptions {
  readonly name: string;
  readonly createdAt: string;
  readonly layout: string;
  /** Those it may be switched to. */
  readonly layouts: readonly LayoutTemplate[];
  readonly video: VideoDescription;
  /** Of the mix in canvas size, for each video codec. */
  readonly videoBitrateBps: number;
  /** As it was chosen; what becomes of it is the room's business. */
  readonly audio: AudioOptions;
  /** One port of the range is bound (0-0: any free one), on each of the hosts, for UDP and perhaps TCP; `announced` are the addresses put into candidates. */
  readonly udpHosts: readonly string[];
  readonly iceTcp: boolean;
  readonly udpPortMin: number;
  readonly udpPortMax: number;
  readonly announcedAddresses: readonly string[];
  readonly maxParticipants: number;
  /** What a WHIP publisher has to send at least; may be empty. */
  readonly requiredMedia: readonly ('audio' | 'video')[];
  readonly maxViewers: number;
  readonly maxInputPixels: number;
  readonly maxRecordings: number;
  /** Without a sign of life for so long a participant is gone. */
  readonly participantTimeoutMs: number;
  /** Program that makes recordings; empty: found by itself (PATH, then the bundled one). */
  readonly ffmpegPath: string;
  /** Of new participants. */
  readonly noiseSuppression: boolean;
  readonly levelling: boolean;
}

/** One side of an ICE session. */
export interface IceDescription {
  readonly iceUfrag: string;
  readonly icePassword: string;
  /** Each from `candidate:` on. */
  readonly candidates: readonly string[];
}

export interface RoomRequests {
  open: { params: { options: RoomOptions }; result: { udpPort: number } };
  setLayout: { params: { layout: string }; result: Record<string, never> };
  /** A browser page joins: the server makes the offer. `maxHeightPx`: of the picture that it wants at most. */
  join: { params: { sessionId: string; name: string; maxHeightPx?: number | undefined }; result: { offer: string; offerId: number } };
  /** `offerId`: of the offer that it answers; without it only while no other offer has taken that one's place. */
  answer: { params: { sessionId: string; answer: string; offerId?: number | undefined }; result: Record<string, never> };
  /** All of them or, when one cannot be read, none. Each is a `candidate:…` line; the empty string is end-of-candidates. */
  addCandidates: { params: { sessionId: string; candidates: readonly string[] }; result: Record<string, never> };
  /** ICE restart of a session whose offer was ours: an offer with new credentials, which `answer` answers; media go on meanwhile. */
  restartIce: { params: { sessionId: string }; result: { offer: string; offerId: number } };
  /** ICE restart of a session whose offer was the client's (RFC 9725 4.3.3): new credentials for new credentials. Nothing restarts when a candidate cannot be read. */
  restartIceFor: { params: { sessionId: string; iceUfrag: string; icePassword: string; candidates: readonly string[] }; result: IceDescription };
  setMedia: { params: { sessionId: string; audio: boolean; video: boolean; screen: boolean }; result: Record<string, never> };
  /** Whether the session is told how loud those are who are heard in the mix; it is not until it asks. */
  watchLevels: { params: { sessionId: string; wanted: boolean }; result: Record<string, never> };
  /** WHIP. */
  publish: { params: { sessionId: string; name: string; offer: string }; result: { answer: string } };
  /** WHEP; with `participantId` that participant's own mix-minus. */
  view: { params: { sessionId: string; offer: string; participantId: string | undefined; maxHeightPx?: number | undefined }; result: { answer: string } };
  end: { params: { sessionId: string; reason: string }; result: Record<string, never> };
  /** Whether it still turns its event loop. */
  ping: { params: Record<string, never>; result: Record<string, never> };
  snapshot: { params: Record<string, never>; result: { png: Uint8Array } };
  stats: { params: Record<string, never>; result: { stats: Readonly<Record<string, unknown>> } };
  /** `path` is the absolute path of the file to write; `url` goes into the description. */
  startRecording: { params: { recordingId: string; format: RecordingFormat; path: string; url: string }; result: { recording: RecordingDescription } };
  stopRecording: { params: { recordingId: string }; result: { recording: RecordingDescription } };
  /** Answers when it is in the description. */
  changeParticipant: { params: { participantId: string; changes: VoiceChanges }; result: Record<string, never> };
  /** He is told `removed`, as `sessionEnded` tells. */
  removeParticipant: { params: { participantId: string }; result: Record<string, never> };
  playSound: { params: { soundId: string; sound: SoundFileReference; loop: boolean; gainDb: number; participantIds: readonly string[] | null }; result: { sound: SoundDescription } };
  /** `sound` tells when it has ended. */
  stopSound: { params: { soundId: string }; result: Record<string, never> };
  /** Everyone is told why and disconnected, recordings are finished, then the process ends by itself. */
  close: { params: { reason: string }; result: Record<string, never> };
}

export type RoomRequestName = keyof RoomRequests;

export type RoomRequestMessage = { [N in RoomRequestName]: { readonly requestId: number; readonly name: N; readonly params: RoomRequests[N]['params'] } }[RoomRequestName];

export type RoomAnswerMessage =
  | { readonly type: 'answer'; readonly requestId: number; readonly result: unknown }
  | { readonly type: 'error'; readonly requestId: number; readonly error: { readonly code: ErrorCode; readonly message: string; readonly details?: unknown } };

export type RoomEvent =
  /** The process is up and can take `open`. */
  | { readonly type: 'ready' }
  /** Sent after every change, before the answer of the request that made it; the server keeps the newest. */
  | { readonly type: 'changed'; readonly room: RoomDescription }
  /** A session ended on the room's side (left, timed out, refused): `reason` is a stable word, e.g. `left`, `timeout`, `dtls_failed`. */
  | { readonly type: 'sessionEnded'; readonly sessionId: string; readonly reason: string }
  /** Who speaks now, the most active first; `dominant` leads the conversation, and the layout follows him. Changes only, at most 5 a second. */
  | { readonly type: 'speaking'; readonly participantIds: readonly string[]; readonly dominant: string | null }
  /** How loud the 15 loudest were in what these hear since the last time, in whole dBov by participant. Changes only, at most 5 a second, to those who watch. */
  | { readonly type: 'levels'; readonly sessionIds: readonly string[]; readonly levels: Readonly<Record<string, number>> }
  | { readonly type: 'recording'; readonly recording: RecordingDescription }
  /** Of each sound twice: when it begins, and when it is over. */
  | { readonly type: 'sound'; readonly sound: SoundDescription }
  /** To browser pages only; when it changes, more at once, less when it has lasted. */
  | { readonly type: 'encoding'; readonly sessionId: string; readonly encoding: EncodingWish }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string; readonly fields: Readonly<Record<string, unknown>> };

export type RoomProcessMessage = RoomAnswerMessage | RoomEvent;
