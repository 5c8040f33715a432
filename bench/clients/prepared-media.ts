/**
 * Encoded pictures and speech to send, made once by FFmpeg and kept in a folder, so that a client costs neither an encoder nor a camera. Each is a loop
 * of {@link loopSeconds} that begins with a keyframe.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../mixer/output/ffmpeg-program.js';
import { readH264, readIvf, readOggOpus, type EncodedPicture } from './media-files.js';
import { loopSeconds, pictureArguments, pictureFormat, soundArguments, type PictureCodec, type PictureSize } from './media-recipes.js';

export interface PreparedPicture {
  readonly codec: PictureCodec;
  readonly path: string;
  readonly widthPx: number;
  /** At `pictureFormat.fps`. */
  readonly frames: readonly EncodedPicture[];
}

/** 20 ms of mono Opus. */
export interface PreparedPacket {
  readonly data: Uint8Array;
  /** RFC 6464: -127 (silence) to 0. */
  readonly levelDbov: number;
}

export interface PreparedSound {
  readonly path: string;
  readonly packets: readonly PreparedPacket[];
}

export interface PreparedMediaOptions {
  readonly folder?: string;
  readonly ffmpegPath?: string;
  /** A file is being made, which takes seconds. */
  readonly onMaking?: (fileName: string) => void;
}

const run = promisify(execFile);
const pcmBytes = loopSeconds * 48_000 * 2;
const samplesPerPacket = 960;
/** libopus looks ahead by so much at 48 kHz (RFC 7845 4.2): a packet's sound begins that much before its place. */
const opusPreSkipSamples = 312;
const silenceDbov = -127;

export class PreparedMedia {
  readonly #folder: string;
  readonly #ffmpegPath: string;
  readonly #onMaking: (fileName: string) => void;
  readonly #pictures = new Map<string, Promise<PreparedPicture>>();
  readonly #sounds = new Map<number | 'silent', Promise<PreparedSound>>();
  /** One FFmpeg at a time: it takes all cores by itself. */
  #lastMade: Promise<unknown> = Promise.resolve();

  constructor({ folder = defaultFolder(), ffmpegPath = findFfmpeg(process.env['FFMPEG_PATH'] ?? '', process.env['PATH']), onMaking = () => undefined }: PreparedMediaOptions = {}) {
    this.#folder = folder;
    this.#ffmpegPath = ffmpegPath;
    this.#onMaking = onMaking;
  }

  /** @param person an index of `preparedPeople`. */
  picture(codec: PictureCodec, person: number, size: PictureSize = pictureFormat): Promise<PreparedPicture> {
    return remember(this.#pictures, `${codec}-${person}-${size.widthPx}`, () => this.#readPicture(codec, person, size));
  }

  /** @param person an index of `preparedPeople`, or `silent` for a microphone that is on where nobody speaks. */
  sound(person: number | 'silent'): Promise<PreparedSound> {
    return remember(this.#sounds, person, () => this.#readSound(person));
  }

  async #readPicture(codec: PictureCodec, person: number, size: PictureSize): Promise<PreparedPicture> {
    const recipe = pictureArguments(codec, person, size);
    const path = this.#path(`picture-${person}`, recipe, codec === 'vp8' ? 'ivf' : 'h264');
    const file = await this.#open(path, async (unfinished) => {
      await this.#runFfmpeg([...recipe, unfinished]);
    });
    return { codec, path, widthPx: size.widthPx, frames: codec === 'vp8' ? readIvf(file) : readH264(file) };
  }

  async #readSound(person: number | 'silent'): Promise<PreparedSound> {
    const recipe = soundArguments(person, '');
    const path = this.#path(`sound-${person}`, recipe, 'ogg');
    const levelsPath = `${path}.levels`;
    const file = await this.#open(path, async (unfinished) => {
      const pcm = await this.#runFfmpeg(soundArguments(person, unfinished));
      await writeFile(levelsPath, measureLevels(pcm));
    });
    const levels = new Int8Array(await readFile(levelsPath));
    // The encoder's last packet is what its look-ahead pushed over the end of the loop.
    const packets = readOggOpus(file).slice(0, levels.length);
    return { path, packets: packets.map((data, index) => ({ data, levelDbov: levels[index] ?? silenceDbov })) };
  }

  /** Named after the recipe, so that another recipe makes another file. */
  #path(name: string, recipe: readonly string[], ending: string): string {
    const digest = createHash('sha256').update(recipe.join('\n')).digest('hex').slice(0, 12);
    return join(this.#folder, `${name}-${digest}.${ending}`);
  }

  async #open(path: string, make: (unfinishedPath: string) => Promise<void>): Promise<Buffer> {
    const found = await readFile(path).catch(() => undefined);
    if (found !== undefined) return found;
    const made = this.#lastMade.then(async () => {
      this.#onMaking(path.slice(this.#folder.length + 1));
      await mkdir(this.#folder, { recursive: true });
      // Renamed when it is whole: several processes may want the same file at the same time.
      const unfinished = join(this.#folder, `unfinished-${process.pid}-${path.slice(this.#folder.length + 1)}`);
      await make(unfinished);
      await rename(unfinished, path);
    });
    this.#lastMade = made.catch(() => undefined);
    await made;
    return readFile(path);
  }

  async #runFfmpeg(args: readonly string[]): Promise<Buffer> {
    const { stdout } = await run(this.#ffmpegPath, ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args], { encoding: 'buffer', maxBuffer: 2 * pcmBytes });
    return stdout;
  }
}

/** One signed byte a packet; `pcm` is 16-bit little-endian mono at 48 kHz. */
function measureLevels(pcm: Buffer): Int8Array {
  const samples = Math.floor(pcm.length / 2);
  const levels = new Int8Array(Math.floor(samples / samplesPerPacket));
  for (let packet = 0; packet < levels.length; packet++) {
    const from = packet * samplesPerPacket - opusPreSkipSamples;
    let power = 0;
    for (let sample = Math.max(0, from); sample < from + samplesPerPacket; sample++) power += pcm.readInt16LE(sample * 2) ** 2;
    const rms = Math.sqrt(power / samplesPerPacket) / 32_768;
    levels[packet] = rms === 0 ? silenceDbov : Math.max(silenceDbov, Math.round(20 * Math.log10(rms)));
  }
  return levels;
}

function defaultFolder(): string {
  const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
  try {
    accessSync(modules, constants.W_OK);
    return join(modules, '.cache', 'tessera-media');
  } catch {
    return join(tmpdir(), 'tessera-media');
  }
}

function remember<Key, Value>(known: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
