/** A link in a process of its own, so that neither the clients' nor the server's work delays its datagrams. Forked by {@link Link}; ends with its parent. */
import { RoomClock } from '../../mixer/clock/room-clock.js';
import { systemTimers } from '../../mixer/clock/timers.js';
import { LinkEmulator } from './link-emulator.js';
import type { LinkAnswer, LinkCommand } from './link-protocol.js';

let link: LinkEmulator | undefined;

async function answer(command: LinkCommand): Promise<LinkAnswer> {
  if (command.type === 'open') {
    if (link !== undefined) throw new Error('the link is open already');
    link = await LinkEmulator.open({ server: command.server, seed: command.seed, time: new RoomClock(), timers: systemTimers });
    return { type: 'opened', address: link.address };
  }
  if (link === undefined) throw new Error('the link is not open');
  if (command.type === 'count') return { type: 'counted', counters: link.counters };
  link.impair(command.steps);
  return { type: 'impaired' };
}

process.on('message', (command: LinkCommand) => void answer(command).then((told) => process.send?.(told)));
process.once('disconnect', () => void link?.close());
