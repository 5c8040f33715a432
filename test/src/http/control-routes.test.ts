import { join } from 'node:path';
import { expect } from 'chai';
import { errorTable, type ErrorCode } from '../../../src/errors.js';
import { errorSchema, participantSchema, roomSchema, soundFilesSchema, soundSchema, soundsSchema } from '../../../src/http/schemas.js';
import { ManualTime } from '../../support/manual-time.js';
import { rootFolder } from '../../support/root-folder.js';
import { errorCode, startTestServer, type Answer, type TestServer } from '../../support/test-server.js';
import type { SignallingClient } from '../../support/signalling-client.js';

function expectError({ status, body }: Pick<Answer, 'status' | 'body'>, code: ErrorCode): void {
  expect(errorCode(body)).to.equal(code);
  expect(errorSchema.safeParse(body).success).to.equal(true);
  expect(status).to.equal(errorTable[code].status);
}

describe('the HTTP face of control', () => {
  let test: TestServer;
  let ann: SignallingClient;
  let annId: string;
  let benId: string;

  before(async () => {
    test = await startTestServer({ config: { soundsFolder: join(rootFolder, 'sounds'), httpBodyLimitBytes: 4000 } });
  });
  after(() => test.close());

  beforeEach(async () => {
    ann = await test.connect();
    annId = (await ann.join('talk', 'Ann')).participantId;
    benId = (await (await test.connect()).join('talk', 'Ben')).participantId;
  });
  afterEach(() => test.server.registry.remove('talk'));

  const patch = (changes: unknown, id = annId): Promise<Answer> => test.call('PATCH', `/api/rooms/talk/participants/${id}`, changes);

  it('shows one participant, as everybody has him at first', async () => {
    const { status, body } = await test.call('GET', `/api/rooms/talk/participants/${annId}`);
    expect(status).to.equal(200);
    expect(participantSchema.parse(body)).to.deep.include({ id: annId, name: 'Ann', muted: false, gainDb: 0, deaf: false, hears: { rest: 0, sources: {} }, onHold: false, holdSound: null, noiseSuppression: false, levelling: true });
  });

  it('changes what is named and leaves the rest; everyone in the room is told', async () => {
    const first = await patch({ muted: true, gainDb: -12.5, hears: { rest: null, sources: { [benId]: 0 } } });
    expect(first.status).to.equal(200);
    expect(participantSchema.parse(first.body)).to.deep.include({ muted: true, gainDb: -12.5, hears: { rest: null, sources: { [benId]: 0 } }, deaf: false });
    const second = await patch({ deaf: true, noiseSuppression: true, levelling: false });
    expect(second.body).to.deep.include({ muted: true, gainDb: -12.5, deaf: true, noiseSuppression: true, levelling: false });
    expect((await patch({ hears: {} })).body).to.deep.include({ hears: { rest: 0, sources: {} } });
    const { room } = await ann.next('room', ({ room: now }) => now.participants.some(({ deaf }) => deaf));
    expect(roomSchema.parse(room).participants.find(({ id }) => id === annId)).to.deep.include({ muted: true, noiseSuppression: true });
    expect((await patch({})).status).to.equal(200);
  });

  it('puts on hold with the room\'s file, with another one, and takes back', async () => {
    expect((await patch({ onHold: true })).body).to.deep.include({ onHold: true, holdSound: 'hold.wav' });
    expect((await patch({ onHold: { sound: 'join.wav' } })).body).to.deep.include({ onHold: true, holdSound: 'join.wav' });
    expect((await patch({ onHold: false })).body).to.deep.include({ onHold: false, holdSound: null });
  });

  it('takes somebody out of the room, and tells him', async () => {
    expect((await test.call('DELETE', `/api/rooms/talk/participants/${annId}`)).status).to.equal(204);
    expect(await ann.next('closed')).to.deep.equal({ type: 'closed', reason: 'removed', rejoin: false, afterMs: 0 });
    expectError(await test.call('GET', `/api/rooms/talk/participants/${annId}`), 'participant_not_found');
    expectError(await test.call('DELETE', `/api/rooms/talk/participants/${annId}`), 'participant_not_found');
  });

  const badChanges: readonly [string, unknown, ErrorCode][] = [
    ['mute that is no flag', { muted: 1 }, 'invalid_body'],
    ['a gain below -60', { gainDb: -60.1 }, 'invalid_body'],
    ['a gain above 20', { gainDb: 20.1 }, 'invalid_body'],
    ['a gain that is text', { gainDb: '3' }, 'invalid_body'],
    ['a gain that is nothing', { gainDb: null }, 'invalid_body'],
    ['a row that is a list', { hears: [] }, 'invalid_body'],
    ['a row with a wrong field', { hears: { all: 0 } }, 'invalid_body'],
    ['a row with a loud source', { hears: { sources: { a: 21 } } }, 'invalid_body'],
    ['a row with an endless id', { hears: { sources: { ['a'.repeat(65)]: 0 } } }, 'invalid_body'],
    ['a row with a stranger', { hears: { sources: { nobody: 0 } } }, 'unknown_participants'],
    ['a hold with a wrong field', { onHold: { file: 'hold.wav' } }, 'invalid_body'],
    ['a hold with text', { onHold: 'hold.wav' }, 'invalid_body'],
    ['a hold with a file that is not there', { onHold: { sound: 'gone.wav' } }, 'sound_not_found'],
    ['a hold with a path', { onHold: { sound: '../package.json' } }, 'invalid_sound_name'],
    ['what a participant says himself', { audio: false }, 'invalid_body'],
    ['another name', { name: 'Eve' }, 'invalid_body'],
    ['a list', [], 'invalid_body'],
  ];
  for (const [what, changes, code] of badChanges) {
    it(`refuses ${what} with ${code}, and changes nothing`, async () => {
      const before = (await test.call('GET', `/api/rooms/talk/participants/${annId}`)).body;
      expectError(await patch(changes), code);
      expect((await test.call('GET', `/api/rooms/talk/participants/${annId}`)).body).to.deep.equal(before);
    });
  }

  it('names the strangers of a row', async () => {
    const { body } = await patch({ hears: { sources: { [benId]: 0, max: 0, [annId]: 0 } } });
    expect(body).to.deep.nested.include({ 'error.details': { participantIds: ['max', annId] } });
  });

  it('knows nobody of another room', async () => {
    expectError(await patch({ muted: true }, 'nobody'), 'participant_not_found');
    expectError(await test.call('PATCH', `/api/rooms/empty/participants/${annId}`, {}), 'room_not_found');
    expectError(await test.call('GET', '/api/rooms/talk/participants/__proto__'), 'participant_not_found');
  });

  it('plays, lists and stops sounds', async () => {
    const made = await test.call('POST', '/api/rooms/talk/sounds', { file: 'join.wav', loop: true, gainDb: -6, participantIds: [benId] });
    expect(made.status).to.equal(201);
    const sound = soundSchema.parse(made.body);
    expect(made.headers.get('Location')).to.equal(`/api/rooms/talk/sounds/${sound.id}`);
    expect(sound).to.deep.include({ file: 'join.wav', loop: true, gainDb: -6, participantIds: [benId], status: 'playing', endedAt: null, error: null });
    expect((await ann.next('sound')).sound).to.deep.equal(sound);
    expect((await test.call('GET', `/api/rooms/talk/sounds/${sound.id}`)).body).to.deep.equal(sound);
    expect(roomSchema.parse((await test.call('GET', '/api/rooms/talk')).body).sounds).to.deep.equal([sound]);
    expect((await test.call('DELETE', `/api/rooms/talk/sounds/${sound.id}`)).status).to.equal(204);
    expect((await ann.next('sound')).sound).to.deep.include({ id: sound.id, status: 'stopped' });
    expect((await test.call('DELETE', `/api/rooms/talk/sounds/${sound.id}`)).status).to.equal(204);
    expect(soundsSchema.parse((await test.call('GET', '/api/rooms/talk/sounds')).body).sounds.map(({ status }) => status)).to.deep.equal(['stopped']);
    expect(roomSchema.parse((await test.call('GET', '/api/rooms/talk')).body).sounds).to.deep.equal([]);
    const asked = (await (await test.server.registry.find('talk')).stats())['asked'] as { name: string; params: unknown }[];
    expect(asked.find(({ name }) => name === 'playSound')?.params).to.deep.equal({ soundId: sound.id, sound: { file: 'join.wav', path: join(rootFolder, 'sounds', 'join.wav') }, loop: true, gainDb: -6, participantIds: [benId] });
  });

  const badSounds: readonly [string, unknown, ErrorCode][] = [
    ['no file', {}, 'invalid_body'],
    ['a file that is no text', { file: 7 }, 'invalid_body'],
    ['an endless name', { file: 'a'.repeat(401) }, 'invalid_body'],
    ['a path', { file: '/etc/passwd' }, 'invalid_sound_name'],
    ['a file of another kind', { file: 'package.json' }, 'invalid_sound_name'],
    ['a file that is not there', { file: 'gone.wav' }, 'sound_not_found'],
    ['nobody to hear it', { file: 'join.wav', participantIds: [] }, 'invalid_body'],
    ['a gain above 20', { file: 'join.wav', gainDb: 30 }, 'invalid_body'],
    ['a wrong field', { file: 'join.wav', volume: 1 }, 'invalid_body'],
  ];
  for (const [what, wishes, code] of badSounds) {
    it(`refuses to play ${what} with ${code}`, async () => {
      expectError(await test.call('POST', '/api/rooms/talk/sounds', wishes), code);
    });
  }

  it('knows no sound that never was', async () => {
    expectError(await test.call('DELETE', '/api/rooms/talk/sounds/nothing'), 'sound_not_playing');
    expectError(await test.call('GET', '/api/rooms/talk/sounds/nothing'), 'sound_not_playing');
    expectError(await test.call('GET', '/api/rooms/empty/sounds'), 'room_not_found');
  });

  it('lists the files there are', async () => {
    expect(soundFilesSchema.parse((await test.call('GET', '/api/sounds')).body).sounds.map(({ file }) => file)).to.deep.equal(['hold.wav', 'join.wav', 'leave.wav']);
  });
});

describe('the HTTP face of control, stormed', () => {
  it('takes a burst and then so much a second, for each room by itself', async () => {
    const time = new ManualTime();
    const test = await startTestServer({ time, config: { soundsFolder: join(rootFolder, 'sounds') } });
    const { participantId } = await (await test.connect()).join('talk', 'Ann');
    await (await test.connect()).join('other', 'Max');
    const mute = (times: number): Promise<readonly Answer[]> => Promise.all(Array.from({ length: times }, (_unused, at) => test.call('PATCH', `/api/rooms/talk/participants/${participantId}`, { muted: at % 2 === 0 })));
    const taken = (answers: readonly Answer[]): number => answers.filter(({ status }) => status === 200).length;

    const { id: sound } = (await test.call('POST', '/api/rooms/talk/sounds', { file: 'join.wav' })).body as { id: string };
    // What is wrong changes nothing, and takes nothing from those who know what they want.
    for (let i = 0; i < 100; i += 1) {
      for (const [method, path, body, code] of [
        ['PATCH', '/participants/nobody', {}, 'participant_not_found'],
        ['PATCH', `/participants/${participantId}`, { muted: 'yes' }, 'invalid_body'],
        ['DELETE', '/participants/nobody', undefined, 'participant_not_found'],
        ['POST', '/sounds', {}, 'invalid_body'],
        ['DELETE', '/sounds/x', undefined, 'sound_not_playing'],
        ['PATCH', '', { layout: 'mosaic' }, 'unknown_layout'],
      ] as const) {
        const answer = await test.call(method, `/api/rooms/talk${path}`, body);
        if (i === 0 || answer.status === 429) expectError(answer, code);
      }
    }
    const storm = await mute(109);
    expect(taken(storm)).to.equal(99);
    const refused = storm.filter(({ status }) => status !== 200);
    for (const answer of refused) expectError(answer, 'too_many_requests');
    expect(refused.map(({ headers }) => headers.get('Retry-After'))).to.deep.equal(Array.from({ length: 10 }, () => '1'));
    for (const [method, path, body] of [['POST', '/sounds', { file: 'join.wav' }], ['DELETE', `/sounds/${sound}`], ['PATCH', '', {}]] as const) {
      expectError(await test.call(method, `/api/rooms/talk${path}`, body), 'too_many_requests');
    }
    expect((await test.call('GET', `/api/rooms/talk/participants/${participantId}`)).status, 'who reads changes nothing').to.equal(200);
    expect((await test.call('PATCH', '/api/rooms/other', {})).status).to.equal(200);

    time.advance(1000);
    expect(taken(await mute(30))).to.equal(20);
    const remove = (): Promise<Answer> => test.call('DELETE', `/api/rooms/talk/participants/${participantId}`);
    expect((await remove()).status, 'a storm keeps nobody in').to.equal(204);
    await test.close();
  });
});
