/** The operator's sound files: which there are, and where a name leads. Nothing outside of the folder is ever reached by a name. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { AppError } from '../errors.js';
import type { Time } from '../time.js';
import type { SoundFileReference } from './protocol.js';

/** What the operator has chosen. */
export interface SoundFolderChoices {
  /** Absolute; may be missing. */
  readonly folder: string;
  /** The file for whoever is put on hold without saying with which; empty, or not there: silence. */
  readonly holdFile: string;
}

export interface SoundFolderOptions extends SoundFolderChoices {
  readonly time: Pick<Time, 'nowMs'>;
}

export interface SoundFileDescription {
  readonly file: string;
  readonly bytes: number;
}

/** Any script, but neither a path, nor hidden, nor of another kind; 255 bytes are what a file name may have. */
const fileNamePattern = /^[^./\\\p{C}][^/\\\p{C}]{0,120}\.(wav|mp3|ogg|opus|flac|m4a)$/iu;
/** Ten minutes of stereo at 48 kHz in 32 bits are 230 MB. */
const maxBytes = 256 * 1024 * 1024;
/** Nobody chooses from more; the rest can be played all the same. */
const maxListed = 1000;
/** A full list is 2,000 calls of the file system, and anybody may ask for it: it is made once in that time, however many do. A new file shows so much later, and can be played at once. */
const listHoldMs = 2000;

export class SoundFolder {
  readonly #folder: string;
  readonly #holdFile: string;
  readonly #time: SoundFolderOptions['time'];
  #listing: Promise<readonly SoundFileDescription[]> | undefined;
  /** Undefined while it is being made. */
  #listedMs: number | undefined;

  constructor({ folder, holdFile, time }: SoundFolderOptions) {
    this.#folder = folder;
    this.#holdFile = holdFile;
    this.#time = time;
  }

  /** By name; up to two seconds old. */
  list(): Promise<readonly SoundFileDescription[]> {
    if (this.#listedMs !== undefined && this.#time.nowMs() - this.#listedMs >= listHoldMs) this.#listing = undefined;
    if (this.#listing === undefined) {
      this.#listedMs = undefined;
      this.#listing = this.#list().finally(() => {
        this.#listedMs = this.#time.nowMs();
      });
    }
    return this.#listing;
  }

  async #list(): Promise<readonly SoundFileDescription[]> {
    const folder = await this.#realFolder().catch(() => undefined);
    if (folder === undefined) return [];
    const names = await readdir(folder).catch(() => []);
    const files: SoundFileDescription[] = [];
    for (const file of names.filter((name) => fileNamePattern.test(name)).sort().slice(0, maxListed)) {
      const found = await this.#look(folder, file).catch(() => undefined);
      if (found !== undefined) files.push({ file, bytes: found.bytes });
    }
    return files;
  }

  /** @throws {AppError} `invalid_sound_name`, `sound_not_found`, `sound_too_large` */
  async find(file: string): Promise<SoundFileReference> {
    if (!fileNamePattern.test(file)) throw new AppError('invalid_sound_name');
    return { file, path: (await this.#look(await this.#realFolder(), file)).path };
  }

  /** What is played on hold when nobody says what; null: silence. */
  async findForHold(): Promise<SoundFileReference | null> {
    return this.#holdFile === '' ? null : this.find(this.#holdFile).catch(() => null);
  }

  #realFolder(): Promise<string> {
    return realpath(this.#folder).catch(notFound);
  }

  /** A link may lead to another place within the folder, and nowhere else. */
  async #look(folder: string, file: string): Promise<{ readonly path: string; readonly bytes: number }> {
    const path = await realpath(join(folder, file)).catch(notFound);
    const found = await stat(path).catch(notFound);
    // A pipe would keep whoever opens it waiting.
    if (!path.startsWith(folder + sep) || !found.isFile()) return notFound();
    if (found.size > maxBytes) throw new AppError('sound_too_large');
    return { path, bytes: found.size };
  }
}

function notFound(): never {
  throw new AppError('sound_not_found');
}
