import { expect } from 'chai';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { silence, sine, statsOf, ticks } from './microphones.js';
import { largestStep, rmsDb, tone, toneDb } from './sound.js';
import { asHeIs, frameSamples, type Microphone, SoundRoom } from './speaker.js';

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
    await room.join(...['liar', 'cheat'].map((participantId) => ({ participantId, microphone: silence, claimsDbov: () => -10 })));
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
