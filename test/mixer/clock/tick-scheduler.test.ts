import { expect } from 'chai';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { TickScheduler } from '../../../mixer/clock/tick-scheduler.js';
import type { Timers } from '../../../mixer/clock/timers.js';

interface Log {
  readonly audio: number[];
  readonly skips: number[];
  readonly video: number[];
}

/** A scheduler whose one timer the test fires by hand. */
function create({ startUs = 0, fps = 30 } = {}): { clock: ManualClock; log: Log; scheduler: TickScheduler; delays: number[]; fire: (lateUs?: number) => void; armed: () => boolean } {
  const clock = new ManualClock(startUs);
  const log: Log = { audio: [], skips: [], video: [] };
  const delays: number[] = [];
  let timer: { delayMs: number; run: () => void } | undefined;
  const timers: Timers = {
    after(delayMs, run) {
      const armed = { delayMs, run };
      timer = armed;
      delays.push(delayMs);
      return () => {
        if (timer === armed) timer = undefined;
      };
    },
    every: () => expect.fail('periodic timers drift'),
  };
  const ticks = {
    onAudioTick: (tickUs: number): number => log.audio.push(tickUs),
    onAudioSkip: (tickUs: number): number => log.skips.push(tickUs),
    onVideoTick: (tickUs: number): number => log.video.push(tickUs),
  };
  const scheduler = new TickScheduler({ time: clock, timers, fps, ticks });
  const fire = (lateUs = 0): void => {
    if (timer === undefined) expect.fail('no timer is armed');
    const { delayMs, run } = timer;
    timer = undefined;
    clock.advance(delayMs * 1000 + lateUs);
    run();
  };
  return { clock, log, scheduler, delays, fire, armed: () => timer !== undefined };
}

describe('tick scheduler', () => {
  it('runs sound each 20 ms and pictures each 1/fps, counted from the zero', () => {
    const { clock, log, scheduler, fire } = create();
    scheduler.start();
    while (clock.nowUs() < 1_000_000) fire();
    expect(log.audio).to.deep.equal(Array.from({ length: 51 }, (_, index) => index * 20_000));
    expect(log.video).to.deep.equal(Array.from({ length: 31 }, (_, index) => Math.floor((index * 1_000_000) / 30)));
    expect(log.skips).to.be.empty;
  });

  it('adds nothing up when each timer comes late', () => {
    const { clock, log, scheduler, fire } = create();
    scheduler.start();
    while (clock.nowUs() < 60_000_000) fire(700);
    expect(log.audio.length).to.equal(Math.floor(clock.nowUs() / 20_000) + 1);
    expect(log.video.length).to.equal(Math.floor((clock.nowUs() * 30) / 1_000_000) + 1);
    expect(scheduler.statistics.videoTicksSkipped).to.equal(0);
  });

  it('starts with the next tick of each grid, however old the room is', () => {
    const { log, scheduler, fire } = create({ startUs: 3_600_005_000 });
    scheduler.start();
    fire();
    fire();
    expect(log.audio[0]).to.equal(3_600_020_000);
    expect(log.video[0]).to.equal(3_600_033_333);
  });

  it('catches up sound that is up to 100 ms late, without a gap', () => {
    const { log, scheduler, fire } = create();
    scheduler.start();
    fire();
    fire(80_000);
    expect(log.audio).to.deep.equal([0, 20_000, 40_000, 60_000, 80_000, 100_000]);
    expect(log.skips).to.be.empty;
    expect(scheduler.statistics.audioTicksLate).to.equal(4);
  });

  it('leaves out sound after a longer stop, says where it goes on, and counts', () => {
    const { log, scheduler, fire } = create();
    scheduler.start();
    fire();
    fire(500_000);
    expect(log.skips).to.deep.equal([520_000]);
    expect(log.audio).to.deep.equal([0, 520_000]);
    expect(scheduler.statistics.audioTicksSkipped).to.equal(25);
    fire();
    fire();
    expect(log.audio.at(-1)).to.equal(540_000);
  });

  it('leaves out late pictures and counts them', () => {
    const { log, scheduler, fire } = create();
    scheduler.start();
    fire();
    fire(100_000);
    expect(log.video).to.deep.equal([0, 100_000]);
    expect(scheduler.statistics.videoTicksSkipped).to.equal(2);
  });

  it('waits again when a timer comes early', () => {
    const { log, scheduler, fire } = create();
    scheduler.start();
    fire();
    fire(-1_500);
    expect(log.audio).to.deep.equal([0]);
    fire();
    expect(log.audio).to.deep.equal([0, 20_000]);
  });

  it('goes on after a tick that throws', () => {
    const clock = new ManualClock();
    let run: (() => void) | undefined;
    const timers: Timers = {
      after(_, next) {
        run = next;
        return () => undefined;
      },
      every: () => expect.fail(),
    };
    let calls = 0;
    const ticks = {
      onAudioTick: () => {
        calls += 1;
        throw new Error('a bug');
      },
      onAudioSkip: () => undefined,
      onVideoTick: () => undefined,
    };
    new TickScheduler({ time: clock, timers, fps: 30, ticks }).start();
    expect(() => run?.()).to.throw('a bug');
    clock.advance(20_000);
    expect(() => run?.()).to.throw('a bug');
    expect(calls).to.equal(2);
  });

  it('leaves no timer when closed, also from within a tick', () => {
    const { scheduler, armed } = create();
    scheduler.start();
    expect(armed()).to.be.true;
    scheduler.close();
    scheduler.close();
    expect(armed()).to.be.false;
    expect(() => scheduler.start()).to.throw('closed');
  });
});
