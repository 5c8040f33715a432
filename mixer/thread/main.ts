// The entry of a room's mixer thread: its worker data are the MixerOptions, its messages lists of the protocol's commands, and of its events.
import { parentPort, workerData } from 'node:worker_threads';
import { AudioEngine } from '../audio/audio-engine.js';
import { RoomClock } from '../clock/room-clock.js';
import { systemTimers } from '../clock/timers.js';
import type { MixerCommand, MixerOptions } from '../protocol.js';
import { LetteringThread } from '../video/lettering-thread/lettering-thread.js';
import { EventOutbox } from './event-outbox.js';
import { MixerThread } from './mixer-thread.js';
import { transferOf } from './transfer.js';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a thread.');
const options = workerData as MixerOptions;
/** What libuv takes when nothing is set. */
const usualPoolThreads = 4;

const outbox = new EventOutbox((events) => {
  port.postMessage(events, events.flatMap(transferOf));
  // Nothing keeps the thread alive any more but this port.
  if (events.some(({ type }) => type === 'closed')) port.close();
});
const thread = await MixerThread.create({
  options,
  time: new RoomClock(options.zero),
  timers: systemTimers,
  poolThreads: Number(process.env['UV_THREADPOOL_SIZE'] ?? usualPoolThreads),
  createAudio: (audioOptions) => AudioEngine.create(audioOptions),
  createLettering: (letteringOptions) => new LetteringThread(letteringOptions),
  onEvent: (event) => outbox.add(event),
});
port.on('message', (commands: readonly MixerCommand[]) => {
  for (const command of commands) thread.handle(command);
});
