import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { expect } from 'chai';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { makeWaveFile } from '../../../scripts/wave-file.js';
import { eventually } from '../../support/eventually.js';
import { silence, sine, ticks } from './microphones.js';
import { largestStep, tone, toneDb } from './sound.js';
import { asHeIs, SoundRoom } from './speaker.js';

describe('AudioEngine: music', () => {
  let room: SoundRoom;

  beforeEach(async () => {
    room = await SoundRoom.create({ mode: 'music', bitrateBps: 96_000 });
  });
  afterEach(() => room.close());

  it('keeps left and right apart, puts a mono voice into both, and leaves the own voice out of both', async () => {
    await room.join({ participantId: 'band', stereo: true, microphone: sine(440), right: sine(700) }, { participantId: 'voice', microphone: sine(1130) });
    room.listen({ mix: true, participantIds: ['band', 'voice'] });
    room.run(300);
    const parts = async (listener: string): Promise<number[][]> => {
      const { left, right } = await room.heardInStereo(listener);
      return [left, right].map((side) => [440, 700, 1130].map((hz) => toneDb(ticks(side, 250, 300), hz, 24_000)));
    };
    const whole = await parts('');
    for (const [side, loud] of [[0, [0, 2]], [1, [1, 2]]] as const) for (const i of loud) expect(whole[side]![i]).to.be.closeTo(-14, 0.7);
    expect(Math.max(whole[0]![1]!, whole[1]![0]!), 'from one side to the other').to.be.below(-50);
    const [left, right] = await parts('band');
    for (const side of [left!, right!]) {
      expect(side[2]).to.be.closeTo(-14, 0.7);
      expect(Math.max(side[0]!, side[1]!), 'the own sound').to.be.below(-70);
    }
  });

  it('leaves levels as they are, also where levelling is asked for', async () => {
    await room.join({ participantId: 'faint', microphone: sine(440, 0.01) });
    room.engine.setVoice('faint', { ...asHeIs, levelled: true });
    room.listen({ mix: true, participantIds: [] });
    room.run(250);
    expect(toneDb(ticks(await room.heard(), 200, 250), 440)).to.be.closeTo(-40, 0.5);
  });

  it('sends silence in stereo, without an encode', () => {
    room.listen({ mix: true, participantIds: [] });
    room.run(30);
    expect([...room.encoded.at(-1)!.mix!]).to.deep.equal([0xfc, 0xff, 0xfe]);
  });
});

describe('AudioEngine: sounds', () => {
  let folder: string;
  let room: SoundRoom;
  let objectsBefore: number;

  before(async () => {
    folder = await mkdtemp(joinPath(tmpdir(), 'tessera-sounds-'));
    await writeFile(joinPath(folder, 'hold.wav'), makeWaveFile({ sampleRateHz: 48_000, channels: [tone(500, 0.2, 0, 48_000)] }));
  });
  after(() => rm(folder, { recursive: true }));

  beforeEach(async () => {
    objectsBefore = liveNativeObjects();
    room = await SoundRoom.create();
  });
  afterEach(async () => {
    await room.close();
    expect(liveNativeObjects()).to.equal(objectsBefore);
  });

  function play(soundId: string, participantIds: readonly string[] | undefined, { loop = false, name = 'hold.wav' } = {}): void {
    room.engine.playSound({ soundId, path: joinPath(folder, name), loop, gainDb: 0, participantIds });
  }

  /** Ticks until it has begun: the file is read on another thread. @returns the tick from which on it is heard */
  async function begun(soundId: string): Promise<number> {
    await eventually(`${soundId} begins`, () => {
      room.run(1);
      return (room.engine.stats()['sounds'] as Record<string, { heard: boolean }>)[soundId]?.heard === true;
    });
    return room.encoded.length - 1;
  }

  it('plays a file to everyone, tells its end, and is gone without a trace', async () => {
    await room.join({ participantId: 'ann', microphone: sine(1000) });
    room.listen({ mix: true, participantIds: ['ann'] });
    play('chime', undefined);
    const from = await begun('chime');
    await eventually('it ends', () => {
      room.run(1);
      return room.ended.length > 0;
    });
    expect(room.ended).to.deep.equal([['chime', undefined]]);
    for (const listener of ['', 'ann']) expect(toneDb(ticks(await room.heard(listener), from + 5, from + 45), 500)).to.be.closeTo(-14, 1);
    room.run(10);
    expect(toneDb(ticks(await room.heard(), room.encoded.length - 8, room.encoded.length), 500)).to.be.below(-60);
    expect(room.engine.stats()['sounds']).to.deep.equal({});
  });

  it('holds somebody: he hears the file and nobody else, and nobody hears him', async () => {
    await room.join({ participantId: 'ann', microphone: sine(1000) }, { participantId: 'ben', microphone: sine(1500) });
    room.listen({ mix: true, participantIds: ['ann', 'ben'] });
    room.run(10);
    room.engine.setVoice('ann', { ...asHeIs, muted: true });
    room.engine.setHearing('ann', { restDb: null, sources: {} });
    play('hold', ['ann'], { loop: true });
    const from = await begun('hold');
    // Of what has been decoded ahead.
    room.run(20);
    const held = ticks(await room.heard('ann'), from + 3, from + 20);
    expect(toneDb(held, 500)).to.be.closeTo(-14, 1);
    expect(toneDb(held, 1500)).to.be.below(-60);
    const others = ticks(await room.heard('ben'), from + 3, from + 20);
    expect(Math.max(toneDb(others, 500), toneDb(others, 1000))).to.be.below(-60);
    room.engine.setVoice('ann', asHeIs);
    room.engine.setHearing('ann', { restDb: 0, sources: {} });
    room.engine.stopSound('hold');
    // Two encoders agree on a steady tone after a second.
    room.run(90);
    expect(room.ended).to.deep.equal([['hold', undefined]]);
    const free = ticks(await room.heard('ann'), room.encoded.length - 20, room.encoded.length);
    expect(toneDb(free, 1500)).to.be.closeTo(-14, 1);
    expect(toneDb(free, 500)).to.be.below(-50);
    expect(largestStep(ticks(await room.heard('ann'), 15, room.encoded.length))).to.be.below(0.06);
  });

  it('moves nobody to another mix while a sound has run dry', async () => {
    await room.join({ participantId: 'ann', microphone: silence }, { participantId: 'ben', microphone: sine(1500) });
    room.listen({ mix: true, participantIds: ['ann', 'ben'] });
    play('hold', ['ann'], { loop: true });
    await begun('hold');
    const groups = (): unknown => (room.engine.stats()['outputs'] as { groups: number }).groups;
    for (let tick = 0; tick < 40; tick += 1) {
      room.run(1);
      expect(groups(), `tick ${tick}`).to.equal(2);
    }
    expect((room.engine.stats()['sounds'] as Record<string, { ranDry: number }>)['hold']!.ranDry).to.be.above(0);
    expect(room.kinds('ann').slice(-40).every((kind) => kind === 'own')).to.equal(true);
  });

  it('says what is wrong with a file, and goes on', async () => {
    await room.join({ participantId: 'ann', microphone: sine(1000) });
    room.listen({ mix: true, participantIds: [] });
    play('none', undefined, { name: 'none.wav' });
    await eventually('it is told', () => {
      room.run(1);
      return room.ended.length > 0;
    });
    expect(room.ended).to.deep.equal([['none', 'sound_unreadable']]);
    expect(room.faults[0]).to.match(/^sound : /);
    expect(() => {
      play('twice', undefined);
      play('twice', undefined);
    }).to.throw('played already');
    room.engine.stopSound('nothing');
  });
});
