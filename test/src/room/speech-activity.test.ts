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

  for (const everyMs of [20, 60, 100]) {
    it(`takes a fan that is switched on for speech no longer than 5 to 6 s, also by levels that come each ${everyMs} ms`, () => {
      const quietAfterMs: number[] = [];
      for (let ms = 0; ms < 12_000; ms += everyMs) {
        hear([-42], everyMs * 1_000);
        activity.weigh(nowUs - frameUs);
        if (!activity.isActive && ms > 200) quietAfterMs.push(ms);
      }
      // 50 blocks of 100 ms, of two packets where these are 60 ms long; one more, and the last 100 ms have to be quiet.
      expect(quietAfterMs[0]).to.be.within(4_500, 6_200);
      expect(quietAfterMs.length, 'and for good').to.equal(Math.ceil((12_000 - quietAfterMs[0]!) / everyMs));
      hear(loud(10), everyMs * 1_000);
      activity.weigh(nowUs - frameUs);
      expect(activity.isActive, 'a voice above it').to.equal(true);
    });
  }

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
