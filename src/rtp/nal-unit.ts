/**
 * The NAL unit of H.264 (ITU-T H.264 7.3.1) and the byte stream that decoders and encoders speak (annex B): each unit after a start
 * code 00 00 01, often with one more zero before it.
 *
 *      0 1 2 3 4 5 6 7
 *     |F|NRI|  type   |    F: broken on the way; NRI: 0 when no other picture refers to it
 */
export const nalType = { slice: 1, idrSlice: 5, sei: 6, sps: 7, pps: 8, accessUnitDelimiter: 9 } as const;
export const forbiddenBit = 0x80;
export const nriMask = 0x60;
export const typeMask = 0x1f;
/** Types 1 to 23 are whole NAL units in RTP too (RFC 6184 5.2); above them stand the packet types. */
export const lastSingleNalType = 23;

/** What is written before each unit: the four-byte form, which every reader takes at any place. */
export const startCode: Uint8Array = Uint8Array.of(0, 0, 0, 1);
const shortStartCode = Buffer.of(0, 0, 1);

/** Splits an Annex B byte stream into NAL units (views, without start codes and trailing zeros). Bytes before the first start code are left out. */
export function splitAnnexB(stream: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(stream.buffer, stream.byteOffset, stream.length);
  const nals: Uint8Array[] = [];
  let codeAt = bytes.indexOf(shortStartCode);
  while (codeAt !== -1) {
    const start = codeAt + shortStartCode.length;
    codeAt = bytes.indexOf(shortStartCode, start);
    let end = codeAt === -1 ? bytes.length : codeAt;
    // A NAL unit never ends in a zero byte (7.4.1): these belong to the next start code or are filling.
    while (end > start && bytes[end - 1] === 0) end--;
    if (end > start) nals.push(bytes.subarray(start, end));
  }
  return nals;
}
