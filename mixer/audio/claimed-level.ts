/**
 * What a sender says of his own loudness (RFC 6464), held against what was heard of him. Packets are not decoded to choose who is mixed, so who claims to shout and sends silence would get a
 * talker's place again and again. Once he was decoded and found out, he counts for no more than was heard. Pure; times are microseconds of one clock.
 */
import { silenceDbov, tickUs } from './audio-format.js';

/** Clients that tell peaks for means are 3 to 10 dB above what is measured. */
const toleratedDb = 10;
/** What is claimed is heard up to 220 ms later, when it is played out. Halved, a late packet would make a liar of its sender. */
const provenTicks = 20;
/** A claim is of its packet, and the longest has 120 ms (RFC 7587 4.2): of who is cut off in a word nothing is heard, and nothing is claimed. */
const claimTicks = 6;
/** Each attempt costs a talker a second of his place: 3 % of the time, and for who is honest from now on it ends with the first sound that is heard of him. */
const disbelievedUs = 30_000_000;
/** As loudness falls in the selection: pauses are no lies. */
const fallDbPerTick = 0.4;

export class ClaimedLevel {
  #nowDbov = silenceDbov;
  /** The loudest since he was heard last: who claims nothing in every other packet claims all the same. */
  #peakDbov = silenceDbov;
  /** The loudest of lately, while he was decoded. */
  #claimedDbov = silenceDbov;
  #heardDbov = silenceDbov;
  #lastHeardUs: number | undefined;
  /** In which he was heard since his newest claim. */
  #ticks = 0;
  #falseTicks = 0;
  #mostDbov = 0;
  #disbelievedUntilUs = Number.NEGATIVE_INFINITY;
  #found = 0;

  claim(levelDbov: number): void {
    this.#nowDbov = levelDbov;
    this.#peakDbov = Math.max(this.#peakDbov, levelDbov);
    this.#ticks = 0;
  }

  /** He claims nothing any more. */
  beSilent(): void {
    this.#nowDbov = silenceDbov;
  }

  /** One tick in which he was decoded. */
  hear(levelDbov: number, nowUs: number): void {
    if (this.#lastHeardUs === undefined || nowUs - this.#lastHeardUs > tickUs) this.#begin();
    this.#lastHeardUs = nowUs;
    this.#claimedDbov = Math.max(this.#peakDbov, this.#claimedDbov - fallDbPerTick);
    this.#ticks += 1;
    this.#peakDbov = this.#ticks < claimTicks ? this.#nowDbov : silenceDbov;
    this.#heardDbov = Math.max(levelDbov, this.#heardDbov - fallDbPerTick);
    this.#mostDbov = Math.max(this.#mostDbov, this.#heardDbov);
    this.#falseTicks = this.#claimedDbov - this.#heardDbov > toleratedDb ? this.#falseTicks + 1 : 0;
    if (this.#falseTicks < provenTicks) return;
    if (this.#falseTicks === provenTicks) this.#found += 1;
    this.#mostDbov = this.#heardDbov;
    this.#disbelievedUntilUs = nowUs + disbelievedUs;
  }

  #begin(): void {
    this.#peakDbov = this.#nowDbov;
    this.#claimedDbov = silenceDbov;
    this.#heardDbov = silenceDbov;
    this.#falseTicks = 0;
  }

  /** As much of what he says of now as is believed. */
  believedDbov(nowUs: number): number {
    return Math.min(this.#nowDbov, this.capDbov(nowUs));
  }

  /** What he says counts for no more than that; 0: he is believed. */
  capDbov(nowUs: number): number {
    return nowUs < this.#disbelievedUntilUs ? this.#mostDbov : 0;
  }

  /** How often he was found to claim more than there was. */
  get found(): number {
    return this.#found;
  }
}
