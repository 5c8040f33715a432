/**
 * Reads the bits of an H.264 NAL unit as its parser sees them: most significant first, without the emulation prevention bytes
 * (ITU-T H.264 7.3.1: in 00 00 03 the 03 is not data), with Exp-Golomb codes (9.1).
 */

/** The longest ue(v) that the standard has is 32 bits, so 31 zeros before its one. */
const maxLeadingZeros = 31;

export class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #bitsLeft = 0;
  #current = 0;
  #zeroBytes = 0;
  #isExhausted = false;

  /** @param start the first byte to read, after the NAL unit header. */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** True once more was asked for than there was, or an Exp-Golomb code was too long: what was answered since is made of zeros. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  readBit(): number {
    if (this.#bitsLeft === 0) this.#loadByte();
    this.#bitsLeft--;
    return (this.#current >> this.#bitsLeft) & 1;
  }

  /** @param count 0 to 32. */
  readBits(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit++) value = value * 2 + this.readBit();
    return value;
  }

  /** ue(v), 0 to 2^32 - 2. */
  readUnsigned(): number {
    let zeros = 0;
    while (this.readBit() === 0) {
      if (++zeros > maxLeadingZeros || this.#isExhausted) {
        this.#isExhausted = true;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.readBits(zeros);
  }

  /** se(v): 0, 1, -1, 2, -2 and so on. */
  readSigned(): number {
    const code = this.readUnsigned();
    return code % 2 === 0 ? -(code / 2) : (code + 1) / 2;
  }

  #loadByte(): void {
    let byte = this.#bytes[this.#at];
    if (byte === 3 && this.#zeroBytes >= 2) {
      this.#zeroBytes = 0;
      byte = this.#bytes[++this.#at];
    }
    if (byte === undefined) {
      this.#isExhausted = true;
      byte = 0;
    }
    this.#at++;
    this.#zeroBytes = byte === 0 ? this.#zeroBytes + 1 : 0;
    this.#current = byte;
    this.#bitsLeft = 8;
  }
}
