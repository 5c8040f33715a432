/** What goes between a bench and the process of its link. */
import type { UdpAddress } from '../../test/support/linked-sdp.js';
import type { BothCounters, LinkSteps } from './link-emulator.js';

export type LinkCommand =
  | { readonly type: 'open'; readonly server: UdpAddress; readonly seed: number }
  | { readonly type: 'impair'; readonly steps: LinkSteps }
  | { readonly type: 'count' };

/** One answer for each command, in their order. */
export type LinkAnswer =
  | { readonly type: 'opened'; readonly address: UdpAddress }
  | { readonly type: 'impaired' }
  | { readonly type: 'counted'; readonly counters: BothCounters };
