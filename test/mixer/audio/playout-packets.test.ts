import { expect } from 'chai';
import { PlayoutPackets } from '../../../mixer/audio/playout-packets.js';
import type { AudioPacket } from '../../../mixer/protocol.js';
import { CountingDecoder, countingPacket } from './fake-decoder.js';

function packet(index: number, { samples = 960, fec = false, ptsUs = index * 20_000 }: { readonly samples?: number; readonly fec?: boolean; readonly ptsUs?: number } = {}): AudioPacket {
  return countingPacket({ index, first: index * 960, samples, fec, ptsUs, arrivalUs: 0 });
}

describe('PlayoutPackets', () => {
  let packets: PlayoutPackets;

  beforeEach(() => {
    packets = new PlayoutPackets();
  });

  function push(...indices: readonly number[]): void {
    for (const index of indices) packets.push(packet(index));
  }

  it('tells what was taken, heard or not, from what is missing or still to come', () => {
    push(0, 1, 3, 5);
    packets.play();
    packets.leave();
    packets.play();
    expect([0, 1, 2, 3, 5].map((index) => packets.wasTaken(packet(index)))).to.deep.equal([true, true, false, true, false]);
    expect([2, 3, 4].map((index) => packets.isBehind(packet(index)))).to.deep.equal([true, true, false]);
    expect([4, 5].map((index) => packets.hasHoleBefore(packet(index)))).to.deep.equal([false, true]);
    expect([packets.length, packets.spanUs, packets.first()?.index]).to.deep.equal([1, 20_000, 5]);
  });

  it('has nothing to take where nothing waits', () => {
    packets.play();
    expect([packets.leave(), packets.first(), packets.isBehind(packet(0))]).to.deep.equal([undefined, undefined, false]);
  });

  it('warms a decoder up with the last 80 ms that were left out, in their order and once', () => {
    push(0, 1, 2, 3, 4, 5, 6);
    for (let index = 0; index < 6; index += 1) expect(packets.leave()?.index).to.equal(index);
    const decoder = new CountingDecoder();
    packets.warmUp(decoder);
    packets.warmUp(decoder);
    expect(decoder.calls).to.deep.equal([2, 3, 4, 5].map((index) => `decode ${index}`));
  });

  it('is overfull beyond half a second, and beyond 256 packets of a sender whose time stands still', () => {
    for (let index = 0; index < 25; index += 1) packets.push(packet(index));
    expect(packets.isOverfull).to.equal(false);
    packets.push(packet(25));
    expect(packets.isOverfull).to.equal(true);
    packets.clear();
    for (let index = 100; index < 356; index += 1) packets.push(packet(index, { ptsUs: 0 }));
    expect(packets.isOverfull).to.equal(false);
    packets.push(packet(356, { ptsUs: 0 }));
    expect(packets.isOverfull).to.equal(true);
  });

  for (const fec of [true, false]) {
    it(`finds it ${fec ? '' : 'not '}worth waiting for a packet more under loss ${fec ? 'with' : 'without'} FEC`, () => {
      const play = (index: number): void => {
        packets.push(packet(index, { fec, samples: 1920 }));
        packets.play();
      };
      for (let index = 0; index < 100; index += 1) play(index);
      expect(packets.repairUs, 'without loss').to.equal(0);
      for (let index = 100; index < 200; index += 2) play(index);
      expect(packets.repairUs, 'half is lost').to.equal(fec ? 40_000 : 0);
    });
  }

  it('begins anew with another stream', () => {
    push(7, 8, 9);
    packets.play();
    packets.leave();
    packets.clear();
    const decoder = new CountingDecoder();
    packets.warmUp(decoder);
    expect([packets.length, packets.wasTaken(packet(7)), packets.isBehind(packet(1)), packets.hasHoleBefore(packet(100)), decoder.calls]).to.deep.equal([0, false, false, false, []]);
  });
});
