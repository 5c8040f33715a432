/** The WebSocket's messages, both ways: JSON objects told apart by `type`. docs/signalling.md describes them for other clients and is held against this file by a test. */
import { z } from 'zod';
import type { ErrorCode } from '../errors.js';
import type { IceServer } from '../ice-servers.js';
import { mostHeightPx } from '../names.js';
import { participantChanges, soundWishes } from '../rooms/control-schemas.js';
import type { EncodingWish, RecordingDescription, RoomDescription, SoundDescription } from '../rooms/protocol.js';
import type { ControlRule } from './control-rule.js';

const maxSdpCharacters = 100_000;
const maxCandidateCharacters = 1_000;
const maxNameCharacters = 200;

export const clientMessageSchema = z.discriminatedUnion('type', [
  /** First message. The answer is `joined`, then `offer`. `maxHeight`: of the mixed picture, in rows, for who cannot take more. */
  z.strictObject({ type: z.literal('join'), room: z.string().max(maxNameCharacters), name: z.string().max(maxNameCharacters), audio: z.boolean(), video: z.boolean(), maxHeight: z.int().min(1).max(mostHeightPx).optional() }),
  /** `offerId` of the offer that it answers; without it only while no other offer has taken that one's place. */
  z.strictObject({ type: z.literal('answer'), sdp: z.string().max(maxSdpCharacters), offerId: z.int().min(0).optional() }),
  /** One ICE candidate of the client (`RTCIceCandidate.candidate`); the empty string is end-of-candidates. */
  z.strictObject({ type: z.literal('candidate'), candidate: z.string().max(maxCandidateCharacters) }),
  /** The client has changed its network, or hears nothing any more: the answer is an `offer` with new ICE credentials. */
  z.strictObject({ type: z.literal('restart') }),
  /** What is switched on now. */
  z.strictObject({ type: z.literal('media'), audio: z.boolean(), video: z.boolean(), screen: z.boolean() }),
  /** Whether `levels` are to come; they do not until asked for. */
  z.strictObject({ type: z.literal('levels'), wanted: z.boolean() }),
  z.strictObject({ type: z.literal('layout'), layout: z.string().max(maxNameCharacters) }),
  z.strictObject({ type: z.literal('startRecording'), format: z.enum(['mp4', 'webm']).optional() }),
  z.strictObject({ type: z.literal('stopRecording'), recordingId: z.string().max(maxNameCharacters) }),
  z.strictObject({ type: z.literal('leave') }),
  /** Whether anybody hears: the answer is `pong`. Browsers show their programs nothing of the WebSocket's own pings. */
  z.strictObject({ type: z.literal('ping') }),
  /** What is to change of a participant: of others, or of oneself. */
  z.strictObject({ type: z.literal('participant'), participantId: z.string().max(maxNameCharacters), ...participantChanges }),
  z.strictObject({ type: z.literal('removeParticipant'), participantId: z.string().max(maxNameCharacters) }),
  z.strictObject({ type: z.literal('playSound'), ...soundWishes }),
  z.strictObject({ type: z.literal('stopSound'), soundId: z.string().max(maxNameCharacters) }),
  /** First message of a socket that takes the place of one that was lost; the answer is `resumed`, or `closed` with what has ended him meanwhile. `attempt` counts such sockets: one that comes late is refused. */
  z.strictObject({ type: z.literal('resume'), room: z.string().max(maxNameCharacters), participantId: z.string().max(maxNameCharacters), secret: z.string().max(maxNameCharacters), attempt: z.int().min(0).optional() }),
]);

export type ClientMessage = z.infer<typeof clientMessageSchema>;

export type ServerMessage =
  /** The participant's own id, the room as it is, the layouts there are, ICE servers for `RTCPeerConnection`, and who may control others over the WebSocket. */
  | { readonly type: 'joined'; readonly participantId: string; readonly room: RoomDescription; readonly layouts: readonly string[]; readonly iceServers: readonly IceServer[]; readonly control: ControlRule; /** For `resume`; whoever knows it is this participant. */ readonly secret: string; /** How long he stays without a socket. */ readonly resumeTimeoutMs: number }
  /** The server makes the offers: m-lines audio (sendrecv), camera video (sendrecv), screen video (recvonly for the server). */
  | { readonly type: 'offer'; readonly sdp: string; readonly offerId: number; /** After `restart`: those of `joined` may have expired. */ readonly iceServers?: readonly IceServer[] }
  | { readonly type: 'room'; readonly room: RoomDescription }
  | { readonly type: 'speaking'; readonly participantIds: readonly string[]; readonly dominant: string | null }
  /** How loud the 15 loudest are in the mix, in dBov by their ids; who is missing is not heard. */
  | { readonly type: 'levels'; readonly participants: Readonly<Record<string, number>> }
  | { readonly type: 'recording'; readonly recording: RecordingDescription }
  /** Of each sound that is played into the room twice, when it begins and when it is over; only of its end when both are within 200 ms. */
  | { readonly type: 'sound'; readonly sound: SoundDescription }
  /** What the page is to send of a source, until the next one for that source. */
  | ({ readonly type: 'encoding' } & EncodingWish)
  | { readonly type: 'error'; readonly error: { readonly code: ErrorCode; readonly message: string; readonly details?: unknown } }
  | { readonly type: 'pong' }
  /** The session is over; with `rejoin` the client should join again by itself, after `afterMs`. */
  | { readonly type: 'closed'; readonly reason: string; readonly rejoin: boolean; readonly afterMs: number }
  /** As `joined`, of a participant who was there already; what else holds of him follows. */
  | { readonly type: 'resumed'; readonly participantId: string; readonly room: RoomDescription; readonly layouts: readonly string[]; readonly iceServers: readonly IceServer[] };
