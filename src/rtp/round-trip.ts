/** The round trip out of a report block (RFC 3550 6.4.1, the figure "Example for round-trip time computation"). */
import { shortNtpToUs } from './rtcp/ntp.js';
import type { ReportBlock } from './rtcp/rtcp-packets.js';

/** Beyond this a report is a lie or a leftover: nobody holds a conversation over a minute's round trip. */
const maxPlausibleUs = 60_000_000;
/** Both clocks round, and the peer may stamp a little late: so much below zero still means "too short to measure". */
const roundingUs = 50_000;

/**
 * Microseconds from our sender report to its echo, the peer's holding time taken off; at least 0. Undefined when the block echoes no report of ours
 * (LSR 0) or claims what cannot be.
 *
 * @param block about an SSRC of ours; every value in it is the peer's claim.
 * @param nowMiddle32 `ntpMiddle32` of our own clock when the block arrived, on the clock that our sender reports carry.
 */
export function roundTripUs(block: Pick<ReportBlock, 'lastSenderReport' | 'delaySinceLastSenderReport'>, nowMiddle32: number): number | undefined {
  if (block.lastSenderReport === 0) return undefined;
  // On the 32-bit circle: our clock may have wrapped since the report.
  const us = shortNtpToUs((nowMiddle32 - block.lastSenderReport - block.delaySinceLastSenderReport) | 0);
  if (us > maxPlausibleUs || us < -roundingUs) return undefined;
  return Math.max(0, us);
}
