import { expect } from 'chai';
import { AppError } from '../../../src/errors.js';
import { iceUfragOf, parseSdpFragment } from '../../../src/http/sdp-fragment.js';
import { clientCandidate, clientOffer } from '../../support/canned-media.js';

describe('parseSdpFragment', () => {
  it('reads a fragment as RFC 9725 shows it', () => {
    const text = ['a=group:BUNDLE 0 1', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=ice-ufrag:EsAw', 'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1', `a=${clientCandidate}`, 'a=candidate:473322822 1 tcp 1518280447 2001:db8::1 9 typ host tcptype active', 'a=end-of-candidates'].join('\r\n');
    expect(parseSdpFragment(text)).to.deep.equal({ iceUfrag: 'EsAw', icePassword: 'P2uYro0UCOQ4zxjKXaWCBui1', mid: '0', candidates: [clientCandidate, 'candidate:473322822 1 tcp 1518280447 2001:db8::1 9 typ host tcptype active'], isEnd: true });
  });

  it('needs neither credentials nor the end, and any line end will do', () => {
    expect(parseSdpFragment(`a=${clientCandidate}\n`)).to.deep.equal({ iceUfrag: undefined, icePassword: undefined, mid: undefined, candidates: [clientCandidate], isEnd: false });
    expect(parseSdpFragment('m=audio 9 RTP/AVP 0\ra=end-of-candidates').isEnd).to.equal(true);
  });

  it('takes a name where an address is: browsers hide theirs', () => {
    const hidden = 'candidate:1 1 udp 2122260223 5f0b6c8e-4d9c-4b5c-9d3c-0d5c2f2f6a11.local 61764 typ host';
    expect(parseSdpFragment(`a=${hidden}`).candidates).to.deep.equal([hidden]);
  });

  for (const text of ['', '\r\n\r\n', 'hello', 'a=mid:0\nhello', 'a=candidate:', 'a=candidate:1 1 udp x 192.0.2.1 9 typ host', 'A=mid:0']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseSdpFragment(text)).to.throw(AppError).with.property('code', 'invalid_candidate');
    });
  }
});

describe('iceUfragOf', () => {
  it('finds the first, at whichever level', () => {
    expect(iceUfragOf(clientOffer)).to.equal('EsAw');
    expect(iceUfragOf('v=0\r\n')).to.equal(undefined);
  });
});
