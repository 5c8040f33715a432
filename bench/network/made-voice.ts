/**
 * A voice without words: syllables of a hiss and a vowel, pulses of an unsteady pitch through the resonances of a mouth that moves on to the next vowel. Opus
 * has in-band FEC only in the mode that it chooses for speech; noise, tones and chirps are coded without, and concealment would be measured that nobody
 * hears in a conversation. Never silent, so that a silence is the network's. The same samples in each run.
 */
import { SeededRandom } from './seeded-random.js';

const sampleRateHz = 48_000;
/** Of "a", "e", "i", "o", "u" of a man (Peterson and Barney 1952, rounded). */
const vowelsHz = [[730, 1_090, 2_440], [530, 1_840, 2_480], [270, 2_290, 3_010], [570, 840, 2_410], [300, 870, 2_240]] as const;
const formantWidthsHz = [80, 110, 160] as const;
const formantGains = [1, 0.6, 0.3] as const;
const syllableSamples = 0.22 * sampleRateHz;
/** Its consonant. */
const hissSamples = 0.07 * sampleRateHz;
const hissLevel = 900;
/** A sentence's melody, one period each 2.5 s. */
const pitchHz = 120;
const glideHz = 30;
/** From pulse to pulse: an even pitch is an instrument's. */
const pitchJitter = 0.06;
const glideSamples = 2.5 * sampleRateHz;
/** Of a pulse's height: what a mouth hisses along. */
const breath = 0.02;
/** Loudness of the middle of a vowel, about -20 dB of full scale, and the share of it that stays between two. */
const peakLevel = 3_600;
const leastShare = 0.2;

export class MadeVoice {
  readonly #random = new SeededRandom(11);
  /** Of each resonance, what it gave one and two samples ago. */
  readonly #last = new Float64Array(vowelsHz[0].length);
  readonly #secondLast = new Float64Array(vowelsHz[0].length);
  #sample = 0;
  #phase = 0;
  #pulseLength = 1;
  #lastNoise = 0;
  #vowel = 0;
  #nextVowel = 2;

  /** The next piece, 16 bits at 48 kHz. */
  fill(samples: Int16Array): void {
    for (let index = 0; index < samples.length; index += 1) samples[index] = Math.max(-32_768, Math.min(32_767, Math.round(this.#next())));
  }

  #next(): number {
    const sample = this.#sample;
    this.#sample += 1;
    const place = sample % syllableSamples;
    if (place === 0) {
      this.#vowel = this.#nextVowel;
      this.#nextVowel = Math.floor(vowelsHz.length * this.#random.next());
    }
    const noise = 2 * this.#random.next() - 1;
    // A difference: a hiss has its energy above the vowels.
    const hiss = place < hissSamples ? hissLevel * (noise - this.#lastNoise) : 0;
    this.#lastNoise = noise;
    const voice = this.#voice(sample, noise, place / syllableSamples);
    return hiss + voice * (place < hissSamples ? leastShare : leastShare + (1 - leastShare) * Math.sin((Math.PI * (place - hissSamples)) / (syllableSamples - hissSamples)));
  }

  #voice(sample: number, noise: number, share: number): number {
    this.#phase += (pitchHz + glideHz * Math.sin((2 * Math.PI * sample) / glideSamples)) / sampleRateHz;
    const isPulse = this.#phase >= this.#pulseLength;
    if (isPulse) {
      this.#phase -= this.#pulseLength;
      this.#pulseLength = 1 + pitchJitter * (this.#random.next() - 0.5);
    }
    const excitation = (isPulse ? 1 : 0) + breath * noise;
    let sum = 0;
    for (let formant = 0; formant < formantGains.length; formant += 1) {
      const fromHz = vowelsHz[this.#vowel]?.[formant] ?? 0;
      const toHz = vowelsHz[this.#nextVowel]?.[formant] ?? 0;
      sum += (formantGains[formant] ?? 0) * this.#resonate(formant, fromHz + (toHz - fromHz) * share, excitation);
    }
    return peakLevel * sum;
  }

  /** Two poles; a pulse makes it ring from about 1 on. */
  #resonate(formant: number, formantHz: number, excitation: number): number {
    const radius = Math.exp((-Math.PI * (formantWidthsHz[formant] ?? 0)) / sampleRateHz);
    const angle = (2 * Math.PI * formantHz) / sampleRateHz;
    const last = this.#last[formant] ?? 0;
    const value = Math.sin(angle) * excitation + 2 * radius * Math.cos(angle) * last - radius * radius * (this.#secondLast[formant] ?? 0);
    this.#secondLast[formant] = last;
    this.#last[formant] = value;
    return value;
  }
}
