/** Figures of a crowd, by group, over a stretch of time. Pure. */
import type { CrowdGroup, CrowdMember } from './crowd.js';

/** The crowd's counters at one moment. */
export interface CrowdSnapshot {
  readonly atUs: number;
  readonly members: readonly CrowdMember[];
}

export interface GroupReport {
  readonly group: CrowdGroup;
  readonly wanted: number;
  readonly connected: number;
  /** Of one client, on average, in the stretch: sent or received. */
  readonly fps: number;
  readonly kbps: number;
  readonly audioPacketsPerSecond: number;
  /** Since the beginning, over all clients. */
  readonly lostPackets: number;
  readonly freezes: number;
  readonly audioStalls: number;
  /** Undefined for publishers, and while nobody has one. */
  readonly firstFrameMs: { readonly p50: number; readonly p95: number } | undefined;
  /** Clients that got no picture or no sound; of publishers: of whom the server reports nothing. */
  readonly withoutMedia: readonly string[];
  /** Each different one, with how many clients it befell. */
  readonly failures: ReadonlyMap<string, number>;
}

const groups: readonly CrowdGroup[] = ['publishing', 'taking', 'listening'];

/** @param before of the same crowd; its members come in the same order. */
export function reportCrowd(before: CrowdSnapshot, after: CrowdSnapshot): GroupReport[] {
  const seconds = Math.max((after.atUs - before.atUs) / 1e6, 1e-6);
  return groups.flatMap((group) => {
    const pairs = after.members.flatMap((member, index) => (member.group === group ? [{ member, counts: countsOf(member), earlier: countsOf(before.members[index]) }] : []));
    if (pairs.length === 0) return [];
    const connected = pairs.filter(({ member }) => member.failure === undefined && (member.publisher ?? member.listener) !== undefined);
    const rate = (counter: 'frames' | 'bytes' | 'audioPackets'): number =>
      connected.reduce((sum, { counts, earlier }) => sum + counts[counter] - earlier[counter], 0) / seconds / Math.max(connected.length, 1);
    const total = (counter: 'lostPackets' | 'freezes' | 'audioStalls'): number => pairs.reduce((sum, { counts }) => sum + counts[counter], 0);
    const failures = new Map<string, number>();
    for (const { member } of pairs) if (member.failure !== undefined) failures.set(member.failure, (failures.get(member.failure) ?? 0) + 1);
    return [
      {
        group,
        wanted: pairs.length,
        connected: connected.length,
        fps: rate('frames'),
        kbps: (rate('bytes') * 8) / 1000,
        audioPacketsPerSecond: rate('audioPackets'),
        lostPackets: total('lostPackets'),
        freezes: total('freezes'),
        audioStalls: total('audioStalls'),
        firstFrameMs: percentiles(pairs.flatMap(({ member }) => member.listener?.firstFrameMs ?? [])),
        withoutMedia: pairs.filter(({ member }) => !hasMedia(member)).map(({ member }) => member.name),
        failures,
      },
    ];
  });
}

/** The value below which `share` of the values lie, the nearest one that is there. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

function percentiles(values: readonly number[]): GroupReport['firstFrameMs'] {
  const [p50, p95] = [percentile(values, 0.5), percentile(values, 0.95)];
  return p50 === undefined || p95 === undefined ? undefined : { p50, p95 };
}

function hasMedia({ publisher, listener }: CrowdMember): boolean {
  if (publisher !== undefined) return publisher.isReceived;
  return listener !== undefined && listener.frames > 0 && listener.audioPackets > 0;
}

function countsOf(member: CrowdMember | undefined): { readonly frames: number; readonly bytes: number; readonly audioPackets: number; readonly lostPackets: number; readonly freezes: number; readonly audioStalls: number } {
  const { frames = 0, bytes = 0, audioPackets = 0, lostPackets = 0 } = member?.publisher ?? member?.listener ?? {};
  return { frames, bytes, audioPackets, lostPackets, freezes: member?.listener?.freezes ?? 0, audioStalls: member?.listener?.audioStalls ?? 0 };
}
