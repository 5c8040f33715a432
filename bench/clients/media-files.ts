/** Encoded pictures and sound out of the files that FFmpeg wrote. Pure: bytes in, pieces out; what is cut off at the end is left out. */

export interface EncodedPicture {
  readonly keyframe: boolean;
  /** VP8 frame, or H.264 access unit in Annex B. */
  readonly data: Uint8Array;
}

const ivfFileHeaderBytes = 32;
const ivfFrameHeaderBytes = 12;
const oggPageHeaderBytes = 27;
/** OpusHead and OpusTags (RFC 7845 3). */
const opusHeaderPackets = 2;
const accessUnitDelimiter = Buffer.from([0, 0, 0, 1, 9]);
/** With the byte that says which slices come. */
const delimiterBytes = 6;
const startCodeBytes = 3;
const idrSliceType = 5;

/** IVF: a file header, then before each frame its size (32 bits, little-endian) and its time (64). */
export function readIvf(file: Buffer): EncodedPicture[] {
  const pictures: EncodedPicture[] = [];
  for (let at = ivfFileHeaderBytes; at + ivfFrameHeaderBytes <= file.length; ) {
    const from = at + ivfFrameHeaderBytes;
    at = from + file.readUInt32LE(at);
    if (at > file.length) break;
    const data = file.subarray(from, at);
    // RFC 6386 9.1: the lowest bit of a keyframe is 0.
    pictures.push({ keyframe: ((data[0] ?? 1) & 1) === 0, data });
  }
  return pictures;
}

/** Annex B with a delimiter before each access unit; the delimiters are taken off, for no WebRTC sender has them. */
export function readH264(file: Buffer): EncodedPicture[] {
  const pictures: EncodedPicture[] = [];
  for (let at = file.indexOf(accessUnitDelimiter); at !== -1; ) {
    const next = file.indexOf(accessUnitDelimiter, at + delimiterBytes);
    const data = file.subarray(at + delimiterBytes, next === -1 ? file.length : next);
    pictures.push({ keyframe: hasIdrSlice(data), data });
    at = next;
  }
  return pictures;
}

/** The packets of one Opus stream in Ogg (RFC 3533 6): lacing values of 255 go on, also across pages. */
export function readOggOpus(file: Buffer): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let parts: Buffer[] = [];
  for (let page = 0; page + oggPageHeaderBytes <= file.length && file.toString('latin1', page, page + 4) === 'OggS'; ) {
    const segments = file.readUInt8(page + 26);
    const lacing = file.subarray(page + oggPageHeaderBytes, page + oggPageHeaderBytes + segments);
    let at = page + oggPageHeaderBytes + segments;
    for (const bytes of lacing) {
      parts.push(file.subarray(at, at + bytes));
      at += bytes;
      if (bytes === 255) continue;
      packets.push(Buffer.concat(parts));
      parts = [];
    }
    page = at;
  }
  return packets.slice(opusHeaderPackets);
}

function hasIdrSlice(accessUnit: Buffer): boolean {
  for (let at = accessUnit.indexOf('\0\0\u0001', 0, 'latin1'); at !== -1; at = accessUnit.indexOf('\0\0\u0001', at + startCodeBytes, 'latin1')) {
    if (((accessUnit[at + startCodeBytes] ?? 0) & 0x1f) === idrSliceType) return true;
  }
  return false;
}
