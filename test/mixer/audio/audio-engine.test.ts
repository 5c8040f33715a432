import { expect } from 'chai';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { during, silence, sine, ticks } from './microphones.js';
import { setUpSoundRoom } from './set-up-sound-room.js';
import { largestStep, noise, peak, rmsDb, tone, toneDb } from './sound.js';
import { frameSamples, type Microphone, type SoundRoom, tickUs } from './speaker.js';

const second = 48_000;
/** Ticks until a delay that started at 40 ms has come down to the 20 ms that these senders need. */
const settled = 250;

describe('AudioEngine', () => {
  let room: SoundRoom;

  setUpSoundRoom((own) => {
    room = own;
  });

  it('lets each talker hear the others and not himself, and listeners hear all', async () => {
    const people = [['ann', 440], ['ben', 700], ['cid', 1130]] as const;
    await room.join(...people.map(([participantId, hz]) => ({ participantId, microphone: sine(hz) })), { participantId: 'dan', microphone: silence });
    room.listen({ mix: true, participantIds: ['ann', 'ben', 'cid', 'dan'] });
    // Until the delay has come down from its start.
    room.run(settled);
    room.run(50);
    for (const [own, ownHz] of people) {
      const heard = ticks(await room.heard(own), settled, settled + 50);
      const others = people.filter(([id]) => id !== own).map(([, hz]) => toneDb(heard, hz, second));
      for (const level of others) expect(level, `others at ${own}`).to.be.closeTo(20 * Math.log10(0.2), 1);
      expect(toneDb(heard, ownHz, second) - Math.min(...others), `own voice at ${own}`).to.be.below(-60);
    }
    for (const listener of ['', 'dan']) {
      const heard = ticks(await room.heard(listener), settled, settled + 50);
      for (const [, hz] of people) expect(toneDb(heard, hz)).to.be.closeTo(20 * Math.log10(0.2), 1);
    }
    expect(new Set(room.kinds('ann').slice(10))).to.deep.equal(new Set(['own']));
    expect(new Set(room.kinds('dan'))).to.deep.equal(new Set(['mix']));
    expect(room.faults).to.deep.equal([]);
  });

  it('makes one packet each 20 ms, gapless, and one shared stream however many listen', async () => {
    await room.join({ participantId: 'ann', microphone: sine(440) }, { participantId: 'ben', microphone: silence }, { participantId: 'cid', microphone: silence });
    room.listen({ mix: true, participantIds: ['ann', 'ben', 'cid'] });
    room.run(60);
    expect(room.encoded.map(({ ptsUs }) => ptsUs)).to.deep.equal(Array.from({ length: 60 }, (_, i) => 1_000_000 + i * tickUs));
    const { encodes } = room.engine.stats()['outputs'] as { encodes: number };
    // The shared one and its standby. Ann hears nobody: of her own stream only the first ten ticks of silence are encoded.
    expect(encodes).to.be.within(120, 2 * 60 + 10 + 2 * 5);
    for (const { streams } of room.encoded.slice(10)) expect(streams.map(({ participantIds }) => participantIds)).to.deep.equal([['ann']]);
  });

  it('hands out bytes of their own, which can be transferred', async () => {
    await room.join({ participantId: 'ann', microphone: during(30, 60, sine(440)) });
    room.listen({ mix: true, participantIds: ['ann'] });
    room.run(60);
    const all = room.encoded.flatMap(({ mix, streams }) => [mix!, ...streams.map(({ data }) => data)]);
    expect(new Set(all.map(({ buffer }) => buffer)).size).to.equal(all.length);
    for (const data of all) expect(data.buffer.byteLength).to.equal(data.length);
  });

  it('does not clip when ten shout at full scale, and still lets nobody hear himself', async () => {
    // Whatever the limiter does to the others lies at multiples of 200 Hz: what is heard at 310 Hz is one's own voice.
    const frequencies = [310, 400, 600, 800, 1000, 1200, 1400, 1600, 1800, 2000];
    await room.join(...frequencies.map((hz, i) => ({ participantId: `p${i}`, microphone: sine(hz, 1) })));
    room.listen({ mix: true, participantIds: ['p0'] });
    room.run(80);
    const all = ticks(await room.heard(), 10, 80);
    expect(peak(all)).to.be.below(1);
    expect(rmsDb(ticks(all, 30, 70)), 'loud all the same').to.be.above(-14);
    // A wrap or a hard clip steps from one end to the other.
    expect(largestStep(all)).to.be.below(0.6);
    const heard = ticks(await room.heard('p0'), 40, 80);
    expect(peak(heard)).to.be.below(1);
    const others = frequencies.slice(1).map((hz) => toneDb(heard, hz));
    expect(Math.min(...others), 'each of the others').to.be.above(-26);
    expect(toneDb(heard, 310) - Math.max(...others)).to.be.below(-40);
  });

  it('neither decodes nor mixes nor encodes while nobody listens', async () => {
    await room.join({ participantId: 'ann', microphone: sine(440) }, { participantId: 'ben', microphone: sine(700), levels: false });
    room.run(50);
    const { participants, outputs } = room.engine.stats() as { participants: Record<string, { decoded: number; unheard: number; queuedUs: number }>; outputs: { encodes: number } };
    for (const id of ['ann', 'ben']) {
      expect(participants[id]).to.include({ decoded: 0 });
      expect(participants[id]!.unheard).to.be.above(40);
      expect(participants[id]!.queuedUs).to.be.at.most(100_000);
    }
    expect(outputs.encodes).to.equal(0);
    expect(room.encoded).to.deep.equal([]);
    expect(room.levels).to.deep.equal([]);
    room.listen({ mix: true, participantIds: [] });
    room.run(20);
    expect(toneDb(ticks(await room.heard(), 5, 20), 440)).to.be.closeTo(-14, 1);
  });

  it('does not decode who is silent, and brings him in from his first sample on', async () => {
    // Steps up to full voice at the start of tick 80: the hardest start there is.
    await room.join({ participantId: 'ann', microphone: during(80, 200, sine(500, 0.3)) });
    room.listen({ mix: true, participantIds: [] });
    room.run(80);
    expect((room.engine.stats()['participants'] as Record<string, { decoded: number }>)['ann']!.decoded).to.equal(0);
    room.run(60);
    const heard = await room.heard();
    // Only a decoder that was warm and a gate that was open before give back what the sender's encoder was given.
    const started = heard.findIndex((sample) => Math.abs(sample) > 0.02);
    const delayUs = room.engine.playoutDelayUs('ann')!;
    expect(delayUs).to.be.within(20_000, 90_000);
    // Captured at the start of tick 80, 23 ms before that tick; limiter, and both encoders' look-ahead on top.
    const expected = 80 * frameSamples + ((delayUs - 23_000) * 48) / 1000 + 144 + 2 * 312;
    expect(started).to.be.closeTo(expected, 60);
    const first = heard.subarray(Math.round(expected), Math.round(expected) + 240);
    expect(rmsDb(first), 'the first 5 ms at full level').to.be.closeTo(20 * Math.log10(0.3 / Math.SQRT2), 2);
  });

  it('lets a talker go to the shared stream after his silence, and costs no encode then', async () => {
    await room.join({ participantId: 'ann', microphone: during(20, 60, sine(440)) }, { participantId: 'ben', microphone: sine(700) });
    room.listen({ mix: false, participantIds: ['ann', 'ben'] });
    room.run(320);
    const kinds = room.kinds('ann');
    expect(kinds.slice(30, 60).every((kind) => kind === 'own')).to.equal(true);
    expect(kinds.slice(300).every((kind) => kind === 'mix')).to.equal(true);
    expect(kinds.filter((kind, i) => i > 0 && kind !== kinds[i - 1]), 'switches').to.deep.equal(['own', 'mix']);
    expect((room.engine.stats()['participants'] as Record<string, { unheard: number }>)['ann']!.unheard).to.be.above(100);
    const heard = await room.heard('ann');
    expect(toneDb(ticks(heard, 30, 60), 440) - toneDb(ticks(heard, 30, 60), 700)).to.be.below(-50);
    expect(toneDb(ticks(heard, 280, 320), 700)).to.be.closeTo(-14, 1);
  });

  it('costs no encode while the room is silent, and sends valid silence', async () => {
    await room.join({ participantId: 'ann', microphone: during(0, 50, sine(440)) });
    room.listen({ mix: true, participantIds: [] });
    room.run(150);
    const { encodes } = room.engine.stats()['outputs'] as { encodes: number };
    room.run(50);
    expect((room.engine.stats()['outputs'] as { encodes: number }).encodes).to.equal(encodes);
    expect(room.encoded).to.have.lengthOf(200);
    expect(peak(ticks(await room.heard(), 160, 200))).to.be.below(1e-4);
  });

  it('measures who is mixed, and who sends no level, in dBov, each 100 ms', async () => {
    await room.join({ participantId: 'ann', microphone: sine(440, 0.5), levels: false }, { participantId: 'ben', microphone: sine(700) }, { participantId: 'cid', microphone: silence, levels: false }, { participantId: 'dan', microphone: silence });
    room.listen({ mix: true, participantIds: [] });
    room.run(100);
    expect(room.levels.length).to.equal(20);
    // A sine of amplitude 0.5: 20 log10(0.5 / sqrt 2).
    expect(room.levels.at(-1)).to.deep.equal([{ participantId: 'ann', levelDbov: -9, capDbov: 0 }, { participantId: 'ben', levelDbov: -17, capDbov: 0 }, { participantId: 'cid', levelDbov: -127, capDbov: 0 }]);
    expect(toneDb(ticks(await room.heard(), 50, 100), 440), 'heard all the same').to.be.closeTo(-6, 1);
  });

  it('tells levels before the sound of their tick', async () => {
    await room.join({ participantId: 'ann', microphone: sine(440), levels: false });
    room.listen({ mix: true, participantIds: [] });
    room.run(20);
    expect(room.ticksBeforeLevels).to.deep.equal([4, 9, 14, 19]);
  });

  it('recovers lost packets from FEC, making room for it first', async () => {
    // Speech-like: a gliding voice, so that concealment cannot just repeat it.
    const voice: Microphone = (from, count) => Float32Array.from({ length: count }, (_, i) => {
      const at = (from + i) / 48_000;
      return 0.25 * Math.sin(2 * Math.PI * (180 * at + 25 * Math.sin(5 * at))) + 0.1 * Math.sin(2 * Math.PI * (540 * at + 75 * Math.sin(5 * at)));
    });
    const loses = (index: number): boolean => index > 60 && index % 7 === 0;
    await room.join({ participantId: 'fec', microphone: voice, fec: true, loses });
    room.listen({ mix: true, participantIds: [] });
    room.run(400);
    const counted = (room.engine.stats()['participants'] as Record<string, { recoveredByFec: number; concealedMs: number }>)['fec']!;
    const { repairable } = room.speaker('fec');
    expect(repairable).to.be.above(20);
    // The rest before it was known that loss is worth waiting for.
    expect(counted.recoveredByFec).to.be.within(repairable - 4, repairable);
    expect(counted.concealedMs).to.be.below((48 - counted.recoveredByFec + 1) * 20);
    expect(rmsDb(ticks(await room.heard(), 200, 400)), 'no holes').to.be.above(-16);
  });

  it('conceals loss where there is no FEC, without clicks', async () => {
    await room.join({ participantId: 'ann', microphone: sine(440), loses: (index) => index > 60 && index % 11 === 0 });
    room.listen({ mix: true, participantIds: [] });
    room.run(200);
    const counted = (room.engine.stats()['participants'] as Record<string, { recoveredByFec: number; concealedMs: number }>)['ann']!;
    expect(counted.recoveredByFec).to.equal(0);
    expect(counted.concealedMs).to.be.within(220, 280);
    // A sine of 0.2 at 440 Hz has steps of 0.0115.
    expect(largestStep(ticks(await room.heard(), 20, 200))).to.be.below(0.03);
    expect(rmsDb(ticks(await room.heard(), 70, 200))).to.be.above(-19);
  });

  it('takes DTX for silence and not for loss', async () => {
    const onAndOff: Microphone = (from, count) => (Math.floor(from / frameSamples / 50) % 2 === 0 ? tone(300, 0.3, from, count) : noise(0.0005, count, from));
    await room.join({ participantId: 'ann', microphone: onAndOff, dtx: true, fec: true });
    room.listen({ mix: true, participantIds: [] });
    room.run(400);
    const counted = (room.engine.stats()['participants'] as Record<string, { packets: number; recoveredByFec: number; late: number; restarts: number; waitingUs: number }>)['ann']!;
    expect(counted.packets, 'DTX was at work').to.be.below(330);
    expect(counted).to.include({ recoveredByFec: 0, late: 0, restarts: 0 });
    expect(counted.waitingUs).to.be.below(50_000);
    const heard = await room.heard();
    for (let spurt = 1; spurt < 4; spurt += 1) {
      expect(toneDb(ticks(heard, spurt * 100 + 10, spurt * 100 + 48), 300), `spurt ${spurt}`).to.be.closeTo(20 * Math.log10(0.3), 1.5);
    }
    expect(largestStep(heard)).to.be.below(0.05);
  });

  it('mixes stereo senders down to mono', async () => {
    await room.join({ participantId: 'ann', microphone: sine(440), stereo: true });
    room.listen({ mix: true, participantIds: [] });
    room.run(60);
    expect(toneDb(ticks(await room.heard(), 20, 60), 440)).to.be.closeTo(-14, 1);
  });

  it('lets people come and go without clicks', async () => {
    await room.join({ participantId: 'low', microphone: sine(150, 0.2) });
    room.listen({ mix: true, participantIds: [] });
    room.run(40);
    await room.join({ participantId: 'ann', microphone: sine(200, 0.2) });
    room.run(40);
    room.leave('ann');
    room.run(20);
    // The same id again, at once.
    await room.join({ participantId: 'ann', microphone: sine(200, 0.2) });
    room.run(40);
    const heard = ticks(await room.heard(), 10, 140);
    // Steps of both sines together: 0.0092; a ramp of 5 ms on 0.2 adds 0.001, coding noise the rest.
    expect(largestStep(heard)).to.be.below(0.02);
    expect(toneDb(ticks(heard, 40, 65), 200)).to.be.closeTo(-14, 1);
    expect(toneDb(ticks(heard, 75, 90), 200, 14_400), 'gone').to.be.below(-50);
    expect(toneDb(ticks(heard, 105, 130), 200)).to.be.closeTo(-14, 1);
  });

  it('switches a listener between the shared stream and his own without a click or a hole', async () => {
    // The listener's own voice is 1000 Hz, the room's 150 Hz; 1 s of voice each 6 s.
    const onAndOff: Microphone = (from, count) => (Math.floor(from / frameSamples) % 300 < 50 ? tone(1000, 0.2, from, count) : silence(from, count));
    await room.join({ participantId: 'ann', microphone: onAndOff }, { participantId: 'low', microphone: sine(150, 0.2) });
    room.listen({ mix: true, participantIds: ['ann'] });
    room.run(900);
    const kinds = room.kinds('ann');
    const switches = kinds.flatMap((kind, i) => (i > 20 && kind !== kinds[i - 1] ? [i] : []));
    expect(switches.length).to.equal(5);
    const heard = await room.heard('ann');
    for (const at of switches) {
      const around = heard.subarray(at * frameSamples - 480, at * frameSamples + 1920);
      // The sine itself steps by 0.0039.
      expect(largestStep(around), `step at tick ${at}`).to.be.below(0.012);
      for (let part = -2; part < 6; part += 1) {
        const from = at * frameSamples + part * 320;
        expect(rmsDb(heard.subarray(from, from + 320)), `level ${part * 6.7} ms after the switch at tick ${at}`).to.be.closeTo(20 * Math.log10(0.2 / Math.SQRT2), 2.5);
      }
    }
  });

  it('goes on after a stall: skipped ticks are counted and the delay is what it was', async () => {
    await room.join({ participantId: 'ann', microphone: sine(440) });
    room.listen({ mix: true, participantIds: [] });
    room.run(settled);
    const delayUs = room.engine.playoutDelayUs('ann')!;
    // The thread stood still for 600 ms; what arrived meanwhile is handed over afterwards.
    const stalled = room.nowUs;
    room.nowUs += 30 * tickUs;
    room.engine.skipTo(room.nowUs);
    room.run(100);
    expect(room.engine.stats()['skippedTicks']).to.equal(30);
    expect(room.encoded.map(({ ptsUs }) => ptsUs).filter((ptsUs) => ptsUs >= stalled && ptsUs < stalled + 30 * tickUs)).to.deep.equal([]);
    expect(room.engine.playoutDelayUs('ann')).to.be.closeTo(delayUs, 10_000);
    expect(toneDb(ticks(await room.heard(), settled + 50, settled + 100), 440)).to.be.closeTo(-14, 1);
  });

  it('survives packets that are no Opus, tells it once a second, and harms nobody else', async () => {
    await room.join({ participantId: 'bad', microphone: silence }, { participantId: 'ben', microphone: sine(700) });
    room.listen({ mix: true, participantIds: [] });
    room.run(20);
    const bytes = noise(128, 100_000, 3);
    for (let i = 0; i < 150; i += 1) {
      const data = Uint8Array.from(bytes.subarray(i * 60, i * 60 + 2 + (i % 50)));
      room.engine.pushPacket({ participantId: 'bad', index: 1000 + i, ptsUs: room.nowUs - 20_000, arrivalUs: room.nowUs, levelDbov: -20, data });
      room.run(1);
    }
    expect(room.faults.length).to.be.within(1, 4);
    expect(room.faults[0]).to.match(/^opus decoder bad: /);
    expect(room.engine.stats()['faults']).to.be.above(room.faults.length);
    expect(toneDb(ticks(await room.heard(), 100, 170), 700)).to.be.closeTo(-14, 2);
  });

  it('ignores packets of strangers, and everything after close', async () => {
    await room.join({ participantId: 'ann', microphone: sine(440) });
    room.listen({ mix: true, participantIds: ['nobody'] });
    room.engine.pushPacket({ participantId: 'nobody', index: 0, ptsUs: 0, arrivalUs: 0, levelDbov: -20, data: new Uint8Array([0xf8, 0xff, 0xfe]) });
    room.run(5);
    expect(room.engine.stats()['packetsOfStrangers']).to.equal(1);
    expect(room.engine.playoutDelayUs('nobody')).to.equal(undefined);
    await room.engine.close();
    await room.engine.close();
    room.engine.addParticipant('late');
    room.run(5);
    expect(room.encoded.length).to.equal(5);
  });

  it('frees everything of those who leave while others stay', async () => {
    const empty = liveNativeObjects();
    room.listen({ mix: false, participantIds: ['ann', 'ben'] });
    for (let round = 0; round < 5; round += 1) {
      await room.join({ participantId: 'ann', microphone: sine(440) }, { participantId: 'ben', microphone: sine(700) });
      room.run(10);
      room.leave('ann');
      room.leave('ben');
      room.run(2);
    }
    room.listen({ mix: false, participantIds: [] });
    room.run(1);
    expect(liveNativeObjects()).to.equal(empty);
      });
});
