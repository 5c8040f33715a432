import { createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import { hasStunIntegrity, isStunRequest, readStunMessage, stunTransactionId } from '../../../src/peer/stun-message.js';

/** RFC 5769 2.1: sample request of an ICE agent. */
const sampleRequest = Buffer.from(
  '000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf',
  'hex',
);
/** RFC 5769 2.2: sample IPv4 response. */
const sampleResponse = Buffer.from(
  '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96',
  'hex',
);
const key = createSecretKey(Buffer.from('VOkJxbRl1RmTxUk/WvJxBt'));

describe('STUN messages', () => {
  it("read RFC 5769's request and know its password", () => {
    const message = readStunMessage(sampleRequest);
    expect(message).to.deep.equal({ class: 'request', transactionId: sampleRequest.toString('latin1', 8, 20), receiverUfrag: 'evtj', integrityAt: 76 });
    expect(hasStunIntegrity(sampleRequest, 76, key)).to.equal(true);
    expect(hasStunIntegrity(sampleRequest, 76, createSecretKey(Buffer.from('VOkJxbRl1RmTxUk/WvJxBu')))).to.equal(false);
    expect([isStunRequest(sampleRequest), stunTransactionId(sampleRequest)]).to.deep.equal([true, message?.transactionId]);
  });

  it("read RFC 5769's response", () => {
    const message = readStunMessage(sampleResponse);
    expect(message).to.include({ class: 'success', receiverUfrag: undefined });
    expect(hasStunIntegrity(sampleResponse, message!.integrityAt!, key)).to.equal(true);
    expect(isStunRequest(sampleResponse)).to.equal(false);
  });

  it('are not authentic any more when one bit before the signature is turned', () => {
    for (let at = 0; at < 76; at++) {
      const copy = Buffer.from(sampleRequest);
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
      const message = readStunMessage(copy);
      if (message?.integrityAt !== undefined) expect(hasStunIntegrity(copy, message.integrityAt, key), `byte ${at}`).to.equal(false);
    }
  });

  const broken: readonly (readonly [string, Buffer])[] = [
    ['nothing', Buffer.alloc(0)],
    ['half a header', sampleRequest.subarray(0, 19)],
    ['another cookie', Buffer.from(sampleRequest.toString('hex').replace('2112a442', '2112a443'), 'hex')],
    ['another method', Buffer.concat([Buffer.from([0, 3]), sampleRequest.subarray(2)])],
    ['a length that is not its own', Buffer.concat([sampleRequest, Buffer.alloc(4)])],
    ['an attribute that runs over the end', Buffer.concat([sampleRequest.subarray(0, 20), Buffer.from('00060200', 'hex'), sampleRequest.subarray(24)])],
    ['something after the signature that it does not cover', withLength(Buffer.concat([sampleRequest.subarray(0, 100), Buffer.from('00250000', 'hex')]))],
    ['two names', withLength(Buffer.concat([sampleRequest.subarray(0, 76), sampleRequest.subarray(60, 76)]))],
  ];
  for (const [what, datagram] of broken) {
    it(`are not read from ${what}`, () => {
      expect(readStunMessage(datagram)).to.equal(undefined);
    });
  }

  it('may lack everything', () => {
    expect(readStunMessage(withLength(sampleRequest.subarray(0, 20)))).to.include({ class: 'request', receiverUfrag: undefined, integrityAt: undefined });
  });
});

function withLength(message: Buffer): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(copy.length - 20, 2);
  return copy;
}
