import type { VideoFormat } from '../../mixer/index.js';
import type { VideoDescription } from '../rooms/protocol.js';

/** As the mixer names what the HTTP face calls width and height. */
export function toFormat({ width, height, fps }: VideoDescription): VideoFormat {
  return { widthPx: width, heightPx: height, fps };
}
