import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeWaveFile } from '../../scripts/wave-file.js';
import { tone, toneDb } from '../mixer/audio/sound.js';
import type { MixReceiver } from '../support/mix-receiver.js';
import { startRoomServer } from '../support/room-server.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcListener } from '../support/wrtc-client.js';
import { WrtcMember } from '../support/wrtc-member.js';

const annHz = 440;
const benHz = 1000;
const eveHz = 1700;
const chimeHz = 2500;
const holdHz = 3100;
const chimeSeconds = 3;
/** Of a member's tone: 8,000 of 32,768. */
const memberDb = 20 * Math.log10(8_000 / 32_768);
/** Opus's speech mode answers several steady tones with noise some 40 dB below them, also where nobody sings. That the own voice does not leak is measured before the codec. */
const silentDb = -45;
/** Opus's speech mode, passed twice, takes up to 1.5 dB of a tone of 1,700 Hz. The least change that is made here is 20 dB. */
const codecDb = 2.5;
/** Beside three tones the chime meets the viewer's limiter. */
const chimeHeardDb = -18;
/** Sound is the subject: pictures are to leave it the processor. */
const smallCamera = { widthPx: 160, heightPx: 90, fps: 5 } as const;

/** The middle one of the last second's twenty levels: a packet that came too late on a busy machine is no change of volume. */
function levelDb({ lastSecond }: MixReceiver, frequencyHz: number): number {
  const windows = Array.from({ length: 20 }, (_unused, at) => (lastSecond === undefined ? -180 : toneDb(lastSecond.subarray(at * 2_400, (at + 1) * 2_400), frequencyHz)));
  return windows.sort((a, b) => a - b)[10] ?? -180;
}

describe('control of a room of real WebRTC clients', function () {
  this.timeout(60_000);
  let folder: string;
  let server: TestServer;
  let ann: WrtcMember;
  let ben: WrtcMember;
  let eve: WrtcMember;
  let viewer: WrtcListener;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-control-'));
    const file = (name: string, frequencyHz: number, seconds: number): void => writeFileSync(join(folder, name), makeWaveFile({ sampleRateHz: 48_000, channels: [tone(frequencyHz, 0.25, 0, 48_000 * seconds)] }));
    file('chime.wav', chimeHz, chimeSeconds);
    file('music.wav', holdHz, 1);
    writeFileSync(join(folder, 'text.wav'), 'This is no sound.');
    // Levels are what is measured here: nobody is to be brought toward another's.
    server = await startRoomServer({ soundsFolder: folder, holdSound: 'music.wav', levelling: false, canvasWidth: 320, canvasHeight: 180, canvasFps: 10 });
    ann = await WrtcMember.join(server.url, 'talk', 'Ann', { color: 'red', toneHz: annHz, ...smallCamera });
    ben = await WrtcMember.join(server.url, 'talk', 'Ben', { color: 'green', toneHz: benHz, ...smallCamera });
    eve = await WrtcMember.join(server.url, 'talk', 'Eve', { color: 'blue', toneHz: eveHz, ...smallCamera });
    viewer = await WrtcListener.join(server.url, 'talk');
  });
  after(async () => {
    viewer.vanish();
    for (const member of [ann, ben, eve]) member.vanish();
    await server.close();
    rmSync(folder, { recursive: true });
  });

  async function change(member: WrtcMember, changes: object): Promise<void> {
    expect((await server.call('PATCH', `/api/rooms/talk/participants/${member.participantId}`, changes)).status).to.equal(200);
  }

  /** Each tone at its level; null: silence. */
  async function hears(who: string, mix: MixReceiver, levels: Readonly<Record<number, number | null>>): Promise<void> {
    const heard = (): string => Object.keys(levels).map((hz) => `${hz} Hz ${levelDb(mix, Number(hz)).toFixed(1)} dB`).join(', ');
    const isSo = (): boolean => Object.entries(levels).every(([hz, level]) => (level === null ? levelDb(mix, Number(hz)) < silentDb : Math.abs(levelDb(mix, Number(hz)) - level) < codecDb));
    await mix.until(who, isSo).catch((error: unknown) => {
      throw new Error(`${who} should hear ${JSON.stringify(levels)} and hears ${heard()}`, { cause: error });
    });
  }

  /** Nobody is controlled. */
  async function everyoneHearsTheOthers(): Promise<void> {
    await hears('Ann', ann.mix, { [benHz]: memberDb, [eveHz]: memberDb, [annHz]: null });
    await hears('Ben', ben.mix, { [annHz]: memberDb, [eveHz]: memberDb, [benHz]: null });
    await hears('Eve', eve.mix, { [annHz]: memberDb, [benHz]: memberDb, [eveHz]: null });
    await hears('the viewer', viewer.mix, { [annHz]: memberDb, [benHz]: memberDb, [eveHz]: memberDb });
  }

  it('lets everyone hear the others', everyoneHearsTheOthers);

  it('mutes one for all', async () => {
    await change(ben, { muted: true });
    await hears('Ann', ann.mix, { [benHz]: null, [eveHz]: memberDb });
    await hears('Eve', eve.mix, { [benHz]: null, [annHz]: memberDb });
    await hears('the viewer', viewer.mix, { [benHz]: null, [annHz]: memberDb, [eveHz]: memberDb });
    await hears('Ben', ben.mix, { [annHz]: memberDb, [eveHz]: memberDb });
    await change(ben, { muted: false });
    await everyoneHearsTheOthers();
  });

  it('turns one down by 20 dB for all', async () => {
    await change(ben, { gainDb: -20 });
    for (const [who, { mix }] of Object.entries({ Ann: ann, Eve: eve, viewer })) await hears(who, mix, { [benHz]: memberDb - 20 });
    await change(ben, { gainDb: 0 });
    await everyoneHearsTheOthers();
  });

  it('deafens one, whom the others still hear', async () => {
    await change(ann, { deaf: true });
    await hears('Ann', ann.mix, { [benHz]: null, [eveHz]: null });
    await hears('Ben', ben.mix, { [annHz]: memberDb, [eveHz]: memberDb });
    await change(ann, { deaf: false });
    await everyoneHearsTheOthers();
  });

  it('serves an interpreter: who listens to Ben hears Ann softly under him, and Ann does not hear Ben', async () => {
    await change(eve, { hears: { rest: -20, sources: { [ben.participantId]: 0 } } });
    await change(ann, { hears: { sources: { [ben.participantId]: null } } });
    await hears('Eve', eve.mix, { [annHz]: memberDb - 20, [benHz]: memberDb, [eveHz]: null });
    await hears('Ann', ann.mix, { [benHz]: null, [eveHz]: memberDb, [annHz]: null });
    await hears('Ben', ben.mix, { [annHz]: memberDb, [eveHz]: memberDb, [benHz]: null });
    await hears('the viewer', viewer.mix, { [annHz]: memberDb, [benHz]: memberDb, [eveHz]: memberDb });
    const asEve = await WrtcListener.join(server.url, 'talk', eve.participantId);
    await hears('who hears as Eve', asEve.mix, { [annHz]: memberDb - 20, [benHz]: memberDb, [eveHz]: null });
    asEve.vanish();
    await change(eve, { hears: {} });
    await change(ann, { hears: {} });
    await everyoneHearsTheOthers();
  });

  it('puts one on hold: he hears the music alone, and nobody hears him', async () => {
    await change(ann, { onHold: true });
    await hears('Ann', ann.mix, { [holdHz]: 20 * Math.log10(0.25), [benHz]: null, [eveHz]: null });
    await hears('Ben', ben.mix, { [annHz]: null, [eveHz]: memberDb, [holdHz]: null });
    await hears('the viewer', viewer.mix, { [annHz]: null, [benHz]: memberDb, [holdHz]: null });
    await change(ann, { onHold: false });
    await hears('Ann', ann.mix, { [holdHz]: null });
    await everyoneHearsTheOthers();
  });

  it('plays a chime that everyone hears, and tells its end', async () => {
    const { body } = await server.call('POST', '/api/rooms/talk/sounds', { file: 'chime.wav' });
    const { id } = body as { id: string };
    const listeners = Object.entries({ Ann: ann.mix, Ben: ben.mix, Eve: eve.mix, viewer: viewer.mix });
    /** For so long there was the chime in what he played: in his own sound's time, whatever the machine's. */
    const heardSeconds = async (who: string, mix: MixReceiver): Promise<number> => {
      await mix.until(`${who} hears the chime`, () => levelDb(mix, chimeHz) > chimeHeardDb);
      const sinceSeconds = mix.playedSeconds;
      await mix.until(`${who} hears its end`, () => levelDb(mix, chimeHz) < silentDb);
      return mix.playedSeconds - sinceSeconds;
    };
    for (const seconds of await Promise.all(listeners.map(([who, mix]) => heardSeconds(who, mix)))) expect(seconds).to.be.closeTo(chimeSeconds, 0.5);
    for (const { signalling } of [ann, ben, eve]) {
      const { sound } = await signalling.next('sound', (message) => message.sound.id === id && message.sound.status !== 'playing');
      expect(sound).to.deep.include({ file: 'chime.wav', status: 'ended', error: null });
      expect(sound.endedAt).to.be.a('string');
    }
    await everyoneHearsTheOthers();
    await hears('Ann', ann.mix, { [chimeHz]: null });
  });

  it('plays to one alone until it is stopped', async () => {
    const { headers } = await server.call('POST', '/api/rooms/talk/sounds', { file: 'music.wav', loop: true, gainDb: -6, participantIds: [ben.participantId] });
    await hears('Ben', ben.mix, { [holdHz]: 20 * Math.log10(0.25) - 6, [annHz]: memberDb });
    await hears('Ann', ann.mix, { [holdHz]: null, [benHz]: memberDb });
    await server.call('DELETE', headers.get('Location') ?? '');
    await hears('Ben', ben.mix, { [holdHz]: null, [annHz]: memberDb });
    expect((await ben.signalling.next('sound', ({ sound }) => sound.status !== 'playing')).sound.status).to.equal('stopped');
  });

  it('tells of a file that is no sound', async () => {
    const { status, headers } = await server.call('POST', '/api/rooms/talk/sounds', { file: 'text.wav' });
    expect(status).to.equal(201);
    const { sound } = await ann.signalling.next('sound', (message) => message.sound.file === 'text.wav' && message.sound.status !== 'playing');
    expect(sound).to.deep.include({ status: 'failed', error: 'sound_unreadable' });
    expect((await server.call('GET', headers.get('Location') ?? '')).body).to.deep.equal(sound);
  });
});
