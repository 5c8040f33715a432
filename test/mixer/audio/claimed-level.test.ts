import { expect } from 'chai';
import { ClaimedLevel } from '../../../mixer/audio/claimed-level.js';

const tickUs = 20_000;

class Sender {
  readonly level = new ClaimedLevel();
  #nowUs = 0;

  /** Decoded for so many ticks. */
  decode(ticks: number, claimed: (tick: number) => number, heard: (tick: number) => number): this {
    for (let tick = 0; tick < ticks; tick += 1) {
      this.level.claim(claimed(tick));
      this.level.hear(heard(tick), this.#nowUs);
      this.#nowUs += tickUs;
    }
    return this;
  }

  wait(ticks: number): this {
    this.#nowUs += ticks * tickUs;
    return this;
  }

  claims(levelDbov: number): number {
    this.level.claim(levelDbov);
    return this.level.believedDbov(this.#nowUs);
  }
}

describe('ClaimedLevel', () => {
  it('is believed until it is heard', () => {
    expect(new Sender().claims(-10)).to.equal(-10);
  });

  it('counts for no more than was heard for 30 s, once there was nothing behind it for 400 ms', () => {
    const liar = new Sender().decode(19, () => -10, () => -127);
    expect([liar.claims(-10), liar.level.found]).to.deep.equal([-10, 0]);
    liar.wait(100).decode(20, () => -10, () => -127).wait(1_400);
    expect([liar.claims(-10), liar.level.found]).to.deep.equal([-127, 1]);
    expect(liar.wait(100).claims(-10)).to.equal(-10);
  });

  it('is believed of who is heard 220 ms after he says so, in words and pauses', () => {
    const speech = (tick: number): number => (tick < 0 ? -80 : tick % 40 < 25 ? -25 : -80);
    const honest = new Sender().decode(500, speech, (tick) => speech(tick - 11) - 2);
    expect([honest.claims(-20), honest.level.found]).to.deep.equal([-20, 0]);
  });

  it('finds him out who claims in every other packet', () => {
    const liar = new ClaimedLevel();
    for (let tick = 0; tick <= 20; tick += 1) {
      liar.claim(-10);
      liar.beSilent();
      liar.hear(-127, tick * tickUs);
    }
    expect([liar.found, liar.capDbov(20 * tickUs), liar.capDbov(1_520 * tickUs)]).to.deep.equal([1, -127, 0]);
  });

  it('holds nothing against him of the time in which he was not heard', () => {
    const honest = new Sender();
    honest.claims(-10);
    honest.claims(-80);
    expect(honest.decode(500, () => -80, () => -82).level.found).to.equal(0);
  });

  it('holds nothing against who is cut off in a word', () => {
    const honest = new ClaimedLevel();
    for (let tick = 0; tick < 100; tick += 1) {
      if (tick < 20) honest.claim(-25);
      honest.hear(tick < 31 ? -26 : -127, tick * tickUs);
    }
    expect(honest.found).to.equal(0);
  });

  it('is what was heard for who says more than he is, and is his own again with the first sound', () => {
    const sender = new Sender().decode(50, () => -5, () => -40);
    expect(sender.claims(-5)).to.equal(-40);
    sender.decode(1, () => -15, () => -16);
    expect(sender.claims(-15)).to.equal(-16);
  });
});
