import { expect } from 'chai';
import { linkedSdp, withoutCandidates, type UdpAddress } from '../../support/linked-sdp.js';

const head = ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0'];
const candidates = ['a=candidate:1 1 tcp 9 127.0.0.1 9 typ host tcptype passive', 'a=candidate:2 1 udp 77 192.0.2.7 40001 typ host', 'a=candidate:3 1 udp 66 192.0.2.8 40001 typ host'];
const tail = ['a=end-of-candidates', 'm=video 9 UDP/TLS/RTP/SAVPF 96', ''];
const sdp = [...head, ...candidates, ...tail].join('\r\n');

describe('SDP through a link', () => {
  it('has the link where the server was, and no way past it', async () => {
    const asked: UdpAddress[] = [];
    const linked = await linkedSdp(sdp, (server) => {
      asked.push(server);
      return Promise.resolve({ address: '127.0.0.1', port: 5 });
    });
    expect(asked).to.deep.equal([{ address: '192.0.2.7', port: 40_001 }]);
    expect(linked).to.equal([...head, 'a=candidate:2 1 udp 77 127.0.0.1 5 typ host', ...tail].join('\r\n'));
  });

  it('tells the server of no address', () => {
    expect(withoutCandidates(sdp)).to.equal([...head, ...tail].join('\r\n'));
  });

  it('fails where there is nothing to put through', async () => {
    const failure = await linkedSdp([...head, ...tail].join('\r\n'), () => Promise.reject(new Error('never asked'))).catch((error: unknown) => error);
    expect(failure).to.be.an('error').with.property('message').that.includes('no UDP candidate');
  });
});
