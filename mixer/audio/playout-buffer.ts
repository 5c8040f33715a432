import type { AudioPacket } from '../protocol.js';
import { rampSamples, tickSamples, tickUs as tickLengthUs, usToSamples } from './audio-format.js';
import { mapChannels, soundEnergy } from './channels.js';
import { DelayControl, fastestSpeed } from './delay-control.js';
import { DelayEstimator } from './delay-estimator.js';
import { DelayRequest } from './delay-request.js';
import { levelDbov } from './level-meter.js';
import type { SoundDecoder } from './opus-decoder.js';
import { opusPacketHasFec, opusPacketRests, opusPacketSamples } from './opus-packet.js';
import { endPtsUs } from './packet-queue.js';
import { newPlayoutCounters } from './playout-counters.js';
import { PlayoutFit } from './playout-fit.js';
import { PlayoutLine } from './playout-line.js';
import { PlayoutPackets } from './playout-packets.js';
import type { Sound, SoundBlock } from './sound-block.js';
import { crossfadeSound, merge } from './splice.js';
import { isLoud } from './talk-gate.js';

/** More waiting than wanted by this much (after a stall everything comes at once) is skipped in one step; less is played a little faster. */
const burstUs = 100_000;

/** Concealment comes in steps of 10 ms: shorter ones click where SILK was used, longer ones are delay when the packet comes after all. */
const concealStepSamples = 480;

/** Steps of capture time below this are the clock's corrections and not missing sound: half of what can be concealed. */
const gapUs = 5_000;

/**
 * Made up in place of a packet that comes after all: more than one step of concealment, after which its waves lie elsewhere. A packet that is late by less is played whole: the
 * delay that this adds keeps the next ones from being late, too.
 */
const mergeFromUs = 15_000;

/** Of the reported delay: a second or so, so that the video that follows it does not twitch. */
const smoothing = 0.05;

/**
 * One sender's sound on the room's ticks.
 *
 * Packets come when they come; each tick takes 20 ms. The sample captured at p is played at p + delay. The delay follows `DelayEstimator`'s
 * target, in the small by playing up to 0.5 % faster or slower, in the large by cutting or doubling quiet packets or single periods, and freely while nothing sounds.
 * A hole is filled from the next packet's FEC, else concealed; running dry is concealed too, and the packet that comes after all is
 * played whole (the delay grows by what it was late). A gap in capture time without a hole (DTX) is no loss.
 * All times are room time in microseconds; `ptsUs` may be slewed by its maker but must not step by more than 5 ms, or that much silence is heard.
 * Not supported: two streams in one buffer. An index that begins anew is taken for a new stream.
 */
export class PlayoutBuffer {
  readonly counters = newPlayoutCounters();
  readonly #packets = new PlayoutPackets();
  readonly #estimator = new DelayEstimator();
  readonly #control = new DelayControl();
  readonly #request = new DelayRequest();
  readonly #line = new PlayoutLine();
  readonly #fit = new PlayoutFit(this.counters);
  /** Capture time at the end of the line, or of what was consumed. */
  #endUs = Number.NEGATIVE_INFINITY;
  /** Packets passed by time: what was not decoded cannot be made up for. */
  #passed = false;
  /** What follows does not continue what was before. */
  #broken = false;
  /** The last packet said that nothing follows it for a while. */
  #rests = false;
  /** Index of the packet whose FEC was used. */
  #recoveredBefore: number | undefined;
  #lastTickUs = Number.NEGATIVE_INFINITY;
  #delayUs: number | undefined;

  push(packet: AudioPacket): void {
    this.counters.packets += 1;
    if (this.#packets.wasTaken(packet)) {
      this.counters.duplicates += 1;
      return;
    }
    if (this.#packets.isBehind(packet)) {
      if (packet.ptsUs < this.#endUs) {
        this.counters.late += 1;
        this.#measure(packet);
        return;
      }
      this.#restart();
    }
    const outcome = this.#packets.push(packet);
    if (outcome === 'malformed') this.counters.malformed += 1;
    else if (outcome === 'duplicate') this.counters.duplicates += 1;
    else this.#measure(packet);
    while (this.#packets.isOverfull) {
      this.#dropFirst();
      this.counters.overflowed += 1;
    }
  }

  /** A packet that comes after a tick has missed that tick, whenever it reached the machine. */
  #measure(packet: AudioPacket): void {
    this.#estimator.add(packet.ptsUs, Math.max(packet.arrivalUs, this.#lastTickUs), endPtsUs(packet) - packet.ptsUs);
  }

  #restart(): void {
    this.counters.restarts += 1;
    this.#packets.clear();
    this.#broken = true;
  }

  /** Fills `out` with the 20 ms from `tickUs` on; ticks are 20 ms apart. Zeros where there is nothing to hear. */
  pull(tickUs: number, out: SoundBlock, decoder: SoundDecoder): void {
    this.#age(tickUs);
    if (!this.#estimator.known) {
      out.clear();
      return;
    }
    const targetUs = this.targetUs();
    while (!this.#line.canRead(tickSamples, fastestSpeed)) this.#produce(tickUs + this.#line.availableUs, targetUs, decoder);
    if (this.#line.silent) {
      this.#control.rest();
      this.#line.read(out, 1);
      this.#delayUs ??= targetUs;
      return;
    }
    const delayUs = tickUs - (this.#endUs - this.#line.availableUs);
    this.#line.read(out, this.#control.speed(delayUs - targetUs));
    this.#delayUs = this.#delayUs === undefined ? delayUs : this.#delayUs + smoothing * (delayUs - this.#delayUs);
  }

  /** Adds something to the line; its first sample will be heard at `heardUs`. */
  #produce(heardUs: number, targetUs: number, decoder: SoundDecoder): void {
    this.#skipBurst(targetUs);
    const next = this.#packets.first();
    if (next === undefined) {
      this.#conceal(concealStepSamples, decoder);
    } else if (this.#line.silent) {
      const waitSamples = usToSamples(next.ptsUs + targetUs - heardUs);
      if (waitSamples > 0) this.#line.addSilence(Math.min(waitSamples, tickSamples));
      else this.#play(next, heardUs, targetUs, decoder);
    } else if (this.#fecFits(next, heardUs, targetUs) && this.#recover(next, decoder)) {
      // The hole is filled; the packet itself comes with the next call.
    } else if (next.ptsUs - this.#endUs < gapUs) {
      this.#play(next, heardUs, targetUs, decoder);
    } else {
      this.#bridge(next, decoder);
    }
  }

  /** Everything that a stall held back came at once: go on where the sender is now. */
  #skipBurst(targetUs: number): void {
    const wantedUs = targetUs - this.#estimator.floorUs;
    if (this.#packets.spanUs <= wantedUs + burstUs) return;
    while (this.#packets.length > 1 && this.#packets.spanUs > wantedUs) {
      this.#dropFirst();
      this.counters.skipped += 1;
    }
  }

  #dropFirst(): void {
    this.#leaveUnheard();
    this.#broken = true;
  }

  #leaveUnheard(): void {
    const packet = this.#packets.leave();
    if (packet !== undefined) this.#endUs = endPtsUs(packet);
  }

  /**
   * Whether the packet lost just before `next` is to be taken from it: it fits into what is left of the gap, or what was concealed while `next` was not
   * there yet leaves it too long but the delay is to grow anyway. So loss that lasts makes room for its own repair.
   */
  #fecFits(next: AudioPacket, heardUs: number, targetUs: number): boolean {
    if (!this.#packets.hasHoleBefore(next) || next.index === this.#recoveredBefore || !opusPacketHasFec(next.data)) return false;
    const lengthUs = endPtsUs(next) - next.ptsUs;
    const leftUs = next.ptsUs - this.#endUs;
    return Math.abs(leftUs - lengthUs) < gapUs || (leftUs < lengthUs && heardUs + lengthUs - next.ptsUs < targetUs + gapUs);
  }

  #recover(next: AudioPacket, decoder: SoundDecoder): boolean {
    this.#recoveredBefore = next.index;
    const sound = decoder.decodeFec(next.data, opusPacketSamples(next.data));
    if (sound === undefined || !Number.isFinite(soundEnergy(sound))) return false;
    this.counters.recoveredByFec += 1;
    this.#line.addSound(sound);
    this.#endUs = next.ptsUs;
    return true;
  }

  /** Fills the gap before `next`, or a part of it. */
  #bridge(next: AudioPacket, decoder: SoundDecoder): void {
    const gapSamples = usToSamples(next.ptsUs - this.#endUs);
    this.#conceal(Math.min(tickSamples, Math.max(1, Math.round(gapSamples / concealStepSamples)) * concealStepSamples), decoder);
  }

  #conceal(count: number, decoder: SoundDecoder): void {
    const concealedUs = this.#line.addConcealment(count, decoder, this.#rests);
    this.counters[this.#rests ? 'comfortMs' : 'concealedMs'] += concealedUs / 1000;
    this.#endUs += concealedUs;
  }

  #play(next: AudioPacket, heardUs: number, targetUs: number, decoder: SoundDecoder): void {
    this.#packets.play();
    const lateUs = heardUs - next.ptsUs - targetUs;
    const tail = this.#tailBefore(next, lateUs, decoder);
    this.#broken = false;
    this.#packets.warmUp(decoder);
    const decoded = decoder.decode(next.data);
    const energySum = decoded === undefined ? Number.NaN : soundEnergy(decoded);
    if (decoded === undefined || !Number.isFinite(energySum)) {
      this.counters.undecodable += 1;
      this.#conceal(Math.max(concealStepSamples, opusPacketSamples(next.data)), decoder);
      return;
    }
    this.counters.decoded += 1;
    this.#rests = opusPacketRests(next.data);
    const sound = tail === undefined ? decoded : tail.isOfNext ? merge(decoded, tail.sound, usToSamples(lateUs)) : crossfadeSound(decoded, tail.sound);
    if (tail?.isOfNext === true) this.counters.merged += 1;
    if (this.#line.silent) this.#begin(next, sound, lateUs);
    else this.#line.addSound(this.#fit.apply(sound, levelDbov(energySum, sound.left.length), lateUs));
    this.#endUs = endPtsUs(next);
  }

  /**
   * What would be heard where this packet begins, if it does not continue what was played before it: packets were left out, or it was late and its own time was made up
   * for already. After a hole that was concealed in time the decoder itself goes on better: merged there, too, speech at 10 % loss was understood worse.
   */
  #tailBefore(next: AudioPacket, lateUs: number, decoder: SoundDecoder): { readonly sound: Sound; readonly isOfNext: boolean } | undefined {
    if (this.#line.silent) return undefined;
    const isOfNext = this.#line.concealing && this.#endUs - next.ptsUs >= mergeFromUs && lateUs > 0;
    const sound = this.#broken || isOfNext ? decoder.conceal(concealStepSamples) : undefined;
    return sound === undefined ? undefined : { sound, isOfNext };
  }

  /** Sound after silence: exactly at its time when its start is quiet; a loud start is played whole even when that makes the delay longer. */
  #begin(packet: AudioPacket, sound: Sound, lateUs: number): void {
    const quiet = packet.levelDbov === undefined ? this.#passed : !isLoud(packet.levelDbov);
    this.#passed = false;
    const pastSamples = quiet ? Math.max(0, usToSamples(lateUs)) : 0;
    if (pastSamples < sound.left.length - rampSamples || pastSamples === 0) this.#line.addSound(mapChannels(sound, (samples) => samples.subarray(pastSamples)));
  }

  /** Time goes on without anybody hearing it: packets whose time has come are let go undecoded. Whoever calls it has faded the sound out. */
  pass(tickUs: number): void {
    this.#age(tickUs);
    this.#silence();
    this.#passed = true;
    if (!this.#estimator.known) return;
    const targetUs = this.targetUs();
    this.#delayUs = targetUs;
    const playedUs = tickUs + tickLengthUs - targetUs;
    for (let first = this.#packets.first(); first !== undefined && endPtsUs(first) <= playedUs; first = this.#packets.first()) {
      this.#leaveUnheard();
      this.counters.unheard += 1;
    }
  }

  /** The ticks before `tickUs` will never come. */
  skipTo(tickUs: number): void {
    this.pass(tickUs - tickLengthUs);
  }

  #silence(): void {
    if (this.#line.silent && this.#line.availableUs === 0) return;
    this.#line.clear();
    this.#control.rest();
  }

  #age(tickUs: number): void {
    this.#lastTickUs = tickUs;
    this.#request.age(this.#estimator.floorUs);
  }

  /** @param delayUs capture to playout, as `delayUs` counts it; goes back slowly unless asked for again */
  requestMinimumDelay(delayUs: number): void {
    this.#request.ask(delayUs, this.#estimator.floorUs);
  }

  /** The wanted delay, capture to playout. */
  targetUs(): number {
    return Math.max(this.#estimator.targetUs(this.#packets.repairUs), this.#request.delayUs);
  }

  /** Capture to playout, smoothed; undefined before the first packet. The zero of the capture clock is in it. */
  get delayUs(): number | undefined {
    return this.#delayUs;
  }

  /** How much of the delay is waiting here: delay above that of the fastest packet. */
  get waitingUs(): number | undefined {
    return this.#delayUs === undefined ? undefined : this.#delayUs - this.#estimator.floorUs;
  }

  get queuedUs(): number {
    return this.#packets.spanUs;
  }
}
