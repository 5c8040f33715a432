// The entry of a room's mixer thread: its worker data are the MixerOptions, its messages lists of the protocol's commands, and of its events.
import { parentPort, workerData } from 'node:worker_threads';
import { AudioEngine } from '../audio/audio-engine.js';
import { RoomClock } from '../clock/room-clock.js';
import { systemTimers } from '../clock/timers.js';
import type { MixerCommand, MixerEvent, MixerOptions } from '../protocol.js';
import { LetteringThread } from '../video/lettering-thread/lettering-thread.js';
import { MixerThread } from './mixer-thread.js';
import { transferOf } from './transfer.js';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a thread.');
const options = workerData as MixerOptions;
/** What libuv takes when nothing is set. */
const usualPoolThreads = 4;

let outbox: MixerEvent[] = [];

/** The sound of a tick goes out together: each message wakes the other thread, which takes either of them 50 us and more (see `Mixer.send`). */
function flush(): void {
  const events = outbox;
  outbox = [];
  port?.postMessage(events, events.flatMap(transferOf));
  // Nothing keeps the thread alive any more but this port.
  if (events.some(({ type }) => type === 'closed')) port?.close();
}

const thread = await MixerThread.create({
  options,
  time: new RoomClock(options.zero),
  timers: systemTimers,
  poolThreads: Number(process.env['UV_THREADPOOL_SIZE'] ?? usualPoolThreads),
  createAudio: (audioOptions) => AudioEngine.create(audioOptions),
  createLettering: (letteringOptions) => new LetteringThread(letteringOptions),
  onEvent(event: MixerEvent) {
    // At the end of this turn.
    if (outbox.push(event) === 1) queueMicrotask(flush);
  },
});
port.on('message', (commands: readonly MixerCommand[]) => {
  for (const command of commands) thread.handle(command);
});
