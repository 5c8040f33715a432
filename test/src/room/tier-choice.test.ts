import { expect } from 'chai';
import { TierChoice, type PathMoment } from '../../../src/room/tier-choice.js';
import { listenerTiers, videoTiers } from '../../../src/room/video-tiers.js';

/** With sound: what 1,500, 500 and 100 kbps of picture take. */
const needsBps = [1_650_000, 600_000, 180_000];

describe('TierChoice', () => {
  let nowUs: number;
  let choice: TierChoice;

  beforeEach(() => {
    nowUs = 0;
    choice = new TierChoice({ needsBps, best: 0 });
  });

  /** Goes on for so long with the same estimate; answers what was chosen at last. */
  function after(ms: number, estimateBps: number | undefined, changes: Partial<PathMoment> = {}): number {
    for (let elapsedMs = 0; elapsedMs < ms; elapsedMs += 20) {
      nowUs += 20_000;
      choice.update({ nowUs, estimateBps, lastDecreaseUs: Number.NEGATIVE_INFINITY, queuedUs: 0, standsForUs: 0, sentBps: 0, canProbe: true, ...changes });
    }
    return choice.index;
  }

  it('stays with the best for who tells nothing', () => {
    expect(after(60_000, undefined)).to.equal(0);
    expect(choice.probeBps({ nowUs, estimateBps: undefined, lastDecreaseUs: 0, queuedUs: 0, standsForUs: 0, sentBps: 0, canProbe: true })).to.equal(undefined);
  });

  for (const { estimateBps, index } of [{ estimateBps: 900_000, index: 1 }, { estimateBps: 300_000, index: 2 }]) {
    it(`goes down to what ${estimateBps / 1000} kbps carry, at once`, () => expect(after(20, estimateBps)).to.equal(index));
  }

  it('waits for proof when it is only a little too little', () => {
    expect(after(500, 1_500_000)).to.equal(0);
    expect(after(100, 1_700_000)).to.equal(0);
    expect(after(500, 1_500_000)).to.equal(0);
    expect(after(120, 1_500_000)).to.equal(1);
  });

  it('gives up the last picture only after a second look, be it by far too much', () => {
    expect(after(20, 90_000)).to.equal(2);
    expect(after(600, 90_000)).to.equal(2);
    expect(after(20, 90_000)).to.equal(3);
    choice = new TierChoice({ needsBps, best: 0 });
    expect(after(20, 90_000)).to.equal(2);
    expect(after(20, 255_000), 'the first look was too dark').to.equal(2);
    expect(after(900, 255_000, { queuedUs: 900_000 }), 'its keyframe waits for the queue to drain').to.equal(2);
    expect(after(20, 255_000, { queuedUs: 1_100_000 })).to.equal(3);
  });

  it('waits longer before the last picture goes', () => {
    after(20, 300_000);
    expect(after(2_800, 150_000)).to.equal(2);
    expect(after(100, 190_000)).to.equal(2);
    expect(after(2_900, 150_000)).to.equal(2);
    expect(after(120, 150_000)).to.equal(3);
  });

  it('goes down by one when what waits to be sent takes too long', () => {
    expect(after(20, 5_000_000, { queuedUs: 500_000 })).to.equal(1);
  });

  it('goes down by one where a queue stands that the estimate does not know, later where that is the last picture', () => {
    expect(after(2_000, 5_000_000, { standsForUs: 980_000 })).to.equal(0);
    expect(after(20, 5_000_000, { standsForUs: 1_000_000 })).to.equal(1);
    expect(after(900, 650_000, { standsForUs: 2_000_000 }), 'the queue is older than the tier').to.equal(1);
    expect(after(120, 650_000, { standsForUs: 900_000 }), 'it was gone for a moment').to.equal(1);
    expect(after(20, 650_000, { standsForUs: 1_000_000 })).to.equal(2);
    expect(after(1_900, 185_000, { standsForUs: 4_000_000 })).to.equal(2);
    expect(after(120, 185_000, { standsForUs: 4_000_000 })).to.equal(3);
    expect(after(1_900, 650_000, { standsForUs: 4_000_000 }), 'nothing is left to give up').to.equal(3);
    expect(after(200, 650_000, { standsForUs: 4_000_000 }), 'nor to wait for').to.equal(1);
  });

  it('knows for a minute what a tier took when it was too much, up to half as much again', () => {
    const full = (sentBps: number): number => {
      after(1_500, 2_600_000, { sentBps });
      return after(20, 2_600_000, { standsForUs: 1_000_000, sentBps });
    };
    expect(full(1_950_000)).to.equal(1);
    expect(after(30_000, 2_000_000)).to.equal(1);
    expect(choice.probeBps({ nowUs, estimateBps: 2_000_000, lastDecreaseUs: 0, queuedUs: 0, standsForUs: 0, sentBps: 0, canProbe: true })).to.be.closeTo(1.2 * 1_950_000, 1);
    expect(after(20, 2_050_000)).to.equal(0);
    expect(full(9_000_000)).to.equal(1);
    expect(after(6_000, 2_590_000)).to.equal(1);
    expect(after(20, 2_600_000)).to.equal(0);
    after(5_000, 1_650_000);
    expect(choice.index, 'for the way down it counts as before').to.equal(0);
    expect(full(1_500_000), 'less than it should take').to.equal(1);
    expect(after(44_000, 2_590_000)).to.equal(1);
    expect(after(6_000, 2_590_000)).to.equal(0);
  });

  it('learns what a tier takes at each fall from it, whatever the reason', () => {
    after(1_100, 2_000_000, { sentBps: 1_950_000 });
    expect(after(20, 650_000, { sentBps: 1_950_000 })).to.equal(1);
    expect(after(5_000, 2_000_000)).to.equal(1);
    expect(after(20, 2_050_000)).to.equal(0);
  });

  it('learns nothing of a tier by a path that falls twice', () => {
    after(20, 650_000, { sentBps: 1_600_000 });
    after(20, 255_000, { sentBps: 1_500_000 });
    expect(choice.index).to.equal(2);
    expect(after(2_100, 650_000)).to.equal(1);
  });

  it('learns the mean of some seconds: one of them at twice the rate is no need', () => {
    after(20, 850_000);
    after(10_000, 850_000, { sentBps: 600_000 });
    after(1_000, 850_000, { sentBps: 1_100_000 });
    expect(after(20, 850_000, { sentBps: 1_100_000, standsForUs: 1_000_000 })).to.equal(2);
    expect(after(2_100, 850_000)).to.equal(1);
    after(10_000, 850_000, { sentBps: 880_000 });
    expect(after(20, 850_000, { sentBps: 880_000, standsForUs: 1_000_000 })).to.equal(2);
    expect(after(10_000, 850_000), 'it is what he took').to.equal(2);
  });

  it('learns nothing from what has repairs in it', () => {
    after(20, 850_000);
    after(5_000, 850_000, { sentBps: 600_000 });
    after(6_000, 850_000, { sentBps: 0 });
    after(900, 850_000, { sentBps: 1_200_000 });
    expect(after(20, 850_000, { sentBps: 1_200_000, standsForUs: 1_000_000 })).to.equal(2);
    expect(after(2_100, 850_000)).to.equal(1);
    after(5_000, 850_000, { sentBps: 900_000 });
    expect(after(20, 850_000, { sentBps: 0, standsForUs: 1_000_000 })).to.equal(2);
    expect(after(4_100, 850_000)).to.equal(1);
  });

  it('goes up after two seconds of headroom, over more than one when it fits, and never above what was asked for', () => {
    after(660, 100_000);
    expect(after(1_900, 2_000_000)).to.equal(3);
    expect(after(200, 2_000_000)).to.equal(0);
    choice = new TierChoice({ needsBps, best: 1 });
    after(660, 100_000);
    expect(after(10_000, 9_000_000)).to.equal(1);
  });

  it('waits twice as long each time that going up was wrong', () => {
    const waits: number[] = [];
    for (let time = 0; time < 4; time += 1) {
      after(20, 400_000);
      const fromUs = nowUs;
      while (choice.index !== 1) after(20, 700_000);
      waits.push(Math.round((nowUs - fromUs) / 1e6));
      after(1_000, 700_000);
    }
    expect(waits).to.deep.equal([2, 4, 8, 16]);
  });

  /** How often he goes up within an hour, when he lets himself fall after so long each time. */
  function risesAnHour(upForMs: number): number {
    let rises = 0;
    const endUs = nowUs + 3_600e6;
    while (nowUs < endUs) {
      after(20, 400_000);
      while (choice.index !== 1 && nowUs < endUs) after(20, 700_000);
      rises += 1;
      after(upForMs, 700_000);
    }
    return rises;
  }

  it('lets nobody go up and down as often as he likes, whatever he pretends', () => {
    for (const upForMs of [0, 5_000, 16_000, 30_000, 61_000]) {
      nowUs = 0;
      choice = new TierChoice({ needsBps, best: 0 });
      expect(risesAnHour(upForMs), `up for ${upForMs} ms`).to.be.lessThan(65);
    }
  });

  it('forgets in time that going up was wrong', () => {
    risesAnHour(1_000);
    after(20, 400_000);
    const waits: number[] = [];
    for (let time = 0; time < 5; time += 1) {
      after(400_000, 700_000);
      after(20, 400_000);
      const fromUs = nowUs;
      while (choice.index !== 1) after(20, 700_000);
      waits.push(Math.round((nowUs - fromUs) / 1e6));
    }
    expect(waits).to.deep.equal([16, 4, 2, 2, 2]);
  });

  it('tries whether more passes while it has less than the best, less often each time, and not while the path is full', () => {
    after(20, 250_000);
    const probes: { readonly atMs: number; readonly bps: number }[] = [];
    const fromUs = nowUs;
    for (let tick = 0; tick < 1_000; tick += 1) {
      after(20, 250_000);
      const bps = choice.probeBps({ nowUs, estimateBps: 250_000, lastDecreaseUs: Number.NEGATIVE_INFINITY, queuedUs: 0, standsForUs: 0, sentBps: 0, canProbe: true });
      if (bps !== undefined) probes.push({ atMs: (nowUs - fromUs) / 1000, bps });
    }
    expect(probes.slice(0, 4).map(({ atMs }) => atMs)).to.deep.equal([1_500, 3_760, 7_140, 11_140]);
    expect(new Set(probes.map(({ bps }) => bps))).to.deep.equal(new Set([720_000]));
    nowUs += 10_000_000;
    expect(choice.probeBps({ nowUs, estimateBps: 250_000, lastDecreaseUs: nowUs - 100_000, queuedUs: 0, standsForUs: 0, sentBps: 0, canProbe: true })).to.equal(undefined);
  });

  it('tries again soon where the last time has shown more than was known', () => {
    after(660, 100_000);
    const probes: number[] = [];
    let estimateBps = 100_000;
    const fromUs = nowUs;
    while (probes.length < 6) {
      after(20, estimateBps, { lastDecreaseUs: nowUs });
      if (choice.probeBps({ nowUs, estimateBps, lastDecreaseUs: Number.NEGATIVE_INFINITY, queuedUs: 0, standsForUs: 0, sentBps: 0, canProbe: true }) === undefined) continue;
      probes.push((nowUs - fromUs) / 1000);
      if (probes.length === 4) estimateBps = 130_000;
    }
    const waits = probes.slice(1).map((atMs, index) => atMs - probes[index]!);
    expect(waits).to.deep.equal([2_260, 3_380, 4_000, 1_500, 2_260]);
  });

  it('goes up on trial where no probe can be sent', () => {
    after(20, 250_000, { canProbe: false });
    expect(after(7_900, 250_000, { canProbe: false })).to.equal(2);
    after(120, 250_000, { canProbe: false });
    expect(choice.index).to.equal(2);
    choice = new TierChoice({ needsBps, best: 0 });
    after(20, 700_000, { canProbe: false });
    expect(after(8_100, 1_400_000, { canProbe: false })).to.equal(0);
  });
});

describe('video tiers', () => {
  it('are a half and a quarter of a large canvas, and fewer for a small one', () => {
    expect(videoTiers({ widthPx: 1280, heightPx: 720, fps: 30 }, 1_500_000)).to.deep.equal([
      { format: { widthPx: 1280, heightPx: 720, fps: 30 }, bitrateBps: 1_500_000 },
      { format: { widthPx: 640, heightPx: 360, fps: 30 }, bitrateBps: 500_000 },
      { format: { widthPx: 320, heightPx: 180, fps: 15 }, bitrateBps: 100_000 },
    ]);
    expect(videoTiers({ widthPx: 640, heightPx: 360, fps: 30 }, 700_000).map(({ bitrateBps }) => bitrateBps)).to.deep.equal([700_000, 100_000]);
    expect(videoTiers({ widthPx: 320, heightPx: 180, fps: 10 }, 120_000)).to.deep.equal([{ format: { widthPx: 320, heightPx: 180, fps: 10 }, bitrateBps: 120_000 }]);
  });

  it('have even sizes in the proportions of the canvas, whatever those are', () => {
    for (const [widthPx, heightPx] of [[720, 1280], [1920, 1080], [1000, 1000], [2560, 400], [400, 2000]] as const) {
      for (const { format } of videoTiers({ widthPx, heightPx, fps: 30 }, 3_000_000)) {
        expect([format.widthPx % 2, format.heightPx % 2]).to.deep.equal([0, 0]);
        expect(format.widthPx / format.heightPx).to.be.closeTo(widthPx / heightPx, 0.03 * (widthPx / heightPx));
      }
    }
  });

  it('are chosen by height for who can take no more', () => {
    const tiers = videoTiers({ widthPx: 1280, heightPx: 720, fps: 30 }, 1_500_000);
    expect([2160, 720, 719, 360, 359, 180, 100, undefined].map((heightPx) => listenerTiers(tiers, 48_000, heightPx).best)).to.deep.equal([0, 0, 1, 1, 2, 2, 2, 0]);
    expect(listenerTiers(tiers, 48_000, undefined).needsBps).to.deep.equal([1_645_000, 595_000, 175_000]);
  });
});
