import { expect } from 'chai';
import { TwofoldChoice, type TwofoldMoment } from '../../../src/room/twofold-choice.js';

const needBps = 600_000;
const far: Omit<TwofoldMoment, 'nowUs'> = { roundTripUs: 300_000, lossShare: 0.05, estimateBps: 2 * needBps + 100_000, needBps, isFull: false };

describe('TwofoldChoice', () => {
  let nowUs: number;
  let choice: TwofoldChoice;

  beforeEach(() => {
    nowUs = 0;
    choice = new TwofoldChoice();
  });

  /** Goes on for so long; answers what held at last. */
  function after(ms: number, changes: Partial<TwofoldMoment> = {}): boolean {
    let isOn = false;
    for (let elapsedMs = 0; elapsedMs < ms; elapsedMs += 20) {
      nowUs += 20_000;
      isOn = choice.update({ nowUs, ...far, ...changes });
    }
    return isOn;
  }

  it('sends twice on a long path that loses some and carries it, once that is sure', () => {
    expect(after(500)).to.equal(false);
    expect(after(4_000)).to.equal(true);
  });

  for (const [what, changes] of [
    ['a short path', { roundTripUs: 149_000 }],
    ['few losses', { lossShare: 0.0199 }],
    ['a path that carries the picture once', { estimateBps: 2.09 * needBps }],
    ['a listener who tells nothing', { estimateBps: undefined }],
    ['sound alone', { needBps: undefined }],
    ['a full queue', { isFull: true }],
  ] as const) {
    it(`does not on ${what}`, () => expect(after(20_000, changes)).to.equal(false));
  }

  it('does on each of them that is just enough', () => {
    expect(after(20_000, { roundTripUs: 151_000, lossShare: 0.0205, estimateBps: 2.11 * needBps })).to.equal(true);
  });

  it('is not moved by a second without losses, nor by a little less of anything', () => {
    after(20_000);
    expect(after(1_000, { lossShare: 0 })).to.equal(true);
    expect(after(20_000, { lossShare: 0.0105, roundTripUs: 121_000, estimateBps: 1.91 * needBps })).to.equal(true);
  });

  it('ends with the losses, with the length, with the room, and at once with a queue, for a while', () => {
    for (const changes of [{ lossShare: 0.0095 }, { roundTripUs: 119_000 }, { estimateBps: 1.89 * needBps }]) {
      expect(after(10_000)).to.equal(true);
      expect(after(10_000, changes)).to.equal(false);
    }
    expect(after(10_000)).to.equal(true);
    expect(after(20, { isFull: true })).to.equal(false);
    expect(after(3_000)).to.equal(false);
    expect(after(1_500)).to.equal(true);
  });

  it('ends where the copies are what is lost, and tries it again ever more seldom', () => {
    const begunS: number[] = [];
    let wasOn = false;
    while (nowUs < 600_000_000) {
      // A policer: with twice as much a third of it is dropped.
      const isOn = after(20, { lossShare: wasOn ? 0.35 : 0.05 });
      if (isOn && !wasOn) begunS.push(Math.round(nowUs / 1e6));
      wasOn = isOn;
    }
    const waits = begunS.slice(1).map((second, index) => second - (begunS[index] ?? 0));
    expect(waits.length).to.be.within(8, 12);
    // It takes a few seconds to be found out.
    for (const [index, wait] of waits.entries()) expect(wait, waits.join(', ')).to.be.within(Math.min(64, 4 * 2 ** index), Math.min(64, 4 * 2 ** index) + 5);
  });

  it('does not hold what comes long after it began against it', () => {
    // Both of the kind that ends it at once: then it waits for 4, 8, 16, 32 s.
    for (let ends = 0; ends < 4; ends += 1) {
      while (!after(20));
      after(20, { isFull: true });
    }
    while (!after(20));
    expect(after(60_000)).to.equal(true);
    after(20, { isFull: true });
    expect(after(3_900)).to.equal(false);
    expect(after(200)).to.equal(true);
  });

  it('goes on where losses come in bursts', () => {
    after(10_000);
    let onMs = 0;
    // Half a second of 20 % each two seconds.
    for (let second = 0; second < 120; second += 2) for (const [ms, lossShare] of [[500, 0.2], [1_500, 0]] as const) if (after(ms, { lossShare })) onMs += ms;
    expect(onMs).to.be.greaterThan(100_000);
  });

  it('goes on where losses grow a little by themselves', () => {
    after(10_000);
    expect(after(10_000, { lossShare: 0.09 })).to.equal(true);
  });

  it('tries whether twice as much passes where it would be of use, ever more seldom', () => {
    const triesMs: number[] = [];
    const changes = { estimateBps: 1.3 * needBps };
    while (nowUs < 60_000_000) {
      after(20, changes);
      const probeBps = choice.probeBps({ nowUs, ...far, ...changes });
      if (probeBps === undefined) continue;
      expect(probeBps).to.be.greaterThan(2.1 * needBps);
      triesMs.push(nowUs / 1000);
    }
    const waits = triesMs.slice(1).map((ms, index) => Math.round((ms - (triesMs[index] ?? 0)) / 1000));
    expect(waits).to.deep.equal([6, 9, 14, 20]);
  });

  it('tries anew at the first pace after it was worth it', () => {
    const less = { estimateBps: 1.3 * needBps };
    const wait = (): number => {
      const fromUs = nowUs;
      do after(20, less); while (choice.probeBps({ nowUs, ...far, ...less }) === undefined);
      return Math.round((nowUs - fromUs) / 1e6);
    };
    for (let tries = 0; tries < 8; tries += 1) wait();
    expect(wait()).to.equal(30);
    expect(after(60_000)).to.equal(true);
    wait();
    expect(wait()).to.equal(6);
  });

  it('tries nothing where it would be of no use', () => {
    for (const changes of [{ lossShare: 0 }, { roundTripUs: 50_000 }, { needBps: undefined }, { estimateBps: undefined }, { estimateBps: 3 * needBps }]) {
      choice = new TwofoldChoice();
      after(20_000, { estimateBps: 1.3 * needBps, ...changes });
      expect(choice.probeBps({ nowUs, ...far, estimateBps: 1.3 * needBps, ...changes }), JSON.stringify(changes)).to.equal(undefined);
    }
  });
});
