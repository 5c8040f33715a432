import { expect } from 'chai';
import fc from 'fast-check';
import { PacketHistory } from '../../../src/rtp/packet-history.js';
import { fill } from '../../support/video-frames.js';

const second = 1_000_000;
const starts = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff];

describe('PacketHistory', () => {
  for (const start of starts) {
    it(`finds each packet under its sequence number, from ${start} on`, () => {
      const history = new PacketHistory({ historyUs: second, maxBytes: 1_000_000 });
      for (let at = 0; at < 300; at++) {
        history.add(start + at, at * 3000, at % 3 === 0, fill(at + 1, 0), at * 1000);
        for (const back of [0, 1, 7, 150]) {
          const sent = history.find((start + at - back) & 0xffff);
          if (back > at) expect(sent).to.equal(undefined);
          else expect(sent).to.deep.include({ index: start + at - back, timestamp: (at - back) * 3000, marker: (at - back) % 3 === 0, payload: fill(at - back + 1, 0) });
        }
        expect(history.find((start + at + 1) & 0xffff), 'not sent yet').to.equal(undefined);
      }
    });
  }

  it('knows nothing at first', () => {
    const history = new PacketHistory({ historyUs: second, maxBytes: 1000 });
    for (const sequenceNumber of starts) expect(history.find(sequenceNumber)).to.equal(undefined);
    expect(history).to.include({ packetCount: 0, bytes: 0 });
  });

  it('is bounded in media time', () => {
    const history = new PacketHistory({ historyUs: second, maxBytes: 1_000_000 });
    for (let at = 0; at < 200; at++) history.add(at, 0, true, fill(10, at), at * 20_000);
    expect(history).to.include({ packetCount: 51, bytes: 510 });
    expect(history.find(149)?.index).to.equal(149);
    expect(history.find(148)).to.equal(undefined);
    history.add(200, 0, true, fill(10, 0), 100 * second);
    expect(history).to.include({ packetCount: 1, bytes: 10 });
  });

  it('is bounded in bytes and in packets, and keeps the newest packet in any case', () => {
    const history = new PacketHistory({ historyUs: second, maxBytes: 1000 });
    for (let at = 0; at < 50; at++) {
      history.add(at, 0, true, fill(90, at), 0);
      expect(history.bytes).to.be.at.most(1000);
    }
    expect(history.packetCount).to.equal(11);
    history.add(50, 0, true, fill(5000, 0), 0);
    expect(history).to.include({ packetCount: 1, bytes: 5000 });
    const many = new PacketHistory({ historyUs: second, maxBytes: 1_000_000 });
    for (let at = 0; at < 10_000; at++) many.add(at, 0, true, fill(1, 0), 0);
    expect(many).to.include({ packetCount: 4096, bytes: 4096 });
    expect(many.find(10_000 - 4096)?.index).to.equal(10_000 - 4096);
    expect(many.find(10_000 - 4097)).to.equal(undefined);
  });

  it('keeps a second at least', () => {
    for (const historyUs of [999_999, 0, Number.NaN]) expect(() => new PacketHistory({ historyUs, maxBytes: 1000 }), `${historyUs}`).to.throw(RangeError);
  });

  it('agrees with a plain list', () => {
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 400_000 })), { maxLength: 200 }), (start, sizes) => {
        const history = new PacketHistory({ historyUs: second, maxBytes: 5000 });
        let list: { index: number; bytes: number; ptsUs: number }[] = [];
        let ptsUs = 0;
        for (const [at, [bytes, stepUs]] of sizes.entries()) {
          ptsUs += stepUs;
          history.add(start + at, 0, false, fill(bytes, at), ptsUs);
          list.push({ index: start + at, bytes, ptsUs });
          list = list.filter((packet) => ptsUs - packet.ptsUs <= second);
          while (list.length > 1 && list.reduce((sum, packet) => sum + packet.bytes, 0) > 5000) list.shift();
        }
        expect(history.packetCount).to.equal(list.length);
        expect(history.bytes).to.equal(list.reduce((sum, packet) => sum + packet.bytes, 0));
        for (const { index } of list) expect(history.find(index & 0xffff)?.index).to.equal(index);
      }),
    );
  });
});
