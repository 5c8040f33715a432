/** Where a recording lies: names that sort by room and time, and that no other recording has. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RecordingFormat } from './protocol.js';

/** Address under which the folder is served; `src/http` has the route. */
const recordingsPath = '/recordings';

export interface RecordingFile {
  /** Absolute when the folder is. */
  readonly path: string;
  readonly url: string;
}

/** `standup-20260131T095959Z-0123456789abcdef.mp4`: a room name has no character that a file name or a URL cannot have. */
export function nameRecordingFile(folder: string, room: string, id: string, format: RecordingFormat, date: Date): RecordingFile {
  const utc = date.toISOString().replace(/[-:]|\.\d+/g, '');
  const file = `${room}-${utc}-${id}.${format}`;
  return { path: join(folder, file), url: `${recordingsPath}/${file}` };
}

/** Of the file that a url of `nameRecordingFile` names; 0 when it is not there. */
export function recordedBytes(folder: string, url: string): number {
  return statSync(join(folder, basename(url)), { throwIfNoEntry: false })?.size ?? 0;
}
