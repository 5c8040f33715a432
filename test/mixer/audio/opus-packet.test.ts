import { expect } from 'chai';
import { createEncoder, getPacketInfo } from 'libopus-wasm';
import { opusPacketHasFec, opusPacketIsStereo, opusPacketSamples, opusSilencePacket } from '../../../mixer/audio/opus-packet.js';
import { OpusDecoder } from '../../../mixer/audio/opus-decoder.js';
import { peak, tone } from './sound.js';

describe('an Opus packet\'s length and channels', () => {
  it('agrees with libopus for every table-of-contents byte', async () => {
    for (let toc = 0; toc < 256; toc += 1) {
      // Two frames of one byte each and of equal length are valid for codes 0 and 1; code 2 says the first one's length, code 3 the count.
      const packet = Uint8Array.from((toc & 3) === 2 ? [toc, 1, 0, 0] : (toc & 3) === 3 ? [toc, 2, 0, 0] : [toc, 0, 0]);
      const info = await getPacketInfo(packet);
      expect(opusPacketSamples(packet), `toc ${toc}`).to.equal(info.samples);
      expect(opusPacketIsStereo(packet), `toc ${toc}`).to.equal(info.channels === 2);
    }
  });

  it('refuses what is empty, without frames, or longer than 120 ms', () => {
    expect(opusPacketSamples(new Uint8Array(0))).to.equal(0);
    expect(opusPacketSamples(Uint8Array.of(0xfb, 0))).to.equal(0);
    expect(opusPacketSamples(Uint8Array.of(0xfb))).to.equal(0);
    expect(opusPacketSamples(Uint8Array.of(0xfb, 6))).to.equal(5760);
    expect(opusPacketSamples(Uint8Array.of(0xfb, 7))).to.equal(0);
    // Three frames of 60 ms.
    expect(opusPacketSamples(Uint8Array.of(0x1b, 3))).to.equal(0);
  });
});

describe('opusPacketHasFec', () => {
  for (const channels of [1, 2] as const) {
    for (const frameSize of [480, 960, 1920, 2880]) {
      it(`sees FEC where an encoder puts it: ${channels} channel(s), ${frameSize / 48} ms`, async () => {
        const flags = await Promise.all([false, true].map(async (fec) => {
          const encoder = await createEncoder({ channels, frameSize, application: 2048, bitrate: 32_000 * channels, fec, packetLossPercent: fec ? 30 : 0, complexity: 1 });
          const counts = { fec: 0, packets: 0 };
          for (let i = 0; i < 40; i += 1) {
            const voice = tone(200 + 5 * (i % 7), 0.3, i * frameSize, frameSize);
            // Above 20 ms libopus puts stereo, and more than wide band, into several frames.
            const packet = encoder.encodeFloat(Float32Array.from({ length: frameSize * channels }, (_, k) => voice[Math.floor(k / channels)]!));
            counts.packets += 1;
            if (opusPacketHasFec(packet)) counts.fec += 1;
          }
          encoder.free();
          return counts;
        }));
        expect(flags[0]!.fec, 'without').to.equal(0);
        expect(flags[1]!.fec, 'with').to.be.above(5);
      });
    }
  }

  it('finds the first frame behind every kind of header', () => {
    const withFec = 0x40;
    // SILK, 20 ms, mono: two equal frames; two frames whose first has 1 byte, or 252; three frames CBR; VBR; padded by 1 and by 255 bytes.
    const headers = [[0x49], [0x4a, 1], [0x4a, 252, 0], [0x4b, 3], [0x4b, 0x83, 1, 252, 0], [0x4b, 0x43, 1], [0x4b, 0xc3, 255, 1, 5, 5]];
    for (const header of headers) {
      expect(opusPacketHasFec(Uint8Array.from([...header, withFec, 0, 0])), String(header)).to.equal(true);
      expect(opusPacketHasFec(Uint8Array.from([...header, 0xff ^ withFec, 0xff, 0xff])), String(header)).to.equal(false);
    }
  });

  it('sees none in CELT, which has none, nor in what is too short', () => {
    expect(opusPacketHasFec(Uint8Array.of(0xf8, 0xff, 0xff))).to.equal(false);
    expect(opusPacketHasFec(Uint8Array.of(0x48))).to.equal(false);
    expect(opusPacketHasFec(new Uint8Array(0))).to.equal(false);
  });
});

describe('opusSilencePacket', () => {
  it('is 20 ms of silence, each time in memory of its own', async () => {
    const decoder = await OpusDecoder.create();
    const [one, two] = [opusSilencePacket(1), opusSilencePacket(1)];
    expect(opusPacketSamples(one)).to.equal(960);
    expect(one.buffer).to.not.equal(two.buffer);
    const samples = decoder.decode(one)!.left;
    expect(samples.length).to.equal(960);
    expect(peak(samples)).to.be.below(1e-30);
    decoder.close();
  });

  it('is silence in both channels for who hears stereo', async () => {
    const decoder = await OpusDecoder.create({ stereo: true });
    const packet = opusSilencePacket(2);
    expect([opusPacketSamples(packet), opusPacketIsStereo(packet)]).to.deep.equal([960, true]);
    const { left, right } = decoder.decode(packet)!;
    expect(peak(left)).to.be.below(1e-30);
    expect(right, 'what is the same is mono').to.equal(undefined);
    decoder.close();
  });
});
