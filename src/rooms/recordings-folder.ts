/** The folder that recordings are written to: made when it is not there, and tried. */
import { mkdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../errors.js';
import { newId } from '../ids.js';

const codeMeanings = new Map([
  ['ENOTDIR', 'it is a file, or lies below one'],
  ['EACCES', 'this user may not write there'],
  ['EROFS', 'it is mounted for reading only'],
  ['ENOSPC', 'the disk is full'],
]);

/** @throws {AppError} recording_failed */
export async function makeRecordingsFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw new AppError('recording_failed', `The folder for recordings cannot be made (${codeOf(error)}).`);
  }
}

/** Makes it and writes a file there, since no right that can be asked for says whether that works (read-only mounts, /proc). Answers the system's code when it does not, with what it means. */
export async function tryRecordingsFolder(folder: string): Promise<string | undefined> {
  const path = join(folder, `.tessera-${newId()}`);
  try {
    await makeFolder(folder);
    await writeFile(path, '', { flag: 'wx' });
    await unlink(path);
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    const meaning = codeMeanings.get(code);
    return meaning === undefined ? code : `${code}: ${meaning}`;
  }
}

/** One level after the other: where a folder cannot be made although its parent is there (/proc), Node's own `recursive` tries for ever. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      if ((await stat(folder)).isDirectory()) return;
      throw Object.assign(new Error(`${folder} is no folder`), { code: 'ENOTDIR' });
    }
    const parent = dirname(folder);
    if (codeOf(error) !== 'ENOENT' || parent === folder) throw error;
    await makeFolder(parent);
    await mkdir(folder);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
