const fixedHeaderBytes = 12;

/** The contributing sources of an RTP packet, as they stand there (RFC 3550 5.1). */
export function csrcsOf(datagram: Buffer): number[] {
  return Array.from({ length: datagram.readUInt8(0) & 0x0f }, (_unused, place) => datagram.readUInt32BE(fixedHeaderBytes + 4 * place));
}
