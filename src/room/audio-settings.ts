/** What a room's mixer is told of its sound. Pure. */
import type { AudioSettings } from '../../mixer/index.js';

/** Stereo music in full band wants 64 to 128 kbps (RFC 7587 3.1.1); below this its sides are heard to wander. */
const leastMusicBps = 96_000;

/** As it was chosen, with no less for music than music needs. */
export function audioSettings(chosen: AudioSettings): AudioSettings {
  return chosen.mode === 'music' ? { ...chosen, bitrateBps: Math.max(chosen.bitrateBps, leastMusicBps) } : chosen;
}
