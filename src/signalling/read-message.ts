/** From what came over the socket to a message, or to the error that says what is wrong with it. */
import { AppError } from '../errors.js';
import { clientMessageSchema, type ClientMessage } from './messages.js';

/** SDP may have 100,000 characters, which JSON escapes and UTF-8 lengthen a little. */
export const maxMessageBytes = 256 * 1024;

/** @throws {AppError} message_too_large, sdp_too_large, invalid_message */
export function readMessage(data: Buffer, isBinary: boolean): ClientMessage {
  if (data.length > maxMessageBytes) throw new AppError(beginsLikeAnswer(data) ? 'sdp_too_large' : 'message_too_large');
  if (isBinary) throw new AppError('invalid_message', undefined, { issues: ['the message is binary'] });
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch {
    throw new AppError('invalid_message', undefined, { issues: ['the message is no JSON'] });
  }
  const parsed = clientMessageSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  if (issues.some(({ code, path }) => code === 'too_big' && path[0] === 'sdp')) throw new AppError('sdp_too_large');
  throw new AppError('invalid_message', undefined, { issues: issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)) });
}

/** A message that is too long to be parsed is still told from an SDP that is too long, which has a code of its own. */
function beginsLikeAnswer(data: Buffer): boolean {
  return /"type"\s*:\s*"answer"/.test(data.toString('latin1', 0, 200));
}
