import { expect } from 'chai';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { FaultReporter } from '../../../mixer/thread/fault-reporter.js';

describe('fault reporter', () => {
  it('tells each kind of fault once in ten seconds and counts what it holds back', () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const faults = new FaultReporter({ time: clock, onFault: (stage, participantId, message) => told.push(`${stage} ${participantId ?? '-'}: ${message}`) });
    for (let second = 0; second < 10; second += 1) {
      faults.report('camera decoder', 'ann', `frame ${second}`);
      clock.advance(1_000_000);
    }
    faults.report('camera decoder', 'bob', 'other person');
    faults.report('canvas', 'ann', 'other stage');
    faults.report('canvas', undefined, 'nobody');
    faults.report('camera decoder', 'ann', 'later');
    expect(told).to.deep.equal(['camera decoder ann: frame 0', 'camera decoder bob: other person', 'canvas ann: other stage', 'canvas -: nobody', 'camera decoder ann: later']);
    expect(faults.held).to.equal(9);
  });

  it('does not grow with the number of people who came and went', () => {
    const told: string[] = [];
    const faults = new FaultReporter({ time: new ManualClock(), onFault: (stage) => told.push(stage) });
    for (let person = 0; person < 501; person += 1) faults.report('decoder', `p${person}`, 'x');
    faults.report('decoder', 'p0', 'forgotten, so told again');
    expect(told).to.have.length(502);
  });
});
