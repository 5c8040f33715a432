/** What this machine's processor has to have beyond what Node needs. */

/** A module of one function that gives a vector of zeros. */
const vectorModule = Uint8Array.from([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  // Type: nothing to v128; function 0 is of it.
  0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00,
  // v128.const 0, end.
  0x0a, 0x16, 0x01, 0x14, 0x00, 0xfd, 0x0c, ...new Uint8Array(16), 0x0b,
]);

/** WebAssembly with vectors, in which SRTP is reckoned (`rtp/srtp/packet-module`): every processor since 2008 (SSE4.1), and every ARM of 64 bits; not those that QEMU makes up by default. */
export function hasVectors(): boolean {
  return WebAssembly.validate(vectorModule);
}

export const noVectorsAdvice = "This machine's processor has no SSE4.1, which Tessera's encryption needs. A virtual machine may hide it: give it the host's processor (QEMU: -cpu host).";
