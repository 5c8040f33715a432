/**
 * The header of packets of a mix that name whose voices are in it, and how loud each is (RFC 3550 7.1, RFC 6465): the levels are of another length from packet to packet, so it is written
 * anew for each, from what is made once for all listeners.
 */
import { encodeCsrcAudioLevels } from './header-extensions.js';
import { mostCsrcs, rtpHeaderBytes, writeRtpHeader, type RtpExtension } from './rtp-packet.js';
import type { StreamHeaderOptions } from './stream-header.js';

/** Somebody whose voice is in a packet of a mix (RFC 3550 7.1). */
export interface ContributingSource {
  /** 0 to 2^32 - 1. */
  readonly csrc: number;
  /** -127 to 0. */
  readonly levelDbov: number;
}

export interface MixedHeaderOptions extends StreamHeaderOptions {
  /** Of the header extension with the levels. */
  readonly levelId: number;
}

interface Named {
  readonly sources: readonly ContributingSource[];
  readonly csrcs: readonly number[];
  readonly levels: Uint8Array;
}

/** A packet of a mix goes to one listener after the other. */
let lastNamed: Named = { sources: [], csrcs: [], levels: new Uint8Array(0) };

function nameSources(sources: readonly ContributingSource[]): Named {
  if (sources !== lastNamed.sources) {
    const named = sources.slice(0, mostCsrcs);
    lastNamed = { sources, csrcs: named.map(({ csrc }) => csrc), levels: encodeCsrcAudioLevels(named.map(({ levelDbov }) => levelDbov)) };
  }
  return lastNamed;
}

export class MixedHeader {
  readonly #ssrc: number;
  readonly #payloadType: number;
  readonly #levels: { readonly id: number; data: Uint8Array };
  readonly #extensions: readonly RtpExtension[];

  constructor({ ssrc, payloadType, extensions = [], levelId }: MixedHeaderOptions) {
    this.#ssrc = ssrc;
    this.#payloadType = payloadType;
    this.#levels = { id: levelId, data: lastNamed.levels };
    this.#extensions = [...extensions, this.#levels];
  }

  /** @param sources one at least, of which the first 15 count; an array that does not change */
  byteLength(sources: readonly ContributingSource[]): number {
    const { csrcs, levels } = nameSources(sources);
    this.#levels.data = levels;
    return rtpHeaderBytes(this.#extensions, csrcs.length);
  }

  /** As `StreamHeader.write`. */
  write(packet: Buffer, marker: boolean, sequenceNumber: number, timestamp: number, sources: readonly ContributingSource[]): void {
    const { csrcs, levels } = nameSources(sources);
    this.#levels.data = levels;
    writeRtpHeader(packet, 0, { ssrc: this.#ssrc, payloadType: this.#payloadType, csrcs, extensions: this.#extensions, sequenceNumber, timestamp, marker });
  }
}
