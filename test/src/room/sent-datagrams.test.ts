import { expect } from 'chai';
import { SentDatagrams } from '../../../src/room/sent-datagrams.js';

describe('SentDatagrams', () => {
  it('finds what was sent within its time, over the wrap, and nothing else', () => {
    const sent = new SentDatagrams({ keptUs: 1_000_000 });
    expect(sent.find(0)).to.equal(undefined);
    for (let packet = 0; packet < 300; packet += 1) sent.add((65_400 + packet) & 0xffff, Buffer.from(`datagram ${packet}`), packet * 10_000);
    const found = Array.from({ length: 302 }, (_, packet) => sent.find((65_400 + packet) & 0xffff)?.toString());
    // The last was sent at 2.99 s.
    expect(found.map((text) => text ?? 'none')).to.deep.equal(Array.from({ length: 302 }, (_, packet) => (packet < 199 || packet >= 300 ? 'none' : `datagram ${packet}`)));
  });

  it('begins anew where one does not follow the last, so that none is found under the number of another', () => {
    for (const [last, other] of [[7, 9], [0xffff, 1], [7, 3]] as const) {
      const sent = new SentDatagrams({ keptUs: 1_000_000 });
      for (const sequenceNumber of [last - 1, last, other, other + 1]) sent.add(sequenceNumber, Buffer.from(`${sequenceNumber}`), 0);
      const found = [last - 1, last, other - 1, other, other + 1, other + 2].map((sequenceNumber) => sent.find(sequenceNumber)?.toString());
      expect(found).to.deep.equal([undefined, undefined, undefined, `${other}`, `${other + 1}`, undefined]);
    }
  });
});
