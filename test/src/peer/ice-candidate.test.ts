import { expect } from 'chai';
import { AppError } from '../../../src/errors.js';
import { parseCandidate } from '../../../src/peer/ice-candidate.js';

const usable = { foundation: '842163049', priority: 1677729535, address: '203.0.113.9', port: 46154, type: 'srflx' };
const line = 'candidate:842163049 1 udp 1677729535 203.0.113.9 46154 typ srflx raddr 10.0.0.2 rport 46154 generation 0 ufrag EsAw network-cost 50';

describe('parseCandidate', () => {
  for (const text of [line, `a=${line}`, line.replace('candidate:', ''), `${line}\r\n`, line.replace('udp', 'UDP')]) {
    it(`reads ${JSON.stringify(text.slice(0, 24))}...`, () => {
      expect(parseCandidate(text)).to.deep.equal(usable);
    });
  }

  for (const text of [
    '',
    ' ',
    'a=end-of-candidates',
    line.replace('203.0.113.9', '0c36d8a2-7d2e-4c4c-8a12-1f3d5c1b6c11.local'),
    line.replace('203.0.113.9', 'example.org'),
    line.replace('udp', 'tcp'),
    line.replace(' 1 udp', ' 2 udp'),
    line.replace('46154 typ', '0 typ'),
    line.replace('46154 typ', '65536 typ'),
    line.replace('typ srflx', 'typ prflx'),
  ]) {
    it(`has no use for ${JSON.stringify(text.slice(0, 60))}`, () => {
      expect(parseCandidate(text)).to.equal(undefined);
    });
  }

  for (const text of ['nonsense', 'candidate:1 1 udp', `${line}\r\na=ice-pwd:x`, `candidate:${'1'.repeat(500)} 1 udp 1 203.0.113.9 1 typ host`, 'm=audio 9 UDP/TLS/RTP/SAVPF 0']) {
    it(`refuses ${JSON.stringify(text.slice(0, 60))}`, () => {
      expect(() => parseCandidate(text)).to.throw(AppError).with.property('code', 'invalid_candidate');
    });
  }

  it('reads IPv6 and relays', () => {
    expect(parseCandidate('candidate:1 1 udp 5 2001:db8::7 5000 typ relay')).to.include({ address: '2001:db8::7', type: 'relay' });
  });
});
