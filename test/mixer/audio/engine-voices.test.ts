import { expect } from 'chai';
import { OpusDecoder } from '../../../mixer/audio/opus-decoder.js';
import { OpusEncoder } from '../../../mixer/ffmpeg/opus-encoder.js';
import { looped, silence, sine, statsOf, ticks } from './microphones.js';
import { setUpSoundRoom } from './set-up-sound-room.js';
import { join, largestStep, rmsDb, splashDb, tone, toneDb } from './sound.js';
import { asHeIs, frameSamples, SoundRoom } from './speaker.js';
import { atLufs, integratedLufs, talk } from './spoken.js';

describe('AudioEngine: voices and who hears them', () => {
  let room: SoundRoom;

  setUpSoundRoom((own) => {
    room = own;
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

  it('lets who comes hear a side talk with everybody, until he has a row', async () => {
    await room.join({ participantId: 'ann', microphone: sine(440) }, { participantId: 'ben', microphone: sine(1000) }, { participantId: 'eve', microphone: silence });
    room.engine.setHearing('ann', { restDb: -20, sources: { ben: 0 } });
    room.engine.setHearing('ben', { restDb: -20, sources: { ann: 0 } });
    const row = { restDb: 0, sources: { ann: null, ben: null } };
    room.engine.setHearing('eve', row);
    room.listen({ mix: true, participantIds: ['eve'] });
    room.run(50);
    await room.join({ participantId: 'newcomer', microphone: silence });
    room.listen({ mix: true, participantIds: ['eve', 'newcomer'] });
    room.run(50);
    room.engine.setHearing('newcomer', row);
    room.run(50);
    const talkDb = (heard: Float32Array): number[] => [440, 1000].map((hz) => Math.round(toneDb(heard, hz)));
    const heard = await room.heard('newcomer');
    expect(talkDb(ticks(heard, 15, 45))).to.deep.equal([-14, -14]);
    for (const without of [ticks(heard, 70, 100), ticks(await room.heard('eve'), 20, 150)]) expect(Math.max(...talkDb(without))).to.be.below(-80);
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
      await other.join({ participantId: 'ann', microphone: looped(speech) });
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

  it('brings people of different loudness together', async () => {
    const speech = [talk({ seconds: 6, pitchHz: 110, seed: 1 }), talk({ seconds: 6, pitchHz: 200, seed: 2 })];
    const voices = [atLufs(speech[0]!, -35), atLufs(speech[1]!, -14)];
    await room.join(...voices.map((voice, i) => ({ participantId: `p${i}`, microphone: looped(voice) })));
    for (const id of ['p0', 'p1']) room.engine.setVoice(id, { ...asHeIs, levelled: true });
    room.listen({ mix: false, participantIds: ['p0', 'p1'] });
    room.run(550);
    const [loud, faint] = [await room.heard('p0'), await room.heard('p1')].map((heard) => integratedLufs(ticks(heard, 250, 550)));
    expect(Math.abs(loud! - faint!), 'LU').to.be.below(3);
  });
});
