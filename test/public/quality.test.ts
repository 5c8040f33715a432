import { expect } from 'chai';
import { importPublic } from '../support/static-files.js';

interface Quality {
  readonly level: string;
  readonly rttMs: number | null;
  readonly inLossPercent: number | null;
  readonly outLossPercent: number | null;
  readonly inBps: number;
  readonly outBps: number;
  readonly freezes: number;
  readonly frozenPercent: number;
  readonly framesPerSecond: number | null;
  readonly widthPx: number | null;
  readonly heightPx: number | null;
  readonly pictureComes: boolean;
}

interface QualityModule {
  readonly sampleQuality: (stats: Iterable<object>, atMs: number) => object;
  readonly judgeQuality: (before: object, now: object) => Quality;
}

interface Totals {
  readonly received?: number;
  readonly lost?: number;
  readonly bytes?: number;
  readonly sentBytes?: number;
  readonly rttS?: number | undefined;
  readonly freezes?: number;
  readonly frozenS?: number;
  readonly outFraction?: number;
}

/** What Chromium's getStats holds of a room's connection, as far as it matters here. */
function report({ received = 0, lost = 0, bytes = 0, sentBytes = 0, rttS, freezes = 0, frozenS = 0, outFraction = 0 }: Totals): object[] {
  return [
    { type: 'transport' },
    { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
    { type: 'candidate-pair', nominated: true, ...(rttS === undefined ? {} : { currentRoundTripTime: rttS }) },
    { type: 'inbound-rtp', kind: 'audio', packetsReceived: received / 2, packetsLost: 0, bytesReceived: bytes / 2 },
    { type: 'inbound-rtp', kind: 'video', packetsReceived: received / 2, packetsLost: lost, bytesReceived: bytes / 2, freezeCount: freezes, totalFreezesDuration: frozenS, framesPerSecond: 30, frameWidth: 1280, frameHeight: 720 },
    { type: 'outbound-rtp', bytesSent: sentBytes },
    { type: 'remote-inbound-rtp', fractionLost: 0 },
    { type: 'remote-inbound-rtp', fractionLost: outFraction },
  ];
}

describe('quality', () => {
  let judge: (before: Totals, now: Totals, elapsedMs?: number) => Quality;

  before(async () => {
    const { sampleQuality, judgeQuality } = (await importPublic('client/quality.js')) as QualityModule;
    judge = (before, now, elapsedMs = 2000): Quality => judgeQuality(sampleQuality(report(before), 1000), sampleQuality(report(now), 1000 + elapsedMs));
  });

  it('counts what happened between two samples', () => {
    const quality = judge(
      { received: 1000, lost: 10, bytes: 1_000_000, sentBytes: 50_000, rttS: 0.05 },
      { received: 1196, lost: 14, bytes: 1_500_000, sentBytes: 300_000, rttS: 0.042, freezes: 1, frozenS: 0.3, outFraction: 0.01 },
    );
    expect(quality).to.deep.equal({
      level: 'fair',
      rttMs: 42,
      inLossPercent: 2,
      outLossPercent: 1,
      inBps: 2_000_000,
      outBps: 1_000_000,
      freezes: 1,
      frozenPercent: 15,
      framesPerSecond: 30,
      widthPx: 1280,
      heightPx: 720,
      pictureComes: true,
    });
  });

  const levels: readonly (readonly [string, Totals, string])[] = [
    ['a clean line', { received: 200, rttS: 0.199 }, 'good'],
    ['200 ms there and back', { received: 200, rttS: 0.2 }, 'fair'],
    ['400 ms there and back', { received: 200, rttS: 0.4 }, 'poor'],
    ['just under 2 % lost', { received: 990, lost: 19, rttS: 0.01 }, 'good'],
    ['8 % lost here', { received: 92, lost: 8, rttS: 0.01 }, 'poor'],
    ['5 % lost on the way out', { received: 200, rttS: 0.01, outFraction: 0.05 }, 'fair'],
    ['8 % lost on the way out', { received: 200, rttS: 0.01, outFraction: 0.08 }, 'poor'],
    ['a picture frozen for a tenth', { received: 200, rttS: 0.01, freezes: 1, frozenS: 0.2 }, 'fair'],
    ['a picture frozen for half', { received: 200, rttS: 0.01, freezes: 1, frozenS: 1 }, 'poor'],
    ['sound that comes without a known way back', { received: 200 }, 'good'],
    ['nothing known', {}, 'unknown'],
  ];
  for (const [title, now, level] of levels) {
    it(`calls ${title} ${level}`, () => {
      expect(judge({}, now).level).to.equal(level);
    });
  }

  it('calls a line on which nothing comes any more poor, whatever it was before', () => {
    expect(judge({ received: 200, rttS: 0.01 }, { received: 200, rttS: 0.01 }).level).to.equal('poor');
  });

  it('takes packets that came late after all for no gain, and a new connection for no loss', () => {
    expect(judge({ received: 100, lost: 5, rttS: 0 }, { received: 200, lost: 3, rttS: 0 }).inLossPercent).to.equal(0);
    expect(judge({ received: 500, lost: 5, bytes: 9000 }, { received: 10, lost: 0, bytes: 100 })).to.include({ inLossPercent: null, inBps: 0 });
  });

  it('names a picture that a slow line has made smaller, and no other', async () => {
    type Wanted = { readonly heightPx: number; readonly isShown: boolean } | null;
    const { reducedPicture } = (await importPublic('ui/reduced-picture.js')) as { readonly reducedPicture: (quality: Partial<Quality>, wanted: Wanted) => string };
    const comes = { widthPx: 640, heightPx: 360, inBps: 600_000, pictureComes: true };
    const whole = { heightPx: 720, isShown: true };
    expect(reducedPicture(comes, whole)).to.equal('640×360');
    expect(reducedPicture({ ...comes, pictureComes: false }, whole)).to.equal('Sound only');
    // Asked for, or as it is, or nothing to see, or nothing that comes at all.
    expect(reducedPicture(comes, { ...whole, heightPx: 360 })).to.equal('');
    expect(reducedPicture({ ...comes, widthPx: 1280, heightPx: 720 }, whole)).to.equal('');
    expect(reducedPicture({ ...comes, pictureComes: false }, { ...whole, isShown: false })).to.equal('');
    expect(reducedPicture({ ...comes, inBps: 0, pictureComes: false }, whole)).to.equal('');
    expect(reducedPicture(comes, null)).to.equal('');
  });
});
