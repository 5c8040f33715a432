/**
 * The K-weighting of ITU-R BS.1770-5, annex 1: how loud the ear finds what frequencies. Two biquads whose coefficients the recommendation gives for 48 kHz,
 * which is the only rate in here: a high shelf of +4 dB (the head in a sound field), then a high-pass from 38 Hz.
 */
const shelf = { b0: 1.53512485958697, b1: -2.69169618940638, b2: 1.19839281085285, a1: -1.69065929318241, a2: 0.73248077421585 } as const;
/** Its b are 1, -2, 1. */
const highPass = { a1: -1.99004745483398, a2: 0.99007225036621 } as const;

/** -600 dB. In digital silence the filters' memories would fall for seconds until they are denormal, and each step with those takes ten times as long. */
const nothing = 1e-30;

/** One channel's filters and their memory. */
export class KWeighting {
  #shelf1 = 0;
  #shelf2 = 0;
  #highPass1 = 0;
  #highPass2 = 0;

  /** Goes on from the samples of the last call. @returns the sum of the squares of the weighted samples */
  energy(samples: Float32Array): number {
    let [s1, s2, h1, h2] = [this.#shelf1, this.#shelf2, this.#highPass1, this.#highPass2];
    let sum = 0;
    // eslint-disable-next-line @typescript-eslint/prefer-for-of -- `of` takes five times as long on typed arrays (5 us a tick, V8 11.3)
    for (let i = 0; i < samples.length; i += 1) {
      const x = samples[i] ?? 0;
      const y = shelf.b0 * x + s1;
      s1 = shelf.b1 * x - shelf.a1 * y + s2;
      s2 = shelf.b2 * x - shelf.a2 * y;
      const z = y + h1;
      h1 = -2 * y - highPass.a1 * z + h2;
      h2 = y - highPass.a2 * z;
      sum += z * z;
    }
    this.#shelf1 = orNothing(s1);
    this.#shelf2 = orNothing(s2);
    this.#highPass1 = orNothing(h1);
    this.#highPass2 = orNothing(h2);
    return sum;
  }
}

function orNothing(memory: number): number {
  return Math.abs(memory) < nothing ? 0 : memory;
}

/** Loudness in LUFS of K-weighted mean power, summed over the channels (BS.1770-5, annex 1, equation 2); -Infinity for none. */
export function lufsOfPower(power: number): number {
  return -0.691 + 10 * Math.log10(power);
}

export function powerOfLufs(lufs: number): number {
  return 10 ** ((lufs + 0.691) / 10);
}
