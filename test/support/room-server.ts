/** The whole product in the test's own process: real room processes on free UDP ports of the loopback, with a canvas that leaves the CPU to the clients. */
import { join } from 'node:path';
import type { Config } from '../../src/config.js';
import { startTestServer, type TestServer } from './test-server.js';

const roomModulePath = join(import.meta.dirname, '../../src/room/main.js');

/** A sixth of the default's work: libwebrtc's clients and Chromium share two cores with the room. */
const smallCanvas = { canvasWidth: 640, canvasHeight: 360, canvasFps: 20, videoBitrateBps: 800_000 } as const;

export async function startRoomServer(config: Partial<Config> = {}): Promise<TestServer> {
  return startTestServer({ roomModulePath, config: { udpPortMin: 0, udpPortMax: 0, ...smallCanvas, ...config } });
}
