import { expect } from 'chai';
import { WorthwhileBitrate } from '../../../src/room/worthwhile-bitrate.js';

const tickUs = 20_000;
/** What the camera's tile is worth, with headers and sound. */
const wholeBps = 500_000 * 1.1 + 80_000;
const nudgedBps = 0.99 * wholeBps;

describe('WorthwhileBitrate', () => {
  let worthwhile: WorthwhileBitrate;
  let nowUs: number;

  function negotiate(isToldNeeds: boolean): void {
    worthwhile = new WorthwhileBitrate();
    worthwhile.negotiate([{ source: 'camera', takesRemb: true, isLayered: false }], isToldNeeds);
    worthwhile.setNeed('camera', { widthPx: 640, heightPx: 360, fps: 30, bitrateBps: 500_000 });
  }

  beforeEach(() => {
    nowUs = 0;
    negotiate(false);
  });

  function tick(): number | undefined {
    worthwhile.tick(nowUs);
    nowUs += tickUs;
    return worthwhile.bitrateBps;
  }

  /** What is told, each time that it changes. */
  function toldIn(durationUs: number, repairEachUs?: number): (number | undefined)[] {
    const told: (number | undefined)[] = [];
    for (const untilUs = nowUs + durationUs; nowUs < untilUs; ) {
      if (repairEachUs !== undefined && nowUs % repairEachUs === 0) worthwhile.takeRepair(nowUs);
      const bps = tick();
      if (told.length === 0 || told.at(-1) !== bps) told.push(bps);
    }
    return told;
  }

  it('is told once while nothing is lost', () => {
    expect(toldIn(10_000_000)).to.deep.equal([wholeBps]);
  });

  it('changes twice a second while packets come again, at once and by a hundredth', () => {
    expect(toldIn(3_000_000, 200_000)).to.deep.equal([nudgedBps, wholeBps, nudgedBps, wholeBps, nudgedBps, wholeBps]);
  });

  it('stands again 2 s after the last one', () => {
    worthwhile.takeRepair(0);
    // Four turns; the fifth would come with the end.
    expect(toldIn(2_000_000)).to.deep.equal([nudgedBps, wholeBps, nudgedBps, wholeBps]);
    expect(toldIn(10_000_000)).to.deep.equal([wholeBps]);
    // In the middle of a turn.
    nowUs = 20_000_000;
    worthwhile.takeRepair(nowUs - 1_700_000);
    expect(toldIn(300_000)).to.deep.equal([nudgedBps]);
    expect(toldIn(1_000_000)).to.deep.equal([wholeBps]);
  });

  it('says nothing to a page, which is told by other means', () => {
    negotiate(true);
    expect(toldIn(3_000_000, 200_000)).to.deep.equal([undefined]);
  });

  it('does not move what a braked path carries', () => {
    for (const isToldNeeds of [false, true]) {
      negotiate(isToldNeeds);
      nowUs = 0;
      /** Half of the sound comes through from a moment on. */
      for (let at = 0; worthwhile.brakes === 0; at += 1) {
        nowUs = at * tickUs + Math.max(0, at - 150) * tickUs;
        worthwhile.takePacket(50, nowUs);
        worthwhile.takeSound(at * 960, nowUs);
        worthwhile.tick(nowUs);
      }
      const brakedBps = worthwhile.bitrateBps;
      expect(brakedBps).to.be.lessThan(nudgedBps);
      expect(toldIn(1_000_000, 200_000), `${isToldNeeds}`).to.include(brakedBps);
      expect(toldIn(200_000, 20_000), `${isToldNeeds}`).to.not.include(0.99 * (brakedBps ?? 0));
    }
  });
});
