/** A room process as the server sees it: it is asked, it answers, it tells, it ends. What it does is `src/room`. */
import { fork, type ChildProcess, type ForkOptions } from 'node:child_process';
import { AppError, isErrorCode } from '../errors.js';
import type { Log } from '../log.js';
import type { CancelTimer, Time } from '../time.js';
import type { RoomAnswerMessage, RoomEvent, RoomProcessMessage, RoomRequestName, RoomRequests } from './protocol.js';

export interface RoomProcessOptions {
  /** Absolute path of the module that the process runs. */
  readonly modulePath: string;
  readonly time: Time;
  readonly log: Log;
}

/** How a process came to its end. */
export interface RoomProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Decoders and encoders run on libuv's pool: fewer threads leave a core idle while FFmpeg works, more only add switching. */
const roomThreadPoolSize = 4;
/**
 * glibc gives each thread that allocates an arena of its own, and frames that one thread allocates and another frees spread over all of them: with two
 * arenas instead of eight a room of 16 has 20 MB less, at the same CPU time.
 */
const roomMallocArenas = 2;
/**
 * Stack traces that name the source. Semi-space in MB: V8 touches three of them in full and never gives them back; 32, 4 and 2 cost a room of 16 the same CPU
 * time (about 1.0 CPU-s/s) and 290, 240 and 230 MB.
 */
const roomExecArgv = ['--enable-source-maps', '--max-semi-space-size=2'];
/** How each room process is started. */
export function roomForkOptions(env: NodeJS.ProcessEnv): ForkOptions {
  return {
    serialization: 'advanced',
    execArgv: roomExecArgv,
    env: { MALLOC_ARENA_MAX: String(roomMallocArenas), ...withoutOptions(env), UV_THREADPOOL_SIZE: String(roomThreadPoolSize) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  };
}

/** Rooms are told their options; what reads strangers' bytes has no use for the others, such as the secret shared with a TURN server. */
function withoutOptions(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TESSERA_')));
}

/** Answers take milliseconds; a process that is silent for so long is stuck, and whoever asks should not wait as long as a browser would. */
const requestTimeoutMs = 5000;
/** From the answer to `close`, or the end of the channel, to the end of the process; then it is killed. */
const exitTimeoutMs = 1500;

interface PendingRequest {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly cancelTimeout: CancelTimer;
}

export class RoomProcess {
  /** Resolves when the process takes `open`, rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves at the end of the process, once. */
  readonly exited: Promise<RoomProcessExit>;
  /** Whoever owns the process sets it; what arrives before is logged by nobody, since an unopened process tells nothing but `ready`. */
  onEvent: ((event: RoomEvent) => void) | undefined;

  readonly #child: ChildProcess;
  readonly #time: Time;
  readonly #log: Log;
  readonly #pending = new Map<number, PendingRequest>();
  #lastRequestId = 0;
  #hasExited = false;
  #cancelKill: CancelTimer | undefined;
  #becomeReady: () => void = () => undefined;

  constructor({ modulePath, time, log }: RoomProcessOptions) {
    this.#time = time;
    this.#child = fork(modulePath, roomForkOptions(process.env));
    this.#log = log.child({ roomPid: this.pid });
    this.exited = new Promise((resolve) => {
      // A program that cannot even be started emits `error` and no `exit`.
      this.#child.once('error', () => this.#finish(resolve, { code: null, signal: null }));
      this.#child.once('exit', (code, signal) => this.#finish(resolve, { code, signal }));
    });
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve;
      void this.exited.then(() => reject(new AppError('room_failed')));
    });
    // Whether anybody waits for it is the owner's affair: a spare that dies must not be an unhandled rejection.
    this.ready.catch(() => undefined);
    // Without its channel a process can neither be asked nor told to end: it ends by itself, or is made to.
    this.#child.once('disconnect', () => this.#killLater());
    this.#child.on('message', (message) => this.#receive(message as RoomProcessMessage));
  }

  /** -1 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** @throws {AppError} what the process answers, room_failed when it has ended, room_timeout when it is silent */
  request<Name extends RoomRequestName>(name: Name, params: RoomRequests[Name]['params'], timeoutMs = requestTimeoutMs): Promise<RoomRequests[Name]['result']> {
    if (this.#hasExited || !this.#child.connected) return Promise.reject(new AppError('room_failed'));
    const requestId = ++this.#lastRequestId;
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.#time.after(timeoutMs, () => {
        this.#pending.delete(requestId);
        this.#log.limited('warn', 'the room process did not answer in time', { request: name, timeoutMs });
        reject(new AppError('room_timeout'));
      });
      this.#pending.set(requestId, { resolve: resolve as (result: unknown) => void, reject, cancelTimeout });
      // A failure to send is a dying process: `exit` follows and rejects what is pending.
      this.#child.send({ requestId, name, params }, () => undefined);
    });
  }

  kill(): void {
    if (!this.#hasExited) this.#child.kill('SIGKILL');
  }

  /** Asks the process to tell everyone, finish its recordings and end; kills it when that takes longer than `timeoutMs`. */
  async close(reason: string, timeoutMs: number): Promise<void> {
    try {
      await this.request('close', { reason }, timeoutMs);
      this.#killLater();
      await this.exited;
    } catch {
      // Silent, or gone already.
      this.kill();
      await this.exited;
    }
  }

  #killLater(): void {
    if (this.#hasExited || this.#cancelKill !== undefined) return;
    this.#cancelKill = this.#time.after(exitTimeoutMs, () => {
      this.#log.warn('the room process did not end by itself: killed');
      this.kill();
    });
  }

  #receive(message: RoomProcessMessage): void {
    if (message.type === 'ready') this.#becomeReady();
    else if (message.type === 'answer' || message.type === 'error') this.#takeAnswer(message);
    else if (message.type === 'log') this.#log.write(message.level, message.message, message.fields);
    else this.onEvent?.(message);
  }

  #takeAnswer(message: RoomAnswerMessage): void {
    const pending = this.#pending.get(message.requestId);
    // Its question timed out.
    if (pending === undefined) return;
    this.#pending.delete(message.requestId);
    pending.cancelTimeout();
    if (message.type === 'answer') pending.resolve(message.result);
    else pending.reject(new AppError(isErrorCode(message.error.code) ? message.error.code : 'internal', message.error.message, message.error.details));
  }

  #finish(resolve: (exit: RoomProcessExit) => void, exit: RoomProcessExit): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#cancelKill?.();
    for (const { reject, cancelTimeout } of this.#pending.values()) {
      cancelTimeout();
      reject(new AppError('room_failed'));
    }
    this.#pending.clear();
    resolve(exit);
  }
}
