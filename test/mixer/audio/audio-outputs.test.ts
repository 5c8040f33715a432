import { expect } from 'chai';
import type { SoundEncoder } from '../../../mixer/audio/audio-output.js';
import { AudioOutputs } from '../../../mixer/audio/audio-outputs.js';
import { MixSum } from '../../../mixer/audio/mix-sum.js';
import { limiterDelaySamples } from '../../../mixer/audio/peak-limiter.js';
import type { AudioListeners, EncodedAudio } from '../../../mixer/protocol.js';
import { join, noise, peak } from './sound.js';

const tickUs = 20_000;

/** Keeps the samples as they are: the packet is the sound. */
class RawEncoder implements SoundEncoder {
  static live = 0;
  static failing = false;
  encoded = 0;

  constructor() {
    RawEncoder.live += 1;
  }

  encode(samples: Float32Array): Uint8Array {
    if (RawEncoder.failing) throw new Error('out of order');
    this.encoded += 1;
    return new Uint8Array(samples.slice().buffer);
  }

  close(): void {
    RawEncoder.live -= 1;
  }
}

function sound(packet: Uint8Array | undefined): Float32Array {
  return new Float32Array(packet!.buffer);
}

class Desk {
  readonly faults: string[] = [];
  readonly outputs = new AudioOutputs({ createEncoder: () => new RawEncoder(), onFault: (message) => this.faults.push(message) });
  #nowUs = 0;

  tick(voices: Readonly<Record<string, Float32Array>>, listeners: AudioListeners): EncodedAudio {
    const sum = new MixSum();
    for (const voice of Object.values(voices)) sum.add(voice);
    const encoded = this.outputs.process(this.#nowUs, sum, new Map(Object.entries(voices)), listeners);
    this.#nowUs += tickUs;
    return encoded;
  }
}

function own(encoded: EncodedAudio, participantId: string): Float32Array {
  return sound(encoded.minus.find((minus) => minus.participantId === participantId)?.data);
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
    expect(second.minus.map(({ participantId }) => participantId)).to.deep.equal(['ann', 'ben']);
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
    expect(mixOnly.minus).to.deep.equal([]);
    expect(RawEncoder.live, 'no standby where nobody can talk').to.equal(1);
  });

  it('keeps a talker\'s stream for 3 s after his last word, then frees it', () => {
    const listeners = { mix: false, participantIds: ['ann'] };
    const ben = { ben: noise(0.3, 960, 2) };
    desk.tick({ ...ben, ann: noise(0.3, 960, 1) }, listeners);
    for (let tick = 0; tick < 150; tick += 1) expect(desk.tick(ben, listeners).minus).to.have.lengthOf(1);
    const after = desk.tick(ben, listeners);
    expect(after.minus).to.deep.equal([]);
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
      heard.push(encoded.minus.length > 0 ? own(encoded, 'ann') : sound(encoded.mix));
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
      expect(encoded.minus.map(({ data }) => [...data])).to.deep.equal([[0xf8, 0xff, 0xfe]]);
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
});
