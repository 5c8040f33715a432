/** Protection of packets as a sender makes it, after RFC 5109 7.3, 7.4 and 9.1: one level, all bytes; written without a look at what reads it. */

/** The fields of one ULPFEC payload for whole RTP packets, of consecutive or other numbers, 48 apart at most. */
export function protect(packets: readonly Buffer[]): Buffer {
  const numbers = packets.map((packet) => packet.readUInt16BE(2));
  const [base = 0] = numbers;
  const offsets = numbers.map((number) => (number - base) & 0xffff);
  const isLong = Math.max(...offsets) > 15;
  const protectedBytes = Math.max(...packets.map((packet) => packet.length - 12));
  const headerBytes = isLong ? 18 : 14;
  const payload = Buffer.alloc(headerBytes + protectedBytes);
  for (const packet of packets) {
    payload[0] = payload.readUInt8(0) ^ (packet.readUInt8(0) & 0x3f);
    payload[1] = payload.readUInt8(1) ^ packet.readUInt8(1);
    for (let at = 4; at < 8; at += 1) payload[at] = payload.readUInt8(at) ^ packet.readUInt8(at);
    payload.writeUInt16BE(payload.readUInt16BE(8) ^ (packet.length - 12), 8);
    for (let at = 12; at < packet.length; at += 1) payload[headerBytes + at - 12] = payload.readUInt8(headerBytes + at - 12) ^ packet.readUInt8(at);
  }
  if (isLong) payload[0] = payload.readUInt8(0) | 0x40;
  payload.writeUInt16BE(base, 2);
  payload.writeUInt16BE(protectedBytes, 10);
  for (const offset of offsets) payload[12 + (offset >> 3)] = payload.readUInt8(12 + (offset >> 3)) | (0x80 >> (offset & 7));
  return payload;
}

/** A packet as it travels in RED (RFC 2198 3): the payload type moves in front of the payload. The packet has no padding. */
export function putIntoRed(packet: Buffer, redPayloadType: number): Buffer {
  const extensionBit = packet.readUInt8(0) & 0x10;
  const csrcEnd = 12 + (packet.readUInt8(0) & 0x0f) * 4;
  const payloadStart = extensionBit === 0 ? csrcEnd : csrcEnd + 4 + packet.readUInt16BE(csrcEnd + 2) * 4;
  const red = Buffer.concat([packet.subarray(0, payloadStart), Uint8Array.of(packet.readUInt8(1) & 0x7f), packet.subarray(payloadStart)]);
  red[1] = (red.readUInt8(1) & 0x80) | redPayloadType;
  return red;
}
