/** The one table of options. README's table and tessera.yaml are made from it (`npm run docs`); `config-load.ts` reads the values. */
import { flag, integer, isAddress, isHost, list, oneOf, secret, someOf, string, type Option } from './config-option.js';
import { logLevels } from './log.js';
import { splitAddresses } from './addresses.js';
import { isTurn } from './ice-servers.js';
import { isOriginOrEvery } from './origins.js';

/** Pixels and frames a second that a canvas may have; even, because 4:2:0 chroma has no odd positions. */
export const canvasRanges = {
  width: { min: 160, max: 1920, multipleOf: 2 },
  height: { min: 120, max: 1920, multipleOf: 2 },
  fps: { min: 5, max: 60 },
} as const;

/** More people than 1,000 one picture cannot name, and their list alone is 400 kB at each change. */
export const participantsRange = { min: 1, max: 1000 } as const;

const portRange = { min: 0, max: 65_535 };
const dayMs = 86_400_000;

/** They go into headers and into HMACs, as they are. */
const printable = 'up to 256 printable ASCII characters';
const isPrintable = (text: string): boolean => /^[\x20-\x7e]{0,256}$/.test(text);

function isHostPair(text: string): boolean {
  const addresses = splitAddresses(text);
  return addresses.every(isAddress) && new Set(addresses.map((address) => address.includes(':'))).size === addresses.length;
}

export const optionTable = {
  httpHost: string({ key: 'http.host', default: '127.0.0.1', meaning: 'Address or name that HTTP and WebSocket listen on; `0.0.0.0` is every address of the machine.' }, 'an address or host name', isHost),
  httpPort: integer({ key: 'http.port', default: 8080, meaning: 'TCP port of HTTP and WebSocket; 0 takes any free one.' }, portRange),
  httpBodyLimitBytes: integer({ key: 'http.bodyLimitBytes', default: 65_536, unit: 'bytes', meaning: 'Longest JSON body that is read.' }, { min: 1024, max: 1_048_576 }),
  allowedOrigins: list({ key: 'http.allowedOrigins', default: [], meaning: 'Origins whose pages may use the API, WHIP, WHEP and the WebSocket, and read recordings, e.g. `https://meet.example.org`; empty: only this server\'s own, reached by an address or as `localhost`. When it has a name, list that, too: it refuses names that it does not know. `*` is every page of the web.' }, 'origins (scheme, host and port as browsers write them, without a path or a slash at the end, e.g. https://meet.example.org) or *', isOriginOrEvery),
  udpHost: string({ key: 'udp.host', default: '', meaning: 'Address that the media ports are bound to, or one IPv4 and one IPv6 address with a comma between; empty: the loopback address that HTTP listens on, else every address of the machine, IPv4 and IPv6.' }, 'an address, one of each family, or empty', isHostPair),
  udpPortMin: integer({ key: 'udp.portMin', default: 40_000, meaning: 'First port for media, UDP and TCP; each room takes one. With 0 here and in `udp.portMax` any free port is taken.' }, portRange),
  udpPortMax: integer({ key: 'udp.portMax', default: 40_099, meaning: 'Last port for media.' }, portRange),
  announcedAddresses: list({ key: 'udp.announcedAddresses', default: [], meaning: 'Addresses at which clients reach the media ports, e.g. the public one of a NAT or a container\'s host; empty: `127.0.0.1` when HTTP listens on a loopback address, else the machine\'s own addresses.' }, 'addresses', isAddress),
  iceServers: list({ key: 'ice.servers', default: [], meaning: 'STUN and TURN servers that clients are told to use, e.g. `turn:turn.example.org:3478?transport=udp`.' }, 'stun: or turn: URLs', (text) => /^(stun|turn)s?:[^\s<>"]+$/.test(text)),
  iceTcp: flag({ key: 'ice.tcp', default: true, meaning: 'Media ports also take TCP on the same number, for clients whose network blocks UDP.' }),
  turnSecret: secret({ key: 'ice.turnSecret', default: '', meaning: 'Secret that is shared with the TURN servers (coturn: `static-auth-secret`), from which each client gets credentials of its own that expire.' }, printable, isPrintable),
  turnCredentialMs: integer({ key: 'ice.turnCredentialMs', default: 43_200_000, unit: 'ms', meaning: 'How long credentials made from `ice.turnSecret` are valid.' }, { min: 60_000, max: 7 * dayMs }),
  turnUsername: string({ key: 'ice.turnUsername', default: '', meaning: 'Fixed user name for the TURN servers, where there is no `ice.turnSecret`.' }, printable, isPrintable),
  turnPassword: secret({ key: 'ice.turnPassword', default: '', meaning: 'Fixed password for the TURN servers, which every client is told.' }, printable, isPrintable),
  createOnJoin: flag({ key: 'rooms.createOnJoin', default: true, meaning: 'A room is made by whoever joins it first; with `false` only `POST /api/rooms` makes rooms.' }),
  emptyTimeoutMs: integer({ key: 'rooms.emptyTimeoutMs', default: 30_000, unit: 'ms', meaning: 'A room is closed so long after its last participant or viewer left.' }, { min: 0, max: dayMs }),
  unusedTimeoutMs: integer({ key: 'rooms.unusedTimeoutMs', default: 300_000, unit: 'ms', meaning: 'A room that nobody has joined yet is closed so long after it was made.' }, { min: 0, max: dayMs }),
  maxRooms: integer({ key: 'rooms.max', default: 20, meaning: 'Rooms open at the same time.' }, { min: 1, max: 1000 }),
  maxParticipants: integer({ key: 'rooms.maxParticipants', default: 50, meaning: 'Participants in a room.' }, participantsRange),
  maxViewers: integer({ key: 'rooms.maxViewers', default: 500, meaning: 'Viewers of a room.' }, { min: 0, max: 10_000 }),
  defaultLayout: string({ key: 'rooms.layout', default: 'grid', meaning: 'Layout of a new room.' }, 'the name of a layout', (text) => text !== ''),
  participantTimeoutMs: integer({ key: 'rooms.participantTimeoutMs', default: 8000, unit: 'ms', meaning: 'A participant or viewer without a sign of life for so long is gone. Who only listens gives one each 6 s at most.' }, { min: 7000, max: 600_000 }),
  resumeTimeoutMs: integer({ key: 'rooms.resumeTimeoutMs', default: 15_000, unit: 'ms', meaning: 'A page whose WebSocket was lost may go on over another one, as the same participant, for so long while its media live; who vanishes with his media is gone after `rooms.participantTimeoutMs`, if that is shorter. 0: it joins again.' }, { min: 0, max: 120_000 }),
  control: oneOf({ key: 'rooms.control', default: 'everyone', meaning: 'Who may mute, hold, deafen and remove others, and play sounds: everyone in the room, or `api`, only who uses the HTTP interface.' }, ['everyone', 'api']),
  requiredMedia: someOf({ key: 'whip.required', default: [], meaning: 'What a WHIP publisher has to send; empty: sound alone and picture alone are welcome, too. Who joins with a page may always come without camera or microphone.' }, ['audio', 'video']),
  canvasWidth: integer({ key: 'canvas.width', default: 1280, unit: 'px', meaning: 'Width of a new room\'s picture.' }, canvasRanges.width),
  canvasHeight: integer({ key: 'canvas.height', default: 720, unit: 'px', meaning: 'Height of a new room\'s picture.' }, canvasRanges.height),
  canvasFps: integer({ key: 'canvas.fps', default: 30, unit: 'frames/s', meaning: 'Frame rate of a new room\'s picture.' }, canvasRanges.fps),
  videoBitrateBps: integer({ key: 'media.videoBitrateBps', default: 1_500_000, unit: 'bps', meaning: 'Bitrate of the mixed picture, for each codec that is in use. Lines that cannot take it get 640x360 at 500 kbps, 320x180 at 100 kbps, or sound alone.' }, { min: 100_000, max: 20_000_000 }),
  audioBitrateBps: integer({ key: 'media.audioBitrateBps', default: 48_000, unit: 'bps', meaning: 'Bitrate of each mixed sound; rooms for music take 96000 at least.' }, { min: 8000, max: 256_000 }),
  maxInputPixels: integer({ key: 'media.maxInputPixels', default: 1920 * 1088, unit: 'px', meaning: 'Largest picture of a participant that is decoded, width times height; a larger one shows as an avatar.' }, { min: 320 * 240, max: 4096 * 2304 }),
  audioMode: oneOf({ key: 'audio.mode', default: 'voice', meaning: 'Sound of a new room: `voice` is mono, with in-band FEC, and brings people to one loudness; `music` is stereo and leaves levels as they are.' }, ['voice', 'music']),
  audioComplexity: integer({ key: 'audio.complexity', default: 5, meaning: 'Effort of the Opus encoders. From 7 on libopus also tells speech from music, and may leave out FEC.' }, { min: 0, max: 10 }),
  maxTalkers: integer({ key: 'audio.maxTalkers', default: 12, meaning: 'Of those who speak at the same time so many are mixed, those who have spoken up most; each costs a decode and an encode.' }, { min: 1, max: 50 }),
  maxHearingGroups: integer({ key: 'audio.maxHearingGroups', default: 8, meaning: 'Different ways in which participants may hear others than everyone as he is (rows for interpreters and side talks; not deafness and holds); each costs an encode.' }, { min: 1, max: 50 }),
  noiseSuppression: flag({ key: 'audio.noiseSuppression', default: false, meaning: 'Whether noise is taken out of a new participant\'s voice; everyone can switch it for himself.' }),
  levelling: flag({ key: 'audio.levelling', default: true, meaning: 'Whether a new participant\'s loudness is brought toward the common one.' }),
  recordingsFolder: string({ key: 'recordings.folder', default: './recordings', meaning: 'Where recordings are written; made at the start when it is not there.' }, 'a path', (text) => text !== '' && !text.includes('\0')),
  maxRecordings: integer({ key: 'recordings.maxPerRoom', default: 2, meaning: 'Recordings of a room that may run at the same time.' }, { min: 0, max: 16 }),
  soundsFolder: string({ key: 'sounds.folder', default: './sounds', meaning: 'Where the sound files lie that can be played into rooms (.wav, .mp3, .ogg, .opus, .flac, .m4a); may be missing.' }, 'a path', (text) => text !== '' && !text.includes('\0')),
  holdSound: string({ key: 'sounds.hold', default: 'hold.wav', meaning: 'File of that folder that is played to whoever is put on hold without another one; empty, or not there: silence.' }, 'a file name or empty', (text) => !/[/\\\0]/.test(text)),
  ffmpegPath: string({ key: 'ffmpeg.path', default: '', otherEnv: 'FFMPEG_PATH', meaning: 'FFmpeg program that writes recordings; empty: `ffmpeg` on the PATH, else the one that comes along.' }, 'a path or empty', (text) => !text.includes('\0')),
  logLevel: oneOf({ key: 'log.level', default: 'info', meaning: 'Least level that is logged.' }, logLevels),
  logFormat: oneOf({ key: 'log.format', default: 'auto', meaning: 'Log lines for people, or JSON; `auto`: for people on a terminal.' }, ['auto', 'human', 'json']),
} as const satisfies Record<string, Option<never> | Option<string> | Option<number> | Option<boolean> | Option<readonly string[]>>;

export type Config = { readonly [Name in keyof typeof optionTable]: (typeof optionTable)[Name] extends Option<infer Value> ? Value : never };

/** What no option can see alone. Each mistake names the options it is about. */
export function findContradictions(config: Config): readonly string[] {
  const mistakes: string[] = [];
  const { udpPortMin, udpPortMax } = config;
  if (udpPortMin > udpPortMax) mistakes.push(`udp.portMin (${udpPortMin}) is above udp.portMax (${udpPortMax})`);
  if ((udpPortMin === 0) !== (udpPortMax === 0)) mistakes.push('udp.portMin and udp.portMax must both be 0 (any free port) or neither');
  const ports = udpPortMax - udpPortMin + 1;
  if (udpPortMax > 0 && udpPortMin > 0 && udpPortMin <= udpPortMax && ports < config.maxRooms) mistakes.push(`rooms.max (${config.maxRooms}) needs as many UDP ports, and udp.portMin to udp.portMax are ${ports}`);
  mistakes.push(...findTurnContradictions(config));
  return mistakes;
}

function findTurnContradictions({ iceServers, turnSecret, turnUsername, turnPassword }: Config): readonly string[] {
  const hasTurn = iceServers.some(isTurn);
  const isFixed = turnUsername !== '' || turnPassword !== '';
  if (turnSecret !== '' && isFixed) return ['ice.turnSecret takes the place of ice.turnUsername and ice.turnPassword; set one or the other'];
  if (isFixed && (turnUsername === '' || turnPassword === '')) return ['ice.turnUsername and ice.turnPassword are needed both'];
  if (hasTurn && turnSecret === '' && !isFixed) return ['ice.servers has a TURN server, and clients need credentials for it: set ice.turnSecret, or ice.turnUsername and ice.turnPassword'];
  if (!hasTurn && (turnSecret !== '' || isFixed)) return ['there are credentials for TURN, and ice.servers has no TURN server'];
  return [];
}
