import { expect } from 'chai';
import { FreezeMeter } from '../../../bench/clients/freeze-meter.js';

const periodUs = 33_333;

function play(meter: FreezeMeter, frames: number, fromUs: number): number {
  let nowUs = fromUs;
  for (let i = 0; i < frames; i++, nowUs += periodUs) meter.onFrame(nowUs);
  return nowUs;
}

describe('FreezeMeter', () => {
  it('counts nothing in an even stream, nor a few lost frames', () => {
    const meter = new FreezeMeter();
    const nextUs = play(meter, 100, 0);
    play(meter, 100, nextUs + 3 * periodUs);
    meter.finish(nextUs + 104 * periodUs);
    expect([meter.count, meter.totalUs]).to.deep.equal([0, 0]);
  });

  it('counts a pause that is 150 ms longer than usual, with its length', () => {
    const meter = new FreezeMeter();
    const nextUs = play(meter, 60, 0);
    const lastUs = nextUs - periodUs;
    play(meter, 60, lastUs + periodUs + 151_000);
    expect([meter.count, meter.totalUs]).to.deep.equal([1, periodUs + 151_000]);
  });

  it('counts a stream that has stopped, but not one that never began', () => {
    const meter = new FreezeMeter();
    const nextUs = play(meter, 60, 0);
    meter.finish(nextUs + 2_000_000);
    expect([meter.count, meter.totalUs]).to.deep.equal([1, 2_000_000 + periodUs]);
    const silent = new FreezeMeter();
    silent.finish(5_000_000);
    expect(silent.count).to.equal(0);
  });
});
