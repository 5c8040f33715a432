/** `npm run demo`: a room of four made-up people over real WebRTC, recorded; then the recording is looked at and listened to. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { createClientKit, type ClientKit } from '../bench/clients/client-kit.js';
import { preparedPeople, type PreparedPerson } from '../bench/clients/media-recipes.js';
import { WhepListener } from '../bench/clients/whep-listener.js';
import { WhipPublisher } from '../bench/clients/whip-publisher.js';
import { decodedRateHz, decodePictures, decodeSound } from '../bench/content/decode-file.js';
import { hearPeople } from '../bench/content/heard-people.js';
import { findPeople, type SeenPerson } from '../bench/content/seen-people.js';
import { formatTable } from '../bench/clients/load-table.js';
import { ServerProcess } from '../bench/support/server-process.js';
import { findFfmpeg } from '../mixer/output/ffmpeg-program.js';
import type { RecordingDescription, RoomDescription } from '../src/rooms/protocol.js';

const room = 'demo';
const canvas = { widthPx: 1280, heightPx: 720 };
/** One pixel for so many of the canvas each way: the width of the border round who speaks, which is nobody's colour. */
const block = 4;
const people: readonly PreparedPerson[] = preparedPeople.slice(0, 4);
const rootFolder = fileURLToPath(new URL('../../', import.meta.url));
const longestSeconds = 3600;
const usage = [
  'usage: npm run demo -- [--seconds 20] [--folder demo]',
  '',
  'Four made-up people meet in a room over WebRTC. Leaves mix.mp4 and mix.png in the folder, and says who was seen and heard in it.',
].join('\n');

function readWishes(): { readonly seconds: number; readonly folder: string } {
  try {
    const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' }, folder: { type: 'string', default: join(rootFolder, 'demo') }, help: { type: 'boolean' } } });
    if (values.help === true) {
      console.log(usage);
      process.exit(0);
    }
    const seconds = Number(values.seconds);
    if (/^\d+$/.test(values.seconds) && seconds >= 2 && seconds <= longestSeconds) return { seconds, folder: values.folder };
    console.error(`--seconds is a whole number from 2 to ${longestSeconds}, not "${values.seconds}".`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  process.exit(2);
}

async function ask<Answer>(url: URL, method = 'GET', body?: object): Promise<Answer> {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url.pathname} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Answer;
}

async function download(url: URL, path: string): Promise<number> {
  const response = await fetch(url);
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new Error(`GET ${url.pathname} answered ${response.status}: ${bytes.toString()}`);
  await writeFile(path, bytes);
  return bytes.length;
}

/** Tells each second who speaks, until the time is up. @throws {Error} when the server cannot be asked any more. */
async function watch(kit: ClientKit, url: URL, listener: WhepListener, seconds: number): Promise<void> {
  let lastFrames = listener.stats.frames;
  await new Promise<void>((resolve, reject) => {
    const stop = kit.metronome.add(1_000_000, kit.clock.nowUs() + 1_000_000, (index) => {
      const { frames } = listener.stats;
      const fps = frames - lastFrames;
      lastFrames = frames;
      if (index + 1 >= seconds) stop();
      ask<RoomDescription>(new URL(`/api/rooms/${room}`, url)).then(({ participants }) => {
        const speaking = participants.filter((participant) => participant.speaking).map(({ name }) => name);
        console.log(`${String(index + 1).padStart(4)} s   ${String(fps).padStart(2)} frames   speaking: ${speaking.length === 0 ? 'nobody' : speaking.join(', ')}`);
        if (index + 1 >= seconds) resolve();
      }, reject);
    });
  });
}

async function record(kit: ClientKit, server: ServerProcess, seconds: number): Promise<void> {
  const publishers: WhipPublisher[] = [];
  for (const [person, { name }] of people.entries()) {
    const [picture, sound] = await Promise.all([kit.media.picture('vp8', person), kit.media.sound(person)]);
    publishers.push(await WhipPublisher.join({ kit, url: server.url, room, name, picture, sound }));
    console.log(`${name} joined`);
  }
  const listener = await WhepListener.join({ kit, url: server.url, room, codec: 'vp8' });
  const recordings = new URL(`/api/rooms/${room}/recordings`, server.url);
  const { id } = await ask<RecordingDescription>(recordings, 'POST', { format: 'mp4' });
  console.log(`recording ${seconds} s; watch it at ${new URL(`/v/${room}`, server.url).href}`);
  await watch(kit, server.url, listener, seconds);
  await download(new URL(`/api/rooms/${room}/snapshot.png`, server.url), join(folder, 'mix.png'));
  const { url, status, error } = await ask<RecordingDescription>(new URL(`${recordings.pathname}/${id}/stop`, server.url), 'POST');
  if (status === 'failed') throw new Error(`the recording failed: ${error ?? 'for no reason told'}`);
  const bytes = await download(new URL(url, server.url), join(folder, 'mix.mp4'));
  console.log(`\n${join(folder, 'mix.mp4')} (${(bytes / 1e6).toFixed(1)} MB) and mix.png`);
  await Promise.all([listener.close(), ...publishers.map((publisher) => publisher.close())]);
}

/** Prints who is in the recording; true when everyone was both seen and heard. */
async function judge(): Promise<boolean> {
  const ffmpegPath = findFfmpeg(process.env['FFMPEG_PATH'] ?? '', process.env['PATH']);
  const path = join(folder, 'mix.mp4');
  const pictures = await decodePictures(ffmpegPath, path, { widthPx: canvas.widthPx / block, heightPx: canvas.heightPx / block, rate: 2 });
  const sound = await decodeSound(ffmpegPath, path);
  const sightings = pictures.map((picture) => findPeople(picture, people));
  const heard = hearPeople(sound, decodedRateHz, people);
  const rows = people.map(({ name, toneHz }, person) => {
    const seen = sightings.flatMap((sighting) => sighting[person] ?? []);
    const { seconds = 0, loudestDb = -Infinity } = heard[person] ?? {};
    return { isThere: seen.length > 0 && seconds > 0, cells: [name, describeSeen(seen), `${(seen.length / 2).toFixed(1)} s`, `${toneHz} Hz`, `${seconds.toFixed(1)} s`, `${loudestDb.toFixed(0)} dB`] };
  });
  console.log(`${(pictures.length / 2).toFixed(1)} s of pictures, ${(sound.length / decodedRateHz).toFixed(1)} s of sound\n`);
  console.log(formatTable([['', 'seen at', 'for', 'heard as', 'for', 'up to'], ...rows.map(({ cells }) => cells)]));
  return rows.every(({ isThere }) => isThere);
}

/** Where he was most of the time: the sighting in the middle. */
function describeSeen(seen: readonly SeenPerson[]): string {
  const middle = seen[Math.floor(seen.length / 2)];
  if (middle === undefined) return 'nowhere';
  const { left, top, width, height } = middle.rectangle;
  return `${Math.round(width * canvas.widthPx)}x${Math.round(height * canvas.heightPx)}+${Math.round(left * canvas.widthPx)}+${Math.round(top * canvas.heightPx)}`;
}

const { seconds, folder } = readWishes();
await mkdir(folder, { recursive: true });
const recordingsFolder = await mkdtemp(join(tmpdir(), 'tessera-demo-'));
const kit = await createClientKit({ onMaking: (fileName) => console.log(`making ${fileName} (once)`) });
for (const person of people.keys()) await Promise.all([kit.media.picture('vp8', person), kit.media.sound(person)]);
const server = await ServerProcess.start({ environment: { TESSERA_RECORDINGS_FOLDER: recordingsFolder } });
console.log(`the server listens on ${server.url.origin}`);
try {
  await record(kit, server, seconds);
} finally {
  await server.stop();
  await rm(recordingsFolder, { recursive: true, force: true });
}
const isComplete = await judge();
if (!isComplete) console.error('\nSomebody is missing.');
process.exit(isComplete ? 0 : 1);
