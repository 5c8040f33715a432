// What all users of the FFmpeg libraries share. Importing it silences them: libx264 and libvpx write to stderr when opened, and a
// stranger's broken frames must not fill the log; each failure comes back as a code and is counted where it happened.
import { AV_LOG_FATAL } from 'node-av/constants';
import { FFmpegError, Log } from 'node-av/lib';

Log.setLevel(AV_LOG_FATAL);

/** A codec, scaler or allocation said no. The media is at fault, or memory is short; never a reason to end the thread. */
export class MediaError extends Error {
  constructor(action: string, code?: number) {
    super(code === undefined ? action : `${action}: ${new FFmpegError(code).message}`);
    this.name = 'MediaError';
  }
}

/** @throws {MediaError} for FFmpeg's negative codes */
export function check(code: number, action: string): void {
  if (code < 0) throw new MediaError(action, code);
}
