import { ParticipantVoice } from '../../src/room/participant-voice.js';
import type { ParticipantChanges } from '../../src/rooms/control-schemas.js';
import type { VoiceChanges, VoiceDescription } from '../../src/rooms/protocol.js';

/** As new participants have it where no option says otherwise. */
export function newVoice(): ParticipantVoice {
  return new ParticipantVoice({ noiseSuppression: false, levelling: true });
}

export const plainVoice: VoiceDescription = newVoice().describe();

/** What the server makes of a wish, without looking whether its file is there. */
export function toVoiceChanges({ onHold, ...changes }: ParticipantChanges): VoiceChanges {
  const file = onHold === true ? 'hold.wav' : onHold === false ? undefined : onHold?.sound;
  const hold = onHold === undefined || onHold === false ? onHold : { sound: file === undefined ? null : { file, path: `/sounds/${file}` } };
  return { ...changes, hold };
}
