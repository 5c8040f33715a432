/** H.264 as encoders and RTP have it (Annex B: start codes) into what Matroska and MP4 store (ISO/IEC 14496-15: lengths, and SPS and PPS apart in an avcC record). */
export interface AvcAccessUnit {
  /** Each NAL unit behind its length in 4 bytes; parameter sets and delimiters left out. */
  readonly data: Uint8Array;
  readonly sps: Uint8Array | undefined;
  readonly pps: Uint8Array | undefined;
}

const nalType = { sps: 7, pps: 8, accessUnitDelimiter: 9 } as const;
const lengthBytes = 4;

export function toAvc(annexB: Uint8Array): AvcAccessUnit {
  let sps: Uint8Array | undefined;
  let pps: Uint8Array | undefined;
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for (const nal of nalUnits(annexB)) {
    const type = (nal[0] ?? 0) & 0x1f;
    if (type === nalType.sps) sps = nal;
    else if (type === nalType.pps) pps = nal;
    else if (type !== nalType.accessUnitDelimiter) {
      kept.push(nal);
      bytes += lengthBytes + nal.length;
    }
  }
  const data = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (const nal of kept) {
    offset = data.writeUInt32BE(nal.length, offset);
    data.set(nal, offset);
    offset += nal.length;
  }
  return { data, sps, pps };
}

/** AVCDecoderConfigurationRecord, ISO/IEC 14496-15 5.3.3.1, for the profiles below High (no chroma fields). */
export function avcDecoderConfiguration(sps: Uint8Array, pps: Uint8Array): Uint8Array {
  const record = Buffer.alloc(11 + sps.length + pps.length);
  record.set([1, sps[1] ?? 0, sps[2] ?? 0, sps[3] ?? 0, 0xfc | (lengthBytes - 1), 0xe0 | 1]);
  record.writeUInt16BE(sps.length, 6);
  record.set(sps, 8);
  record.writeUInt8(1, 8 + sps.length);
  record.writeUInt16BE(pps.length, 9 + sps.length);
  record.set(pps, 11 + sps.length);
  return record;
}

/** The NAL units between the start codes 00 00 01 and 00 00 00 01. */
function* nalUnits(annexB: Uint8Array): Generator<Uint8Array> {
  const bytes = Buffer.from(annexB.buffer, annexB.byteOffset, annexB.length);
  const startCode = Buffer.from([0, 0, 1]);
  let found = bytes.indexOf(startCode);
  while (found !== -1) {
    const begin = found + startCode.length;
    found = bytes.indexOf(startCode, begin);
    let end = found === -1 ? bytes.length : found;
    // Zeros before a start code belong to it: a NAL unit never ends in one (ITU-T H.264 7.4.1).
    while (end > begin && bytes[end - 1] === 0) end -= 1;
    if (end > begin) yield bytes.subarray(begin, end);
  }
}
