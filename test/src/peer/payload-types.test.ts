import { expect } from 'chai';
import { AppError } from '../../../src/errors.js';
import type { NegotiatedMedia } from '../../../src/peer/media.js';
import { mustTellRepairs, repairTypes, sentTypes } from '../../../src/peer/payload-types.js';

function line(changes: Partial<NegotiatedMedia>): NegotiatedMedia {
  return { mid: '1', kind: 'video', sends: false, receives: true, codecs: [], remoteSsrcs: [], remoteRtxSsrcs: [], extensionIds: {}, sentExtensionIds: {}, ...changes };
}

const vp8 = (payloadType: number, rtxPayloadType?: number): NegotiatedMedia['codecs'][number] => ({ name: 'vp8', payloadType, clockHz: 90_000, ...(rtxPayloadType === undefined ? {} : { rtxPayloadType }) });
const protection = { redPayloadType: 113, redRtxPayloadType: 99, ulpfecPayloadType: 116 };

function outcomeOf(...media: NegotiatedMedia[]): string {
  try {
    mustTellRepairs(media);
  } catch (error) {
    return error instanceof AppError ? `${error.code} ${error.message}` : String(error);
  }
  return 'fine';
}

describe('payload types of an m-line', () => {
  it('are those of its codecs and of RED; those of ULPFEC are only within RED', () => {
    const media = line({ codecs: [vp8(96, 97), vp8(0)], protection });
    expect(sentTypes(media)).to.deep.equal([96, 0, 113]);
    expect(repairTypes(media)).to.deep.equal([[97, 96], [99, 113]]);
    expect(repairTypes(line({ codecs: [vp8(96)], protection: { redPayloadType: 113, ulpfecPayloadType: 116 } }))).to.deep.equal([]);
  });

  it('may be the same in several, as long as each repairs the same', () => {
    const media = line({ codecs: [vp8(96, 97)], protection });
    expect(outcomeOf(media, { ...media, mid: '2' }, line({ mid: '3', codecs: [vp8(116)] }))).to.equal('fine');
  });

  for (const [what, other] of [
    ['RED\'s retransmissions are another\'s codec', line({ codecs: [vp8(99)] })],
    ['RED\'s retransmissions are those of another\'s codec', line({ codecs: [vp8(96, 99)] })],
    ['RED\'s retransmissions are another\'s RED', line({ protection: { redPayloadType: 99, ulpfecPayloadType: 116 } })],
  ] as const) {
    it(`are refused where ${what}`, () => {
      const media = line({ codecs: [vp8(96, 97)], protection });
      for (const lines of [[media, other], [other, media]]) expect(outcomeOf(...lines)).to.equal('sdp_invalid The SDP has payload type 99 for retransmissions and for something else.');
    });
  }
});
