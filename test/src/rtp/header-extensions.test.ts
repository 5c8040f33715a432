import { expect } from 'chai';
import { decodeAudioLevel, decodeMid, decodeTransportSequence, decodeVideoOrientation, encodeCsrcAudioLevels } from '../../../src/rtp/header-extensions.js';

const none = new Uint8Array(0);

describe('header extensions', () => {
  it('decodes every audio level of RFC 6464, with and without voice', () => {
    for (let level = 0; level <= 127; level += 1) {
      expect(decodeAudioLevel(Uint8Array.of(level))).to.deep.equal({ levelDbov: level === 0 ? 0 : -level, voice: false });
      expect(decodeAudioLevel(Uint8Array.of(0x80 | level))).to.deep.equal({ levelDbov: level === 0 ? 0 : -level, voice: true });
    }
    expect(Object.is(decodeAudioLevel(Uint8Array.of(0))?.levelDbov, 0), 'not minus zero').to.equal(true);
    expect(decodeAudioLevel(none)).to.equal(undefined);
  });

  it('encodes the levels of contributing sources, one byte each, and none beyond the scale', () => {
    expect([...encodeCsrcAudioLevels([0, -1, -63.4, -127])]).to.deep.equal([0, 1, 63, 127]);
    expect([...encodeCsrcAudioLevels([6, -140, Number.NEGATIVE_INFINITY])]).to.deep.equal([0, 127, 127]);
  });

  it('decodes rotation and mirroring, and lets the camera bit be', () => {
    const rotations = [0, 1, 2, 3].map((bits) => decodeVideoOrientation(Uint8Array.of(bits))?.rotationDegrees);
    expect(rotations).to.deep.equal([0, 90, 180, 270]);
    expect(decodeVideoOrientation(Uint8Array.of(0b0000_0110))).to.deep.equal({ rotationDegrees: 180, flip: true });
    expect(decodeVideoOrientation(Uint8Array.of(0b0000_1001))).to.deep.equal({ rotationDegrees: 90, flip: false });
    expect(decodeVideoOrientation(none)).to.equal(undefined);
  });

  it('decodes transport-wide sequence numbers', () => {
    for (const sequence of [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff]) expect(decodeTransportSequence(Uint8Array.of(sequence >>> 8, sequence & 0xff))).to.equal(sequence);
    expect(decodeTransportSequence(Uint8Array.of(1))).to.equal(undefined);
    expect(decodeTransportSequence(none)).to.equal(undefined);
  });

  it('decodes a MID, and nothing that cannot be one', () => {
    expect(decodeMid(Buffer.from('0'))).to.equal('0');
    expect(decodeMid(Buffer.from('camera-1'))).to.equal('camera-1');
    for (const bad of ['', 'a b', 'é', 'a\0', '\n']) expect(decodeMid(Buffer.from(bad)), JSON.stringify(bad)).to.equal(undefined);
  });
});
