/** Header extensions in SDP (RFC 8285 5): which are offered, under which id, and what both sides share, either way. One id means one URI in all m-lines of a bundle. */
import { headerExtensionUris } from '../rtp/header-extensions.js';
import { directionOf, receivesIn, sendsIn, type ExtensionIds, type MediaDirection, type MediaKind } from './media.js';

type ExtensionName = keyof ExtensionIds;
/** Our offers ask for no simulcast. */
type OfferedName = Exclude<ExtensionName, 'rid' | 'repairedRid'>;

export interface ExtensionLine {
  readonly id: number;
  readonly uri: string;
  /** As seen from whose description it stands in. */
  readonly direction: MediaDirection;
}

export interface AgreedExtensions {
  /** What may stand in packets that come. */
  readonly receivedIds: ExtensionIds;
  /** What may stand in packets that we send. */
  readonly sentIds: ExtensionIds;
  /** Ours, for an answer. */
  readonly lines: readonly ExtensionLine[];
}

const uris: Readonly<Record<ExtensionName, string>> = {
  mid: headerExtensionUris.mid,
  audioLevel: headerExtensionUris.audioLevel,
  transportCc: headerExtensionUris.transportSequence,
  csrcAudioLevel: headerExtensionUris.csrcAudioLevel,
  videoOrientation: headerExtensionUris.videoOrientation,
  rid: headerExtensionUris.rid,
  repairedRid: headerExtensionUris.repairedRid,
};

const namesByKind: Readonly<Record<MediaKind, readonly OfferedName[]>> = {
  audio: ['mid', 'audioLevel', 'transportCc', 'csrcAudioLevel'],
  video: ['mid', 'transportCc', 'videoOrientation'],
};

/** Of use only where several layers share an m-line (RFC 8852). */
const simulcastNames: readonly ExtensionName[] = ['rid', 'repairedRid'];

/** Fixed, so that they are the same in every m-line: Chromium ends a tab in which they differ. */
const offeredIds: Readonly<Record<OfferedName, number>> = { mid: 1, audioLevel: 2, transportCc: 3, videoOrientation: 4, csrcAudioLevel: 5 };
/** Ids of the one-byte form (RFC 8285 4.2); higher ones are never needed, and nobody offers so many that they come first. */
const maxId = 14;

export function offerExtensions(kind: MediaKind): ExtensionLine[] {
  return namesByKind[kind].map((name) => ({ id: offeredIds[name], uri: uris[name], direction: 'sendrecv' }));
}

/** The extensions of one m-line after another, with an id kept to the URI it had first. */
export class ExtensionAgreement {
  readonly #idByUri = new Map<string, number>();
  readonly #uriById = new Map<number, string>();

  /** Those of the other side's `lines` that are known here for this kind, without any that contradicts an earlier m-line. */
  agree(kind: MediaKind, lines: readonly ExtensionLine[], isSimulcast = false): AgreedExtensions {
    const receivedIds: Partial<Record<ExtensionName, number>> = {};
    const sentIds: Partial<Record<ExtensionName, number>> = {};
    const agreed: ExtensionLine[] = [];
    for (const name of isSimulcast ? [...namesByKind[kind], ...simulcastNames] : namesByKind[kind]) {
      const line = lines.find(({ uri, direction }) => uri === uris[name] && direction !== 'inactive');
      if (line === undefined || !this.#isConsistent(line)) continue;
      this.#idByUri.set(line.uri, line.id);
      this.#uriById.set(line.id, line.uri);
      // What they only receive we only send.
      if (sendsIn(line.direction)) receivedIds[name] = line.id;
      if (receivesIn(line.direction)) sentIds[name] = line.id;
      agreed.push({ ...line, direction: directionOf(receivesIn(line.direction), sendsIn(line.direction)) });
    }
    return { receivedIds, sentIds, lines: agreed };
  }

  #isConsistent({ id, uri }: ExtensionLine): boolean {
    if (!Number.isInteger(id) || id < 1 || id > maxId) return false;
    return (this.#idByUri.get(uri) ?? id) === id && (this.#uriById.get(id) ?? uri) === uri;
  }
}
