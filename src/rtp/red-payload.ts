/**
 * Redundant payloads (RFC 2198 3), of one block as libwebrtc and Firefox send them round pictures and their protection:
 *
 *      0 1 2 3 4 5 6 7
 *     |F|   block PT  | the block ...     F: more blocks follow, which nobody sends for pictures
 */
const moreBlocksBit = 0x80;
const blockHeaderBytes = 1;

export interface RedBlock {
  /** 0 to 127: what the block is. */
  readonly payloadType: number;
  /** A view into the payload; may be empty. */
  readonly data: Uint8Array;
}

/** Never throws; undefined for a payload without a header, and for one of several blocks. */
export function readRedBlock(payload: Uint8Array): RedBlock | undefined {
  const [header] = payload;
  if (header === undefined || (header & moreBlocksBit) !== 0) return undefined;
  return { payloadType: header, data: payload.subarray(blockHeaderBytes) };
}
