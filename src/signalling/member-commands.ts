/** What a participant says over his WebSocket once he is in the room, carried out. */
import { AppError } from '../errors.js';
import type { IceServers } from '../ice-servers.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { Member } from './member.js';
import type { ClientMessage, ServerMessage } from './messages.js';

type MemberCommand = Exclude<ClientMessage, { type: 'join' | 'resume' | 'leave' }>;

interface MemberCommandContext {
  readonly member: Member;
  readonly registry: RoomRegistry;
  readonly iceServers: IceServers;
}

/**
 * @returns what he alone is answered, if anything
 * @throws {AppError} whatever the room refuses, and `sdp_empty`
 */
export async function carryOut(message: MemberCommand, { member, registry, iceServers }: MemberCommandContext): Promise<ServerMessage | undefined> {
  const { room, id: sessionId } = member;
  switch (message.type) {
    case 'answer':
      if (message.sdp.trim() === '') throw new AppError('sdp_empty');
      await room.answer(sessionId, message.sdp, message.offerId);
      break;
    case 'candidate':
      await room.addCandidates(sessionId, [message.candidate]);
      break;
    case 'restart': {
      const { offer, offerId } = await room.restartIce(sessionId);
      return { type: 'offer', sdp: offer, offerId, iceServers: iceServers.for(sessionId) };
    }
    case 'ping':
      return { type: 'pong' };
    case 'media':
      await room.setMedia(sessionId, { audio: message.audio, video: message.video, screen: message.screen });
      break;
    case 'levels':
      await room.watchLevels(sessionId, message.wanted);
      break;
    case 'layout':
      await room.setLayout(registry.findLayout(message.layout));
      break;
    case 'startRecording':
      await room.startRecording(message.format ?? 'mp4');
      break;
    case 'stopRecording':
      await room.stopRecording(message.recordingId);
      break;
    case 'participant':
      await room.control.change(message.participantId, message);
      break;
    case 'removeParticipant':
      await room.control.remove(message.participantId);
      break;
    case 'playSound':
      await room.control.play(message);
      break;
    case 'stopSound':
      await room.control.stop(message.soundId);
      break;
  }
  return undefined;
}
