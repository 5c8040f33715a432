// The entry of a room's mixer thread: its worker data are the MixerOptions, its messages the protocol's commands and events.
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

const thread = await MixerThread.create({
  options,
  time: new RoomClock(options.zero),
  timers: systemTimers,
  createAudio: (audioOptions) => AudioEngine.create(audioOptions),
  createLettering: (letteringOptions) => new LetteringThread(letteringOptions),
  onEvent(event: MixerEvent) {
    port.postMessage(event, transferOf(event));
    // Nothing keeps the thread alive any more but this port.
    if (event.type === 'closed') port.close();
  },
});
port.on('message', (command: MixerCommand) => thread.handle(command));
