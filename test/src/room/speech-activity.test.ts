import { expect } from 'chai';
import { SpeechActivity } from '../../../src/room/speech-activity.js';

const frameUs = 20_000;

describe('SpeechActivity', () => {
  let activity: SpeechActivity;
  let nowUs: number;

  beforeEach(() => {
    activity = new SpeechActivity();
    nowUs = 0;
  });

  /** One packet each `everyUs` with the levels in turn. */
  function hear(levels: readonly number[], everyUs = frameUs): void {
    for (const level of levels) {
      activity.takeLevel(level, nowUs);
      nowUs += everyUs;
    }
  }

  /** As they stand when the last packet has come. */
  function weighed(): [immediate: number, medium: number, long: number] {
    activity.weigh(nowUs - frameUs);
    return [activity.immediate, activity.medium, activity.long];
  }

  const loud = (count: number, levelDbov = -30): number[] => Array.from({ length: count }, () => levelDbov);

  it('is nothing before the first level, at time 0 too', () => {
    expect(activity.weigh(0)).to.equal(false);
    expect([activity.immediate, activity.medium, activity.long, activity.isActive]).to.deep.equal([0, 0, 0, false]);
  });

  it('counts steps of 4 dB above the noise of the room, active frames, and active blocks', () => {
    hear(loud(1));
    expect(weighed()).to.deep.equal([7, 1, 0]);
    hear(loud(4));
    expect(weighed()).to.deep.equal([7, 5, 1]);
    expect(activity.isActive).to.equal(true);
    hear(loud(25));
    expect(weighed()).to.deep.equal([7, 5, 6]);
    hear(loud(25));
    expect(weighed(), 'no more than there are').to.deep.equal([7, 5, 10]);
  });

  it('takes 0 dBov for the loudest there is', () => {
    hear(loud(5, 0));
    expect(weighed()).to.deep.equal([13, 5, 1]);
  });

  it('takes breath and silence for no speech', () => {
    hear(loud(50, -49));
    expect(activity.weigh(nowUs)).to.equal(false);
    hear(loud(50, -127));
    expect(activity.weigh(nowUs)).to.equal(false);
  });

  it('bridges a gap of one frame in a block, not of two', () => {
    hear([-30, -30, -80, -30, -30]);
    expect(weighed()).to.deep.equal([7, 4, 1]);
    hear([-30, -80, -30, -80, -30]);
    expect(weighed()).to.deep.equal([7, 3, 1]);
  });

  it('has the same of packets of 60 ms, and of levels that come each 100', () => {
    hear(loud(10, -30), 60_000);
    activity.weigh(nowUs - 60_000);
    expect([activity.immediate, activity.medium, activity.long]).to.deep.equal([7, 5, 5]);
    activity = new SpeechActivity();
    hear(loud(8, -30), 100_000);
    activity.weigh(nowUs - 100_000);
    expect([activity.immediate, activity.medium, activity.long]).to.deep.equal([7, 5, 7]);
  });

  it('takes the louder of two levels of one frame, and one that comes late for none of its own', () => {
    hear([-30, -60], 1_000);
    expect(weighed()).to.deep.equal([7, 1, 0]);
    activity.takeLevel(-20, 0);
    expect(weighed()).to.deep.equal([10, 1, 0]);
  });

  it('forgets a second after the last packet, by silence that nobody sent', () => {
    hear(loud(50));
    expect(activity.weigh(nowUs + 500_000)).to.equal(true);
    expect([activity.immediate, activity.medium, activity.long]).to.deep.equal([0, 0, 5]);
    expect(activity.weigh(nowUs + 1_000_000)).to.equal(false);
    hear(loud(5));
    nowUs += 3_600_000_000;
    hear(loud(5));
    expect(weighed(), 'an hour later').to.deep.equal([7, 5, 1]);
  });
});
