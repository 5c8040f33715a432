import { randomBytes } from 'node:crypto';

/** Public ids (participants, recordings, requests) stand in lists and file names: unique, and no protection for anything. */
const publicIdBytes = 8;
/** Whoever knows a secret owns the session: RFC 9725 wants it unguessable, for which 128 bits are enough. */
const secretBytes = 24;

/** 16 hexadecimal digits. */
export function newId(): string {
  return randomBytes(publicIdBytes).toString('hex');
}

/** 192 random bits, in characters that a URL takes as they are. */
export function newSecret(): string {
  return randomBytes(secretBytes).toString('base64url');
}
