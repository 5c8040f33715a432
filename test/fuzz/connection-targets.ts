/** The parsers of what makes a connection: STUN, SDP, candidates, DTLS, and the messages of signalling. */
import { createSecretKey } from 'node:crypto';
import { AppError } from '../../src/errors.js';
import { parseSdpFragment, iceUfragOf } from '../../src/http/sdp-fragment.js';
import { hasCookie, recordHeaderBytes, splitHandshake, splitRecords, writeClearHandshake } from '../../src/peer/dtls-records.js';
import { HandshakeInbox } from '../../src/peer/handshake-inbox.js';
import { parseCandidate } from '../../src/peer/ice-candidate.js';
import { SdpSession } from '../../src/peer/sdp-session.js';
import { hasStunIntegrity, readStunMessage } from '../../src/peer/stun-message.js';
import { readMessage } from '../../src/signalling/read-message.js';
import { chromiumOffer, ffmpegOffer, gstreamerOffer, obsOffer, simulcastOffer } from '../src/peer/sdp-fixtures.js';
import { must, type FuzzTarget } from './target.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** The user's mistakes have an error of their own; anything else is ours. */
function allowingAppErrors(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
}

const stunKey = createSecretKey(Buffer.from('password'));

const stunTarget: FuzzTarget = {
  name: 'stun',
  run: (input) => {
    const message = readStunMessage(input);
    if (message?.integrityAt === undefined) return;
    must(!hasStunIntegrity(input, message.integrityAt, stunKey), 'integrity without the password');
  },
  seeds: () => [
    hex('0001001c2112a442 0102030405060708090a0b0c 00060003613a6200 00080014 0000000000000000000000000000000000000000').fill(28, 2, 4).fill(0, 2, 3).fill(32, 3, 4),
    hex('010100002112a442 0102030405060708090a0b0c'),
    hex('000100082112a442 0102030405060708090a0b0c 8028000400000000'),
  ],
};

function newSession(): SdpSession {
  return new SdpSession({ sessionId: '1', ice: { ufrag: 'abcdefgh', password: 'p'.repeat(24), candidates: [] }, fingerprintSha256: Array(32).fill('AA').join(':'), dtlsRole: 'server' });
}

const sdpTarget: FuzzTarget = {
  name: 'sdp',
  run: (input) => {
    const text = input.toString('latin1');
    allowingAppErrors(() => {
      const { answer } = newSession().acceptOffer(text, (remote) =>
        remote.map(({ mid, kind }, index) => ({ mid, kind, direction: 'sendrecv', codecs: kind === 'audio' ? ['opus'] : ['vp8', 'h264'], ssrc: index + 1, cname: 'c', msid: 'a b' })),
      );
      must(answer.length < 20_000 && !/[^\r]\n/.test(answer), 'an answer that is none');
    });
    allowingAppErrors(() => {
      const session = newSession();
      session.createOffer([{ mid: '0', kind: 'audio', direction: 'sendrecv', codecs: ['opus'], ssrc: 1, cname: 'c', msid: 'a b' }]);
      session.acceptAnswer(text.replaceAll('actpass', 'active'));
    });
  },
  // As much of each as a mutation may have.
  seeds: () => [chromiumOffer, simulcastOffer, ffmpegOffer, obsOffer, gstreamerOffer].flatMap((sdp) => [Buffer.from(sdp.slice(0, 2_000)), Buffer.from(shortenSdp(sdp))]),
};

/** All that is read of an SDP, without what is passed over. */
function shortenSdp(sdp: string): string {
  const kept = sdp.split('\r\n').filter((line) => /^(v|o|s|t|c|m)=|^a=(group|mid|ice-|finger|setup|rtcp-mux|send|recv|candidate|ssrc|simul|rid|extmap)|(VP8|H264|opus|rtx)\//i.test(line) || line.startsWith("a=fmtp"));
  return `${kept.join('\r\n').slice(0, 1_990)}\r\n`;
}

const candidateTarget: FuzzTarget = {
  name: 'ice-candidate',
  run: (input) => {
    allowingAppErrors(() => {
      const candidate = parseCandidate(input.toString('latin1'));
      if (candidate === undefined) return;
      must(candidate.port >= 1 && candidate.port <= 65_535 && candidate.priority >= 0 && candidate.priority <= 0xffff_ffff, 'a port or priority that is none');
      must(candidate.foundation.length <= 32, 'a foundation without end');
    });
  },
  seeds: () => ['candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host', 'a=candidate:842163049 1 UDP 1677729535 2001:db8::1 443 typ srflx raddr 10.0.0.1 rport 9 generation 0 ufrag x network-cost 999'].map((text) => Buffer.from(text)),
};

const dtlsTarget: FuzzTarget = {
  name: 'dtls',
  run: (input) => {
    for (const role of ['server', 'client'] as const) {
      const inbox = new HandshakeInbox(role);
      let handedOver = 0;
      for (const record of splitRecords(input)) {
        for (const message of inbox.take(record.subarray(recordHeaderBytes))) {
          handedOver += message.length;
          const whole = splitHandshake(message.subarray(recordHeaderBytes));
          must(whole?.length === 1 && whole[0]?.offset === 0 && whole[0].body.length === whole[0].messageLength, 'a message that is not whole');
        }
      }
      must(handedOver <= input.length * 40 + 1_000, 'more handed on than came');
    }
    hasCookie(input);
  },
  seeds: () => {
    const hello = writeClearHandshake(1, 0, Buffer.alloc(60, 1));
    const second = writeClearHandshake(1, 1, Buffer.alloc(50, 2));
    const pieces = [hex('16fefd0000000000000000 0014 0b 000010 0000 000000 000008 aaaaaaaaaaaaaaaa'), hex('16fefd0000000000000001 0014 0b 000010 0000 000008 000008 bbbbbbbbbbbbbbbb')];
    return [hello, Buffer.concat([hello, second]), Buffer.concat(pieces), Buffer.concat([hello, writeClearHandshake(11, 1, Buffer.alloc(30)), writeClearHandshake(16, 2, Buffer.alloc(33)), writeClearHandshake(20, 4, Buffer.alloc(12))])];
  },
};

const messageTarget: FuzzTarget = {
  name: 'signalling-message',
  run: (input) => {
    allowingAppErrors(() => {
      readMessage(input, false);
    });
  },
  seeds: () =>
    [
      { type: 'join', room: 'a', name: 'b', audio: true, video: false },
      { type: 'answer', sdp: 'v=0' },
      { type: 'candidate', candidate: '' },
      { type: 'media', audio: true, video: true, screen: false },
      { type: 'startRecording', format: 'mp4' },
      { type: 'stopRecording', recordingId: 'x' },
      { type: 'layout', layout: 'grid' },
    ].map((message) => Buffer.from(JSON.stringify(message))),
};

const fragmentTarget: FuzzTarget = {
  name: 'sdp-fragment',
  run: (input) => {
    const text = input.toString('utf8');
    iceUfragOf(text);
    allowingAppErrors(() => {
      const { candidates } = parseSdpFragment(text);
      must(candidates.length <= 100 && candidates.every((candidate) => !/[\r\n]/.test(candidate)), 'a candidate of two lines');
    });
  },
  seeds: () => [Buffer.from('a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n')],
};

export const connectionTargets: readonly FuzzTarget[] = [stunTarget, sdpTarget, candidateTarget, dtlsTarget, messageTarget, fragmentTarget];
