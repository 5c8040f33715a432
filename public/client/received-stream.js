/**
 * The received tracks as a stream to play. The picture joins it when it first comes: a room with every camera off sends none, and a
 * browser that waits for the first picture of a stream (Chromium does) keeps its sound back until then.
 * @param {MediaStreamTrack} sound
 * @param {MediaStreamTrack} picture
 * @returns {MediaStream}
 */
export function receivedStream(sound, picture) {
  const stream = new MediaStream([sound]);
  if (picture.muted) picture.addEventListener('unmute', () => stream.addTrack(picture), { once: true });
  else stream.addTrack(picture);
  return stream;
}
