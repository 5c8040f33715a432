/** Which FFmpeg program makes the outputs that leave the room. */
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

/** The bundled build is of 2018: it reads only what Tessera encoded itself, never a stranger's bytes. */
const bundled = createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg') as { readonly path: string };

/**
 * The configured path, else `ffmpeg` on PATH, else the bundled one.
 * @param searchPath the environment's PATH
 */
export function findFfmpeg(configured: string, searchPath: string | undefined): string {
  if (configured !== '') return configured;
  const onPath = (searchPath ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg'));
  return onPath.find(isExecutable) ?? bundled.path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
