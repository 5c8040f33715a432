/** The simulated hours in a process of their own: its memory is then the room's. */
import { simulateHours, type SimulatedHoursOptions } from './simulated-room.js';

const result = await simulateHours(JSON.parse(process.argv[2] ?? '{}') as SimulatedHoursOptions);
process.send?.(result, () => process.disconnect());
