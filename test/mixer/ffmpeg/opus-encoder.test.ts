import { expect } from 'chai';
import { OpusDecoder } from '../../../mixer/audio/opus-decoder.js';
import { opusPacketHasFec, opusPacketSamples } from '../../../mixer/audio/opus-packet.js';
import type { Sound } from '../../../mixer/audio/sound-block.js';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { OpusEncoder, type OpusEncoderOptions } from '../../../mixer/ffmpeg/opus-encoder.js';
import { join, rmsDb, tone, toneDb } from '../audio/sound.js';
import { atLufs, talk } from '../audio/spoken.js';

/** Speech by its shape: a gliding voice in syllables. */
function voice(from: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    const at = (from + i) / 48_000;
    const pitch = 2 * Math.PI * (150 * at + 8 * Math.sin(9 * at));
    const syllable = 0.55 - 0.45 * Math.cos(2 * Math.PI * 4 * at);
    return syllable * (0.25 * Math.sin(pitch) + 0.12 * Math.sin(3 * pitch) + 0.06 * Math.sin(8 * pitch));
  });
}

const speech: OpusEncoderOptions = { channels: 1, bitrateBps: 48_000, complexity: 5, lossPercent: 10, hasFec: true };

function mono(left: Float32Array): Sound {
  return { left, right: undefined };
}

describe('OpusEncoder', () => {
  let before: number;
  let encoder: OpusEncoder;

  beforeEach(() => {
    before = liveNativeObjects();
    encoder = new OpusEncoder(speech);
  });

  afterEach(() => {
    encoder.close();
    encoder.close();
    expect(liveNativeObjects()).to.equal(before);
  });

  it('makes one packet of 20 ms for each call, at once', async () => {
    const decoder = await OpusDecoder.create();
    const heard: Float32Array[] = [];
    for (let i = 0; i < 50; i += 1) {
      const packet = encoder.encode(mono(tone(440, 0.3, i * 960, 960)));
      expect(opusPacketSamples(packet)).to.equal(960);
      heard.push(decoder.decode(packet)!.left);
    }
    decoder.close();
    expect(toneDb(join(heard).subarray(4800), 440)).to.be.closeTo(20 * Math.log10(0.3), 0.5);
  });

  it('answers 312 samples late, no more', async () => {
    const decoder = await OpusDecoder.create();
    const input = voice(0, 40 * 960);
    const heard = join(Array.from({ length: 40 }, (_, i) => decoder.decode(encoder.encode(mono(input.subarray(i * 960, (i + 1) * 960))))!.left));
    decoder.close();
    const match = (lag: number): number => {
      let sum = 0;
      for (let i = 9600; i < 35 * 960; i += 1) sum += input[i]! * heard[i + lag]!;
      return sum;
    };
    const lags = Array.from({ length: 600 }, (_, lag) => lag);
    const best = lags.reduce((a, b) => (match(b) > match(a) ? b : a));
    expect(best).to.be.closeTo(312, 12);
  });

  it('keeps the bitrate and puts FEC into speech', () => {
    let bytes = 0;
    let fec = 0;
    for (let i = 0; i < 200; i += 1) {
      const packet = encoder.encode(mono(voice(i * 960, 960)));
      bytes += packet.length;
      if (opusPacketHasFec(packet)) fec += 1;
    }
    expect((bytes * 8) / 4).to.be.within(24_000, 53_000);
    expect(fec).to.be.above(100);
  });

  it('hands out memory that it does not touch again', () => {
    const first = encoder.encode(mono(voice(0, 960)));
    const copy = Uint8Array.from(first);
    for (let i = 1; i < 50; i += 1) encoder.encode(mono(voice(i * 960, 960)));
    expect(first).to.deep.equal(copy);
    expect(first.buffer.byteLength).to.equal(first.length);
    expect(first.byteOffset).to.equal(0);
  });

  it('does not keep the samples it is given', async () => {
    const decoder = await OpusDecoder.create();
    const samples = new Float32Array(960);
    const heard = Array.from({ length: 30 }, (_, i) => {
      samples.set(tone(600, 0.2, i * 960, 960));
      const packet = encoder.encode(mono(samples));
      samples.fill(1);
      return decoder.decode(packet)!.left;
    });
    decoder.close();
    expect(rmsDb(join(heard).subarray(4800))).to.be.closeTo(20 * Math.log10(0.2 / Math.SQRT2), 0.5);
  });

  it('refuses another number of samples, and work after it was closed', () => {
    expect(() => encoder.encode(mono(new Float32Array(480)))).to.throw(RangeError);
    encoder.close();
    expect(() => encoder.encode(mono(new Float32Array(960)))).to.throw('closed');
  });

  it('opens and closes without end', () => {
    for (let i = 0; i < 100; i += 1) {
      const one = new OpusEncoder({ ...speech, bitrateBps: 64_000 });
      one.encode(mono(new Float32Array(960)));
      one.close();
    }
  });

  it('refuses a bitrate that libopus does not know', () => {
    expect(() => new OpusEncoder({ ...speech, bitrateBps: 1 })).to.throw('Opus encoder');
  });

  describe('told what gets lost', () => {
    const said = atLufs(talk({ seconds: 6, pitchHz: 140, seed: 3 }), -20);
    /** One packet of so many is lost. */
    const lostOf = 5;

    interface Coded {
      readonly bytes: number;
      /** Of the lost packet's time and of the ones after it, against the stream that loses nothing, dB. */
      readonly errorsDb: readonly number[];
    }

    async function code(options: Partial<OpusEncoderOptions>): Promise<Coded> {
      const other = new OpusEncoder({ ...speech, ...options });
      const packets = Array.from({ length: said.length / 960 }, (_, i) => other.encode(mono(said.subarray(i * 960, (i + 1) * 960))));
      other.close();
      const [whole, holed] = [await OpusDecoder.create(), await OpusDecoder.create()];
      const [size, error] = [new Float64Array(lostOf), new Float64Array(lostOf)];
      packets.slice(0, -1).forEach((packet, i) => {
        const wanted = whole.decode(packet)!.left;
        const repaired = options.hasFec === false ? (): Sound | undefined => holed.conceal(960) : (): Sound | undefined => holed.decodeFec(packets[i + 1]!, 960);
        const got = (i % lostOf === 0 && i > 0 ? repaired() : holed.decode(packet))!.left;
        wanted.forEach((sample, k) => {
          size[i % lostOf]! += sample ** 2;
          error[i % lostOf]! += (sample - got[k]!) ** 2;
        });
      });
      whole.close();
      holed.close();
      return { bytes: packets.reduce((sum, { length }) => sum + length, 0) / packets.length, errorsDb: [...error].map((power, i) => 10 * Math.log10(power / size[i]!)) };
    }

    it('makes second copies from 6 % on, hardly better ones at 10, and better ones at 20 for 3 % more bytes', async () => {
      const [five, six, ten, twenty] = [await code({ lossPercent: 5 }), await code({ lossPercent: 6 }), await code({ lossPercent: 10 }), await code({ lossPercent: 20 })];
      expect(five.errorsDb[0], 'none').to.be.above(-6);
      expect(six.errorsDb[0]).to.be.below(-14);
      expect(ten.errorsDb[0]).to.be.closeTo(six.errorsDb[0]!, 0.7);
      expect(twenty.errorsDb[0]).to.be.below(six.errorsDb[0]! - 1);
      expect(twenty.bytes / six.bytes).to.be.within(1.01, 1.05);
    });

    it('makes music right again sooner after a hole', async () => {
      const music = { channels: 2, bitrateBps: 96_000, hasFec: false } as const;
      const [never, often] = [await code({ ...music, lossPercent: 0 }), await code({ ...music, lossPercent: 20 })];
      expect(often.errorsDb[2]).to.be.below(never.errorsDb[2]! - 5);
    });
  });
});
