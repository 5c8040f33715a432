import { expect } from 'chai';
import { Watchdog } from '../../../mixer/clock/watchdog.js';
import { ManualTime } from '../../support/manual-time.js';

describe('Watchdog', () => {
  let time: ManualTime;
  let asked: number;
  let silences: number[];
  let answers: boolean;
  let watchdog: Watchdog;

  /** Time passes in which the event loop turns. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      time.advance(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

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
  afterEach(() => watchdog.stop());

  it('asks each 2 s and is content with answers', async () => {
    await pass(60_000);
    expect(asked).to.be.within(29, 30);
    expect(silences).to.deep.equal([]);
  });

  it('calls 10 s without an answer silence, once, and asks no more', async () => {
    await pass(4_000);
    answers = false;
    await pass(10_000);
    expect(silences).to.deep.equal([]);
    await pass(4_000);
    expect(silences).to.deep.equal([10_000]);
    const before = asked;
    await pass(30_000);
    expect([asked, silences.length]).to.deep.equal([before, 1]);
  });

  it('begins anew with each answer', async () => {
    answers = false;
    for (let round = 0; round < 5; round += 1) {
      await pass(8_000);
      watchdog.hear();
    }
    expect(silences).to.deep.equal([]);
  });

  it('is not deceived by an asker who stood still himself', async () => {
    answers = false;
    time.advance(3_600_000);
    await pass(2_000);
    expect(asked).to.be.within(1, 2);
    expect(silences).to.deep.equal([]);
  });

  it('is silent after it was stopped, also in the middle of a turn', async () => {
    answers = false;
    time.advance(2_000);
    watchdog.stop();
    await pass(60_000);
    expect([asked, silences.length]).to.deep.equal([1, 0]);
  });
});
