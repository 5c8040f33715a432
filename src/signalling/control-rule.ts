/** Who may control others over the WebSocket. There is no authentication of moderators yet: whoever is to be kept from it leaves no choice but HTTP. */
import { AppError } from '../errors.js';
import type { ClientMessage } from './messages.js';

/** `everyone` who is in the room; `api`: only over HTTP, where a proxy can ask for a password. */
export type ControlRule = 'everyone' | 'api';

/** What of himself everybody may set under either rule; not whether a moderator has muted him. */
const ownFields: ReadonlySet<string> = new Set(['type', 'participantId', 'noiseSuppression']);

/** @throws {AppError} control_not_allowed */
export function checkControl(rule: ControlRule, message: ClientMessage, ownId: string): void {
  if (rule === 'everyone') return;
  switch (message.type) {
    case 'removeParticipant':
    case 'playSound':
    case 'stopSound':
      throw new AppError('control_not_allowed');
    case 'participant': {
      const isOwn = message.participantId === ownId && Object.entries(message).every(([field, value]) => ownFields.has(field) || value === undefined);
      if (!isOwn) throw new AppError('control_not_allowed');
      return;
    }
    default:
      return;
  }
}
