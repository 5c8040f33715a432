/**
 * What one participant says of his own loudness (RFC 6464), as far as it is believed. Packets carry what their sender likes, so he who claims to shout and sends
 * silence would lead the conversation. Once he is decoded, what was measured of his sound caps what he claims. Pure: times come from outside.
 */

/**
 * What is claimed is played 40 to 220 ms later and told as a mean of 100 ms: what is true was measured by then, and pauses between words do not count as
 * silence. Halved, each word would be capped by the pause before it; doubled, a liar may be silent twice as long between his lies.
 */
const measuredHoldUs = 500_000;
/** A frame stands so much above the mean of the 100 ms around it, and some clients tell peaks for means. */
const toleratedDb = 10;

export class LevelClaims {
  /** The newest measurements, each with its time: those of the last half second. */
  readonly #measured: { readonly atUs: number; readonly levelDbov: number }[] = [];
  #claimedUs = Number.NEGATIVE_INFINITY;
  /** The cap that a claim met last holds on while such claims go on: who is found out and no longer decoded is not believed for that. */
  #lastCapDbov = 0;
  #lastCapUs = Number.NEGATIVE_INFINITY;

  /** Of a packet, -127 to 0. Answers what of it is believed. */
  claim(levelDbov: number, nowUs: number): number {
    this.#claimedUs = nowUs;
    const capDbov = this.#capDbov(nowUs);
    if (levelDbov <= capDbov) return levelDbov;
    this.#lastCapDbov = capDbov;
    this.#lastCapUs = nowUs;
    return capDbov;
  }

  /** Of the sound as it was decoded. */
  measure(levelDbov: number, nowUs: number): void {
    this.#forgetOld(nowUs);
    this.#measured.push({ atUs: nowUs, levelDbov });
  }

  /** He has claimed something of late; if not, what is measured is all that is known of him. */
  isClaiming(nowUs: number): boolean {
    return nowUs - this.#claimedUs < measuredHoldUs;
  }

  #capDbov(nowUs: number): number {
    this.#forgetOld(nowUs);
    if (this.#measured.length > 0) return this.#measured.reduce((loudest, { levelDbov }) => Math.max(loudest, levelDbov), Number.NEGATIVE_INFINITY) + toleratedDb;
    return nowUs - this.#lastCapUs < measuredHoldUs ? this.#lastCapDbov : 0;
  }

  #forgetOld(nowUs: number): void {
    while (this.#measured[0] !== undefined && nowUs - this.#measured[0].atUs >= measuredHoldUs) this.#measured.shift();
  }
}
