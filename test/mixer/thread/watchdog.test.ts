import { expect } from 'chai';
import { Watchdog } from '../../../mixer/thread/watchdog.js';
import { ManualTime } from '../../support/manual-time.js';

describe('Watchdog', () => {
  let time: ManualTime;
  let asked: number;
  let silences: number[];
  let answers: boolean;
  let watchdog: Watchdog;

  beforeEach(() => {
    time = new ManualTime();
    asked = 0;
    silences = [];
    answers = true;
    watchdog = new Watchdog({
      timers: time,
      ask: () => {
        asked += 1;
        if (answers) watchdog.hear();
      },
      onSilence: (silentMs) => silences.push(silentMs),
    });
    watchdog.start();
  });

  it('asks each 2 s and is content with answers', () => {
    time.advance(60_000);
    expect(asked).to.equal(30);
    expect(silences).to.deep.equal([]);
    watchdog.stop();
  });

  it('calls 10 s without an answer silence, once, and asks no more', () => {
    time.advance(4_000);
    answers = false;
    time.advance(11_000);
    expect(silences).to.deep.equal([]);
    time.advance(1_000);
    expect(silences).to.deep.equal([10_000]);
    const before = asked;
    time.advance(60_000);
    expect([asked, silences.length]).to.deep.equal([before, 1]);
  });

  it('begins anew with each answer', () => {
    answers = false;
    for (let round = 0; round < 10; round += 1) {
      time.advance(8_000);
      watchdog.hear();
    }
    expect(silences).to.deep.equal([]);
    watchdog.stop();
  });

  it('is silent after it was stopped', () => {
    answers = false;
    watchdog.stop();
    time.advance(60_000);
    expect([asked, silences.length]).to.deep.equal([0, 0]);
  });
});
