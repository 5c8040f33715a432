/**
 * NTP timestamps as RTCP uses them (RFC 3550 4): seconds since an epoch and a fraction in units of 2^-32 s, both 32-bit.
 *
 * The epoch is the sender's affair: receivers only compare timestamps of one sender. We count from the room's zero, and everything here is
 * exact for integer microseconds: what {@link usToNtp} made, {@link ntpToUs} gives back.
 */
export interface NtpTime {
  /** 0 to 2^32 - 1. */
  readonly seconds: number;
  /** In 2^-32 s, 0 to 2^32 - 1. */
  readonly fraction: number;
}

const usPerSecond = 1_000_000;
/** 2^32, the fractions in a second. */
const fractionsPerSecond = 0x1_0000_0000;
/** The 16.16 form, used for the round trip, has this many units in a second. */
const shortUnitsPerSecond = 65_536;

/** Microseconds since the NTP time's own epoch, rounded to the nearest; at most 4.3e15, so always an exact integer. */
export function ntpToUs(time: NtpTime): number {
  return time.seconds * usPerSecond + Math.round((time.fraction * usPerSecond) / fractionsPerSecond);
}

/** @param us microseconds, rounded to whole ones first; seconds beyond 32 bits wrap. */
export function usToNtp(us: number): NtpTime {
  const wholeUs = Math.round(us);
  const seconds = Math.floor(wholeUs / usPerSecond);
  const fraction = Math.round(((wholeUs - seconds * usPerSecond) * fractionsPerSecond) / usPerSecond);
  return { seconds: seconds >>> 0, fraction };
}

/** The middle 32 bits, 16.16 seconds: what LSR carries and what round trips are counted in. Wraps each 18.2 hours. */
export function ntpMiddle32(time: NtpTime): number {
  return (((time.seconds & 0xffff) << 16) | (time.fraction >>> 16)) >>> 0;
}

/** 16.16 seconds to microseconds. */
export function shortNtpToUs(units: number): number {
  return Math.round((units * usPerSecond) / shortUnitsPerSecond);
}

/** Microseconds to 16.16 seconds; saturates at 2^32 - 1 (18.2 hours). */
export function usToShortNtp(us: number): number {
  return Math.min(Math.round((us * shortUnitsPerSecond) / usPerSecond), 0xffffffff);
}
