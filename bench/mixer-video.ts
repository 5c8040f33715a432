// CPU seconds per media second of the mixer's video half, in real time, beside one bare `ffmpeg` process with a static graph that does the same: N times
// 640x360 at 30 in VP8, decoded, scaled into a grid, encoded once as 1280x720 at 30 in VP8 with 1.5 Mbps.
//
//   node dist/bench/mixer-video.js [--inputs 4,16] [--seconds 10] [--codec vp8|h264]
//
// ffmpeg runs twice: with the encoder's cpu-used at 8, as the peers were measured, and with the mixer's own -6.
import { execFile, fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Mixer } from '../mixer/index.js';
import type { MixerStats, SceneTile, VideoCodec } from '../mixer/protocol.js';

const run = promisify(execFile);
const ffmpeg = process.env['FFMPEG_PATH'] ?? 'ffmpeg';
const canvas = { widthPx: 1280, heightPx: 720, fps: 30 };
const source = { widthPx: 640, heightPx: 360, fps: 30 };
const bitrateBps = 1_500_000;
const mediaSeconds = 10;
const pictures = ['testsrc2=s=640x360:r=30', 'mandelbrot=s=640x360:r=30', 'smptehdbars=s=640x360:r=30,noise=alls=12:allf=t', 'gradients=s=640x360:r=30:speed=0.02'];

/** As the server's room process is started: one encode, some decodes and the sound's codecs at once. */
const poolThreads = '4';

interface Cost {
  readonly cpu: number;
  readonly memoryMb: number;
  readonly fps: number;
  readonly stats?: MixerStats;
}

async function makeMedia(folder: string): Promise<string[]> {
  const files = pictures.map((_, index) => join(folder, `${index}.ivf`));
  for (const [index, picture] of pictures.entries()) {
    const encoder = ['-c:v', 'libvpx', '-b:v', '600k', '-maxrate', '700k', '-bufsize', '600k', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0', '-g', '300'];
    await run(ffmpeg, ['-v', 'error', '-y', '-f', 'lavfi', '-i', picture, '-t', String(mediaSeconds), '-pix_fmt', 'yuv420p', ...encoder, files[index] ?? '']);
  }
  return files;
}

function gridOf(count: number): { x: number; y: number; width: number; height: number }[] {
  const columns = Math.ceil(Math.sqrt(count));
  const width = 2 * Math.floor(canvas.widthPx / columns / 2);
  const height = 2 * Math.floor(canvas.heightPx / Math.ceil(count / columns) / 2);
  return Array.from({ length: count }, (_, index) => ({ x: (index % columns) * width, y: Math.floor(index / columns) * height, width, height }));
}

async function measureFfmpeg(files: readonly string[], count: number, seconds: number, cpuUsed: string): Promise<Cost> {
  const tiles = gridOf(count);
  const inputs = tiles.flatMap((_, index) => ['-re', '-stream_loop', '-1', '-threads', '1', '-i', files[index % files.length] ?? '']);
  const scaled = tiles.map(({ width, height }, index) => `[${index}:v]scale=${width}:${height}:flags=bilinear[s${index}]`);
  const stack = `${tiles.map((_, index) => `[s${index}]`).join('')}xstack=inputs=${count}:layout=${tiles.map(({ x, y }) => `${x}_${y}`).join('|')}:fill=black`;
  const graph = count === 1 ? '[0:v]scale=1280:720:flags=bilinear' : [...scaled, stack].join(';');
  const encoder = ['-c:v', 'libvpx', '-b:v', '1500k', '-maxrate', '1500k', '-bufsize', '750k', '-deadline', 'realtime', '-cpu-used', cpuUsed, '-lag-in-frames', '0', '-g', '300', '-threads', '1'];
  const { stderr } = await run(ffmpeg, ['-hide_banner', '-benchmark', '-y', ...inputs, '-filter_complex_threads', '1', '-filter_complex', graph, '-t', String(seconds), ...encoder, '-f', 'null', '-'], { maxBuffer: 1 << 26 });
  const times = /utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr);
  const memory = /maxrss=(\d+)/.exec(stderr);
  const frames = Array.from(stderr.matchAll(/frame=\s*(\d+)/g)).at(-1)?.[1];
  return { cpu: (Number(times?.[1]) + Number(times?.[2])) / seconds, memoryMb: Math.round(Number(memory?.[1]) / 1024), fps: Number(frames) / seconds };
}

function readIvf(bytes: Buffer): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 32; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    frames.push(bytes.subarray(at + 12, at + 12 + length));
    at += 12 + length;
  }
  return frames;
}

/** Runs in a process of its own, so that nothing else is in its CPU time. */
async function mix(files: readonly string[], count: number, seconds: number, codec: VideoCodec): Promise<Cost> {
  const media = await Promise.all(files.map(async (file) => readIvf(await readFile(file))));
  let frames = 0;
  let sent = 0;
  /** Of each sender, the frame number at which it last began its file anew: that is how it gives a keyframe. */
  const began = new Array<number>(count).fill(0);
  const zero = process.hrtime();
  const mixer = await Mixer.create({
    options: { zero, canvas, maxInputPixels: 1920 * 1080, audio: { mode: 'voice', bitrateBps: 64_000, complexity: 5, maxTalkers: 12 } },
    onEvent: (event) => {
      if (event.type === 'encodedVideo') frames += 1;
      else if (event.type === 'keyframeNeeded') began[Number(event.participantId.slice(1))] = Math.ceil(sent / count);
      else if (event.type === 'fault') console.error(event);
    },
    onExit: (reason) => {
      throw new Error(reason);
    },
  });
  const tiles = gridOf(count).map((rectangle, index): SceneTile => {
    return { participantId: `p${index}`, source: 'camera', rectangle, fit: 'cover', name: `Person ${index}`, showName: true, speaking: index === 0, muted: false, live: true };
  });
  for (const { participantId } of tiles) mixer.send({ type: 'addParticipant', participantId });
  mixer.send({ type: 'setScene', scene: { tiles } });
  mixer.send({ type: 'addVideoOutput', output: { outputId: 'all', codec, format: canvas, bitrateBps } });
  const nowUs = (): number => {
    const [whole, nanoseconds] = process.hrtime(zero);
    return whole * 1_000_000 + Math.floor(nanoseconds / 1000);
  };
  const feed = (): void => {
    // Each sender has its own phase, as in a room.
    const due = Math.floor((nowUs() * source.fps * count) / 1_000_000);
    for (; sent < due; sent += 1) {
      const index = sent % count;
      const number = Math.max(0, Math.floor(sent / count) - (began[index] ?? 0));
      const all = media[index % media.length] ?? [];
      const data = Uint8Array.from(all[number % all.length] ?? []);
      const ptsUs = Math.floor((sent * 1_000_000) / (source.fps * count));
      mixer.send({
        type: 'videoFrame',
        frame: { participantId: `p${index}`, source: 'camera', codec: 'vp8', ptsUs, arrivalUs: ptsUs, keyframe: number % all.length === 0, gapBefore: false, rotationDegrees: 0, data },
      });
    }
  };
  // Rarely: the waking of this thread would be in the figure, and is not the mixer's.
  const feeder = setInterval(feed, 10);
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  await sleep(2_000);
  const cpuBefore = process.cpuUsage();
  const framesBefore = frames;
  const startUs = nowUs();
  await sleep(seconds * 1_000);
  const { user, system } = process.cpuUsage(cpuBefore);
  const wallUs = nowUs() - startUs;
  const cost = { cpu: (user + system) / wallUs, memoryMb: process.memoryUsage.rss() >> 20, fps: ((frames - framesBefore) * 1_000_000) / wallUs, stats: await mixer.stats() };
  clearInterval(feeder);
  const { liveNativeObjects } = await mixer.close();
  if (liveNativeObjects !== 0) throw new Error(`${liveNativeObjects} native objects were not freed.`);
  return cost;
}

function measureMixer(files: readonly string[], count: number, seconds: number, codec: string): Promise<Cost> {
  const child = fork(fileURLToPath(import.meta.url), ['--mix', '--inputs', String(count), '--seconds', String(seconds), '--codec', codec, ...files], {
    env: { ...process.env, UV_THREADPOOL_SIZE: process.env['UV_THREADPOOL_SIZE'] ?? poolThreads },
  });
  return new Promise((resolve, reject) => {
    child.once('message', (cost) => resolve(cost as Cost));
    child.once('exit', (code) => reject(new Error(`the mixing process ended with ${code ?? 'a signal'}`)));
  });
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { inputs: { type: 'string', default: '4,16' }, seconds: { type: 'string', default: '10' }, codec: { type: 'string', default: 'vp8' }, mix: { type: 'boolean', default: false }, verbose: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);
if (values.mix) {
  process.send?.(await mix(positionals, Number(values.inputs), seconds, values.codec === 'h264' ? 'h264' : 'vp8'));
  process.disconnect();
} else {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-bench-'));
  try {
    const files = await makeMedia(folder);
    for (const count of values.inputs.split(',').map(Number)) {
      const ours = await measureMixer(files, count, seconds, values.codec);
      const likePeers = await measureFfmpeg(files, count, seconds, '8');
      const likeOurs = await measureFfmpeg(files, count, seconds, '-6');
      const show = ({ cpu, memoryMb, fps }: Cost): string => `${cpu.toFixed(3)} CPU-s/s ${memoryMb} MB ${fps.toFixed(1)} fps`;
      console.log(`${count} inputs  mixer ${show(ours)} | ffmpeg, cpu-used 8 ${show(likePeers)}, ratio ${(ours.cpu / likePeers.cpu).toFixed(2)} | ffmpeg, cpu-used -6 ${show(likeOurs)}, ratio ${(ours.cpu / likeOurs.cpu).toFixed(2)}`);
      if (values.verbose) console.log(JSON.stringify(ours.stats, undefined, 1));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
