/** A publisher in a process of its own, to be killed: `publisher-process.js <server URL> <room> <name> <colour> <tone in Hz>`. Says its participant's id when it is in. */
import { testColors, type TestColor } from './colored-tone-source.js';
import { WrtcPublisher } from './wrtc-client.js';

const [serverUrl = '', room = '', name = '', color = '', toneHz = ''] = process.argv.slice(2);
if (!Object.hasOwn(testColors, color)) throw new Error(`no test colour: ${color}`);
const publisher = await WrtcPublisher.join(serverUrl, room, name, { color: color as TestColor, toneHz: Number(toneHz) });
process.send?.(publisher.participantId);
