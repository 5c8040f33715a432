/** The composition root of the server process: what there is, and in which order it starts and ends. No media. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Layouts } from '../layouts/index.js';
import { mediaAddresses } from './addresses.js';
import { findContradictions, type Config } from './config.js';
import { ConfigError } from './config-load.js';
import { makeApp } from './http/app.js';
import { answerClientError } from './http/client-error.js';
import { ControlAllowance } from './http/control-allowance.js';
import { MediaSessions } from './http/media-sessions.js';
import { PageFiles } from './http/page-files.js';
import { IceServers } from './ice-servers.js';
import type { Log } from './log.js';
import { AllowedOrigins } from './origins.js';
import { RoomRegistry, type RoomDefaults } from './rooms/room-registry.js';
import { SignallingServer } from './signalling/signalling-server.js';
import { checkStart } from './start-check.js';
import type { Time } from './time.js';

export interface ServerOptions {
  readonly config: Config;
  readonly time: Time;
  readonly log: Log;
  /** Absolute path of the module that room processes run; tests put a small one there. */
  readonly roomModulePath?: string;
}

export interface TesseraServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly registry: RoomRegistry;
  /** The media sessions of WHIP and WHEP that are open. */
  readonly sessions: MediaSessions;
  /** Ends every room with its recordings finished; within 10 s. */
  close(): Promise<void>;
}

/** This file is dist/src/server.js. */
const pagesFolder = fileURLToPath(new URL('../public/', import.meta.url));
/** A WHIP client on a slow line sends 100 kB in that time; a socket that drips is not kept for longer. */
const requestTimeoutMs = 30_000;
const headersTimeoutMs = 10_000;

/** @throws {ConfigError} when two values do not fit together; the system's error when the address cannot be listened on */
export async function startServer({ config, time, log, roomModulePath = join(import.meta.dirname, 'room/main.js') }: ServerOptions): Promise<TesseraServer> {
  const found = await checkStart(config);
  const mistakes = [...findContradictions(config), ...found.mistakes];
  const { layouts, defaultLayout } = found;
  if (mistakes.length > 0 || defaultLayout === undefined) throw new ConfigError(mistakes);

  const recordingsFolder = resolve(config.recordingsFolder);
  const { createOnJoin, maxRooms, emptyTimeoutMs, unusedTimeoutMs, iceServers: urls, turnSecret, turnCredentialMs, turnUsername, turnPassword } = config;
  const iceServers = new IceServers({ urls, turnSecret, turnCredentialMs, turnUsername, turnPassword, time });
  const registry = new RoomRegistry({ roomModulePath, defaults: roomDefaults(config, defaultLayout, layouts), layouts, createOnJoin, maxRooms, emptyTimeoutMs, unusedTimeoutMs, recordingsFolder, sounds: { folder: resolve(config.soundsFolder), holdFile: config.holdSound }, time, log });
  const sessions = new MediaSessions();
  const pages = await PageFiles.read(pagesFolder);
  const allowedOrigins = new AllowedOrigins(config.allowedOrigins, config.httpHost);
  const app = makeApp({ registry, sessions, recordingsFolder, pages, allowedOrigins, iceServers, bodyLimitBytes: config.httpBodyLimitBytes, controls: new ControlAllowance(time) }, log);
  const handle = app.callback();
  const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: headersTimeoutMs }, (request, response) => void handle(request, response));
  server.on('clientError', answerClientError);
  await listen(server, config);
  const signalling = new SignallingServer({ registry, allowedOrigins, iceServers, resumeTimeoutMs: config.resumeTimeoutMs, control: config.control, time, log });
  signalling.attach(server);
  registry.start();

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    // Listening ends first, so that nobody comes while the rooms go; those who are there are told by their rooms.
    server.close();
    await registry.close();
    await signalling.close();
    server.closeAllConnections();
  };
  return { url: urlOf(server, config.httpHost), registry, sessions, close: () => (closing ??= close()) };
}

async function listen(server: Server, { httpHost, httpPort }: Config): Promise<void> {
  server.listen({ host: httpHost, port: httpPort });
  await once(server, 'listening');
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function roomDefaults(config: Config, layout: string, layouts: Layouts): RoomDefaults {
  const { hosts, announced } = mediaAddresses(config, networkInterfaces());
  return {
    layout,
    layouts: layouts.templates,
    video: { width: config.canvasWidth, height: config.canvasHeight, fps: config.canvasFps },
    videoBitrateBps: config.videoBitrateBps,
    audio: { mode: config.audioMode, bitrateBps: config.audioBitrateBps, complexity: config.audioComplexity, maxTalkers: config.maxTalkers, maxHearingGroups: config.maxHearingGroups },
    udpHosts: hosts,
    iceTcp: config.iceTcp,
    udpPortMin: config.udpPortMin,
    udpPortMax: config.udpPortMax,
    announcedAddresses: announced,
    maxParticipants: config.maxParticipants,
    requiredMedia: config.requiredMedia,
    maxViewers: config.maxViewers,
    maxInputPixels: config.maxInputPixels,
    maxRecordings: config.maxRecordings,
    participantTimeoutMs: config.participantTimeoutMs,
    ffmpegPath: config.ffmpegPath,
    noiseSuppression: config.noiseSuppression,
    levelling: config.levelling,
  };
}
