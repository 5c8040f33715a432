/**
 * Whether the queue before the bottleneck grows: the delay-based detector of Google congestion control (draft-ietf-rmcat-gcc-02 5; Carlucci, De Cicco,
 * Holmer, Mascolo: "Congestion Control for Web Real-Time Communication", IEEE/ACM Transactions on Networking 25, 2017), with a line fitted through the
 * delays of the last groups of packets in place of the draft's Kalman filter, as libwebrtc has it since 2017, and the paper's adaptive threshold.
 */

export type PathState = 'normal' | 'overused' | 'underused';

/** What is sent within so long is one group: a frame's packets leave together and queue behind each other, which says nothing of the path. */
const groupUs = 5_000;
/** As libwebrtc has it. */
const longestBurstUs = 100_000;
/** Groups that the line is fitted through: less than a second of sound and picture. */
const windowGroups = 20;
/** Of the running mean of the delays. */
const smoothing = 0.9;
/** The slope times the number of groups (up to 60) times this is compared to the threshold, which is in ms. */
const gain = 4;
const mostGroupsInGain = 60;
/** The threshold follows the slope fast upwards and slowly downwards, so that a TCP flow beside us does not starve ours. */
const thresholdGain = { up: 0.0087, down: 0.039 } as const;
const firstThresholdMs = 12.5;
const thresholdRangeMs = { least: 6, most: 600 } as const;
/** A slope so far beyond the threshold is a jump, such as a change of route, and teaches nothing. */
const mostBeyondMs = 15;
const longestStepMs = 100;
/** One group that comes so much later than the one before is a longer route or a large frame, and no trend; a queue that fills so fast is seen without one (`queue-delay`). */
const jumpUs = 40_000;
/** How long the slope has to stay above. */
const overusedAfterMs = 10;
/** The receiver's clock leapt or nothing was sent for long: what was before is not comparable. */
const longestGapUs = 3_000_000;

interface PacketGroup {
  readonly firstSentUs: number;
  sentUs: number;
  arrivalUs: number;
}

export class DelayTrend {
  readonly #timesMs: number[] = [];
  readonly #delaysMs: number[] = [];
  #group: PacketGroup | undefined;
  #before: PacketGroup | undefined;
  #firstArrivalUs = 0;
  #groups = 0;
  #delayMs = 0;
  #smoothedMs = 0;
  #slope = 0;
  #thresholdMs = firstThresholdMs;
  #overusedMs: number | undefined;
  #overusedTimes = 0;
  #lastAdaptUs: number | undefined;
  #state: PathState = 'normal';

  get state(): PathState {
    return this.#state;
  }

  /** Of each packet, in the order of sending. */
  add(sentUs: number, arrivalUs: number): void {
    const group = this.#group;
    if (group === undefined) {
      this.#group = { firstSentUs: sentUs, sentUs, arrivalUs };
      return;
    }
    // One that was overtaken: by the group that it belongs to it would count twice.
    if (sentUs < group.firstSentUs) return;
    if (sentUs - group.firstSentUs <= groupUs || this.#isBurst(group, sentUs, arrivalUs)) {
      group.sentUs = Math.max(group.sentUs, sentUs);
      group.arrivalUs = Math.max(group.arrivalUs, arrivalUs);
      return;
    }
    if (this.#before !== undefined) this.#compare(this.#before, group);
    this.#before = group;
    this.#group = { firstSentUs: sentUs, sentUs, arrivalUs };
  }

  /** Came right behind the group though it was sent later: something held both up and let them go together. */
  #isBurst(group: PacketGroup, sentUs: number, arrivalUs: number): boolean {
    const arrivedLaterUs = arrivalUs - group.arrivalUs;
    return arrivedLaterUs < sentUs - group.sentUs && arrivedLaterUs <= groupUs && sentUs - group.firstSentUs < longestBurstUs;
  }

  #compare(before: PacketGroup, group: PacketGroup): void {
    const sentLaterUs = group.sentUs - before.sentUs;
    const arrivedLaterUs = group.arrivalUs - before.arrivalUs;
    if (arrivedLaterUs < -longestGapUs || arrivedLaterUs - sentLaterUs > jumpUs || sentLaterUs > longestGapUs) {
      this.#restart();
      return;
    }
    // It overtook the group before: what reordering does is no delay.
    if (arrivedLaterUs < 0) return;
    if (this.#groups === 0) this.#firstArrivalUs = group.arrivalUs;
    this.#groups += 1;
    this.#delayMs += (arrivedLaterUs - sentLaterUs) / 1000;
    this.#smoothedMs = smoothing * this.#smoothedMs + (1 - smoothing) * this.#delayMs;
    this.#timesMs.push((group.arrivalUs - this.#firstArrivalUs) / 1000);
    this.#delaysMs.push(this.#smoothedMs);
    if (this.#timesMs.length > windowGroups) {
      this.#timesMs.shift();
      this.#delaysMs.shift();
    }
    const slope = this.#timesMs.length === windowGroups ? slopeOf(this.#timesMs, this.#delaysMs) : this.#slope;
    this.#judge(slope, sentLaterUs / 1000, group.arrivalUs);
  }

  #judge(slope: number, stepMs: number, nowUs: number): void {
    const trendMs = Math.min(this.#groups, mostGroupsInGain) * slope * gain;
    if (trendMs > this.#thresholdMs) {
      this.#overusedMs = this.#overusedMs === undefined ? stepMs / 2 : this.#overusedMs + stepMs;
      this.#overusedTimes += 1;
      if (this.#overusedMs > overusedAfterMs && this.#overusedTimes > 1 && slope >= this.#slope) {
        this.#overusedMs = 0;
        this.#overusedTimes = 0;
        this.#state = 'overused';
      }
    } else {
      this.#overusedMs = undefined;
      this.#overusedTimes = 0;
      this.#state = trendMs < -this.#thresholdMs ? 'underused' : 'normal';
    }
    this.#slope = slope;
    this.#adapt(Math.abs(trendMs), nowUs);
  }

  #adapt(trendMs: number, nowUs: number): void {
    const elapsedMs = Math.min(longestStepMs, (nowUs - (this.#lastAdaptUs ?? nowUs)) / 1000);
    this.#lastAdaptUs = nowUs;
    if (trendMs > this.#thresholdMs + mostBeyondMs) return;
    const step = trendMs < this.#thresholdMs ? thresholdGain.down : thresholdGain.up;
    const thresholdMs = this.#thresholdMs + step * (trendMs - this.#thresholdMs) * elapsedMs;
    this.#thresholdMs = Math.min(thresholdRangeMs.most, Math.max(thresholdRangeMs.least, thresholdMs));
  }

  #restart(): void {
    this.#timesMs.length = 0;
    this.#delaysMs.length = 0;
    this.#groups = 0;
    this.#delayMs = 0;
    this.#smoothedMs = 0;
    this.#slope = 0;
    this.#overusedMs = undefined;
    this.#overusedTimes = 0;
    this.#state = 'normal';
  }
}

/** Least squares; 0 when all times are one. */
function slopeOf(times: readonly number[], values: readonly number[]): number {
  const meanTime = times.reduce((sum, time) => sum + time, 0) / times.length;
  const meanValue = values.reduce((sum, value) => sum + value, 0) / values.length;
  let numerator = 0;
  let denominator = 0;
  for (let i = 0; i < times.length; i += 1) {
    const fromMean = (times[i] ?? 0) - meanTime;
    numerator += fromMean * ((values[i] ?? 0) - meanValue);
    denominator += fromMean * fromMean;
  }
  return denominator === 0 ? 0 : numerator / denominator;
}
