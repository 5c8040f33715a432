/**
 * The sequence parameter set of H.264 (ITU-T H.264 7.3.2.1.1), read as far as the picture size:
 *
 *     67 | profile_idc (8) | constraint flags (8) | level_idc (8) | sps id ue
 *     high profiles: chroma_format_idc ue [separate planes 1] | bit depths ue ue | bypass 1 | scaling lists
 *     frame number bits ue | picture order count: type ue and what follows it | reference frames ue | gaps 1
 *     width in macroblocks - 1 ue | height in map units - 1 ue | frame_mbs_only 1 [adaptive 1] | direct_8x8 1 | cropping 1 [4 ue]
 */
import { BitReader } from './bit-reader.js';

/** Profiles whose SPS carries the chroma format and scaling lists (7.3.2.1.1). */
const highProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
/** Level 6.2, the highest, ends at 139,264 macroblocks with no side beyond sqrt(8 * 139,264) of them: 16,888 pixels. */
const maxSidePx = 16_888;
/** 7.4.2.1.1: ids 0 to 31. */
const maxSpsId = 31;
/** 7.4.2.1.1: num_ref_frames_in_pic_order_cnt_cycle. */
const maxOrderCycle = 255;

export interface Sps {
  readonly id: number;
  readonly profileIdc: number;
  /** The byte after profile_idc: constraint_set0_flag is its highest bit. */
  readonly constraintFlags: number;
  /** Ten times the level: 31 is 3.1. */
  readonly levelIdc: number;
  /** After cropping. */
  readonly widthPx: number;
  readonly heightPx: number;
}

function skipScalingList(reader: BitReader, entries: number): void {
  let last = 8;
  let next = 8;
  for (let entry = 0; entry < entries && !reader.isExhausted; entry++) {
    if (next !== 0) next = (last + reader.readSigned() + 256) % 256;
    if (next !== 0) last = next;
  }
}

/** Answers chroma_format_idc; 4 stands for three planes coded apart, which crops like no chroma at all. */
function readChromaFormat(reader: BitReader): number {
  const format = reader.readUnsigned();
  const hasSeparatePlanes = format === 3 && reader.readBit() === 1;
  reader.readUnsigned();
  reader.readUnsigned();
  reader.readBit();
  if (reader.readBit() === 1) {
    const lists = format === 3 ? 12 : 8;
    for (let list = 0; list < lists; list++) {
      if (reader.readBit() === 1) skipScalingList(reader, list < 6 ? 16 : 64);
    }
  }
  return hasSeparatePlanes ? 4 : format;
}

function skipPictureOrder(reader: BitReader): void {
  const type = reader.readUnsigned();
  if (type === 0) reader.readUnsigned();
  if (type !== 1) return;
  reader.readBit();
  reader.readSigned();
  reader.readSigned();
  const cycle = Math.min(reader.readUnsigned(), maxOrderCycle);
  for (let frame = 0; frame < cycle && !reader.isExhausted; frame++) reader.readSigned();
}

/** Reads one SPS NAL unit, its header byte first. Never throws; undefined when it is cut short or says what no level allows. */
export function parseSps(nal: Uint8Array): Sps | undefined {
  const [header] = nal;
  if (header === undefined || (header & 0x1f) !== 7) return undefined;
  const reader = new BitReader(nal, 1);
  const profileIdc = reader.readBits(8);
  const constraintFlags = reader.readBits(8);
  const levelIdc = reader.readBits(8);
  const id = reader.readUnsigned();
  const chromaFormat = highProfiles.has(profileIdc) ? readChromaFormat(reader) : 1;
  if (id > maxSpsId || chromaFormat > 4) return undefined;
  reader.readUnsigned();
  skipPictureOrder(reader);
  reader.readUnsigned();
  reader.readBit();
  const codedWidthPx = (reader.readUnsigned() + 1) * 16;
  const mapUnits = reader.readUnsigned() + 1;
  // Without frame_mbs_only a map unit is a pair of macroblocks, one of each field.
  const fieldFactor = reader.readBit() === 1 ? 1 : 2;
  if (fieldFactor === 2) reader.readBit();
  reader.readBit();
  const codedHeightPx = mapUnits * 16 * fieldFactor;
  let croppedWidthPx = 0;
  let croppedHeightPx = 0;
  if (reader.readBit() === 1) {
    const columnPx = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
    const rowPx = (chromaFormat === 1 ? 2 : 1) * fieldFactor;
    croppedWidthPx = (reader.readUnsigned() + reader.readUnsigned()) * columnPx;
    croppedHeightPx = (reader.readUnsigned() + reader.readUnsigned()) * rowPx;
  }
  const widthPx = codedWidthPx - croppedWidthPx;
  const heightPx = codedHeightPx - croppedHeightPx;
  if (reader.isExhausted || widthPx < 1 || heightPx < 1 || codedWidthPx > maxSidePx || codedHeightPx > maxSidePx) return undefined;
  return { id, profileIdc, constraintFlags, levelIdc, widthPx, heightPx };
}
