/** Starts Debian's (or any) Firefox for tests: headless, offline, with fake devices, driven over WebDriver BiDi. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BidiConnection } from './bidi-connection.js';
import { FirefoxPage } from './firefox-page.js';

/** `scripts/test.mjs` finds or installs it. */
const programPath = process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr';
/** A new profile on a busy machine. */
const startTimeoutMs = 60_000;
const listensPattern = /WebDriver BiDi listening on (ws:\S+)/;

/** Written into the profile's user.js. */
const preferences: Readonly<Record<string, boolean | number | string>> = {
  // A camera whose colour wanders and a microphone with one tone; nobody is there to allow them.
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  // Server and browser are on one machine, and its addresses are no secret to it.
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  // Nothing is asked of the internet.
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'http://127.0.0.1:9',
  'toolkit.telemetry.enabled': false,
};

interface LogEntry {
  readonly level: string;
  readonly text: string | null;
}

export class Firefox {
  /** Exceptions and console errors of its pages. */
  readonly problems: readonly string[];
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #bidi: BidiConnection;
  readonly #pages: FirefoxPage[] = [];

  private constructor(child: ChildProcess, profile: string, bidi: BidiConnection, problems: readonly string[]) {
    this.#child = child;
    this.#profile = profile;
    this.#bidi = bidi;
    this.problems = problems;
  }

  static async launch(): Promise<Firefox> {
    const profile = mkdtempSync(join(tmpdir(), 'tessera-firefox-'));
    writeFileSync(join(profile, 'user.js'), Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join(''));
    // Its own home: as root it refuses another user's.
    const child = spawn(programPath, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' } });
    const problems: string[] = [];
    try {
      const bidi = await BidiConnection.open(`${await listeningUrl(child)}/session`, (method, params) => {
        const { level, text } = params as LogEntry;
        if (method === 'log.entryAdded' && level === 'error') problems.push(text ?? '');
      });
      await bidi.send('session.new', { capabilities: {} });
      await bidi.send('session.subscribe', { events: ['log.entryAdded'] });
      return new Firefox(child, profile, bidi, problems);
    } catch (error) {
      await end(child, profile);
      throw error;
    }
  }

  /** @param scripts run in the page before its own, each by itself */
  async open(url: string, scripts: readonly string[] = []): Promise<FirefoxPage> {
    const page = await FirefoxPage.open(this.#bidi, url, scripts);
    this.#pages.push(page);
    return page;
  }

  /** After each test. */
  async closePages(): Promise<void> {
    for (const page of this.#pages.splice(0)) await page.close();
  }

  async close(): Promise<void> {
    this.#bidi.close();
    await end(this.#child, this.#profile);
  }
}

async function end(child: ChildProcess, profile: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const ended = once(child, 'exit');
    // Not asked: its farewell takes seconds, and there is nothing to be kept.
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}

async function listeningUrl(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error(`Firefox did not listen within ${startTimeoutMs} ms:\n${said.join('\n')}`)), startTimeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timeout);
      reject(error);
    };
    child.once('error', (error) => fail(new Error(`These tests need Firefox (on Debian: apt-get install firefox-esr), or FIREFOX_PATH: ${error.message}`)));
    child.once('exit', (code) => fail(new Error(`Firefox ended with code ${code}:\n${said.join('\n')}`)));
    createInterface({ input: child.stderr! }).on('line', (line) => {
      said.push(line);
      const [, url] = listensPattern.exec(line) ?? [];
      if (url === undefined) return;
      clearTimeout(timeout);
      resolve(url);
    });
  });
}
