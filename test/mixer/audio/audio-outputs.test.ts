import { expect } from 'chai';
import type { SoundEncoder } from '../../../mixer/audio/audio-output.js';
import { AudioOutputs } from '../../../mixer/audio/audio-outputs.js';
import { limiterDelaySamples } from '../../../mixer/audio/peak-limiter.js';
import { SoundBlock, type Sound } from '../../../mixer/audio/sound-block.js';
import type { PlayedSound, Voice } from '../../../mixer/audio/tick-sound.js';
import type { AudioListeners, EncodedAudio } from '../../../mixer/protocol.js';
import { join, largestStep, noise, peak, tone } from './sound.js';

const tickUs = 20_000;

/** Keeps the samples as they are: the packet is the sound. */
class RawEncoder implements SoundEncoder {
  static live = 0;
  static failing = false;
  static readonly losses: number[] = [];
  encoded = 0;

  constructor(lossPercent: number) {
    RawEncoder.live += 1;
    RawEncoder.losses.push(lossPercent);
  }

  encode({ left }: Sound): Uint8Array {
    if (RawEncoder.failing) throw new Error('out of order');
    this.encoded += 1;
    return new Uint8Array(left.slice().buffer);
  }

  close(): void {
    RawEncoder.live -= 1;
  }
}

/** What is in a packet; the constant one of three bytes is silence. */
function sound(packet: Uint8Array | undefined): Float32Array {
  return packet!.length === 3 ? new Float32Array(960) : new Float32Array(packet!.buffer);
}

function block(samples: Float32Array): SoundBlock {
  const made = new SoundBlock();
  made.left.set(samples);
  return made;
}

class Desk {
  readonly faults: string[] = [];
  readonly outputs = new AudioOutputs({ channels: 1, leastLossPercent: 0, createEncoder: (lossPercent) => new RawEncoder(lossPercent), onFault: (message) => this.faults.push(message) });
  sounds: readonly PlayedSound[] = [];
  #nowUs = 0;

  tick(voices: Readonly<Record<string, Float32Array>>, listeners?: AudioListeners): EncodedAudio {
    const heard = new Map(Object.entries(voices).map(([participantId, samples]): [string, Voice] => [participantId, { participantId, block: block(samples), levelDbov: -20 }]));
    if (listeners !== undefined) this.outputs.setListeners(listeners);
    const encoded = this.outputs.process(this.#nowUs, { voices: heard, leaving: [], sounds: this.sounds }, []);
    this.#nowUs += tickUs;
    return encoded;
  }
}

/** What this participant gets, where it is not the mix. */
function own(encoded: EncodedAudio, participantId: string): Float32Array {
  return sound(encoded.streams.find(({ participantIds }) => participantIds.includes(participantId))?.data);
}

/** Who share which stream. */
function shares({ streams }: EncodedAudio): string[][] {
  return streams.map(({ participantIds }) => [...participantIds].sort());
}

describe('AudioOutputs', () => {
  let desk: Desk;

  beforeEach(() => {
    desk = new Desk();
    RawEncoder.failing = false;
  });

  afterEach(() => {
    desk.outputs.close();
    expect(RawEncoder.live).to.equal(0);
    RawEncoder.losses.length = 0;
  });

  it('lets no bit of one\'s own voice through, also while ten shout and the limiter works', () => {
    const other = new Desk();
    const both: [Float32Array[], Float32Array[]] = [[], []];
    for (let tick = 0; tick < 20; tick += 1) {
      const shouts = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`p${i}`, noise(1, 960, 100 * tick + i)]));
      const listeners = { mix: false, participantIds: ['me'] };
      both[0].push(own(desk.tick({ ...shouts, me: noise(1, 960, 7000 + tick) }, listeners), 'me'));
      both[1].push(own(other.tick({ ...shouts, me: new Float32Array(960) }, listeners), 'me'));
    }
    other.outputs.close();
    expect(peak(join(both[0]))).to.be.within(0.5, 0.892);
    expect(join(both[0])).to.deep.equal(join(both[1]));
  });

  it('gives the sum to all who do not talk, in one encode', () => {
    const voices = { ann: noise(0.15, 960, 1), ben: noise(0.15, 960, 2) };
    const listeners = { mix: true, participantIds: ['ann', 'ben', 'cid', 'dan', 'eve'] };
    const first = desk.tick(voices, listeners);
    const second = desk.tick(voices, listeners);
    expect(shares(second)).to.deep.equal([['ann'], ['ben']]);
    const heard = join([sound(first.mix), sound(second.mix)]);
    const annsTurn = join([own(first, 'ann'), own(second, 'ann')]);
    for (let i = 0; i < 960; i += 1) {
      expect(heard[i + limiterDelaySamples]).to.equal(Math.fround(voices.ann[i]! + voices.ben[i]!));
      expect(annsTurn[i + limiterDelaySamples]).to.equal(voices.ben[i]);
    }
    // Shared, standby, Ann's, Ben's.
    expect(RawEncoder.live).to.equal(4);
  });

  it('encodes nothing that nobody takes', () => {
    const voices = { ann: noise(0.3, 960, 1), ben: noise(0.3, 960, 2) };
    const talkersOnly = desk.tick(voices, { mix: false, participantIds: ['ann', 'ben'] });
    expect(talkersOnly.mix).to.equal(undefined);
    expect(RawEncoder.live).to.equal(2);
    const mixOnly = desk.tick(voices, { mix: true, participantIds: [] });
    expect(mixOnly.streams).to.deep.equal([]);
    expect(RawEncoder.live, 'no standby where nobody can talk').to.equal(1);
  });

  it('keeps a talker\'s stream for 3 s after his last word, then frees it', () => {
    const listeners = { mix: false, participantIds: ['ann'] };
    const ben = { ben: noise(0.3, 960, 2) };
    desk.tick({ ...ben, ann: noise(0.3, 960, 1) }, listeners);
    for (let tick = 0; tick < 150; tick += 1) expect(desk.tick(ben, listeners).streams).to.have.lengthOf(1);
    const after = desk.tick(ben, listeners);
    expect(after.streams).to.deep.equal([]);
    expect(after.mix).to.not.equal(undefined);
  });

  it('continues sample by sample when a listener goes from one stream to the other, limiter and all', () => {
    const listeners = { mix: false, participantIds: ['ann'] };
    const loud = (tick: number): Float32Array => noise(2, 960, tick);
    const reference = new Desk();
    const heard: Float32Array[] = [];
    const expected: Float32Array[] = [];
    for (let tick = 0; tick < 400; tick += 1) {
      // Ann talks in ticks 100 to 150; her own words are silence here, so that both streams must be the same.
      const talking = tick >= 100 && tick < 150;
      const encoded = desk.tick(talking ? { ben: loud(tick), ann: new Float32Array(960) } : { ben: loud(tick) }, listeners);
      heard.push(encoded.streams.length > 0 ? own(encoded, 'ann') : sound(encoded.mix));
      expected.push(sound(reference.tick({ ben: loud(tick) }, { mix: true, participantIds: [] }).mix));
    }
    reference.outputs.close();
    expect(join(heard)).to.deep.equal(join(expected));
  });

  it('sends silence while an encoder fails, never what belongs to others, and opens another one', () => {
    const listeners = { mix: true, participantIds: ['ann'] };
    const tick = (): EncodedAudio => desk.tick({ ann: noise(0.3, 960, 1), ben: noise(0.3, 960, 2) }, listeners);
    tick();
    RawEncoder.failing = true;
    for (let i = 0; i < 10; i += 1) {
      const encoded = tick();
      expect([...encoded.mix!]).to.deep.equal([0xf8, 0xff, 0xfe]);
      expect(encoded.streams.map(({ data }) => [...data])).to.deep.equal([[0xf8, 0xff, 0xfe]]);
    }
    expect(desk.faults).to.deep.equal(['out of order', 'out of order']);
    RawEncoder.failing = false;
    for (let i = 0; i < 50; i += 1) tick();
    expect(peak(sound(tick().mix))).to.be.above(0.2);
  });

  it('frees the stream of one who listens no more', () => {
    const voices = { ann: noise(0.3, 960, 1) };
    desk.tick(voices, { mix: true, participantIds: ['ann'] });
    expect(RawEncoder.live).to.equal(2);
    desk.tick(voices, { mix: true, participantIds: [] });
    expect(RawEncoder.live).to.equal(1);
  });

  describe('the matrix of who hears whom', () => {
    const everyone = { mix: true, participantIds: ['ann', 'ben', 'cid', 'dan'] };
    const voices = { ann: noise(0.1, 960, 1), ben: noise(0.1, 960, 2), eve: noise(0.1, 960, 3) };

    /** Two ticks of the same: the second holds all but the limiter's delay of it. */
    function heard(participantId: string): Float32Array {
      desk.tick(voices, everyone);
      return own(desk.tick(voices, everyone), participantId).subarray(limiterDelaySamples);
    }

    it('gives one encode to all who hear alike and are not in what they hear, also while they talk', () => {
      for (const id of ['ann', 'ben', 'dan']) desk.outputs.setHearing(id, { restDb: null, sources: { eve: 0, [id]: null } });
      desk.tick(voices, everyone);
      const encoded = desk.tick(voices, everyone);
      expect(shares(encoded)).to.deep.equal([['ann', 'ben', 'dan']]);
      expect(encoded.streams[0]!.heard).to.deep.equal([{ participantId: 'eve', levelDbov: -20 }]);
      expect(own(encoded, 'ben').subarray(limiterDelaySamples)).to.deep.equal(voices.eve.subarray(0, 960 - limiterDelaySamples));
      // Mix, standby, the three.
      expect(RawEncoder.live).to.equal(3);
    });

    it('leaves the own voice out exactly, whatever the gains', () => {
      desk.outputs.setHearing('ann', { restDb: -7, sources: { eve: 3.3 } });
      const others = new Desk();
      others.outputs.setHearing('ann', { restDb: -7, sources: { eve: 3.3, ann: 20 } });
      const mine = heard('ann');
      others.tick({ ...voices, ann: new Float32Array(960) }, everyone);
      const expected = own(others.tick({ ...voices, ann: new Float32Array(960) }, everyone), 'ann').subarray(limiterDelaySamples);
      others.outputs.close();
      expect(mine).to.deep.equal(expected);
      expect(mine[400]).to.be.closeTo(voices.ben[400]! * 10 ** (-7 / 20) + voices.eve[400]! * 10 ** (3.3 / 20), 1e-6);
    });

    it('lets who hears nobody get constant silence, and no encode after the first 200 ms', () => {
      desk.outputs.setHearing('ann', { restDb: null, sources: {} });
      for (let tick = 0; tick < 20; tick += 1) desk.tick(voices, everyone);
      expect([...desk.tick(voices, everyone).streams.find(({ participantIds }) => participantIds.includes('ann'))!.data]).to.deep.equal([0xf8, 0xff, 0xfe]);
    });

    it('says who is heard by somebody', () => {
      const listeners = { mix: false, participantIds: ['ann', 'ben'] };
      desk.outputs.setHearing('ann', { restDb: null, sources: { eve: 0 } });
      desk.outputs.setHearing('ben', { restDb: -10, sources: { cid: null } });
      desk.tick(voices, listeners);
      expect(['ann', 'ben', 'cid', 'dan', 'eve'].map((id) => desk.outputs.hears(id))).to.deep.equal([true, true, false, true, true]);
    });

    it('fades from one mix into the other, and brings those back together who have moved together', () => {
      const hum = (tick: number): Record<string, Float32Array> => ({ low: tone(100, 0.2, tick * 960, 960), ann: new Float32Array(960) });
      const mixed: Float32Array[] = [];
      const anns: Float32Array[] = [];
      let most = 0;
      for (let tick = 0; tick < 400; tick += 1) {
        if (tick === 20) for (const id of ['ben', 'cid', 'dan']) desk.outputs.setHearing(id, { restDb: null, sources: { nobody: 0 } });
        if (tick === 60) for (const id of ['ben', 'cid', 'dan']) desk.outputs.setHearing(id, { restDb: 0, sources: {} });
        const encoded = desk.tick(hum(tick), everyone);
        const stream = encoded.streams.find(({ participantIds }) => participantIds.includes('ben'));
        if (stream !== undefined) expect([...stream.participantIds].sort(), `tick ${tick}`).to.deep.equal(['ben', 'cid', 'dan']);
        mixed.push(sound(encoded.mix));
        anns.push(sound(stream?.data ?? encoded.mix));
        most = Math.max(most, RawEncoder.live);
      }
      const heardByBen = join(anns);
      // The sine's own steps are 0.0026; a ramp of 5 ms adds 0.0008.
      expect(largestStep(heardByBen)).to.be.below(0.0036);
      expect(peak(heardByBen.subarray(22 * 960, 60 * 960)), 'gone').to.equal(0);
      expect(join(anns.slice(62)), 'as if nothing had been').to.deep.equal(join(mixed.slice(62)));
      // Mix, Ann's own, and one for the three or the standby.
      expect(most).to.equal(3);
    });

    it('lets nobody hear himself while he is moved in the middle of his words', () => {
      for (let tick = 0; tick < 30; tick += 1) {
        if (tick === 10) desk.outputs.setHearing('ann', { restDb: -6, sources: {} });
        if (tick === 20) desk.outputs.setHearing('ann', { restDb: 0, sources: {} });
        const encoded = desk.tick({ ann: noise(1, 960, tick) }, everyone);
        expect(shares(encoded)).to.deep.equal([['ann']]);
        expect(peak(own(encoded, 'ann'))).to.equal(0);
      }
    });
  });

  it('spreads the work over ticks when many come to hear something of their own at once', () => {
    const ids = Array.from({ length: 20 }, (_, i) => `p${i}`);
    const listeners = { mix: true, participantIds: ids };
    const encodes = (): number => desk.outputs.stats()['encodes'] as number;
    for (let tick = 0; tick < 10; tick += 1) desk.tick({ ann: noise(0.2, 960, tick) }, listeners);
    ids.forEach((id, i) => desk.outputs.setHearing(id, { restDb: -1 - i, sources: {} }));
    const work: number[] = [];
    for (let tick = 10; tick < 16; tick += 1) {
      const before = encodes();
      desk.tick({ ann: noise(0.2, 960, tick) });
      work.push(encodes() - before);
    }
    // Five for each of four, one for each stream there is: mix, standby, and the moved.
    expect(Math.max(...work)).to.be.at.most(20 + 22);
    expect(desk.outputs.stats()['groups']).to.equal(21);
  });

  it('lets nobody hear himself who begins to listen in the middle of his words', () => {
    for (const others of [['ben', 'cid'], []]) {
      for (let tick = 0; tick < 20; tick += 1) {
        const encoded = desk.tick({ ann: noise(1, 960, tick) }, { mix: true, participantIds: tick < 10 ? others : [...others, 'ann'] });
        if (tick < 10) continue;
        expect(shares(encoded), `tick ${tick}`).to.deep.equal([['ann']]);
        expect(peak(own(encoded, 'ann')), `tick ${tick}`).to.equal(0);
      }
      desk.tick({}, { mix: true, participantIds: [] });
    }
  });

  describe('sounds', () => {
    const listeners = { mix: true, participantIds: ['ann', 'ben', 'cid'] };
    const chime = noise(0.2, 960, 9);

    function hear(participantId: string): Float32Array {
      desk.tick({}, listeners);
      const encoded = desk.tick({}, listeners);
      const stream = encoded.streams.find(({ participantIds }) => participantIds.includes(participantId));
      return sound(stream?.data ?? encoded.mix).subarray(limiterDelaySamples);
    }

    it('are heard by all who hear the room, as loud as they hear it', () => {
      desk.sounds = [{ soundId: 's', block: block(chime), participantIds: undefined }];
      desk.outputs.setHearing('ben', { restDb: null, sources: {} });
      desk.outputs.setHearing('cid', { restDb: -20, sources: {} });
      expect(hear('ann')[100]).to.equal(chime[100]);
      expect(peak(hear('ben'))).to.equal(0);
      expect(hear('cid')[100]).to.be.closeTo(chime[100]! / 10, 1e-7);
    });

    it('are heard by who is added to those for whom they are played, and no longer by who is taken away', () => {
      desk.sounds = [{ soundId: 's', block: block(chime), participantIds: new Set(['ben']) }];
      expect(peak(hear('cid'))).to.equal(0);
      desk.sounds = [{ soundId: 's', block: block(chime), participantIds: new Set(['cid']) }];
      expect(hear('cid')[100]).to.equal(chime[100]);
      expect(peak(hear('ben'))).to.equal(0);
    });

    it('are heard by those alone for whom they are played, also when these hear nobody', () => {
      desk.sounds = [{ soundId: 's', block: block(chime), participantIds: new Set(['ben', 'cid']) }];
      desk.outputs.setHearing('ben', { restDb: null, sources: {} });
      expect(peak(hear('ann'))).to.equal(0);
      expect(hear('ben')[100]).to.equal(chime[100]);
      expect(hear('cid')[100]).to.equal(chime[100]);
      desk.sounds = [];
      desk.tick({}, listeners);
      expect(peak(hear('ben'))).to.equal(0);
    });
  });

  describe('reported loss', () => {
    it('opens an encoder that reckons with it, one in a tick, and the sound goes on', () => {
      const listeners = { mix: true, participantIds: ['ann', 'ben', 'cid'] };
      const voices = (tick: number): Record<string, Float32Array> => ({ ann: noise(0.3, 960, tick), ben: noise(0.3, 960, 50 + tick) });
      const reference = new Desk();
      const compare = (tick: number): void => {
        const [here, there] = [desk.tick(voices(tick), listeners), reference.tick(voices(tick), listeners)];
        expect([here.mix, own(here, 'ann')]).to.deep.equal([there.mix, own(there, 'ann')]);
      };
      compare(0);
      RawEncoder.losses.length = 0;
      desk.outputs.setReportedLoss({ mix: [{ percent: 3, listeners: 1 }], participants: { ann: 10, cid: 20 } });
      for (let tick = 1; tick < 10; tick += 1) compare(tick);
      // Ann's own; the shared one and its standby for the worst who takes it, Cid. Ben's stays.
      expect(RawEncoder.losses).to.deep.equal([10, 20, 20]);
      RawEncoder.losses.length = 0;
      desk.outputs.setReportedLoss({ mix: [], participants: {} });
      for (let tick = 10; tick < 750; tick += 1) compare(tick);
      expect(RawEncoder.losses, 'not before 15 s').to.deep.equal([]);
      for (let tick = 750; tick < 770; tick += 1) compare(tick);
      expect(RawEncoder.losses).to.deep.equal([0, 0, 0]);
      reference.outputs.close();
    });

    it('opens nothing anew while who loses packets goes from the shared stream to his own and back with each of his sentences', () => {
      const listeners = { mix: true, participantIds: ['ann', 'ben', 'cid'] };
      desk.outputs.setReportedLoss({ mix: [{ percent: 0, listeners: 1 }], participants: { ann: 20 } });
      const speak = (tick: number): void => {
        // Ann for a second, then Ben for four, in which Ann comes back to the shared stream.
        desk.tick(tick % 250 < 50 ? { ann: noise(0.3, 960, tick) } : { ben: noise(0.3, 960, tick) }, listeners);
      };
      for (let tick = 0; tick < 260; tick += 1) speak(tick);
      const opened = { shared: 0, switches: desk.outputs.stats()['switches'] as number };
      RawEncoder.losses.length = 0;
      for (let tick = 260; tick < 3010; tick += 1) speak(tick);
      expect((desk.outputs.stats()['switches'] as number) - opened.switches, 'they go to and fro').to.be.above(20);
      // New standbys alone, and all as the first: nobody is ever given less for the time of one sentence.
      expect(new Set(RawEncoder.losses)).to.deep.equal(new Set([20]));
      expect(RawEncoder.losses.length).to.be.at.most((desk.outputs.stats()['switches'] as number) - opened.switches);
    });

    it('lets the worst fifth of those who share a stream decide: one of five counts, one of a hundred does not', () => {
      const percentFor = (listeners: number, lossy: number, recordings = 0): number => {
        const other = new Desk();
        RawEncoder.losses.length = 0;
        other.outputs.setReportedLoss({ mix: [{ percent: 0, listeners: listeners - lossy + recordings }, { percent: 20, listeners: lossy }], participants: {} });
        for (let tick = 0; tick < 3; tick += 1) other.tick({ ann: noise(0.3, 960, tick) }, { mix: true, participantIds: [] });
        other.outputs.close();
        return RawEncoder.losses.at(-1)!;
      };
      expect([percentFor(1, 1), percentFor(5, 1), percentFor(6, 1), percentFor(100, 1), percentFor(100, 19), percentFor(100, 20)]).to.deep.equal([20, 20, 0, 0, 0, 20]);
      expect([percentFor(1, 1, 4), percentFor(1, 1, 5)], 'recordings lose nothing').to.deep.equal([20, 0]);
    });
  });
});
