/** The `Range` header of RFC 9110 section 14, for one range of bytes. */

/** Both ends count: `{ first: 0, last: 0 }` is one byte. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

const singleRange = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * @returns undefined: the whole file, since there is no range, one in another unit, more than one or none that can be read (a server may ignore each);
 * `unsatisfiable`: the file has none of these bytes
 */
export function parseByteRange(header: string, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const match = singleRange.exec(header.trim());
  const [, from = '', to = ''] = match ?? [];
  if (match === null || (from === '' && to === '')) return undefined;
  if (from === '') {
    const length = Math.min(Number(to), sizeBytes);
    return length === 0 ? 'unsatisfiable' : { first: sizeBytes - length, last: sizeBytes - 1 };
  }
  const first = Number(from);
  if (to !== '' && Number(to) < first) return undefined;
  if (first >= sizeBytes) return 'unsatisfiable';
  return { first, last: to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1) };
}
