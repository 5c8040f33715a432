/** What only the machine can say of the options: whether their addresses, ports, folders and programs are there. Each mistake names the options it is about. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer, isIP, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import type { Layouts } from '../layouts/index.js';
import { readLayouts } from '../layouts/load-layouts.js';
import { mediaAddresses } from './addresses.js';
import type { Config } from './config.js';
import { AppError } from './errors.js';
import { closeSocket, openSockets } from './port-sockets.js';
import { tryRecordingsFolder } from './rooms/recordings-folder.js';

/** FFmpeg answers in 50 ms; from a cold disk of a busy machine it may take seconds. */
const versionTimeoutMs = 10_000;

export interface StartCheck {
  readonly mistakes: readonly string[];
  readonly layouts: Layouts;
  /** The own name of the template; undefined when there is none, which is one of the mistakes then. */
  readonly defaultLayout: string | undefined;
}

/** Makes the folder for recordings when it is not there; nothing else is left behind. @param layoutFolders of the templates, those that come along unless said */
export async function checkStart(config: Config, layoutFolders?: readonly URL[]): Promise<StartCheck> {
  const { layouts, errors } = readLayouts(layoutFolders);
  const defaultLayout = layouts.find(config.defaultLayout)?.name;
  const found = await Promise.all([findPortMistake(config), findFolderMistake(config), findProgramMistake(config)]);
  const mistakes = [...errors.map(({ message }) => `layouts/${message}`), ...found.filter((mistake) => mistake !== undefined)];
  if (defaultLayout === undefined) mistakes.unshift(`rooms.layout (TESSERA_ROOMS_LAYOUT) must be one of ${layouts.names.join(', ')}; it is "${config.defaultLayout}"`);
  return { mistakes, layouts, defaultLayout };
}

/** Binds a media port as a room will. Others may take it until then, and a room has an error for that; what is wrong now is told now. */
async function findPortMistake(config: Config): Promise<string | undefined> {
  const { udpPortMin: portMin, udpPortMax: portMax, iceTcp } = config;
  // Told as a contradiction.
  if (portMin > portMax) return undefined;
  const { hosts, announced } = mediaAddresses(config, networkInterfaces());
  try {
    const { hosts: bound, sockets, tcp } = await openSockets({ hosts, portMin, portMax, openTcp: iceTcp ? listenOn : undefined });
    await Promise.all([...sockets.map(closeSocket), closeListeners(tcp ?? [])]);
    if (announced.some((address) => bound.some((host) => isIP(host) === isIP(address)))) return undefined;
    return `udp.announcedAddresses (${announced.join(', ')}) has no address of the family of ${bound.join(' or ')}, where media ports are bound (udp.host)`;
  } catch (error) {
    return describePortError(error, hosts, config);
  }
}

function describePortError(error: unknown, hosts: readonly string[], { udpPortMin, udpPortMax }: Config): string {
  if (!(error instanceof AppError)) throw error;
  const { systemCode } = error.details as { systemCode: string };
  const where = hosts.join(' and ');
  if (systemCode === 'EADDRINUSE') return `udp.portMin to udp.portMax (${udpPortMin} to ${udpPortMax}): others have taken every one of these ports on ${where}`;
  if (systemCode === 'EADDRNOTAVAIL') return `udp.host (TESSERA_UDP_HOST) must be an address of this machine, and ${hosts.length > 1 ? 'one of ' : ''}${where} is none; what a NAT has in front of it belongs to udp.announcedAddresses`;
  return `udp.host and udp.portMin: ${error.message}`;
}

/** TCP for as long as the trial lasts. */
async function listenOn(hosts: readonly string[], port: number): Promise<readonly Server[]> {
  const listening: Server[] = [];
  try {
    for (const host of hosts) {
      const server = createServer((socket) => socket.destroy());
      server.listen({ host, port, ipv6Only: true });
      await once(server, 'listening');
      listening.push(server);
    }
    return listening;
  } catch (error) {
    await closeListeners(listening);
    throw error;
  }
}

async function closeListeners(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((resolved) => server.close(resolved))));
}

async function findFolderMistake({ recordingsFolder, maxRecordings }: Config): Promise<string | undefined> {
  if (maxRecordings === 0) return undefined;
  const folder = resolve(recordingsFolder);
  const fault = await tryRecordingsFolder(folder);
  return fault === undefined ? undefined : `recordings.folder (TESSERA_RECORDINGS_FOLDER) cannot be written to: "${folder}" (${fault}); with recordings.maxPerRoom 0 none is needed`;
}

async function findProgramMistake({ ffmpegPath }: Config): Promise<string | undefined> {
  if (ffmpegPath === '') return undefined;
  if (!canBeRun(ffmpegPath)) return `ffmpeg.path (TESSERA_FFMPEG_PATH or FFMPEG_PATH) names no program that can be run: "${ffmpegPath}"`;
  return (await isFfmpeg(ffmpegPath)) ? undefined : `ffmpeg.path (TESSERA_FFMPEG_PATH or FFMPEG_PATH) names a program that is no FFmpeg, by what it answers to -version: "${ffmpegPath}"`;
}

function isFfmpeg(path: string): Promise<boolean> {
  return new Promise((resolved) => {
    const child = execFile(path, ['-version'], { timeout: versionTimeoutMs, killSignal: 'SIGKILL' }, (error, stdout) => resolved(error === null && stdout.startsWith('ffmpeg version')));
    // One that waits to be told something waits for nothing.
    child.stdin?.end();
  });
}

function canBeRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
