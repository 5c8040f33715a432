/** Keyframes of a few hundred bytes that ask a decoder for gigabytes. */

/** Side of a picture of 1024 macroblocks. */
export const bombSidePx = 16_384;

/** RFC 6386 9.1: sizes have 14 bits, so 16383 is the most that VP8 can claim. */
export function vp8Bomb(): Buffer {
  return Buffer.concat([Buffer.from('5042009d012aff3fff3f', 'hex'), Buffer.alloc(900, 0x5a)]);
}

/**
 * An access unit (Annex B) that claims `sidePx` squared.
 * @param decoys sequence parameter sets of a small picture before the one that the slice means
 */
export function h264Bomb(decoys: number, sidePx = bombSidePx): Buffer {
  const small = Array.from({ length: decoys }, (_, id) => spsUnit(id, 10));
  return Buffer.concat([...small, spsUnit(decoys, sidePx / 16), ppsUnit(decoys), unit(0x65, [...ue(0), ...ue(7), ...ue(0), ...Array.from({ length: 6_000 }, (_, bit) => (bit * 7) & 1)])]);
}

/** 7.3.2.1.1, constrained baseline. */
function spsUnit(id: number, macroblocks: number): Buffer {
  return unit(0x67, [...bits(66, 8), ...bits(0xc0, 8), ...bits(62, 8), ...ue(id), ...ue(0), ...ue(2), ...ue(1), 0, ...ue(macroblocks - 1), ...ue(macroblocks - 1), 1, 1, 0, 0]);
}

/** 7.3.2.2. */
function ppsUnit(spsId: number): Buffer {
  return unit(0x68, [...ue(0), ...ue(spsId), 0, 0, ...ue(0), ...ue(0), ...ue(0), 0, ...bits(0, 2), ...ue(0), ...ue(0), ...ue(0), 0, 0, 0]);
}

function bits(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, bit) => (value >> (count - 1 - bit)) & 1);
}

/** Exp-Golomb, 9.1. */
function ue(value: number): number[] {
  const length = Math.floor(Math.log2(value + 1));
  return [...bits(0, length), ...bits(value + 1, length + 1)];
}

function unit(header: number, payload: readonly number[]): Buffer {
  const all = [...payload, 1];
  while (all.length % 8 !== 0) all.push(0);
  const bytes: number[] = [];
  for (let at = 0; at < all.length; at += 8) {
    const byte = all.slice(at, at + 8).reduce((value, bit) => value * 2 + bit, 0);
    // 7.4.1: emulation prevention.
    if (byte <= 3 && bytes.at(-1) === 0 && bytes.at(-2) === 0) bytes.push(3);
    bytes.push(byte);
  }
  return Buffer.from([0, 0, 0, 1, header, ...bytes]);
}
