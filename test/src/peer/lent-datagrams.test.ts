import { expect } from 'chai';
import { LentDatagrams } from '../../../src/peer/lent-datagrams.js';

const packetBytes = 1_200;

describe('LentDatagrams', () => {
  let isIdle: boolean;
  let looks: number;
  let lent: LentDatagrams;

  beforeEach(() => {
    isIdle = true;
    looks = 0;
    lent = new LentDatagrams(() => ((looks += 1), isIdle));
  });

  /** Where in which memory. */
  const placesOf = (datagrams: readonly Buffer[]): unknown[] => datagrams.map(({ buffer, byteOffset }) => [buffer, byteOffset]);

  it('lends the same room again and again while the kernel takes all, and looks once in 32 datagrams', () => {
    const datagrams = Array.from({ length: 3_200 }, () => lent.lend(packetBytes));
    expect(new Set(datagrams).size).to.equal(32);
    expect(looks).to.equal(100);
  });

  it('never lends what waits in the kernel\'s place', () => {
    const before = Array.from({ length: 32 }, (_, at) => lent.lend(packetBytes).fill(at));
    isIdle = false;
    const datagrams = [...before, ...Array.from({ length: 320 }, (_, at) => lent.lend(packetBytes + (at % 3)).fill((at + 32) & 0xff))];
    for (const [at, datagram] of datagrams.entries()) expect(datagram.every((byte) => byte === (at & 0xff)), `${at}`).to.equal(true);
    isIdle = true;
    expect(placesOf(Array.from({ length: 32 }, () => lent.lend(packetBytes))), 'all went out').to.deep.equal(placesOf(before));
  });

  it('lends as many bytes as are asked for, side by side, and longer ones apart', () => {
    const lengths = [0, 1, 60, packetBytes, 1_536, 1_537, 65_507];
    const datagrams = lengths.map((bytes) => lent.lend(bytes));
    expect(datagrams.map(({ length }) => length)).to.deep.equal(lengths);
    for (const [at, datagram] of datagrams.entries()) datagram.fill(at);
    for (const [at, datagram] of datagrams.entries()) expect(datagram.every((byte) => byte === at), `${at}`).to.equal(true);
  });
});
