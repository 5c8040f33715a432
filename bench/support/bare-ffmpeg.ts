/**
 * What Tessera is held against: one `ffmpeg` in real time with a static graph that does the same decode, scale, stack, mix and encode, from the very files
 * that the clients send. It has no network, no encryption, no jitter to absorb, and makes one mix for all where Tessera makes one for each talker.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { findFfmpeg } from '../../mixer/output/ffmpeg-program.js';
import { PreparedMedia } from '../clients/prepared-media.js';

export interface BareFfmpegOptions {
  readonly inputs: number;
  /** How many of them speak. */
  readonly speakers: number;
  /** As FFmpeg chooses by itself, or `one` for each codec and for the graph: slower, but threads that wait for each other cost most of a fifth. */
  readonly threads: 'default' | 'one';
}

export const canvas = { widthPx: 1280, heightPx: 720, fps: 30 };
/** As `crowd.ts` has it. */
const distinctPictures = 4;

export class BareFfmpeg {
  readonly pid: number;
  readonly #child: ChildProcess;
  #frames = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
  }

  /** Resolves with its first frames. @throws {Error} with its own words when it does not run. */
  static async start(options: BareFfmpegOptions): Promise<BareFfmpeg> {
    const program = findFfmpeg(process.env['FFMPEG_PATH'] ?? '', process.env['PATH']);
    const child = spawn(program, await bareFfmpegArguments(options), { stdio: ['ignore', 'pipe', 'pipe'] });
    const ffmpeg = new BareFfmpeg(child);
    const errors: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [, frames] = /^frame=(\d+)$/.exec(line) ?? [];
        if (frames === undefined) return;
        ffmpeg.#frames = Number(frames);
        if (ffmpeg.#frames > 0) resolve();
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${program} ended with code ${code}:\n${errors.join('\n')}`)));
    });
    return ffmpeg;
  }

  /** Encoded so far, as it last said (each half second). */
  get frames(): number {
    return this.#frames;
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

async function bareFfmpegArguments({ inputs, speakers, threads }: BareFfmpegOptions): Promise<string[]> {
  const media = new PreparedMedia();
  const indices = Array.from({ length: inputs }, (_unused, index) => index);
  const pictures: string[] = [];
  const sounds: string[] = [];
  for (const index of indices) {
    pictures.push((await media.picture('vp8', index % distinctPictures)).path);
    sounds.push((await media.sound(index < speakers ? index : 'silent')).path);
  }
  const columns = Math.ceil(Math.sqrt(inputs));
  const tile = { widthPx: even(canvas.widthPx / columns), heightPx: even(canvas.heightPx / columns) };
  const scaled = indices.map((index) => `[${index}:v]scale=${tile.widthPx}:${tile.heightPx}[v${index}]`);
  const places = indices.map((index) => `${(index % columns) * tile.widthPx}_${Math.floor(index / columns) * tile.heightPx}`);
  const stacked = inputs === 1 ? '[v0]null[picture]' : `${indices.map((index) => `[v${index}]`).join('')}xstack=inputs=${inputs}:layout=${places.join('|')}[picture]`;
  const mixed = `${indices.map((index) => `[${inputs + index}:a]`).join('')}amix=inputs=${inputs}[sound]`;
  const inRealTime = ['-re', '-stream_loop', '-1', '-threads', '1', '-i'];
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-progress', 'pipe:1'],
    ...pictures.flatMap((path) => [...inRealTime, path]),
    ...sounds.flatMap((path) => [...inRealTime, path]),
    ...(threads === 'one' ? ['-filter_complex_threads', '1'] : []),
    ...['-filter_complex', [...scaled, stacked, mixed].join(';'), '-map', '[picture]', '-map', '[sound]'],
    ...(threads === 'one' ? ['-threads:v', '1'] : []),
    ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0', '-b:v', '1500k', '-g', '3000', '-r', String(canvas.fps)],
    ...['-c:a', 'libopus', '-b:a', '48k', '-f', 'matroska', '-y', '/dev/null'],
  ];
}

function even(length: number): number {
  return 2 * Math.floor(length / 2);
}
