import { expect } from 'chai';
import { createDecoder, createEncoder, EncoderCtl } from 'libopus-wasm';
import { OpusDecoder } from '../../../mixer/audio/opus-decoder.js';
import { opusPacketHasFec, opusPacketIsStereo } from '../../../mixer/audio/opus-packet.js';
import { liveNativeObjectsByKind } from '../../../mixer/ffmpeg/native-ledger.js';
import type { Sound } from '../../../mixer/audio/sound-block.js';
import { join, largestStep, randomSource, rmsDb, tone, toneDb } from './sound.js';

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

/** A sender of two channels whose encoder codes them as one or as two, as it is told from packet to packet. */
async function encodePair(left: Float32Array, right: Float32Array, isStereo: (packet: number) => boolean, application: 2048 | 2049): Promise<Uint8Array[]> {
  const encoder = await createEncoder({ channels: 2, application, bitrate: 96_000, complexity: 1 });
  const packets = Array.from({ length: left.length / 960 }, (_, i) => {
    encoder.encoderCtl(EncoderCtl.SetForceChannels, isStereo(i) ? 2 : 1);
    return encoder.encodeFloat(Float32Array.from({ length: 1920 }, (__, k) => (k % 2 === 0 ? left : right)[i * 960 + (k >> 1)]!));
  });
  encoder.free();
  return packets;
}

describe('OpusDecoder', () => {
  it('repairs a lost packet from the next one better than it conceals it', async () => {
    const packets = await encodeVoice(120);
    const errors = { fec: 0, conceal: 0, losses: 0 };
    const decoders = await Promise.all([OpusDecoder.create(), OpusDecoder.create(), OpusDecoder.create()]);
    const [whole, fec, conceal] = decoders;
    packets.forEach((packet, i) => {
      const next = packets[i + 1];
      const right = whole.decode(packet)!.left;
      if (i > 20 && i % 6 === 0 && next !== undefined && opusPacketHasFec(next)) {
        const difference = ({ left }: Sound): number => right.reduce((sum, sample, k) => sum + (sample - left[k]!) ** 2, 0);
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
      for (const { left: part } of parts) {
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
      heard.push(...decoder.decode(encoder.encodeFloat(both))!.left);
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
      const sound = decoder.decode(bytes);
      if (sound === undefined) refused += 1;
      else expect(Number.isFinite(rmsDb(sound.left))).to.equal(true);
    }
    expect(refused).to.be.within(1, 1999);
    expect(decoder.decode(packet!)?.left.length).to.equal(960);
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

  describe('of stereo', () => {
    const packets = 400;
    const [left, right] = [tone(400, 0.4, 0, packets * 960), tone(1000, 0.2, 0, packets * 960)];

    for (const [name, application] of [['speech', 2048], ['music', 2049]] as const) {
      it(`keeps both channels, and goes from mono to stereo and back without a click of its own: coded as ${name}`, async () => {
        // libopus itself takes some packets for its own change.
        const encoded = await encodePair(left, right, (packet) => packet >= 40 && packet < 80, application);
        const firstStereo = encoded.findIndex(opusPacketIsStereo);
        const lastStereo = encoded.findLastIndex(opusPacketIsStereo);
        expect([firstStereo, lastStereo]).to.satisfy(([first, last]: number[]) => first! >= 39 && last! >= 70 && last! < 90);
        const decoder = await OpusDecoder.create({ stereo: true });
        const heard = encoded.map((packet) => decoder.decode(packet)!);
        decoder.close();
        const bare = await createDecoder({ channels: 2, sampleRate: 48_000 });
        const both = join(encoded.map((packet) => bare.decodeFloat(packet)));
        bare.free();
        heard.forEach((sound, i) => {
          if (i < firstStereo || i > lastStereo + 4) expect(sound.right, `packet ${i}`).to.equal(undefined);
          if (i > firstStereo && i < lastStereo) expect(sound.right, `packet ${i}`).to.not.equal(undefined);
        });
        const lefts = join(heard.map((sound) => sound.left));
        const rights = join(heard.map((sound) => sound.right ?? sound.left));
        const stereo = [(firstStereo + 5) * 960, (lastStereo - 3) * 960] as const;
        expect(toneDb(lefts.subarray(...stereo), 400)).to.be.closeTo(-8, 1);
        expect(toneDb(lefts.subarray(...stereo), 1000)).to.be.below(-40);
        expect(toneDb(rights.subarray(...stereo), 1000)).to.be.closeTo(-14, 1);
        expect(toneDb(rights.subarray(...stereo), 400)).to.be.below(-40);
        // The encoder itself clicks where it ends stereo: heard beside a decoder of two channels that decodes all of it.
        for (const [channel, offset] of [[lefts, 0], [rights, 1]] as const) {
          const right = channel.map((_, at) => both[2 * at + offset]!);
          for (let at = 960; at < channel.length; at += 240) expect(largestStep(channel.subarray(at - 1, at + 240))).to.be.below(largestStep(right.subarray(at - 1, at + 240)) + 0.004);
        }
        // 250 packets of mono later the decoder of one channel is back, and nobody hears when.
        expect(rmsDb(lefts.subarray((lastStereo + 245) * 960, (lastStereo + 255) * 960))).to.be.closeTo(rmsDb(lefts.subarray(20 * 960, 30 * 960)), 0.2);
      });
    }

    it('says the same as one that mixes down, sample by sample, for as long as packets are mono', async () => {
      const encoded = await encodePair(left, right, () => false, 2049);
      const [plain, wide] = await Promise.all([OpusDecoder.create(), OpusDecoder.create({ stereo: true })]);
      for (const packet of encoded.slice(0, 50)) expect(wide.decode(packet)).to.deep.equal(plain.decode(packet));
      plain.close();
      wide.close();
    });

    it('takes two channels that say the same for one', async () => {
      const encoded = await encodePair(left, left, () => true, 2049);
      const decoder = await OpusDecoder.create({ stereo: true });
      expect(encoded.slice(0, 60).every((packet) => opusPacketIsStereo(packet))).to.equal(true);
      for (const packet of encoded.slice(0, 60)) expect(decoder.decode(packet)!.right).to.equal(undefined);
      expect(decoder.conceal(960)!.right).to.equal(undefined);
      decoder.close();
    });

    it('conceals in both channels', async () => {
      const encoded = await encodePair(left, right, () => true, 2049);
      const decoder = await OpusDecoder.create({ stereo: true });
      for (const packet of encoded.slice(0, 30)) decoder.decode(packet);
      const made = decoder.conceal(960)!;
      decoder.close();
      expect(toneDb(made.left, 400, 960)).to.be.closeTo(-8, 4);
      expect(toneDb(made.right!, 1000, 960)).to.be.closeTo(-14, 4);
    });
  });
});
