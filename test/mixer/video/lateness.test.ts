import { expect } from 'chai';
import { Lateness } from '../../../mixer/video/lateness.js';

function observe(lateness: Lateness, pictures: number, latenessUs: number): void {
  for (let picture = 0; picture < pictures; picture += 1) lateness.observe(latenessUs);
}

describe('lateness', () => {
  it('begins with what it is given, until it has seen enough', () => {
    const lateness = new Lateness(30_000);
    observe(lateness, 47, 150_000);
    expect(lateness.usualUs).to.equal(30_000);
    observe(lateness, 1, 150_000);
    expect(lateness.usualUs).to.equal(150_000);
  });

  it('does not count the beginning, which is later than the rest', () => {
    const lateness = new Lateness(30_000);
    observe(lateness, 24, 150_000);
    observe(lateness, 24, 20_000);
    expect(lateness.usualUs).to.equal(20_000);
  });

  it('follows a path that became slower within half a second', () => {
    const lateness = new Lateness(30_000);
    observe(lateness, 128, 20_000);
    observe(lateness, 12, 150_000);
    expect(lateness.usualUs).to.equal(150_000);
  });

  it('follows one that became faster within its window', () => {
    const lateness = new Lateness(30_000);
    observe(lateness, 128, 100_000);
    observe(lateness, 124, 20_000);
    expect(lateness.usualUs).to.equal(20_000);
  });

  it('is not moved by single late pictures', () => {
    const lateness = new Lateness(30_000);
    for (let second = 0; second < 10; second += 1) {
      observe(lateness, 29, 20_000);
      lateness.observe(2_000_000);
      if (second > 0) expect(lateness.usualUs).to.equal(20_000);
    }
  });

  it('stays above nearly all pictures of a path with jitter', () => {
    const lateness = new Lateness(30_000);
    for (let picture = 0; picture < 160; picture += 1) lateness.observe(20_000 + (picture % 16) * 1_000);
    expect(lateness.usualUs).to.be.within(34_000, 35_000);
  });

  it('does not go below zero where the sender seems to be ahead', () => {
    const lateness = new Lateness(1_000);
    observe(lateness, 200, -500_000);
    expect(lateness.usualUs).to.equal(0);
  });
});
