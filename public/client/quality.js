/**
 * @typedef {'good' | 'fair' | 'poor' | 'unknown'} QualityLevel
 *
 * @typedef {object} Quality of one interval between two samples; null: not known
 * @property {QualityLevel} level
 * @property {number | null} rttMs
 * @property {number | null} inLossPercent of what comes here
 * @property {number | null} outLossPercent of what goes out, as the server reports it
 * @property {number} inBps
 * @property {number} outBps
 * @property {number} freezes how often the picture stood still, in the interval
 * @property {number} frozenPercent for how much of the interval it stood still
 * @property {number | null} framesPerSecond received
 * @property {number | null} widthPx of the received picture
 * @property {number | null} heightPx
 * @property {boolean} pictureComes whether any of it came in the interval
 *
 * @typedef {object} QualitySample running totals, as getStats counts them
 * @property {number} atMs
 * @property {number} inPackets
 * @property {number} inPicturePackets
 * @property {number} inLost
 * @property {number} inBytes
 * @property {number} outBytes
 * @property {number} freezes
 * @property {number} frozenMs
 * @property {number | null} rttMs
 * @property {number | null} outLossPercent the worst of what is sent
 * @property {number | null} framesPerSecond
 * @property {number | null} widthPx
 * @property {number | null} heightPx
 */

// Conversation becomes laboured above some 200 ms each way (ITU-T G.114), so 200 ms there and back is comfortable and 400 is the edge.
const rttFairMs = 200;
const rttPoorMs = 400;
// Opus with its error correction hides 2 %; from about 8 % on words go missing.
const lossFairPercent = 2;
const lossPoorPercent = 8;
// A picture that stands still for a twentieth of the time is seen to stutter; for a fifth, it is a slide show.
const frozenFairPercent = 5;
const frozenPoorPercent = 20;

/**
 * @param {Iterable<Record<string, any>>} stats the values of an RTCStatsReport
 * @param {number} atMs
 * @returns {QualitySample}
 */
export function sampleQuality(stats, atMs) {
  /** @type {QualitySample} */
  const sample = { atMs, inPackets: 0, inPicturePackets: 0, inLost: 0, inBytes: 0, outBytes: 0, freezes: 0, frozenMs: 0, rttMs: null, outLossPercent: null, framesPerSecond: null, widthPx: null, heightPx: null };
  for (const entry of stats) {
    if (entry.type === 'inbound-rtp') {
      sample.inPackets += entry.packetsReceived ?? 0;
      if (entry.kind === 'video') sample.inPicturePackets += entry.packetsReceived ?? 0;
      sample.inLost += entry.packetsLost ?? 0;
      sample.inBytes += entry.bytesReceived ?? 0;
      sample.freezes += entry.freezeCount ?? 0;
      sample.frozenMs += (entry.totalFreezesDuration ?? 0) * 1000;
      sample.framesPerSecond = entry.framesPerSecond ?? sample.framesPerSecond;
      sample.widthPx = entry.frameWidth ?? sample.widthPx;
      sample.heightPx = entry.frameHeight ?? sample.heightPx;
    } else if (entry.type === 'outbound-rtp') {
      sample.outBytes += entry.bytesSent ?? 0;
    } else if (entry.type === 'remote-inbound-rtp' && entry.fractionLost !== undefined) {
      sample.outLossPercent = Math.max(sample.outLossPercent ?? 0, entry.fractionLost * 100);
    } else if (entry.type === 'candidate-pair' && entry.nominated === true && entry.currentRoundTripTime !== undefined) {
      sample.rttMs = entry.currentRoundTripTime * 1000;
    }
  }
  return sample;
}

/**
 * What happened between two samples of one connection.
 * @param {QualitySample} before
 * @param {QualitySample} now
 * @returns {Quality}
 */
export function judgeQuality(before, now) {
  const elapsedMs = Math.max(1, now.atMs - before.atMs);
  const received = Math.max(0, now.inPackets - before.inPackets);
  // The count of lost packets goes down when one only came late.
  const lost = Math.max(0, now.inLost - before.inLost);
  const inLossPercent = received + lost === 0 ? null : (100 * lost) / (received + lost);
  const frozenPercent = Math.min(100, (100 * Math.max(0, now.frozenMs - before.frozenMs)) / elapsedMs);
  const quality = {
    rttMs: now.rttMs,
    inLossPercent,
    outLossPercent: now.outLossPercent,
    inBps: (Math.max(0, now.inBytes - before.inBytes) * 8000) / elapsedMs,
    outBps: (Math.max(0, now.outBytes - before.outBytes) * 8000) / elapsedMs,
    freezes: Math.max(0, now.freezes - before.freezes),
    frozenPercent,
    framesPerSecond: now.framesPerSecond,
    widthPx: now.widthPx,
    heightPx: now.heightPx,
    pictureComes: now.inPicturePackets !== before.inPicturePackets,
  };
  const isCutOff = before.inPackets > 0 && now.inPackets === before.inPackets;
  return { ...quality, level: isCutOff ? 'poor' : levelOf(quality) };
}

/** @param {Omit<Quality, 'level'>} quality @returns {QualityLevel} */
function levelOf({ rttMs, inLossPercent, outLossPercent, frozenPercent }) {
  if (rttMs === null && inLossPercent === null) return 'unknown';
  const lossPercent = Math.max(inLossPercent ?? 0, outLossPercent ?? 0);
  if ((rttMs ?? 0) >= rttPoorMs || lossPercent >= lossPoorPercent || frozenPercent >= frozenPoorPercent) return 'poor';
  if ((rttMs ?? 0) >= rttFairMs || lossPercent >= lossFairPercent || frozenPercent >= frozenFairPercent) return 'fair';
  return 'good';
}
