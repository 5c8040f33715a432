/** What a protection profile does to one packet whose index is known; who keeps the indices is `SrtpSender` and `SrtpReceiver`. */
export interface SrtpTransform {
  /** Bytes that protection adds to an RTP packet. */
  readonly tagBytes: number;
  /** Bytes that it adds to an RTCP packet: tag and index word. */
  readonly rtcpTrailerBytes: number;

  /**
   * @param headerBytes where the payload begins.
   * @param ssrc with a sign, as all here: that is always one of the machine's small integers.
   * @param index rollover counter * 65536 + sequence number.
   * @param datagram gets it: longer than the packet by the tag.
   */
  protectRtp(packet: Buffer, headerBytes: number, ssrc: number, index: number, datagram: Buffer): void;

  /**
   * Decrypts in place and answers the datagram without its trailer, as a view. Undefined when it is not authentic; then it stays as it was.
   * The caller has seen to it that header and tag fit.
   */
  unprotectRtp(datagram: Buffer, headerBytes: number, ssrc: number, index: number): Uint8Array | undefined;

  /** @param index 31 bits. */
  protectRtcp(packet: Buffer, index: number): Buffer;

  /** The index word of a datagram that is long enough: E flag (RFC 3711 3.4) on top, index below. */
  readRtcpIndexWord(datagram: Buffer): number;

  /** As {@link unprotectRtp}; takes encrypted packets only. */
  unprotectRtcp(datagram: Buffer): Buffer | undefined;
}

/** RFC 3711 3.4: set in the index word when the packet is encrypted. */
export const encryptedFlag = 0x8000_0000;
/** The clear part of an RTCP packet: its first header and SSRC. */
export const rtcpClearBytes = 8;
export const indexWordBytes = 4;
