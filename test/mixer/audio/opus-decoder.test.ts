import { expect } from 'chai';
import { createEncoder } from 'libopus-wasm';
import { OpusDecoder } from '../../../mixer/audio/opus-decoder.js';
import { opusPacketHasFec } from '../../../mixer/audio/opus-packet.js';
import { liveNativeObjectsByKind } from '../../../mixer/ffmpeg/native-ledger.js';
import { largestStep, randomSource, rmsDb, toneDb } from './sound.js';

/** A voice that glides: what concealment cannot guess. */
function voice(from: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    const at = (from + i) / 48_000;
    const pitch = 2 * Math.PI * (180 * at + 12 * Math.sin(12 * at));
    return 0.25 * Math.sin(pitch) + 0.12 * Math.sin(3 * pitch) + 0.06 * Math.sin(7 * pitch);
  });
}

async function encodeVoice(packets: number): Promise<Uint8Array[]> {
  const encoder = await createEncoder({ channels: 1, application: 2048, bitrate: 32_000, fec: true, packetLossPercent: 20, complexity: 5 });
  const encoded = Array.from({ length: packets }, (_, i) => encoder.encodeFloat(voice(i * 960, 960)));
  encoder.free();
  return encoded;
}

describe('OpusDecoder', () => {
  it('repairs a lost packet from the next one better than it conceals it', async () => {
    const packets = await encodeVoice(120);
    const errors = { fec: 0, conceal: 0, losses: 0 };
    const decoders = await Promise.all([OpusDecoder.create(), OpusDecoder.create(), OpusDecoder.create()]);
    const [whole, fec, conceal] = decoders;
    packets.forEach((packet, i) => {
      const next = packets[i + 1];
      const right = whole.decode(packet)!;
      if (i > 20 && i % 6 === 0 && next !== undefined && opusPacketHasFec(next)) {
        const difference = (samples: Float32Array): number => right.reduce((sum, sample, k) => sum + (sample - samples[k]!) ** 2, 0);
        errors.fec += difference(fec.decodeFec(next, 960)!);
        errors.conceal += difference(conceal.conceal(960)!);
        errors.losses += 1;
      } else {
        fec.decode(packet);
        conceal.decode(packet);
      }
    });
    for (const decoder of decoders) decoder.close();
    expect(errors.losses).to.be.above(8);
    expect(10 * Math.log10(errors.conceal / errors.fec), 'dB better').to.be.above(3);
  });

  it('conceals in steps of 10 ms without a click', async () => {
    const packets = await encodeVoice(40);
    const decoder = await OpusDecoder.create();
    let worst = 0;
    let last = 0;
    packets.forEach((packet, i) => {
      const parts = i % 10 === 9 ? [decoder.conceal(480)!, decoder.conceal(480)!] : [decoder.decode(packet)!];
      for (const part of parts) {
        worst = Math.max(worst, Math.abs(part[0]! - last), largestStep(part));
        last = part.at(-1)!;
      }
    });
    decoder.close();
    // The voice itself steps by up to 0.03.
    expect(worst).to.be.below(0.06);
  });

  it('mixes stereo down', async () => {
    const encoder = await createEncoder({ channels: 2, application: 2049, bitrate: 96_000, complexity: 1 });
    const decoder = await OpusDecoder.create();
    const heard: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const both = new Float32Array(1920);
      for (let k = 0; k < 960; k += 1) {
        both[2 * k] = 0.2 * Math.sin((2 * Math.PI * 400 * (i * 960 + k)) / 48_000);
        both[2 * k + 1] = 0.2 * Math.sin((2 * Math.PI * 1000 * (i * 960 + k)) / 48_000);
      }
      heard.push(...decoder.decode(encoder.encodeFloat(both))!);
    }
    encoder.free();
    decoder.close();
    const samples = Float32Array.from(heard.slice(4800));
    for (const hz of [400, 1000]) expect(toneDb(samples, hz)).to.be.closeTo(-20, 1);
  });

  it('answers undefined for what is no packet, says why, and works on', async () => {
    const decoder = await OpusDecoder.create();
    const [packet] = await encodeVoice(1);
    const random = randomSource(11);
    expect(decoder.decode(new Uint8Array(0))).to.equal(undefined);
    expect(decoder.lastError).to.not.equal('');
    let refused = 0;
    for (let i = 0; i < 2000; i += 1) {
      const bytes = Uint8Array.from({ length: 1 + Math.floor(random() * 40) }, () => Math.floor(random() * 256));
      const samples = decoder.decode(bytes);
      if (samples === undefined) refused += 1;
      else expect(Number.isFinite(rmsDb(samples))).to.equal(true);
    }
    expect(refused).to.be.within(1, 1999);
    expect(decoder.decode(packet!)?.length).to.equal(960);
    decoder.close();
  });

  it('is counted while it lives', async () => {
    const before = liveNativeObjectsByKind().decoder;
    const decoder = await OpusDecoder.create();
    expect(liveNativeObjectsByKind().decoder).to.equal(before + 1);
    decoder.close();
    decoder.close();
    expect(liveNativeObjectsByKind().decoder).to.equal(before);
  });
});
