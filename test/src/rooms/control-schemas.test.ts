import { expect } from 'chai';
import { newSoundSchema } from '../../../src/http/schemas.js';
import { mostHearers } from '../../../src/rooms/control-schemas.js';
import { clientMessageSchema } from '../../../src/signalling/messages.js';

describe('what HTTP and the WebSocket take to play a sound', () => {
  const wishFor = (hearers: number): object => ({ file: 'join.wav', participantIds: Array.from({ length: hearers }, (_unused, at) => String(at)) });

  it('names everybody whom a room can have, and no more', () => {
    for (const [hearers, isTaken] of [[1, true], [mostHearers, true], [mostHearers + 1, false], [0, false]] as const) {
      expect(newSoundSchema.safeParse(wishFor(hearers)).success, `${hearers} over HTTP`).to.equal(isTaken);
      expect(clientMessageSchema.safeParse({ type: 'playSound', ...wishFor(hearers) }).success, `${hearers} over the WebSocket`).to.equal(isTaken);
    }
  });

  it('names nobody twice', () => {
    expect(newSoundSchema.safeParse({ file: 'join.wav', participantIds: ['a', 'b', 'a'] }).success).to.equal(false);
  });
});
