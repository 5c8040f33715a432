import { expect } from 'chai';
import { FrameTrains } from '../../../src/room/frame-trains.js';

const packetBytes = 1_000;

describe('FrameTrains', () => {
  let trains: FrameTrains;
  let nowUs: number;
  let timestamp: number;

  beforeEach(() => {
    trains = new FrameTrains();
    nowUs = 0;
    timestamp = 0;
  });

  /** Frames of three packets through a bottleneck of this rate, 100 ms apart. */
  function send(frames: number, bottleneckBps: number, ssrc = 1): void {
    for (let frame = 0; frame < frames; frame += 1) {
      timestamp = (timestamp + 9_000) >>> 0;
      for (let packet = 0; packet < 3; packet += 1) trains.take({ ssrc, timestamp, bytes: packetBytes, arrivalUs: nowUs + (packet * packetBytes * 8e6) / bottleneckBps });
      nowUs += 100_000;
    }
  }

  it('know how fast frames come through, be they sent at a lower rate', () => {
    send(10, 1_000_000);
    expect(trains.areFasterThan(900_000, nowUs)).to.equal(true);
    expect(trains.areFasterThan(1_100_000, nowUs)).to.equal(false);
  });

  it('say nothing of few frames, of old ones, and of frames of one packet', () => {
    send(6, 1_000_000);
    expect(trains.areFasterThan(500_000, nowUs), 'the sixth has not ended').to.equal(false);
    send(1, 1_000_000);
    expect(trains.areFasterThan(500_000, nowUs)).to.equal(true);
    expect(trains.areFasterThan(500_000, nowUs + 1_500_000)).to.equal(false);
    const single = new FrameTrains();
    for (let frame = 0; frame < 20; frame += 1) single.take({ ssrc: 1, timestamp: frame * 9_000, bytes: packetBytes, arrivalUs: frame * 50_000 });
    expect(single.areFasterThan(1, 1_000_000)).to.equal(false);
  });

  it('are not misled by those that came all at once, nor wait for the one that did not', () => {
    send(8, 300_000);
    send(1, 5_000_000);
    send(1, 300_000);
    expect(trains.areFasterThan(500_000, nowUs)).to.equal(false);
    send(20, 1e12);
    expect(trains.areFasterThan(500_000, nowUs)).to.equal(false);
    send(14, 2_000_000);
    send(1, 100_000);
    expect(trains.areFasterThan(500_000, nowUs)).to.equal(true);
  });

  it('hold two pictures of one client apart, and no more than they need of a flood', () => {
    for (let turn = 0; turn < 10; turn += 1) {
      send(1, 1_000_000, 1);
      timestamp -= 9_000;
      send(1, 1_000_000, 2);
    }
    expect(trains.areFasterThan(1_100_000, nowUs)).to.equal(false);
    expect(trains.areFasterThan(900_000, nowUs)).to.equal(true);
    for (let frame = 0; frame < 1_000; frame += 1) {
      for (let packet = 0; packet < 2; packet += 1) trains.take({ ssrc: 1, timestamp: frame, bytes: packetBytes, arrivalUs: nowUs + packet * 4_000 });
    }
    // What fills the memory is what is believed: the flood's.
    expect(trains.areFasterThan(1_900_000, nowUs)).to.equal(true);
  });
});
