import { expect } from 'chai';
import { Lateness } from '../../../mixer/video/lateness.js';

describe('lateness', () => {
  it('follows what comes later within a few pictures', () => {
    const lateness = new Lateness(30_000);
    for (let picture = 0; picture < 5; picture += 1) lateness.observe(150_000);
    expect(lateness.peakUs).to.equal(150_000);
  });

  it('is not thrown far by one late keyframe', () => {
    const lateness = new Lateness(30_000);
    lateness.observe(2_000_000);
    expect(lateness.peakUs).to.equal(70_000);
  });

  it('sinks by half of the distance in about five seconds', () => {
    const lateness = new Lateness(100_000);
    for (let picture = 0; picture < 139; picture += 1) lateness.observe(20_000);
    expect(lateness.peakUs).to.be.within(59_000, 61_000);
  });

  it('does not go below zero where the sender seems to be ahead', () => {
    const lateness = new Lateness(1_000);
    for (let picture = 0; picture < 1000; picture += 1) lateness.observe(-500_000);
    expect(lateness.peakUs).to.equal(0);
  });
});
