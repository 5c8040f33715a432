import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { expect } from 'chai';
import { OpusEncoder } from '../../../mixer/ffmpeg/opus-encoder.js';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { makeWaveFile } from '../../../scripts/wave-file.js';
import { eventually } from '../../support/eventually.js';
import { Leveller } from '../../../mixer/audio/leveller.js';
import { OpusDecoder } from '../../../mixer/audio/opus-decoder.js';
import { PlayoutBuffer } from '../../../mixer/audio/playout-buffer.js';
import { Rnnoise, RnnoiseVoice } from '../../../mixer/audio/rnnoise.js';
import { join, largestStep, rmsDb, splashDb, tone, toneDb } from './sound.js';
import { asHeIs, frameSamples, type Microphone, SoundRoom } from './speaker.js';
import { atLufs, integratedLufs, talk } from './spoken.js';

const silence: Microphone = (_, count) => new Float32Array(count);

function sine(frequencyHz: number, amplitude = 0.2): Microphone {
  return (from, count) => tone(frequencyHz, amplitude, from, count);
}

/** The ticks [first, last) of what was heard. */
function ticks(heard: Float32Array, first: number, last: number): Float32Array {
  return heard.subarray(first * frameSamples, last * frameSamples);
}

interface InputStats {
  readonly decoded: number;
  readonly mixed: boolean;
  readonly voice: { readonly noiseSuppression: string };
}

function statsOf(room: SoundRoom, participantId: string): InputStats {
  return (room.engine.stats()['participants'] as Record<string, InputStats>)[participantId]!;
}

function fail(): never {
  throw new Error('a bug');
}

/** Of all objects of a class: what foreign code and bugs do cannot be had otherwise. @returns what gives it back */
function replaceMethod(prototype: object, name: string, method: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, name)!;
  Object.defineProperty(prototype, name, { ...own, value: method });
  return () => Object.defineProperty(prototype, name, own);
}

describe('AudioEngine: voices and who hears them', () => {
  let room: SoundRoom;
  let before: number;

  beforeEach(async () => {
    before = liveNativeObjects();
    room = await SoundRoom.create();
  });

  afterEach(async () => {
    await room.close();
    expect(liveNativeObjects(), 'native objects after close').to.equal(before);
  });

  it('silences who is muted, decodes him no longer, and lets him back in, without clicks', async () => {
    await room.join({ participantId: 'ann', microphone: sine(200, 0.3) });
    room.listen({ mix: true, participantIds: [] });
    room.run(50);
    room.engine.setVoice('ann', { ...asHeIs, muted: true });
    room.run(2);
    const { decoded } = statsOf(room, 'ann');
    room.run(48);
    expect(statsOf(room, 'ann').decoded).to.equal(decoded);
    expect(room.encoded.at(-1)!.heard).to.deep.equal([]);
    room.engine.setVoice('ann', asHeIs);
    room.run(50);
    const heard = await room.heard();
    expect(toneDb(ticks(heard, 20, 50), 200)).to.be.closeTo(-10.5, 0.5);
    expect(rmsDb(ticks(heard, 55, 100))).to.be.below(-90);
    expect(toneDb(ticks(heard, 105, 150), 200)).to.be.closeTo(-10.5, 0.5);
    // The sine itself steps by 0.0079.
    expect(largestStep(ticks(heard, 10, 150))).to.be.below(0.012);
    // Beside a cut without a ramp, through the same encoder.
    const cut = await hardCut(heard.length / frameSamples, (tick) => (tick < 50 || tick >= 100 ? 0.3 : 0));
    expect(splashDb(ticks(heard, 48, 54)), 'when he is muted').to.be.below(splashDb(ticks(cut, 48, 54)) - 12);
    expect(splashDb(ticks(heard, 98, 106)), 'when he is back').to.be.below(splashDb(ticks(cut, 98, 106)) - 12);
  });

  /** A sine whose amplitude steps between two ticks, in its crest. */
  async function hardCut(length: number, amplitude: (tick: number) => number): Promise<Float32Array> {
    const encoder = new OpusEncoder({ channels: 1, bitrateBps: 64_000, complexity: 5, lossPercent: 6, hasFec: true });
    const decoder = await OpusDecoder.create();
    const heard = join(Array.from({ length }, (_, tick) => decoder.decode(encoder.encode({ left: tone(200, amplitude(tick), tick * frameSamples + 60, frameSamples), right: undefined }))!.left));
    encoder.close();
    decoder.close();
    return heard;
  }

  it('makes him louder and quieter for all, without steps', async () => {
    await room.join({ participantId: 'ann', microphone: sine(200, 0.1) });
    room.listen({ mix: true, participantIds: [] });
    room.run(40);
    room.engine.setVoice('ann', { ...asHeIs, gainDb: 12 });
    room.run(40);
    room.engine.setVoice('ann', { ...asHeIs, gainDb: -20 });
    room.run(40);
    const heard = await room.heard();
    expect(toneDb(ticks(heard, 10, 40), 200)).to.be.closeTo(-20, 0.5);
    expect(toneDb(ticks(heard, 45, 80), 200)).to.be.closeTo(-8, 0.5);
    expect(toneDb(ticks(heard, 85, 120), 200)).to.be.closeTo(-40, 1);
    expect(largestStep(ticks(heard, 10, 120))).to.be.below(0.014);
    expect(room.encoded.slice(20, 40).every(({ heard: [first] }) => first?.participantId === 'ann' && first.levelDbov === -23)).to.equal(true);
  });

  it('lets an interpreter\'s listeners hear the floor faintly, and the floor not the interpreter', async () => {
    await room.join({ participantId: 'floor', microphone: sine(440) }, { participantId: 'interpreter', microphone: sine(1000) }, ...['xia', 'yan'].map((participantId) => ({ participantId, microphone: silence })));
    for (const id of ['xia', 'yan']) room.engine.setHearing(id, { restDb: -20, sources: { interpreter: 0 } });
    room.engine.setHearing('floor', { restDb: 0, sources: { interpreter: null } });
    room.listen({ mix: false, participantIds: ['floor', 'interpreter', 'xia', 'yan'] });
    room.run(20);
    const before = (room.engine.stats()['outputs'] as { encodes: number }).encodes;
    room.run(80);
    for (const id of ['xia', 'yan']) {
      const heard = ticks(await room.heard(id), 30, 100);
      expect([toneDb(heard, 1000), toneDb(heard, 440)].map(Math.round)).to.deep.equal([-14, -34]);
    }
    expect(toneDb(ticks(await room.heard('floor'), 30, 100), 1000)).to.be.below(-80);
    const interpreted = ticks(await room.heard('interpreter'), 30, 100);
    expect(Math.round(toneDb(interpreted, 440))).to.equal(-14);
    expect(toneDb(interpreted, 1000), 'nobody hears himself').to.be.below(-70);
    // One for both listeners, one for the interpreter; of the floor's silence nothing.
    expect((room.engine.stats()['outputs'] as { encodes: number }).encodes - before).to.equal(2 * 80);
    const stream = room.encoded.at(-1)!.streams.find(({ participantIds }) => participantIds.includes('xia'));
    expect(stream!.participantIds).to.have.members(['xia', 'yan']);
    expect(stream!.heard).to.deep.equal([{ participantId: 'interpreter', levelDbov: -17 }, { participantId: 'floor', levelDbov: -37 }]);
  });

  it('does not decode whom nobody hears', async () => {
    await room.join({ participantId: 'ann', microphone: sine(440) }, { participantId: 'ben', microphone: sine(700), levels: false });
    for (const id of ['ann', 'ben']) room.engine.setHearing(id, { restDb: null, sources: {} });
    room.listen({ mix: false, participantIds: ['ann', 'ben'] });
    room.run(50);
    // In the first tick nobody knows yet who hears whom.
    expect(['ann', 'ben'].map((id) => statsOf(room, id).decoded <= 4)).to.deep.equal([true, true]);
  });

  it('changes what somebody hears without clicks', async () => {
    await room.join({ participantId: 'low', microphone: sine(150) }, { participantId: 'ann', microphone: silence });
    room.listen({ mix: true, participantIds: ['ann'] });
    room.run(50);
    room.engine.setHearing('ann', { restDb: -20, sources: {} });
    room.run(250);
    room.engine.setHearing('ann', { restDb: 0, sources: {} });
    room.run(250);
    const heard = await room.heard('ann');
    expect([20, 70, 310].map((first) => Math.round(toneDb(ticks(heard, first, first + 30), 150)))).to.deep.equal([-14, -34, -14]);
    expect(largestStep(ticks(heard, 10, 550))).to.be.below(0.012);
    expect(new Set(room.kinds('ann').slice(480)), 'back at the shared stream').to.deep.equal(new Set(['mix']));
  });

  it('goes over to an encoder for another loss in the middle of speech, unheard', async () => {
    const speech = atLufs(talk({ seconds: 6, pitchHz: 140, seed: 3 }), -20);
    const heard: Float32Array[] = [];
    for (const changesAt of [undefined, 150]) {
      const other = await SoundRoom.create({ bitrateBps: 48_000 });
      await other.join({ participantId: 'ann', microphone: (from, count) => looped(speech, from, count) });
      other.listen({ mix: true, participantIds: [] });
      other.run(300, (tick) => {
        if (tick === changesAt) other.engine.setReportedLoss({ mix: [{ percent: 20, listeners: 1 }], participants: {} });
      });
      heard.push(await other.heard());
      await other.close();
    }
    const [as, changed] = heard as [Float32Array, Float32Array];
    const tick = 150;
    for (let part = 0; part < 6; part += 1) {
      const [before, after] = [as, changed].map((sound) => sound.subarray(tick * frameSamples + part * 480, tick * frameSamples + (part + 1) * 480)) as [Float32Array, Float32Array];
      expect(rmsDb(after), `level ${10 * part} ms after tick ${tick}`).to.be.closeTo(rmsDb(before), 2.5);
      expect(largestStep(after), 'no click').to.be.below(1.5 * largestStep(before) + 0.01);
    }
  });

  it('goes on without a stage that throws, for him and for everybody else', async () => {
    let calls = 0;
    const breaksLater = (): RnnoiseVoice => new RnnoiseVoice(() => {
      calls += 1;
      if (calls > 60) throw new Error('RNNoise found itself broken.');
    }, () => undefined);
    const giveBack = [replaceMethod(Rnnoise.prototype, 'open', breaksLater), replaceMethod(Leveller.prototype, 'follow', fail)];
    try {
      await room.join({ participantId: 'ann', microphone: sine(200) }, { participantId: 'ben', microphone: sine(1000) });
      room.engine.setVoice('ann', { ...asHeIs, noiseSuppressed: true });
      room.engine.setVoice('ben', { ...asHeIs, levelled: true });
      await eventually('it is loaded', () => {
        room.run(1);
        return statsOf(room, 'ann').voice.noiseSuppression === 'on';
      });
      room.listen({ mix: true, participantIds: [] });
      room.run(150);
    } finally {
      for (const back of giveBack) back();
    }
    expect(room.faults).to.have.members(['noise suppression ann: noise suppression has failed: RNNoise found itself broken.', 'levelling ben: a bug']);
    expect(statsOf(room, 'ann').voice.noiseSuppression).to.equal('off');
    const last = ticks(await room.heard(), 110, 150);
    expect([toneDb(last, 200), toneDb(last, 1000)].map(Math.round)).to.deep.equal([-14, -14]);
  });

  it('is silent for who cannot be played out, and for nobody else', async () => {
    await room.join({ participantId: 'ann', microphone: sine(200), levels: false }, { participantId: 'ben', microphone: sine(1000) });
    room.listen({ mix: true, participantIds: [] });
    room.run(20);
    const pull = Reflect.get(PlayoutBuffer.prototype, 'pull') as (this: PlayoutBuffer, ...args: unknown[]) => void;
    let calls = 0;
    const giveBack = replaceMethod(PlayoutBuffer.prototype, 'pull', function pullOrThrow(this: PlayoutBuffer, ...args: unknown[]): void {
      calls += 1;
      // Ann joined first.
      if (calls % 2 === 1) fail();
      pull.apply(this, args);
    });
    try {
      room.run(50);
    } finally {
      giveBack();
    }
    expect(room.faults, 'once a second').to.deep.equal(['playout ann: a bug']);
    expect(room.engine.stats()['faults']).to.equal(50);
    expect(toneDb(ticks(await room.heard(), 30, 65), 1000)).to.be.closeTo(-14, 1);
  });

  it('brings people of different loudness together', async () => {
    const speech = [talk({ seconds: 6, pitchHz: 110, seed: 1 }), talk({ seconds: 6, pitchHz: 200, seed: 2 })];
    const voices = [atLufs(speech[0]!, -35), atLufs(speech[1]!, -14)];
    await room.join(...voices.map((voice, i) => ({ participantId: `p${i}`, microphone: (from: number, count: number) => looped(voice, from, count) })));
    for (const id of ['p0', 'p1']) room.engine.setVoice(id, { ...asHeIs, levelled: true });
    room.listen({ mix: false, participantIds: ['p0', 'p1'] });
    room.run(550);
    const [loud, faint] = [await room.heard('p0'), await room.heard('p1')].map((heard) => integratedLufs(ticks(heard, 250, 550)));
    expect(Math.abs(loud! - faint!), 'LU').to.be.below(3);
  });
});

function looped(sound: Float32Array, from: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => sound[(from + i) % sound.length]!);
}

describe('AudioEngine: many microphones', () => {
  it('lets nobody silence the others, whatever his packets decode to and whatever gain he has', async () => {
    const room = await SoundRoom.create();
    // 60 dB above full scale, as Opus carries it, where nobody hears it.
    await room.join({ participantId: 'ann', microphone: sine(400, 0.2) }, { participantId: 'ben', microphone: sine(11_000, 1000) });
    room.engine.setVoice('ben', { ...asHeIs, gainDb: 20 });
    room.listen({ mix: true, participantIds: [] });
    room.run(150);
    expect(room.encoded.at(-1)!.heard.map(({ participantId }) => participantId)).to.have.members(['ann', 'ben']);
    expect(toneDb(ticks(await room.heard(), 100, 150), 400), 'Ann alone is at -14; the limiter takes what a full-scale voice takes').to.be.above(-21);
    await room.close();
  });

  it('mixes as many as may be, and decodes and encodes for no more', async () => {
    const room = await SoundRoom.create({ maxTalkers: 3 });
    const ids = Array.from({ length: 8 }, (_, i) => `p${i}`);
    await room.join(...ids.map((participantId, i) => ({ participantId, microphone: sine(300 + 200 * i, i < 3 ? 0.2 : 0.15) })));
    room.listen({ mix: true, participantIds: ids });
    room.run(100);
    expect(room.encoded.at(-1)!.heard.map(({ participantId }) => participantId)).to.have.members(['p0', 'p1', 'p2']);
    const before = (room.engine.stats()['outputs'] as { encodes: number }).encodes;
    room.run(50);
    // The three talkers' own, the shared one and its standby.
    expect((room.engine.stats()['outputs'] as { encodes: number }).encodes - before).to.equal(5 * 50);
    expect(ids.slice(3).map((id) => statsOf(room, id).decoded)).to.deep.equal([0, 0, 0, 0, 0]);
    const heard = ticks(await room.heard(), 50, 150);
    expect([0, 1, 2].map((i) => Math.round(toneDb(heard, 300 + 200 * i)))).to.deep.equal([-14, -14, -14]);
    expect(toneDb(heard, 900)).to.be.below(-60);
    room.leave('p1');
    room.run(50);
    expect(room.encoded.at(-1)!.heard.length, 'a free place is taken').to.equal(3);
    expect(largestStep(ticks(await room.heard(), 140, 200))).to.be.below(0.12);
    await room.close();
  });

  it('lets a new talker be heard from his first millisecond on, also where fans and hum were in all places', async () => {
    const onset = 650;
    const heard: Float32Array[] = [];
    // Beside a room with places for all of them.
    for (const maxTalkers of [2, 12]) {
      const room = await SoundRoom.create({ maxTalkers });
      const fans = [120, 180].map((hz, i) => ({ participantId: `fan${i}`, microphone: sine(hz, 0.01), levels: i === 0 }));
      // In the crest of the wave: the hardest beginning there is.
      const voice: Microphone = (from, count) => Float32Array.from({ length: count }, (_, i) => (from + i < onset * frameSamples ? 0 : 0.3 * Math.cos((2 * Math.PI * 500 * (from + i)) / 48_000)));
      await room.join(...fans, { participantId: 'ann', microphone: voice });
      room.listen({ mix: true, participantIds: [] });
      room.run(onset);
      expect(room.encoded.at(-1)!.heard.map(({ participantId }) => participantId), 'while nobody speaks').to.have.members(['fan0', 'fan1']);
      room.run(50);
      expect(room.encoded.at(-1)!.heard.map(({ participantId }) => participantId)).to.include('ann').and.have.lengthOf(Math.min(maxTalkers, 3));
      heard.push(await room.heard());
      await room.close();
    }
    const [scarce, ample] = heard as [Float32Array, Float32Array];
    const begins = ample.findIndex((sample, i) => i > onset * frameSamples && Math.abs(sample) > 0.15);
    expect(begins - onset * frameSamples, 'two ticks of playout, the limiter and the codec after he spoke').to.be.within(frameSamples, 3 * frameSamples);
    for (let at = begins; at < begins + 20 * 48; at += 96) {
      const [mine, his] = [scarce, ample].map((sound) => rmsDb(sound.subarray(at, at + 96))) as [number, number];
      expect(mine, `${(at - begins) / 48} ms after he began`).to.be.closeTo(his, 1.5);
    }
  });

  it('leaves the places to those who are heard, whatever others say of their own loudness', async () => {
    const room = await SoundRoom.create({ maxTalkers: 2 });
    await room.join({ participantId: 'ann', microphone: sine(400, 0.1) });
    room.listen({ mix: true, participantIds: [] });
    await room.join(...['liar', 'cheat'].map((participantId) => ({ participantId, microphone: silence, claimsDbov: -10 })));
    room.run(1_500);
    const share = room.encoded.filter(({ heard }) => heard.some(({ participantId }) => participantId === 'ann')).length / room.encoded.length;
    expect(share).to.be.above(0.9);
    await room.close();
  });

  it('gives the place of the quietest to who speaks up much louder, in a ramp', async () => {
    const room = await SoundRoom.create({ maxTalkers: 1 });
    const before = liveNativeObjects();
    await room.join({ participantId: 'faint', microphone: sine(150, 0.02) }, { participantId: 'loud', microphone: (from, count) => (from < 50 * frameSamples ? silence(from, count) : tone(250, 0.2, from, count)) });
    room.listen({ mix: true, participantIds: [] });
    room.run(120);
    const who = room.encoded.map(({ heard }) => heard.map(({ participantId }) => participantId).join());
    expect(who[45]).to.equal('faint');
    expect(who[119]).to.equal('loud');
    expect(who.filter((now, i) => i > 5 && now !== who[i - 1]), 'once; in the tick of the change both are heard').to.deep.equal(['loud,faint', 'loud']);
    expect(largestStep(ticks(await room.heard(), 10, 120))).to.be.below(0.01);
    room.leave('faint');
    room.leave('loud');
    room.listen({ mix: false, participantIds: [] });
    room.run(2);
    expect(liveNativeObjects()).to.equal(before);
    await room.close();
  });
});

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
