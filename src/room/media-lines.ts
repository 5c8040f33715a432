/** The m-lines that both sides agreed on, and which of them a packet belongs to: of which source it is, and with simulcast of which layer. */
import type { VideoSource } from '../../mixer/index.js';
import { repairTypes, sentTypes, type NegotiatedMedia } from '../peer/index.js';
import { decodeMid } from '../rtp/header-extensions.js';
import type { RtpPacket } from '../rtp/rtp-packet.js';

/** A source, or with simulcast one layer of it. */
export interface StreamName {
  readonly source: VideoSource;
  readonly rid: string | undefined;
}

/** Whose packets come under a new SSRC. */
export interface FoundStream {
  readonly line: NegotiatedMedia;
  /** Undefined on an m-line without simulcast. */
  readonly rid: string | undefined;
}

/** Whoever comes with more SSRCs than this makes them up. */
const maxRepairSources = 16;
/** No token: of a packet that names no layer of its m-line. */
const noRid = '';

export class MediaLines {
  #lines: readonly NegotiatedMedia[] = [];
  /** Payload type of retransmissions -> that of what they repair. */
  #repairedTypes: ReadonlyMap<number, number> = new Map();
  /** SSRC of retransmissions -> what they repair. */
  readonly #repaired = new Map<number, StreamName>();

  negotiate(lines: readonly NegotiatedMedia[]): void {
    this.#lines = lines;
    this.#repairedTypes = new Map(lines.flatMap(repairTypes));
  }

  /** The first picture is the camera's. */
  videoSourceOf(line: NegotiatedMedia): VideoSource {
    return line === this.#lines.find(({ kind, receives }) => kind === 'video' && receives) ? 'camera' : 'screen';
  }

  /** The payload type of what a retransmission repairs; undefined for what is none. */
  repairedType({ payloadType }: RtpPacket): number | undefined {
    return this.#repairedTypes.get(payloadType);
  }

  /** Undefined where that cannot be told. */
  find(packet: RtpPacket): FoundStream | undefined {
    const line = this.#findLine(packet, (candidate) => sentTypes(candidate).includes(packet.payloadType), ({ remoteSsrcs }) => remoteSsrcs);
    const rid = line === undefined ? noRid : readRid(packet, line, line.extensionIds.rid);
    return line === undefined || rid === noRid ? undefined : { line, rid };
  }

  /** What a retransmission repairs; undefined where that cannot be told. */
  findRepaired(packet: RtpPacket): StreamName | undefined {
    const known = this.#repaired.get(packet.ssrc);
    if (known !== undefined) return known;
    const line = this.#findLine(packet, (candidate) => repairTypes(candidate).some(([repairType]) => repairType === packet.payloadType), ({ remoteRtxSsrcs }) => remoteRtxSsrcs);
    if (line === undefined) return undefined;
    const rid = readRid(packet, line, line.extensionIds.repairedRid);
    if (rid === noRid) return undefined;
    if (this.#repaired.size >= maxRepairSources) this.#repaired.clear();
    const name = { source: this.videoSourceOf(line), rid };
    this.#repaired.set(packet.ssrc, name);
    return name;
  }

  /** As the SDP says, else by its MID (RFC 9143 9.2), else by a payload type that only one m-line has. */
  #findLine(packet: RtpPacket, takesType: (line: NegotiatedMedia) => boolean, toldSsrcs: (line: NegotiatedMedia) => readonly number[]): NegotiatedMedia | undefined {
    const receiving = this.#lines.filter((line) => line.receives && takesType(line));
    return (
      receiving.find((line) => toldSsrcs(line).includes(packet.ssrc)) ??
      receiving.find(({ mid, extensionIds }) => {
        const data = extensionIds.mid === undefined ? undefined : packet.extension(extensionIds.mid);
        return data !== undefined && decodeMid(data) === mid;
      }) ??
      (receiving.length === 1 ? receiving[0] : undefined)
    );
  }
}

/** RFC 8852: undefined on an m-line without simulcast; {@link noRid} for a packet that does not say it, or names a layer that nobody agreed on. */
function readRid(packet: RtpPacket, { remoteRids }: NegotiatedMedia, extensionId: number | undefined): string | undefined {
  if (remoteRids === undefined) return undefined;
  const data = extensionId === undefined ? undefined : packet.extension(extensionId);
  const rid = data === undefined ? undefined : decodeMid(data);
  return rid !== undefined && remoteRids.includes(rid) ? rid : noRid;
}
