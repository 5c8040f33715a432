import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Config } from '../../src/config.js';
import { writeDeviceFiles, type DeviceFilesOptions } from './device-files.js';
import { PageBrowser } from './page-browser.js';
import { startRoomServer } from './room-server.js';
import type { TestServer } from './test-server.js';

export interface RoomSetUp {
  readonly browser: PageBrowser;
  readonly server: TestServer;
  /** Empty but for the device files; gone with the server. */
  readonly folder: string;
}

export interface RoomSetUpOptions {
  readonly config?: Partial<Config>;
  /** What the browser's camera shows and its microphone hears; without, its own that beep and tick. */
  readonly devices?: Omit<DeviceFilesOptions, 'folder'>;
}

/** What a file of tests of the whole product in a browser stands on: one server and one Chromium, with which `begin` goes on. A test ends without a complaint from its pages. */
export function setUpRoom(begin: (setUp: RoomSetUp) => void, { config, devices }: RoomSetUpOptions = {}): void {
  let setUp: RoomSetUp;

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tessera-e2e-'));
    const server = await startRoomServer(config);
    const browser = await PageBrowser.launch(devices === undefined ? {} : { devices: await writeDeviceFiles({ folder, ...devices }) });
    setUp = { browser, server, folder };
    begin(setUp);
  });
  afterEach(async () => {
    await setUp.browser.closePages();
    expect(setUp.browser.problems.splice(0)).to.deep.equal([]);
  });
  after(async () => {
    await setUp.browser.close();
    await setUp.server.close();
    rmSync(setUp.folder, { recursive: true, force: true });
  });
}
