import { expect } from 'chai';
import { SilenceRest } from '../../../src/room/silence-rest.js';
import { OpusDecoder } from '../../../mixer/audio/opus-decoder.js';
import { opusSilencePacket } from '../../../mixer/audio/opus-packet.js';
import { OpusEncoder } from '../../../mixer/ffmpeg/opus-encoder.js';
import { join, rmsDb, tone } from '../../mixer/audio/sound.js';

const tickUs = 20_000;

function run(rest: SilenceRest, ticks: number, fromUs: number, payload: () => Uint8Array): (readonly [ptsUs: number, payload: readonly number[]])[] {
  return Array.from({ length: ticks }, (_, tick) => fromUs + tick * tickUs).flatMap((ptsUs) => {
    const sent = rest.take(payload(), ptsUs);
    return sent === undefined ? [] : [[ptsUs, [...sent]] as const];
  });
}

describe('SilenceRest', () => {
  it('sends silence once, that it rests, and then one packet each 400 ms', () => {
    const rest = new SilenceRest();
    const sent = run(rest, 250, 0, () => opusSilencePacket(1));
    expect(sent.slice(0, 4)).to.deep.equal([[0, [0xf8, 0xff, 0xfe]], [20_000, [0xf8]], [420_000, [0xf8]], [820_000, [0xf8]]]);
    // From the second second on no more than three in any second.
    for (let fromUs = 0; fromUs < 4_000_000; fromUs += 100_000) expect(sent.filter(([ptsUs]) => ptsUs > fromUs && ptsUs <= fromUs + 1_000_000).length).to.be.at.most(3);
    expect(rest.leftOut).to.equal(250 - sent.length);
    expect(run(new SilenceRest(), 2, 0, () => opusSilencePacket(2))[1]).to.deep.equal([20_000, [0xfc]]);
  });

  it('sends each packet of anything else, at once', () => {
    const rest = new SilenceRest();
    run(rest, 100, 0, () => opusSilencePacket(1));
    expect(run(rest, 50, 2_000_000, () => Uint8Array.of(0x78, 1, 2, 3)).length).to.equal(50);
    expect(rest.take(Uint8Array.of(0xf8, 0xff, 0xff), 3_000_000), 'as short, and not that').to.not.equal(undefined);
    expect(run(rest, 3, 3_020_000, () => opusSilencePacket(1)).map(([, payload]) => payload.length)).to.deep.equal([3, 1]);
  });

  it('says which packet is the first of a talkspurt, and that none of a rest is', () => {
    const rest = new SilenceRest();
    const [sound, silence] = [Uint8Array.of(0x78, 1, 2, 3), opusSilencePacket(1)];
    let ptsUs = 0;
    /** @returns the places of first packets among so many; each place is a tick */
    const firsts = (payload: Uint8Array, ticks: number): number[] => {
      const places = Array.from({ length: ticks }, (_, place) => place).filter(() => {
        ptsUs += tickUs;
        return rest.take(payload, ptsUs) !== undefined && rest.isFirst;
      });
      return places;
    };
    expect(firsts(sound, 50), 'the first of all').to.deep.equal([0]);
    expect(firsts(silence, 1)).to.deep.equal([]);
    expect(firsts(sound, 5), 'one silent packet is no rest').to.deep.equal([]);
    // The last of them is one that goes out each 400 ms: the sound follows it after 20 ms.
    expect(firsts(silence, 42)).to.deep.equal([]);
    expect(firsts(sound, 5)).to.deep.equal([0]);
    ptsUs += 100_000;
    expect(firsts(sound, 2), 'the longest packet').to.deep.equal([]);
    ptsUs += 101_000;
    expect(firsts(sound, 2), 'the mix stood still').to.deep.equal([0]);
  });

  it('cuts nothing of the sound that follows, beside the same stream without gaps', async () => {
    const encoder = new OpusEncoder({ channels: 1, bitrateBps: 48_000, complexity: 5, lossPercent: 6, hasFec: true });
    // Ten ticks of silence are encoded before the constant packet takes over, as the mix does it.
    const before = [...Array.from({ length: 30 }, (_, tick) => tone(300, 0.3, tick * 960, 960)), ...Array.from({ length: 10 }, () => new Float32Array(960))].map((left) => encoder.encode({ left, right: undefined }));
    const after = Array.from({ length: 20 }, (_, tick) => encoder.encode({ left: tone(440, 0.3, tick * 960 + 27, 960), right: undefined }));
    encoder.close();
    const packets = [...before, ...Array.from({ length: 85 }, () => opusSilencePacket(1)), ...after];
    const rest = new SilenceRest();
    const [gapless, thinned] = [await OpusDecoder.create(), await OpusDecoder.create()];
    const heard: [Float32Array[], Float32Array[]] = [[], []];
    packets.forEach((packet, tick) => {
      heard[0].push(gapless.decode(packet)!.left);
      const sent = rest.take(packet, tick * tickUs);
      // As libwebrtc's player does in a gap after a packet that said so.
      heard[1].push((sent === undefined ? thinned.conceal(960) : thinned.decode(sent))!.left);
    });
    gapless.close();
    thinned.close();
    const [all, some] = heard.map(join) as [Float32Array, Float32Array];
    expect(rmsDb(some.subarray(45 * 960, 125 * 960)), 'silence').to.be.below(-80);
    for (let at = 125 * 960; at < 130 * 960; at += 240) {
      const [whole, less] = [all, some].map((sound) => sound.subarray(at, at + 240)) as [Float32Array, Float32Array];
      if (rmsDb(whole) > -40) expect(rmsDb(less), `${(at - 125 * 960) / 48} ms after it begins`).to.be.closeTo(rmsDb(whole), 1);
    }
  });
});
