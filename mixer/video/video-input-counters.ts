/** What became of a source's frames. Each that came in is decoded or dropped for one reason; what waits is in none yet. */
export interface VideoInputCounters {
  framesIn: number;
  decoded: number;
  shown: number;
  /** Decoded, but a newer one was due at the same tick. */
  overtaken: number;
  droppedUnwanted: number;
  droppedAwaitingKeyframe: number;
  droppedQueueFull: number;
  droppedTooLarge: number;
  droppedDamaged: number;
  gaps: number;
  keyframesAsked: number;
}

export function createVideoInputCounters(): VideoInputCounters {
  return {
    framesIn: 0,
    decoded: 0,
    shown: 0,
    overtaken: 0,
    droppedUnwanted: 0,
    droppedAwaitingKeyframe: 0,
    droppedQueueFull: 0,
    droppedTooLarge: 0,
    droppedDamaged: 0,
    gaps: 0,
    keyframesAsked: 0,
  };
}
