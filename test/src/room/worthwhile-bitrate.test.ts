import { expect } from 'chai';
import { WorthwhileBitrate } from '../../../src/room/worthwhile-bitrate.js';

const tickUs = 20_000;
/** What the camera's tile is worth, with headers and sound. */
const wholeBps = 500_000 * 1.1 + 80_000;
const nudgedBps = 0.99 * wholeBps;

describe('WorthwhileBitrate', () => {
  let worthwhile: WorthwhileBitrate;
  let nowUs: number;

  beforeEach(() => {
    nowUs = 0;
    worthwhile = new WorthwhileBitrate();
    worthwhile.negotiate([{ source: 'camera', takesRemb: true, isLayered: false }], false);
    worthwhile.setNeed('camera', { widthPx: 640, heightPx: 360, fps: 30, bitrateBps: 500_000 });
  });

  /** What is told, each time that it changes. */
  function toldIn(durationUs: number, repairEachUs?: number): (number | undefined)[] {
    const told: (number | undefined)[] = [];
    for (const untilUs = nowUs + durationUs; nowUs < untilUs; nowUs += tickUs) {
      if (repairEachUs !== undefined && nowUs % repairEachUs === 0) worthwhile.takeRepair(nowUs);
      worthwhile.tick(nowUs);
      if (told.length === 0 || told.at(-1) !== worthwhile.bitrateBps) told.push(worthwhile.bitrateBps);
    }
    return told;
  }

  it('is told once while nothing is lost', () => {
    expect(toldIn(10_000_000)).to.deep.equal([wholeBps]);
  });

  it('changes twice a second while packets come again, by a hundredth, and stands 2 s after the last one', () => {
    expect(toldIn(3_000_000, 200_000)).to.deep.equal([wholeBps, nudgedBps, wholeBps, nudgedBps, wholeBps, nudgedBps]);
    expect(toldIn(2_000_000)).to.include(nudgedBps);
    expect(toldIn(10_000_000)).to.deep.equal([wholeBps]);
  });

  it('says nothing to who is told by other means', () => {
    worthwhile.negotiate([{ source: 'camera', takesRemb: true, isLayered: false }], true);
    worthwhile.setNeed('camera', { widthPx: 640, heightPx: 360, fps: 30, bitrateBps: 500_000 });
    expect(toldIn(3_000_000, 200_000)).to.deep.equal([undefined]);
  });
});
