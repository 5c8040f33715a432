import { expect } from 'chai';
import fc from 'fast-check';
import { opusPacketChannels, opusPacketSamples } from '../../../src/rtp/opus-payload.js';
import { encodeTone } from '../../support/encoded-media.js';

const packet = (...bytes: (number | Uint8Array)[]): Uint8Array => Uint8Array.from(bytes.flatMap((part) => (typeof part === 'number' ? [part] : [...part])));
const zeros = (length: number): Uint8Array => new Uint8Array(length);
const toc = (config: number, code: number, stereo = 0): number => (config << 3) | (stereo << 2) | code;

/** RFC 6716 table 2, in milliseconds. */
const frameMs = [
  10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 10, 20,
  2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20,
];
const wideband20Ms = 9;
const celt20Ms = 31;

describe('opusPacketSamples', () => {
  it('knows the frame size of all 32 configurations, for one frame and for two', () => {
    for (const [config, ms] of frameMs.entries()) {
      expect(opusPacketSamples(packet(toc(config, 0), zeros(10))), `${config}`).to.equal(ms * 48);
      expect(opusPacketSamples(packet(toc(config, 1), zeros(10))), `${config} twice`).to.equal(ms * 96);
      expect(opusPacketSamples(packet(toc(config, 2), 4, zeros(10))), `${config} twice, unequal`).to.equal(ms * 96);
    }
  });

  it('counts the frames of code 3 up to 120 ms', () => {
    for (let frames = 1; frames <= 6; frames++) expect(opusPacketSamples(packet(toc(celt20Ms, 3), frames, zeros(frames * 5)))).to.equal(frames * 960);
    expect(opusPacketSamples(packet(toc(celt20Ms, 3), 7, zeros(35)))).to.equal(0);
    expect(opusPacketSamples(packet(toc(16, 3), 48, zeros(48)))).to.equal(5760);
    expect(opusPacketSamples(packet(toc(16, 3), 49, zeros(49)))).to.equal(0);
    expect(opusPacketSamples(packet(toc(celt20Ms, 3), 0, zeros(10)))).to.equal(0);
  });

  it('takes the short packets of discontinuous transmission', () => {
    expect(opusPacketSamples(packet(toc(wideband20Ms, 0)))).to.equal(960);
    expect(opusPacketSamples(packet(toc(wideband20Ms, 0), 0))).to.equal(960);
  });

  // RFC 6716 3.4: what a packet must satisfy.
  const invalid: Record<string, Uint8Array> = {
    'R1: no byte at all': zeros(0),
    'R2: a frame beyond 1275 bytes': packet(toc(wideband20Ms, 0), zeros(1276)),
    'R2: two frames beyond 1275 bytes each': packet(toc(wideband20Ms, 1), zeros(2552)),
    'R2: a second frame beyond 1275 bytes': packet(toc(wideband20Ms, 2), 1, zeros(1277)),
    'R3: two equal frames of an odd sum': packet(toc(wideband20Ms, 1), zeros(3)),
    'R4: no length of the first frame': packet(toc(wideband20Ms, 2)),
    'R4: half a length': packet(toc(wideband20Ms, 2), 252),
    'R4: a length beyond the packet': packet(toc(wideband20Ms, 2), 6, zeros(5)),
    'R5: code 3 without a count': packet(toc(wideband20Ms, 3)),
    'R6: equal frames that do not divide': packet(toc(wideband20Ms, 3), 3, zeros(10)),
    'R6: padding longer than the packet': packet(toc(wideband20Ms, 3), 0x40 | 1, 20, zeros(10)),
    'R6: padding without its length': packet(toc(wideband20Ms, 3), 0x40 | 1),
    'R6: padding whose length does not end': packet(toc(wideband20Ms, 3), 0x40 | 1, 255),
    'R7: lengths that are not there': packet(toc(wideband20Ms, 3), 0x80 | 3, 1),
    'R7: lengths beyond the packet': packet(toc(wideband20Ms, 3), 0x80 | 2, 9, zeros(8)),
    'R7: a last frame beyond 1275 bytes': packet(toc(wideband20Ms, 3), 0x80 | 2, 1, zeros(1277)),
  };
  for (const [name, bytes] of Object.entries(invalid)) it(`refuses ${name}`, () => expect(opusPacketSamples(bytes)).to.equal(0));

  const valid: readonly (readonly [name: string, samples: number, bytes: Uint8Array])[] = [
    ['the longest frame', 960, packet(toc(wideband20Ms, 0), zeros(1275))],
    ['a two-byte length', 1920, packet(toc(celt20Ms, 2), 252, 0, zeros(252))],
    ['equal frames with padding', 1920, packet(toc(celt20Ms, 3), 0x40 | 2, 3, zeros(4 + 3))],
    ['padding of 254 and more', 960, packet(toc(celt20Ms, 3), 0x40 | 1, 255, 1, zeros(10 + 254 + 1))],
    ['frames of their own lengths', 2880, packet(toc(celt20Ms, 3), 0x80 | 3, 1, 2, zeros(10))],
    ['frames of their own lengths, padded', 1920, packet(toc(celt20Ms, 3), 0xc0 | 2, 5, 1, zeros(1 + 0 + 5))],
  ];
  for (const [name, samples, bytes] of valid) it(`takes ${name}`, () => expect(opusPacketSamples(bytes)).to.equal(samples));

  it('takes any bytes without throwing', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const samples = opusPacketSamples(bytes);
      expect(samples === 0 || (samples >= 120 && samples <= 5760)).to.equal(true);
    }));
  });

  it('reads what libopus wrote', async () => {
    const packets = await encodeTone(440, 10);
    expect(packets).to.have.length(10);
    for (const encoded of packets) {
      expect(opusPacketSamples(encoded)).to.equal(960);
      expect(opusPacketChannels(encoded)).to.equal(1);
    }
  });
});

describe('opusPacketChannels', () => {
  it('reads the stereo bit', () => {
    expect(opusPacketChannels(packet(toc(wideband20Ms, 0, 0), 1))).to.equal(1);
    expect(opusPacketChannels(packet(toc(wideband20Ms, 0, 1), 1))).to.equal(2);
  });
});
