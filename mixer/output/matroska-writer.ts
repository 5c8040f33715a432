/**
 * Matroska as a live stream (RFC 9559): every block is a cluster of its own, of known size, so a reader has each frame as soon as it is written.
 * (A file muxer holds a cluster back until the next keyframe: seconds that a killed process would lose.)
 * Times are integer microseconds from the stream's zero; the segment's timestamp scale is 1 us, so nothing is rounded. Pure: bytes out, no I/O.
 *
 *     EBML header | Segment (size unknown) | Info | Tracks | Cluster{Timestamp, SimpleBlock} | Cluster{…} | …
 */
export interface MatroskaTracks {
  readonly video: { readonly codec: 'vp8' | 'h264'; readonly widthPx: number; readonly heightPx: number; /** avcC for H.264 */ readonly codecPrivate: Uint8Array | undefined };
  readonly audio: { readonly channels: number };
}

export type MatroskaTrackNumber = 1 | 2;
export const videoTrack: MatroskaTrackNumber = 1;
export const audioTrack: MatroskaTrackNumber = 2;

const id = {
  ebml: 0x1a45dfa3,
  ebmlVersion: 0x4286,
  ebmlReadVersion: 0x42f7,
  ebmlMaxIdLength: 0x42f2,
  ebmlMaxSizeLength: 0x42f3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  flagLacing: 0x9c,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  seekPreRoll: 0x56bb,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;

const unknownSize = Buffer.from([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
const nanosecondsPerUs = 1_000;
const opusSampleRateHz = 48_000;
/**
 * What libopus looks ahead at 48 kHz: 312 samples. A packet decodes to sound that began so long before its tick, so its block has to be so much earlier than a picture
 * of that tick. To say it as CodecDelay (RFC 9559 5.1.4.1.25) leaves it to FFmpeg's version: those of 2018 and 5.1 take it off when they read, and do not add it when they
 * copy into a WebM, whose sound then is early by that.
 */
export const opusLookAheadUs = 6_500;
/** RFC 7845 4.2: nothing at the beginning is left out. A recording begins in the midst of a stream, and what comes before its first picture's sound is sound, too. */
const opusPreSkipSamples = 0;
/** RFC 7845 4.6: a decoder wants 80 ms before it converges. */
const opusSeekPreRollNs = 80_000_000;
const keyframeFlag = 0x80;

export function matroskaHeader(tracks: MatroskaTracks): Buffer {
  return Buffer.concat([
    element(id.ebml, [
      unsigned(id.ebmlVersion, 1),
      unsigned(id.ebmlReadVersion, 1),
      unsigned(id.ebmlMaxIdLength, 4),
      unsigned(id.ebmlMaxSizeLength, 8),
      text(id.docType, 'matroska'),
      unsigned(id.docTypeVersion, 4),
      unsigned(id.docTypeReadVersion, 2),
    ]),
    idBytes(id.segment),
    unknownSize,
    element(id.info, [unsigned(id.timestampScale, nanosecondsPerUs), text(id.muxingApp, 'tessera'), text(id.writingApp, 'tessera')]),
    element(id.tracks, [videoEntry(tracks.video), audioEntry(tracks.audio)]),
  ]);
}

/** One frame as it goes onto the stream; `ptsUs` >= 0. */
export function matroskaBlock(track: MatroskaTrackNumber, ptsUs: number, keyframe: boolean, data: Uint8Array): Buffer {
  // Track number as a one-byte EBML number, time relative to the cluster (always 0: the block is the cluster), flags.
  const blockHeader = Buffer.from([0x80 | track, 0, 0, keyframe ? keyframeFlag : 0]);
  return element(id.cluster, [unsigned(id.timestamp, ptsUs), element(id.simpleBlock, [blockHeader, data])]);
}

function videoEntry({ codec, widthPx, heightPx, codecPrivate }: MatroskaTracks['video']): Buffer {
  return element(id.trackEntry, [
    ...trackHead(videoTrack, 1, codec === 'vp8' ? 'V_VP8' : 'V_MPEG4/ISO/AVC'),
    ...(codecPrivate === undefined ? [] : [element(id.codecPrivate, [codecPrivate])]),
    element(id.video, [unsigned(id.pixelWidth, widthPx), unsigned(id.pixelHeight, heightPx)]),
  ]);
}

function audioEntry({ channels }: MatroskaTracks['audio']): Buffer {
  return element(id.trackEntry, [
    ...trackHead(audioTrack, 2, 'A_OPUS'),
    element(id.codecPrivate, [opusHead(channels)]),
    unsigned(id.seekPreRoll, opusSeekPreRollNs),
    element(id.audio, [float(id.samplingFrequency, opusSampleRateHz), unsigned(id.channels, channels)]),
  ]);
}

function trackHead(number: MatroskaTrackNumber, type: number, codec: string): Buffer[] {
  return [unsigned(id.trackNumber, number), unsigned(id.trackUid, number), unsigned(id.trackType, type), unsigned(id.flagLacing, 0), text(id.codecId, codec)];
}

/** RFC 7845 5.1, channel mapping family 0. */
function opusHead(channels: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0, 'latin1');
  head.writeUInt8(1, 8);
  head.writeUInt8(channels, 9);
  head.writeUInt16LE(opusPreSkipSamples, 10);
  head.writeUInt32LE(opusSampleRateHz, 12);
  return head;
}

function element(elementId: number, content: readonly Uint8Array[]): Buffer {
  let bytes = 0;
  for (const part of content) bytes += part.length;
  return Buffer.concat([idBytes(elementId), sizeBytes(bytes), ...content]);
}

function unsigned(elementId: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  let first = 0;
  while (first < 7 && bytes[first] === 0) first += 1;
  return element(elementId, [bytes.subarray(first)]);
}

function float(elementId: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return element(elementId, [bytes]);
}

function text(elementId: number, value: string): Buffer {
  return element(elementId, [Buffer.from(value, 'latin1')]);
}

/** Element ids carry their own length marker. */
function idBytes(elementId: number): Buffer {
  const length = elementId > 0xffffff ? 4 : elementId > 0xffff ? 3 : elementId > 0xff ? 2 : 1;
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(elementId, 0, length);
  return bytes;
}

/** RFC 8794 4: one byte up to 126, else four with the marker bit 0x10 (up to 2^28 - 2: no frame is that large). */
function sizeBytes(size: number): Buffer {
  if (size <= 126) return Buffer.from([0x80 | size]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(0x10000000 | size);
  return bytes;
}
