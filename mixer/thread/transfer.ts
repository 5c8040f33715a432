import type { MixerCommand, MixerEvent } from '../protocol.js';

/** Below this, copying costs less than handing over the memory. */
const worthMovingBytes = 1_024;

/** The memory that crosses the border with a message instead of being copied: that of its encoded media. A snapshot is copied: several may have asked for the same one. */
export function transferOf(message: MixerCommand | MixerEvent): ArrayBuffer[] {
  switch (message.type) {
    case 'videoFrame':
      return whole(message.frame.data);
    case 'encodedVideo':
      return whole(message.video.data);
    default:
      return [];
  }
}

/** Only memory that is this array's alone: Node's small buffers share theirs, and the others' would go with it. */
function whole({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength >= worthMovingBytes ? [buffer] : [];
}
