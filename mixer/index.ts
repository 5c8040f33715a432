// The one door of the media engine: a handle of the thread that mixes a room.
import { url as inspectorUrl } from 'node:inspector';
import { Worker } from 'node:worker_threads';
import { RoomClock } from './clock/room-clock.js';
import { systemTimers, type CancelTimer, type Timers } from './clock/timers.js';
import type { MixerClosingReport, MixerCommand, MixerEvent, MixerOptions, MixerStats } from './protocol.js';
import { Watchdog } from './clock/watchdog.js';
import { transferOf } from './thread/transfer.js';

export * from './protocol.js';
export { HearingRow } from './audio/hearing-row.js';
export { NoiseFloor } from './audio/noise-floor.js';
export { opusPacketIsSilence } from './audio/opus-packet.js';
export { ManualClock, RoomClock, type RoomTime } from './clock/room-clock.js';
export { systemTimers, type CancelTimer, type Timers } from './clock/timers.js';
export { findFfmpeg } from './output/ffmpeg-program.js';
export { Recording, recordingCodec } from './output/recording.js';

export interface MixerHandleOptions {
  readonly options: MixerOptions;
  /** All events but the answers to `snapshot`, `stats`, `ping` and `close`. */
  readonly onEvent: (event: MixerEvent) => void;
  /** The thread is gone or hangs, and nobody asked it to go: the room cannot go on. Called once. */
  readonly onExit: (reason: string) => void;
  /** What the thread runs; tests hand in threads that die. */
  readonly entry?: URL;
  readonly timers?: Timers;
}

interface Answer {
  readonly resolve: (event: MixerEvent) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Media goes over at once if none went just now, else when this is over, all together: to wake an idle thread takes 50 to 130 us of CPU time on a virtual
 * machine, and the packets of 16 people would do it 1,300 times a second. The mixer takes sound each 20 ms and pictures each 33: nobody notices 3.
 */
const betweenBatchesUs = 3_000;
const mostWaiting = 32;

/** Codec calls under way end within a few hundred ms; a thread that needs longer hangs and is stopped. */
const longestClosingMs = 5_000;
/** Three semi-spaces of 2 MB. Packets, frames and ticks live for milliseconds; of Node's default, 48, all is touched and nothing given back. */
const maxYoungGenerationSizeMb = 6;

export class Mixer {
  readonly #worker: Worker;
  readonly #time: RoomClock;
  readonly #onEvent: (event: MixerEvent) => void;
  readonly #onExit: (reason: string) => void;
  readonly #answers = new Map<number, Answer>();
  readonly #watchdog: Watchdog;
  #outbox: MixerCommand[] = [];
  #cancelFlush: CancelTimer | undefined;
  #lastFlushUs = Number.NEGATIVE_INFINITY;
  #lastRequestId = 0;
  #state: 'starting' | 'running' | 'closing' | 'gone' = 'starting';
  #failure = 'the mixer thread ended by itself';
  #closing: Promise<MixerClosingReport> | undefined;
  #onClosed: ((report: MixerClosingReport) => void) | undefined;

  /** Starts the thread. @throws when it cannot start, for lack of a codec or of memory */
  static async create(given: MixerHandleOptions): Promise<Mixer> {
    const worker = new Worker(given.entry ?? new URL('./thread/main.js', import.meta.url), { name: 'mixer', workerData: given.options, resourceLimits: { maxYoungGenerationSizeMb } });
    return new Promise((resolve, reject) => {
      const mixer = new Mixer(worker, given, reject);
      worker.on('message', (events: readonly MixerEvent[]) => {
        for (const event of events) {
          if (event.type === 'ready') {
            mixer.#begin();
            resolve(mixer);
          } else mixer.#receive(event);
        }
      });
    });
  }

  private constructor(worker: Worker, { options, onEvent, onExit, timers = systemTimers }: MixerHandleOptions, onNoStart: (error: Error) => void) {
    this.#worker = worker;
    this.#time = new RoomClock(options.zero);
    this.#onEvent = onEvent;
    this.#onExit = onExit;
    this.#watchdog = new Watchdog({
      timers,
      ask: () => this.send({ type: 'ping' }),
      onSilence: (silentMs) => this.#giveUp(`the mixer thread has not answered for ${silentMs} ms`),
    });
    worker.on('error', (error) => {
      this.#failure = error.message;
    });
    worker.on('exit', () => {
      const state = this.#state;
      this.#state = 'gone';
      this.#watchdog.stop();
      this.#cancelFlush?.();
      this.#rejectAnswers();
      if (state === 'starting') onNoStart(new Error(this.#failure));
      else if (state === 'running') this.#onExit(this.#failure);
    });
  }

  #begin(): void {
    this.#state = 'running';
    // A breakpoint is no fault.
    if (inspectorUrl() === undefined) this.#watchdog.start();
  }

  #receive(event: MixerEvent): void {
    if (event.type === 'snapshot' || event.type === 'stats') {
      this.#answers.get(event.requestId)?.resolve(event);
      this.#answers.delete(event.requestId);
    } else if (event.type === 'pong') this.#watchdog.hear();
    else if (event.type === 'closed') this.#onClosed?.(event.report);
    else this.#onEvent(event);
  }

  /** The thread stays as it is: to stop one in the middle of a codec's call crashes the process. */
  #giveUp(failure: string): void {
    if (this.#state !== 'running') return;
    this.#state = 'gone';
    this.#failure = failure;
    this.#rejectAnswers();
    this.#onExit(failure);
  }

  #rejectAnswers(): void {
    for (const { reject } of this.#answers.values()) reject(new Error(this.#failure));
    this.#answers.clear();
  }

  /** `data` belongs to the mixer from now on. Commands arrive in order; media up to 3 ms later. Ignored once the thread is gone. */
  send(command: MixerCommand): void {
    if (this.#state !== 'running') return;
    this.#outbox.push(command);
    const isMedia = command.type === 'audioPacket' || command.type === 'videoFrame';
    if (!isMedia || this.#outbox.length >= mostWaiting) this.#flush();
    else this.#cancelFlush ??= this.#flushSoon();
  }

  #flushSoon(): CancelTimer {
    const waitUs = this.#lastFlushUs + betweenBatchesUs - this.#time.nowUs();
    if (waitUs > 0) return systemTimers.after(Math.ceil(waitUs / 1000), () => this.#flush());
    // What came in with the same turn of the event loop goes with it.
    const immediate = setImmediate(() => this.#flush());
    return () => clearImmediate(immediate);
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#lastFlushUs = this.#time.nowUs();
    const commands = this.#outbox;
    this.#outbox = [];
    if (this.#state === 'running' && commands.length > 0) this.#worker.postMessage(commands, commands.flatMap(transferOf));
  }

  /** The canvas as PNG; takes up to 1.5 s where nobody watches. @throws when it cannot be encoded, or the thread ends before */
  async snapshot(): Promise<Uint8Array> {
    const event = await this.#ask('snapshot');
    if (event.type !== 'snapshot' || event.png.byteLength === 0) throw new Error('The snapshot could not be taken.');
    return event.png;
  }

  /** @throws when the thread ends before */
  async stats(): Promise<MixerStats> {
    const event = await this.#ask('stats');
    if (event.type !== 'stats') throw new Error(`A request for statistics was answered by ${event.type}.`);
    return event.stats;
  }

  #ask(type: 'snapshot' | 'stats'): Promise<MixerEvent> {
    if (this.#state !== 'running') return Promise.reject(new Error(`The mixer is ${this.#state}.`));
    this.#lastRequestId += 1;
    const requestId = this.#lastRequestId;
    const answer = new Promise<MixerEvent>((resolve, reject) => this.#answers.set(requestId, { resolve, reject }));
    this.send({ type, requestId });
    return answer;
  }

  /** Ends the thread. @throws when it had to be stopped, because it did not end by itself, or had ended before */
  close(): Promise<MixerClosingReport> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<MixerClosingReport> {
    if (this.#state !== 'running') throw new Error(`The mixer is ${this.#state}: ${this.#failure}`);
    this.send({ type: 'close' });
    this.#state = 'closing';
    this.#watchdog.stop();
    this.#failure = 'The mixer was closed.';
    let cancel = (): void => undefined;
    try {
      return await new Promise<MixerClosingReport>((resolve, reject) => {
        this.#onClosed = resolve;
        this.#worker.once('exit', () => reject(new Error(this.#failure)));
        cancel = systemTimers.after(longestClosingMs, () => reject(new Error(`The mixer thread did not close within ${longestClosingMs} ms.`)));
      });
    } finally {
      cancel();
      await this.#worker.terminate();
    }
  }
}
