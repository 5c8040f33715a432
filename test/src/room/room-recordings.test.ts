import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemTimers } from '../../../mixer/index.js';
import { RoomOutputs } from '../../../src/room/room-outputs.js';
import { RoomRecordings, type RecordingRequest } from '../../../src/room/room-recordings.js';
import type { RecordingDescription } from '../../../src/rooms/protocol.js';
import { encodeTone, encodeVp8, ffmpegPath, type EncodedPicture } from '../../support/encoded-media.js';
import { ManualTime } from '../../support/manual-time.js';
import { CommandList, ManualRoomClock } from './room-rig.js';

const canvas = { widthPx: 64, heightPx: 64, fps: 10 };
const frameUs = 100_000;
const room = 'atelier';

describe('RoomRecordings', () => {
  let folder: string;
  let pictures: readonly EncodedPicture[];
  let tone: readonly Uint8Array[];
  let mixer: CommandList;
  let outputs: RoomOutputs;
  let clock: ManualRoomClock;
  /** Of the recordings themselves; FFmpeg has real ones. */
  let time: ManualTime;
  let changes: RecordingDescription[];
  let measures: RecordingDescription[];
  let told: EventEmitter;
  let recordings: RoomRecordings;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-room-recordings-'));
    pictures = await encodeVp8({ ...canvas, frames: 10, color: 'red' });
    tone = await encodeTone(440, 50);
  });
  after(() => rm(folder, { recursive: true }));
  afterEach(() => recordings.close());

  function open(program = ffmpegPath, maxActive = 2): void {
    mixer = new CommandList();
    outputs = new RoomOutputs({ mixer, tiers: [{ format: canvas, bitrateBps: 100_000 }], csrcOf: () => undefined });
    clock = new ManualRoomClock();
    clock.advance(60_000_000);
    time = new ManualTime();
    changes = [];
    measures = [];
    told = new EventEmitter();
    recordings = new RoomRecordings({
      room,
      canvas,
      audioChannels: 1,
      ffmpegPath: program,
      environmentPath: undefined,
      maxActive,
      clock,
      timers: { every: (periodMs, run) => time.every(periodMs, run), after: (delayMs, run) => systemTimers.after(delayMs, run) },
      outputs,
      onChanged: (recording) => {
        changes.push(recording);
        told.emit(recording.status);
      },
      onMeasured: (recording) => {
        measures.push(recording);
        told.emit('measured');
      },
    });
  }

  beforeEach(() => open());

  function request(recordingId: string): RecordingRequest {
    return { recordingId, format: 'webm', path: join(folder, `${recordingId}.webm`), url: `/recordings/${recordingId}.webm` };
  }

  /** The mix of so many seconds, as the mixer gives it to all who take it. */
  function mix(seconds = 1): void {
    for (let second = 0; second < seconds; second += 1) {
      const startUs = 60_000_000 + second * 1_000_000;
      for (const [frame, { keyframe, data }] of pictures.entries()) outputs.takeVideo({ outputId: 'vp8-64x64@10-100000', ptsUs: startUs + frame * frameUs, keyframe, data });
      for (const [packet, data] of tone.entries()) outputs.takeAudio({ ptsUs: startUs + packet * 20_000, heard: [], mix: data, participantIds: [], streams: [] });
    }
  }

  it('starts, is active with the first picture, and complete when it was stopped', async () => {
    const started = recordings.start(request('one'));
    const common = { id: 'one', room, format: 'webm', url: '/recordings/one.webm', error: null };
    expect(started).to.deep.equal({ ...common, status: 'starting', startedAt: null, endedAt: null, durationMs: 0, bytes: 0 });
    // So long the first picture takes to be encoded: the file begins with its moment all the same.
    clock.advance(900_000);
    mix();
    expect(changes).to.deep.equal([{ ...common, status: 'active', startedAt: '2026-01-01T00:01:00.000Z', endedAt: null, durationMs: 0, bytes: 0 }]);
    expect(recordings.describe().map(({ status, durationMs }) => [status, durationMs])).to.deep.equal([['active', 980]]);
    clock.advance(5_000_000);
    const stopped = await recordings.stop('one');
    const { size } = await stat(join(folder, 'one.webm'));
    expect(stopped).to.deep.equal({ ...common, status: 'complete', startedAt: '2026-01-01T00:01:00.000Z', endedAt: '2026-01-01T00:01:05.900Z', durationMs: 980, bytes: size });
    expect(size).to.be.greaterThan(1_000);
    expect(changes.slice(1), 'told before the answer').to.deep.equal([stopped]);
    expect(recordings.describe()).to.deep.equal([]);
  });

  it('takes the mix like a listener, from its start to its end', async () => {
    recordings.start(request('taker'));
    expect(mixer.of('addVideoOutput').map(({ output }) => output.codec)).to.deep.equal(['vp8']);
    expect(mixer.of('setAudioListeners').at(-1)?.listeners.mix).to.equal(true);
    mix();
    mixer.clear();
    await recordings.stop('taker');
    expect(mixer.commands).to.deep.equal([
      { type: 'removeVideoOutput', outputId: 'vp8-64x64@10-100000' },
      { type: 'setAudioListeners', listeners: { mix: false, participantIds: [] } },
    ]);
  });

  it('asks for a keyframe each 4 s while it runs, so that players can seek', async () => {
    time.advance(8_000);
    expect(mixer.commands).to.deep.equal([]);
    recordings.start(request('seek'));
    mix();
    mixer.clear();
    time.advance(8_000);
    expect(mixer.of('requestKeyframe').length).to.equal(2);
    await recordings.stop('seek');
    mixer.clear();
    time.advance(8_000);
    expect(mixer.commands).to.deep.equal([]);
  });

  it('tells once a second how long it is', async () => {
    recordings.start(request('measured'));
    mix();
    time.advance(1_000);
    await once(told, 'measured');
    expect(measures.map(({ id, status, durationMs }) => [id, status, durationMs])).to.deep.equal([['measured', 'active', 980]]);
  });

  it('fails alone: the others go on, its file is kept, and it says why', async () => {
    recordings.start({ ...request('bad'), path: join(folder, 'no such folder', 'bad.webm') });
    recordings.start(request('good'));
    const failed = once(told, 'failed');
    // FFmpeg opens its file once it has read 32 kB, or the end, of its input.
    mix(10);
    await failed;
    const last = changes.at(-1);
    expect(last).to.include({ id: 'bad', status: 'failed', bytes: 0 });
    expect(last?.endedAt).to.equal('2026-01-01T00:01:00.000Z');
    expect(last?.error).to.match(/No such file or directory/);
    expect((await recordings.stop('good')).status).to.equal('complete');
    expect(await recordings.stop('bad').catch((error: unknown) => error)).to.include({ code: 'recording_not_found' });
  });

  it('fails without a picture: a file with nothing in it is no recording', async () => {
    recordings.start(request('empty'));
    const stopped = await recordings.stop('empty');
    expect(stopped).to.include({ status: 'failed', startedAt: null, error: 'it was stopped before the first picture' });
  });

  it('refuses to start when there is no FFmpeg, and leaves nothing behind', () => {
    open(join(folder, 'no-ffmpeg'));
    expect(() => recordings.start(request('none'))).to.throw(/FFmpeg could not be started/).with.property('code', 'recording_failed');
    expect(recordings.describe()).to.deep.equal([]);
    expect(mixer.commands).to.deep.equal([]);
  });

  it('runs so many at most; one that has ended makes room', async () => {
    open(ffmpegPath, 1);
    recordings.start(request('first'));
    expect(() => recordings.start(request('second'))).to.throw().with.property('code', 'too_many_recordings');
    mix();
    await recordings.stop('first');
    expect(recordings.start(request('third')).status).to.equal('starting');
  });

  it('finishes what runs at its close, and has told so when it is closed', async () => {
    recordings.start(request('last'));
    mix();
    await recordings.close();
    expect(changes.map(({ id, status }) => [id, status])).to.deep.equal([['last', 'active'], ['last', 'complete']]);
    expect(time.pending).to.equal(0);
  });
});
