/** Simulcast in SDP (RFC 8853 5.1) with its restriction identifiers (RFC 8851): which layers the other side would send. */
import type { ParsedMedia } from 'sdp-transform';

export interface RemoteRid {
  /** 1 to 16 letters, digits, `-` or `_`. */
  readonly id: string;
  /** The only payload types that it comes in; undefined for all of the m-line's. */
  readonly payloadTypes: readonly number[] | undefined;
}

/** As long as a header extension of the one-byte form can be. */
const ridToken = /^[A-Za-z0-9_-]{1,16}$/;
/** What browsers and OBS send: full, half and quarter size. Each costs its reception, wanted or not. */
const maxRids = 3;

/** Those offered to be sent, without any alternatives to them; none without simulcast. What cannot be read is left out. */
export function readRids({ rids = [], simulcast }: ParsedMedia): RemoteRid[] {
  if (simulcast === undefined) return [];
  const list = simulcast.dir1 === 'send' ? simulcast.list1 : simulcast.dir2 === 'send' ? simulcast.list2 : undefined;
  // Of alternatives the first is the one preferred; a leading `~` says that it starts paused.
  const ids = String(list ?? '').split(';').map((alternatives) => alternatives.split(',')[0]?.replace(/^~/, '') ?? '');
  const known = new Set(ids.filter((id) => ridToken.test(id)));
  const restrictions = new Map<string, string>();
  for (const { id, direction, params } of rids) if (direction === 'send' && !restrictions.has(String(id))) restrictions.set(String(id), String(params ?? ''));
  return [...known]
    .flatMap((id) => {
      const words = restrictions.get(id);
      return words === undefined ? [] : [{ id, payloadTypes: readPayloadTypes(words) }];
    })
    .slice(0, maxRids);
}

/** Of an answer that takes them all. */
export function writeRids(ids: readonly string[]): string[] {
  return ids.length === 0 ? [] : [...ids.map((id) => `a=rid:${id} recv`), `a=simulcast:recv ${ids.join(';')}`];
}

/** RFC 8851 10: `pt=96,97` first, then restrictions that an encoder keeps by itself. */
function readPayloadTypes(restrictions: string): readonly number[] | undefined {
  const [, list] = /(?:^|;)\s*pt=([\d,]+)/.exec(restrictions) ?? [];
  return list?.split(',').map(Number);
}
