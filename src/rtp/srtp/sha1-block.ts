/**
 * SHA-1 of one block (RFC 3174 6.1), in a time that does not depend on what is in it. All in one function: what V8 does not inline into its caller any more, for being too much,
 * costs a call for each of 80 steps.
 */

export const blockWords = 16;
export const stateWords = 5;
const steps = 80;
const schedule = new Int32Array(steps);

export const firstState = Int32Array.of(0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0);

/** Writes what a block makes of a state to `next`. */
export function hashBlock(state: Int32Array, block: Int32Array, next: Int32Array): void {
  for (let step = 0; step < blockWords; step += 1) schedule[step] = block[step] ?? 0;
  for (let step = blockWords; step < steps; step += 1) {
    const mixed = (schedule[step - 3] ?? 0) ^ (schedule[step - 8] ?? 0) ^ (schedule[step - 14] ?? 0) ^ (schedule[step - 16] ?? 0);
    schedule[step] = (mixed << 1) | (mixed >>> 31);
  }
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  for (let step = 0; step < steps; step += 1) {
    let mixed: number;
    if (step < 20) mixed = ((b & c) | (~b & d)) + 0x5a82_7999;
    else if (step < 40) mixed = (b ^ c ^ d) + 0x6ed9_eba1;
    else if (step < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1b_bcdc;
    else mixed = (b ^ c ^ d) + 0xca62_c1d6;
    const sum = (((a << 5) | (a >>> 27)) + mixed + e + (schedule[step] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = sum;
  }
  next[0] = (state[0] ?? 0) + a;
  next[1] = (state[1] ?? 0) + b;
  next[2] = (state[2] ?? 0) + c;
  next[3] = (state[3] ?? 0) + d;
  next[4] = (state[4] ?? 0) + e;
}
