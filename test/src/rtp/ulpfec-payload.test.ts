import { expect } from 'chai';
import { readUlpfec } from '../../../src/rtp/ulpfec-payload.js';
import { protect } from '../../support/ulpfec-encoder.js';

/** As in the example of RFC 5109 10.1: payload type, sequence number, timestamp, bytes, marker. */
function examplePacket(payloadType: number, sequenceNumber: number, timestamp: number, bytes: number, marker: boolean): Buffer {
  const packet = Buffer.alloc(12 + bytes, sequenceNumber);
  packet[0] = 0x80;
  packet[1] = payloadType | (marker ? 0x80 : 0);
  packet.writeUInt16BE(sequenceNumber, 2);
  packet.writeUInt32BE(timestamp, 4);
  packet.writeUInt32BE(2, 8);
  return packet;
}

const example = [examplePacket(11, 8, 3, 200, true), examplePacket(18, 9, 5, 140, false), examplePacket(11, 10, 7, 100, true), examplePacket(18, 11, 9, 340, false)];

describe('readUlpfec', () => {
  it('reads the header of the example in RFC 5109 10.1', () => {
    // E, L, P, X, CC are 0; M 0, PT 0; base 8; TS 8; length 372; protection length 340; mask 1111 0000...
    const header = Buffer.from('00000008 00000008 0174 0154 f000'.replaceAll(' ', ''), 'hex');
    const made = protect(example);
    expect(made.subarray(0, 14).toString('hex')).to.equal(header.toString('hex'));
    const { data, ...fields } = readUlpfec(made)!;
    expect(fields).to.deep.equal({ flags: 0, typeByte: 0, timestamp: 8, length: 372, baseSequenceNumber: 8, offsets: [0, 1, 2, 3] });
    expect(data.length).to.equal(340);
  });

  it('reads masks of 48 bits', () => {
    const packets = [65_530, 65_531, 41].map((sequenceNumber) => examplePacket(96, sequenceNumber, 7, 50, false));
    expect(readUlpfec(protect(packets))?.offsets).to.deep.equal([0, 1, 47]);
  });

  it('reads nothing that is cut short, protects nobody, or is of a later version', () => {
    const whole = protect(example);
    for (let bytes = 0; bytes < whole.length; bytes += 1) expect(readUlpfec(whole.subarray(0, bytes)), `${bytes}`).to.equal(undefined);
    const changed = (at: number, byte: number): Buffer => {
      const copy = Buffer.from(whole);
      copy[at] = byte;
      return copy;
    };
    expect(readUlpfec(changed(12, 0))).to.equal(undefined);
    expect(readUlpfec(changed(0, 0x80))).to.equal(undefined);
  });
});
