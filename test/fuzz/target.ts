/** One parser, as the fuzzer and the replay of the corpus see it. */
export interface FuzzTarget {
  readonly name: string;
  /** Takes the input like a stranger's datagram or text. Throws for what must not happen; errors that the parser declares are caught here. */
  readonly run: (input: Buffer) => void;
  /** Well-formed inputs to begin with. */
  readonly seeds: () => readonly Buffer[];
}

/** For parsers with a memory: an input as a row of pieces, `length(8) bytes`, the last one as long as there is. */
export function splitPieces(input: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < input.length; ) {
    const end = at + 1 + input.readUInt8(at);
    pieces.push(input.subarray(at + 1, end));
    at = end;
  }
  return pieces;
}

/** The inverse, of pieces of at most 255 bytes. */
export function joinPieces(pieces: readonly Uint8Array[]): Buffer {
  return Buffer.concat(pieces.flatMap((piece) => [Uint8Array.of(piece.length), piece]));
}

export function must(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Error(`broken: ${what}`);
}
