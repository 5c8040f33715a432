import { expect } from 'chai';
import type { MediaDirection, RemoteMedia } from '../../../src/peer/index.js';
import { planBrowser, planPublisher, planViewer } from '../../../src/room/media-plan.js';
import { counting } from './room-rig.js';

function audio(mid: string, direction: MediaDirection): RemoteMedia {
  return { mid, kind: 'audio', direction, codecs: [{ name: 'opus', payloadType: 111, clockHz: 48_000 }], ssrcs: [] };
}

function video(mid: string, direction: MediaDirection): RemoteMedia {
  const h264 = { name: 'h264', clockHz: 90_000 } as const;
  return {
    mid,
    kind: 'video',
    direction,
    codecs: [{ ...h264, payloadType: 102, packetizationMode: 1 }, { ...h264, payloadType: 104, packetizationMode: 0 }, { name: 'vp8', payloadType: 96, clockHz: 90_000 }],
    ssrcs: [],
  };
}

describe('planBrowser', () => {
  it('has a microphone, a camera and a screen, and sends the mix on the first two', () => {
    const plans = planBrowser(counting());
    expect(plans.map(({ mid, kind, direction }) => [mid, kind, direction])).to.deep.equal([
      ['0', 'audio', 'sendrecv'],
      ['1', 'video', 'sendrecv'],
      ['2', 'video', 'recvonly'],
    ]);
    expect(plans.map(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc])).to.deep.equal([[1, undefined], [2, 3], [4, 5]]);
    expect(planBrowser(counting(), 96_000).map(({ stereoBps }) => stereoBps), 'sound alone is stereo').to.deep.equal([96_000, undefined, undefined]);
    expect(new Set(plans.map(({ cname }) => cname)).size, 'one CNAME binds sound and picture').to.equal(1);
  });
});

describe('planPublisher', () => {
  it('takes the first of each kind, its codecs once each and in the order of the client', () => {
    const plans = planPublisher([video('v1', 'sendonly'), audio('a1', 'sendonly'), video('v2', 'sendonly'), audio('a2', 'sendonly')], ['audio', 'video'], counting());
    expect(plans.map(({ mid, direction, codecs }) => ({ mid, direction, codecs }))).to.deep.equal([
      { mid: 'a1', direction: 'recvonly', codecs: ['opus'] },
      { mid: 'v1', direction: 'recvonly', codecs: ['h264', 'vp8'] },
    ]);
  });

  for (const { title, remote, required, code } of [
    { title: 'without sound, when sound is required', remote: [video('v', 'sendonly')], required: ['audio'], code: 'sdp_without_audio' },
    { title: 'with sound that only receives', remote: [audio('a', 'recvonly'), video('v', 'sendonly')], required: ['audio', 'video'], code: 'sdp_without_audio' },
    { title: 'without a picture, when one is required', remote: [audio('a', 'sendrecv')], required: ['audio', 'video'], code: 'sdp_without_video' },
    { title: 'with a picture that is off', remote: [audio('a', 'sendonly'), video('v', 'inactive')], required: ['video'], code: 'sdp_without_video' },
  ] as const) {
    it(`refuses an offer ${title}`, () => {
      expect(() => planPublisher(remote, required, counting())).to.throw().with.property('code', code);
    });
  }

  it('takes sound alone, or a picture alone, where nothing is required', () => {
    expect(planPublisher([audio('a', 'sendonly')], [], counting()).map(({ mid }) => mid)).to.deep.equal(['a']);
    expect(planPublisher([video('v', 'sendrecv')], ['video'], counting()).map(({ mid }) => mid)).to.deep.equal(['v']);
  });
});

describe('planViewer', () => {
  it('sends one sound and one picture, whatever the client would send', () => {
    const plans = planViewer([audio('a', 'recvonly'), video('v', 'sendrecv'), video('w', 'recvonly')], counting());
    expect(plans.map(({ mid, direction, ssrc }) => [mid, direction, ssrc])).to.deep.equal([
      ['a', 'sendonly', 1],
      ['v', 'sendonly', 2],
    ]);
  });
});
