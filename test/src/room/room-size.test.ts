/** How long the description of a room can be, which everybody in it is told at each change: what a socket may be behind (`maxBufferedBytes`) is reckoned from it. */
import { expect } from 'chai';
import { loadConfig } from '../../../src/config-load.js';
import { maxRowEntries } from '../../../src/room/room-voices.js';
import { mostNewsBps, newsPeriodMs } from '../../../src/rooms/room-news.js';
import type { ParticipantDescription, RoomDescription } from '../../../src/rooms/protocol.js';
import { maxBufferedBytes } from '../../../src/signalling/signalling-session.js';

const { maxParticipants } = loadConfig({}, () => undefined).config;
const id = (at: number): string => String(at).padStart(16, 'f');
/** Four bytes each, as the longest display names and file names have them. */
const longest = '\u{1F600}'.repeat(64);
const date = '2026-01-31T09:59:59.000Z';

function greatestRoom(people: number, rowEntries: number): RoomDescription {
  const perRow = Math.floor(rowEntries / people);
  const participants = Array.from({ length: people }, (_unused, at): ParticipantDescription => ({
    id: id(at), name: longest, kind: 'browser', audio: false, video: false, screen: false, speaking: false, connection: 'disconnected', csrc: 2 ** 32 - 1, joinedAt: date,
    muted: false, gainDb: -59.9, deaf: false, hears: { rest: null, sources: Object.fromEntries(Array.from({ length: perRow }, (_entry, other) => [id(other), -20.5])) },
    onHold: false, holdSound: `${longest}.opus`, noiseSuppression: false, levelling: false,
  }));
  const participantIds = participants.map((participant) => participant.id);
  const sounds = Array.from({ length: 8 }, (_unused, at) => ({ id: id(at), file: `${longest}.opus`, loop: false, gainDb: -59.9, participantIds, status: 'playing' as const, startedAt: date, endedAt: null, error: null }));
  const recordings = Array.from({ length: 50 }, (_unused, at) => ({
    id: id(at), room: 'r'.repeat(64), format: 'webm' as const, status: 'complete' as const, startedAt: date, endedAt: date, durationMs: 86_400_000, bytes: 2 ** 40, url: `/recordings/${'r'.repeat(64)}-20260131T095959Z-${id(at)}.webm`, error: null,
  }));
  return { name: 'r'.repeat(64), createdAt: date, layout: 'presentation', video: { width: 1920, height: 1080, fps: 30 }, audio: { mode: 'music' }, participants, viewers: 500, recordings, sounds };
}

const bytesOf = (room: RoomDescription): number => Buffer.byteLength(JSON.stringify({ type: 'room', room }));

describe('the description of a room', () => {
  it('is not much longer with all the rows that there may be', () => {
    expect(bytesOf(greatestRoom(maxParticipants, maxRowEntries)) - bytesOf(greatestRoom(maxParticipants, 0))).to.be.within(100_000, 140_000);
  });

  it('of the greatest room is told for ten seconds, and fits five times, before who does not read it is cut off', () => {
    const bytes = bytesOf(greatestRoom(maxParticipants, maxRowEntries));
    const periodMs = Math.max(newsPeriodMs, (bytes * 8000) / mostNewsBps);
    expect(maxBufferedBytes / bytes).to.be.within(5, 6);
    expect((maxBufferedBytes / bytes) * periodMs).to.be.within(10_000, 12_000);
  });
});
