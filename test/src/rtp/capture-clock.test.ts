import { expect } from 'chai';
import fc from 'fast-check';
import { CaptureClock } from '../../../src/rtp/capture-clock.js';

const audio = 11;
const video = 22;
/** The sender's NTP time at the room's zero: some day of this century, in microseconds since 1900. */
const ntpZeroUs = 3_950_000_000_000_000;
const audioPathUs = 30_000;

interface SenderOptions {
  /** Delay of video from capture to its least arrival. */
  readonly videoPathUs?: number;
  /** By how much the sender's clocks run fast. */
  readonly ppm?: number;
  readonly firstAudio?: number;
  readonly firstVideo?: number;
}

/** A sender whose audio (20 ms) and video (33 ms) are captured by one clock and travel with delays and queueing of their own. */
class Sender {
  readonly clock = new CaptureClock();
  audioSsrc = audio;
  audioZero: number;
  videoZero: number;
  nowUs = 0;
  readonly #videoPathUs: number;
  readonly #rate: number;

  constructor({ videoPathUs = 110_000, ppm = 0, firstAudio = 5000, firstVideo = 70_000 }: SenderOptions = {}) {
    this.#videoPathUs = videoPathUs;
    this.#rate = 1 + ppm / 1e6;
    this.audioZero = firstAudio;
    this.videoZero = firstVideo;
    this.clock.addStream({ ssrc: audio, clockHz: 48_000, kind: 'audio' });
    this.clock.addStream({ ssrc: video, clockHz: 90_000, kind: 'video' });
  }

  audioTimestamp(atUs: number): number {
    return this.audioZero + Math.round((atUs * this.#rate * 48_000) / 1e6);
  }

  videoTimestamp(atUs: number): number {
    return this.videoZero + Math.round((atUs * this.#rate * 90_000) / 1e6);
  }

  report(ssrc: number, errorUs = 0): void {
    const timestamp = ssrc === video ? this.videoTimestamp(this.nowUs) : this.audioTimestamp(this.nowUs);
    this.clock.onSenderReport(ssrc, ntpZeroUs + Math.round(this.nowUs * this.#rate) + errorUs, timestamp % 2 ** 32);
  }

  /** Sends both streams until then; `each` is called after every 20 ms. */
  run(untilUs: number, each?: () => void): void {
    for (; this.nowUs < untilUs; this.nowUs += 20_000) {
      const step = this.nowUs / 20_000;
      this.clock.onPacket(this.audioSsrc, this.audioTimestamp(this.nowUs), this.nowUs + audioPathUs + ((step * 7919) % 20) * 500);
      if (step % 5 < 3) this.clock.onPacket(video, this.videoTimestamp(this.nowUs), this.nowUs + this.#videoPathUs + ((step * 104_729) % 30) * 1000);
      each?.();
    }
  }

  /** How much later the room places a flash than a beep of the same moment. */
  skewUs(atUs = this.nowUs): number {
    return this.clock.captureUs(video, this.videoTimestamp(atUs))! - this.clock.captureUs(this.audioSsrc, this.audioTimestamp(atUs))!;
  }
}

describe('CaptureClock', () => {
  it('knows no time of streams that are unknown or have sent nothing', () => {
    const { clock } = new Sender();
    expect(clock.captureUs(audio, 5)).to.equal(undefined);
    expect(clock.captureUs(99, 5)).to.equal(undefined);
    clock.onPacket(99, 5, 5);
    clock.onSenderReport(audio, ntpZeroUs, 5);
    expect(clock.captureUs(99, 5)).to.equal(undefined);
    expect(clock.ignoredReportCount).to.equal(0);
  });

  it('places each sample where it would arrive with the least delay, in integer microseconds', () => {
    const sender = new Sender();
    sender.run(5_000_000);
    for (const atUs of [0, 1_234_567, 4_999_999, 6_000_000]) {
      expect(sender.clock.captureUs(audio, sender.audioTimestamp(atUs))).to.be.closeTo(atUs + audioPathUs, 12).and.satisfy(Number.isInteger);
      expect(sender.clock.captureUs(video, sender.videoTimestamp(atUs))).to.be.closeTo(atUs + 110_000, 1_000);
    }
  });

  it('brings video to the audio in the first second at once, as the reports say', () => {
    const sender = new Sender();
    sender.run(400_000);
    expect(sender.skewUs()).to.be.closeTo(80_000, 5_000);
    sender.report(audio);
    sender.report(video);
    sender.run(480_000);
    expect(Math.abs(sender.skewUs())).to.be.below(50);
  });

  it('brings it there by 50 ms a second later on, and never moves the audio', () => {
    for (const videoPathUs of [110_000, 5_000, 400_000]) {
      const sender = new Sender({ videoPathUs });
      sender.run(3_000_000);
      const audioUs = sender.clock.captureUs(audio, sender.audioTimestamp(3_000_000));
      const startUs = sender.skewUs();
      expect(startUs).to.be.closeTo(videoPathUs - audioPathUs, 5_000);
      sender.report(audio);
      sender.report(video);
      expect(sender.skewUs()).to.equal(startUs);
      let last = startUs;
      sender.run(15_000_000, () => {
        const skewUs = sender.skewUs();
        // Video packets come up to 63 ms apart.
        expect(Math.abs(skewUs - last)).to.be.at.most(3_300);
        expect(Math.abs(skewUs)).to.be.at.most(Math.abs(last) + 50);
        expect(sender.clock.captureUs(audio, sender.audioTimestamp(3_000_000))).to.equal(audioUs);
        last = skewUs;
      });
      expect(Math.abs(sender.skewUs())).to.be.below(50);
      const elapsedUs = (Math.abs(startUs) / 50_000) * 1e6;
      expect(elapsedUs, 'it was on its way no longer than that').to.be.below(12_000_000);
    }
  });

  it('keeps both together over ten minutes of clocks that run off', () => {
    for (const ppm of [150, -150]) {
      const sender = new Sender({ ppm });
      let worstUs = 0;
      let worstDelayUs = 0;
      sender.run(600_000_000, () => {
        if (sender.nowUs % 1_000_000 === 0) sender.report(video);
        if (sender.nowUs % 5_000_000 === 0) sender.report(audio);
        if (sender.nowUs < 10_000_000) return;
        worstUs = Math.max(worstUs, Math.abs(sender.skewUs()));
        worstDelayUs = Math.max(worstDelayUs, Math.abs(sender.clock.captureUs(audio, sender.audioTimestamp(sender.nowUs))! - sender.nowUs - audioPathUs));
      });
      expect(worstUs).to.be.below(2_000);
      expect(worstDelayUs).to.be.below(5_000);
      expect(sender.clock.ignoredReportCount).to.equal(0);
      expect(sender.clock.restartCount).to.equal(0);
    }
  });

  it('ignores and counts reports that cannot be true', () => {
    const sender = new Sender();
    sender.run(400_000);
    sender.report(audio);
    sender.report(video);
    sender.run(2_000_000);
    sender.report(video, 11_000_000);
    sender.report(audio, -3_600_000_000);
    sender.clock.onSenderReport(video, ntpZeroUs + sender.nowUs, (sender.videoTimestamp(sender.nowUs) + 11 * 90_000) % 2 ** 32);
    sender.clock.onSenderReport(video, ntpZeroUs + sender.nowUs, (sender.videoTimestamp(sender.nowUs) + 2 ** 31) % 2 ** 32);
    sender.clock.onSenderReport(audio, 0, 0x7654_3210);
    expect(sender.clock.ignoredReportCount).to.equal(5);
    sender.run(4_000_000, () => expect(Math.abs(sender.skewUs())).to.be.below(50));
  });

  it('does not take a first report whose timestamp is far from all packets for the truth', () => {
    const sender = new Sender();
    sender.run(100_000);
    sender.clock.onSenderReport(audio, ntpZeroUs + sender.nowUs, sender.audioTimestamp(sender.nowUs) + 11 * 48_000);
    expect(sender.clock.ignoredReportCount).to.equal(1);
    sender.report(audio);
    sender.report(video);
    sender.run(2_000_000, () => sender.nowUs > 200_000 && expect(Math.abs(sender.skewUs())).to.be.below(50));
    expect(sender.clock.ignoredReportCount).to.equal(1);
  });

  it('places streams by arrival that have NTP clocks of their own, 20 s apart', () => {
    const sender = new Sender();
    sender.run(60_000_000, () => {
      if (sender.nowUs % 1_000_000 === 0) sender.report(video, 20_000_000);
      if (sender.nowUs % 5_000_000 === 0) sender.report(audio);
      if (sender.nowUs > 2_000_000) expect(sender.skewUs()).to.be.closeTo(80_000, 5_000);
    });
    expect(sender.clock.ignoredReportCount).to.be.greaterThan(0);
  });

  it('believes a clock that was set after three reports that agree, and keeps audio and video together meanwhile', () => {
    const sender = new Sender();
    const setUs = 7_200_000_000;
    let errorUs = 0;
    sender.run(30_000_000, () => {
      if (sender.nowUs === 10_000_000) errorUs = setUs;
      if (sender.nowUs % 1_000_000 === 0) sender.report(video, errorUs);
      if (sender.nowUs % 5_000_000 === 0) sender.report(audio, errorUs);
      if (sender.nowUs > 3_000_000) expect(Math.abs(sender.skewUs()), `${sender.nowUs}`).to.be.below(50);
    });
    expect(sender.clock.ignoredReportCount).to.equal(2);
    expect(Math.abs(sender.skewUs())).to.be.below(50);
  });

  const starts = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
  for (const start of starts) {
    it(`unwraps the reports' timestamps from ${start}`, () => {
      const sender = new Sender({ firstAudio: start, firstVideo: start });
      sender.run(400_000);
      sender.report(audio);
      sender.report(video);
      sender.run(3_000_000, () => sender.nowUs > 500_000 && expect(Math.abs(sender.skewUs())).to.be.below(50));
      // A report may be about a moment before the last packet, and after it.
      sender.nowUs = 2_500_000;
      sender.report(video);
      sender.nowUs = 3_200_000;
      sender.report(audio);
      expect(sender.clock.ignoredReportCount).to.equal(0);
    });
  }

  it('survives a jump of the video timestamps', () => {
    for (const jumpTicks of [90_000 * 3600, -90_000 * 3600, 90_000 * 2]) {
      const sender = new Sender();
      sender.run(400_000);
      sender.report(audio);
      sender.report(video);
      sender.run(5_000_000);
      sender.videoZero += jumpTicks;
      sender.run(5_100_000);
      expect(sender.clock.restartCount).to.equal(1);
      expect(sender.skewUs(), `${jumpTicks}: by arrival`).to.be.closeTo(80_000, 31_000);
      sender.report(video);
      sender.run(5_500_000);
      expect(Math.abs(sender.skewUs()), `${jumpTicks}: by report`).to.be.below(50);
    }
  });

  it('survives a pause in which the timestamps stood still', () => {
    const sender = new Sender();
    sender.run(5_000_000);
    sender.nowUs = 8_000_000;
    sender.audioZero -= 3 * 48_000;
    sender.videoZero -= 3 * 90_000;
    sender.run(11_000_000);
    expect(sender.clock.restartCount).to.equal(2);
    expect(sender.clock.captureUs(audio, sender.audioTimestamp(10_900_000))).to.be.closeTo(10_900_000 + audioPathUs, 100);
  });

  it('holds the video in its place while the audio changes its SSRC', () => {
    const sender = new Sender();
    sender.run(400_000);
    sender.report(audio);
    sender.report(video);
    sender.run(5_000_000);
    sender.clock.removeStream(audio);
    sender.clock.addStream({ ssrc: 33, clockHz: 48_000, kind: 'audio' });
    sender.audioSsrc = 33;
    sender.audioZero = 4_000_000_000;
    expect(sender.clock.captureUs(audio, 5)).to.equal(undefined);
    sender.run(14_000_000, () => {
      if (sender.nowUs > 5_500_000) expect(Math.abs(sender.skewUs())).to.be.below(100);
      if (sender.nowUs % 1_000_000 === 0) sender.report(video);
      if (sender.nowUs === 8_000_000) sender.report(33);
    });
  });

  it('lets the video go back to its own arrivals, slowly, when the audio is gone for long', () => {
    const sender = new Sender();
    sender.run(400_000);
    sender.report(audio);
    sender.report(video);
    sender.run(5_000_000);
    sender.clock.removeStream(audio);
    const at = (): number => sender.clock.captureUs(video, sender.videoTimestamp(5_000_000))! - 5_000_000;
    expect(at()).to.be.closeTo(audioPathUs, 50);
    let last = at();
    sender.run(25_000_000, () => {
      expect(at() - last).to.be.within(-1, 3_300);
      if (sender.nowUs < 14_900_000) expect(at()).to.be.closeTo(audioPathUs, 50);
      last = at();
    });
    expect(at()).to.be.closeTo(110_000, 1_000);
  });

  it('takes any facts without throwing and answers integers', () => {
    const fact = fc.record({ ssrc: fc.constantFrom(audio, video, 99), timestamp: fc.integer({ min: -(2 ** 33), max: 2 ** 33 }), arrivalUs: fc.nat(60_000_000), ntpUs: fc.maxSafeNat() });
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 60 }), (facts) => {
        const { clock } = new Sender();
        for (const { ssrc, timestamp, arrivalUs, ntpUs } of facts) {
          clock.onPacket(ssrc, timestamp, arrivalUs);
          clock.onSenderReport(ssrc, ntpUs, timestamp >>> 0);
          const captureUs = clock.captureUs(ssrc, timestamp);
          if (captureUs !== undefined) expect(captureUs).to.satisfy(Number.isInteger);
        }
      }),
    );
  });
});
