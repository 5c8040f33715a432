import { expect } from 'chai';
import fc from 'fast-check';
import { mostCsrcs, rtpHeaderBytes, writeRtpHeader } from '../../../src/rtp/rtp-packet.js';
import { StreamHeader } from '../../../src/rtp/stream-header.js';

const uint32 = fc.nat({ max: 0xffff_ffff });
const extension = fc.record({ id: fc.integer({ min: 1, max: 16 }), data: fc.uint8Array({ maxLength: 20 }) });
const packet = fc.record({ marker: fc.boolean(), sequenceNumber: fc.nat({ max: 0xffff }), timestamp: uint32, csrcs: fc.array(uint32, { maxLength: mostCsrcs }) });

describe('StreamHeader', () => {
  it('writes what a header that is written anew has, packet for packet, while its extensions change their data', () => {
    fc.assert(
      fc.property(uint32, fc.nat({ max: 127 }), fc.uniqueArray(extension, { maxLength: 4, selector: ({ id }) => id }), fc.array(packet, { maxLength: 5 }), (ssrc, payloadType, extensions, packets) => {
        const header = new StreamHeader({ ssrc, payloadType, extensions });
        for (const { csrcs, ...fields } of packets) {
          for (const { data } of extensions) data.forEach((byte, at) => (data[at] = byte + 1));
          const anew = Buffer.alloc(rtpHeaderBytes(extensions, csrcs.length) + 3, 0x77);
          writeRtpHeader(anew, 0, { ssrc, payloadType, extensions, csrcs, ...fields });
          const written = Buffer.alloc(header.byteLength(csrcs) + 3, 0x77);
          header.write(written, fields.marker, fields.sequenceNumber, fields.timestamp, csrcs.map((csrc) => ({ csrc })));
          expect(written.equals(anew)).to.equal(true);
        }
      }),
    );
  });
});
