/** How a room is made of its parts: what each is given, and whom it tells. What follows from what is told is `room.ts`. */
import type { Timers } from '../../mixer/index.js';
import { Peer, type PeerCertificate } from '../peer/index.js';
import type { RoomDescription, RoomEvent, RoomOptions } from '../rooms/protocol.js';
import { audioSettings } from './audio-settings.js';
import { toFormat } from './canvas-format.js';
import type { RandomUint32 } from './media-plan.js';
import type { RoomBase } from './room-base.js';
import { RoomBulletin } from './room-bulletin.js';
import { RoomControl } from './room-control.js';
import { RoomConversation } from './room-conversation.js';
import { RoomOutputs } from './room-outputs.js';
import { RoomPicture } from './room-picture.js';
import { RoomRecordings } from './room-recordings.js';
import { RoomSessions, type RoomSessionsEvents } from './room-sessions.js';
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

export interface RoomPartsEvents {
  readonly describe: () => RoomDescription;
  readonly onEntered: RoomSessionsEvents['onEntered'];
  readonly onConnected: RoomSessionsEvents['onConnected'];
  readonly onLeft: RoomSessionsEvents['onLeft'];
  /** The canvas and everyone's list are to follow. */
  readonly onChanged: () => void;
}

export interface RoomParts {
  /** Who has a connection. */
  readonly sessions: RoomSessions;
  /** What listeners and files get of the mix. */
  readonly outputs: RoomOutputs;
  readonly recordings: RoomRecordings;
  /** What the canvas shows, and what is asked of people for it. */
  readonly picture: RoomPicture;
  /** Who speaks. */
  readonly conversation: RoomConversation;
  /** What moderators do. */
  readonly control: RoomControl;
  /** What the server is told of all that. */
  readonly bulletin: RoomBulletin;
}

export function makeRoomParts(dependencies: RoomDependencies, { clock, port, mixer }: RoomBase, events: RoomPartsEvents): RoomParts {
  const { options, certificate, timers, random, environmentPath, onEvent } = dependencies;
  const { describe, onEntered, onConnected, onLeft, onChanged } = events;
  const canvas = toFormat(options.video);
  const audio = audioSettings(options.audio);
  const tiers = videoTiers(canvas, options.videoBitrateBps);
  const bulletin = new RoomBulletin({ describe, onChanged: (room) => onEvent({ type: 'changed', room }) });
  const outputs = new RoomOutputs({ mixer, tiers, csrcOf: (participantId) => sessions.findParticipant(participantId)?.csrc });
  const conversation = new RoomConversation({
    clock,
    voiceOf: (participantId) => sessions.findParticipant(participantId)?.voice,
    onSpeaking: ({ speaking: participantIds, dominant }) => onEvent({ type: 'speaking', participantIds, dominant }),
    onLevels: (told) => onEvent({ type: 'levels', ...told }),
  });
  const sessions = new RoomSessions({
    maxParticipants: options.maxParticipants,
    maxViewers: options.maxViewers,
    requiredMedia: options.requiredMedia,
    voiceDefaults: options,
    clock,
    timers,
    tiersFor: (maxHeightPx) => listenerTiers(tiers, audio.bitrateBps, maxHeightPx),
    stereoBps: audio.mode === 'music' ? audio.bitrateBps : undefined,
    random,
    openPeer: (peerEvents, connectTimeoutMs) => Peer.create({ port, certificate, events: peerEvents, clock, timers, connectTimeoutMs, silenceTimeoutMs: options.participantTimeoutMs }),
    events: {
      onEntered,
      onConnected,
      onConnectionChanged: () => bulletin.update(),
      onAudioPacket: (packet) => {
        conversation.claim(packet.participantId, packet.levelDbov);
        mixer.send({ type: 'audioPacket', packet });
      },
      onVideoFrame: (frame) => mixer.send({ type: 'videoFrame', frame }),
      onKeyframeWish: (session) => outputs.requestKeyframe(session),
      onTierChanged: (session) => outputs.changeTier(session),
      onLeft,
    },
  });
  const picture = new RoomPicture({
    layouts: options.layouts,
    layout: options.layout,
    canvas,
    mixer,
    speakers: conversation.speakers,
    clock,
    participants: () => sessions.participants,
    onEncoding: (sessionId, encoding) => onEvent({ type: 'encoding', sessionId, encoding }),
  });
  const control = new RoomControl({
    mixer,
    clock,
    maxHearingGroups: options.audio.maxHearingGroups,
    sessions,
    onChanged,
    onSound: (sound) => {
      onEvent({ type: 'sound', sound });
      bulletin.update();
    },
  });
  const recordings = new RoomRecordings({
    room: options.name,
    canvas,
    audioChannels: audio.mode === 'music' ? 2 : 1,
    ffmpegPath: options.ffmpegPath,
    environmentPath,
    maxActive: options.maxRecordings,
    clock,
    timers,
    outputs,
    onChanged: (recording) => {
      onEvent({ type: 'recording', recording });
      bulletin.update();
    },
    onMeasured: (recording) => onEvent({ type: 'recording', recording }),
  });
  return { sessions, outputs, recordings, picture, conversation, control, bulletin };
}
