import { expect } from 'chai';
import { importPublic } from '../support/static-files.js';

interface StereoModule {
  readonly stereoAnswer: (answer: string, offer: string) => string;
}

const mono = 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fmtp:111 minptime=10;useinbandfec=1\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=fmtp:97 apt=96\r\n';
const stereoOffer = 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=96000\r\n';

describe('client: stereo answer', () => {
  let stereoAnswer: StereoModule['stereoAnswer'];

  before(async () => {
    ({ stereoAnswer } = (await importPublic('client/stereo-answer.js')) as StereoModule);
  });

  it('asks for stereo where it is offered, and leaves the rest as it is', () => {
    expect(stereoAnswer(mono, stereoOffer)).to.equal(mono.replace('useinbandfec=1', 'useinbandfec=1;stereo=1'));
    expect(stereoAnswer(mono, mono)).to.equal(mono);
  });

  it('says it once', () => {
    const answer = stereoAnswer(mono, stereoOffer);
    expect(stereoAnswer(answer, stereoOffer)).to.equal(answer);
  });
});
