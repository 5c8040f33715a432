/** Where the bad network lies, and which of its directions then carries the media. */
import type { ImpairmentStep } from './impairment.js';
import type { LinkSteps } from './link-emulator.js';

/** Between publisher and room, between room and listener, or between the two clients without any room. */
export type LinkPlace = 'upstream' | 'downstream' | 'straight';

export function linkSteps(place: LinkPlace, media: readonly ImpairmentStep[], feedback: readonly ImpairmentStep[]): LinkSteps {
  return place === 'downstream' ? { down: media, up: feedback } : { up: media, down: feedback };
}
