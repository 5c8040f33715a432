import { expect } from 'chai';
import type { RecordingDescription, RoomDescription, SoundDescription } from '../../../src/rooms/protocol.js';
import { RoomAudience } from '../../../src/rooms/room-audience.js';
import { newsPeriodMs } from '../../../src/rooms/room-news.js';
import { ManualTime } from '../../support/manual-time.js';

const sound: SoundDescription = { id: '', file: 'a.wav', loop: false, gainDb: 0, participantIds: null, status: 'playing', startedAt: '', endedAt: null, error: null };
const recording: RecordingDescription = { id: 'r', room: 'lobby', status: 'active', format: 'mp4', startedAt: '', endedAt: null, durationMs: 0, bytes: 0, url: '', error: null };

describe('RoomAudience', () => {
  let time: ManualTime;
  let audience: RoomAudience;
  let told: string[];
  let room: RoomDescription;

  beforeEach(() => {
    time = new ManualTime();
    told = [];
    room = {} as RoomDescription;
    audience = new RoomAudience({ time, describe: () => room, onOccupied: () => undefined });
    audience.add('s', {
      ended: (reason) => told.push(reason),
      soundChanged: ({ id, status }) => told.push(`${id} ${status}`),
      recordingChanged: ({ bytes, status }) => told.push(`${status} ${bytes}`),
    });
  });

  it('is told the newest of each sound once a period, however often they change', () => {
    for (let at = 0; at < 100; at += 1) for (const id of ['a', 'b']) audience.soundChanged({ ...sound, id, status: at === 99 ? 'stopped' : 'playing' });
    expect(told).to.deep.equal(['a playing']);
    time.advance(newsPeriodMs);
    expect(told).to.deep.equal(['a playing', 'a stopped', 'b stopped']);
    time.advance(10 * newsPeriodMs);
    expect(told).to.have.lengthOf(3);
    expect(time.pending).to.equal(0);
  });

  it('is told of no more sounds in a period than anybody needs', () => {
    for (let at = 0; at < 1000; at += 1) audience.soundChanged({ ...sound, id: `s${at}` });
    time.advance(newsPeriodMs);
    expect(told).to.deep.equal(['s0 playing', ...Array.from({ length: 16 }, (_, at) => `s${984 + at} playing`)]);
  });

  it('is told of a long room as seldom as its bytes on the wire say, whatever script its names are in', () => {
    // 100,000 letters of three bytes each: as long as 3.2 s at 750 kbps.
    room = { ...room, name: '\u5ba4'.repeat(100_000) };
    const toldMs: number[] = [];
    audience.add('t', { ended: () => undefined, roomChanged: () => toldMs.push(time.nowMs()) });
    for (let ms = 0; ms < 4_000; ms += newsPeriodMs) {
      audience.roomChanged();
      time.advance(newsPeriodMs);
    }
    expect(toldMs).to.deep.equal([0, 3_200]);
  });

  it('is told how a recording ended before its own end', () => {
    for (const bytes of [1, 2, 3]) audience.recordingChanged({ ...recording, bytes });
    audience.recordingChanged({ ...recording, bytes: 4, status: 'failed' });
    audience.endAll('room_failed');
    expect(told).to.deep.equal(['active 1', 'failed 4', 'room_failed']);
    expect(time.pending).to.equal(0);
  });

  it('tells whoever comes later nothing that is over', () => {
    for (const id of ['a', 'b']) audience.soundChanged({ ...sound, id });
    audience.remove('s');
    audience.add('t', { ended: () => undefined, soundChanged: ({ id }) => told.push(`t ${id}`) });
    time.advance(newsPeriodMs);
    expect(told).to.deep.equal(['a playing']);
  });
});
