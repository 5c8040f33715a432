import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { launchChromium, type ChromiumOptions } from './chromium.js';

export interface OpenOptions {
  readonly origin: string;
  /** Comes as from the start page: with a name, and having asked to join this room. */
  readonly admitted?: { readonly room: string; readonly name: string; readonly microphone?: boolean; readonly camera?: boolean };
  readonly context?: BrowserContextOptions;
  readonly permissions?: readonly string[];
  /** Runs in the page before anything else. */
  readonly initScript?: string;
}

/** Keeps what a page asks the browser for where a test can look at it. */
export const pageSpies = `
  window.spied = { tracks: [], connections: [], localDescriptions: 0, sockets: [] };
  const media = navigator.mediaDevices;
  for (const method of media ? ['getUserMedia', 'getDisplayMedia'] : []) {
    const original = media[method].bind(media);
    media[method] = async (constraints) => {
      const stream = await original(constraints);
      window.spied.tracks.push(...stream.getTracks());
      return stream;
    };
  }
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...args) { super(...args); window.spied.connections.push(this); }
    setLocalDescription(...args) { window.spied.localDescriptions += 1; return super.setLocalDescription(...args); }
  };
  const OriginalSocket = window.WebSocket;
  window.WebSocket = class extends OriginalSocket {
    said = [];
    constructor(...args) { super(...args); window.spied.sockets.push(this); }
    send(text) { this.said.push(JSON.parse(text).type); super.send(text); }
  };
`;

/** One Chromium for a file of tests; each test has its own profile, and ends without a complaint from the page. */
export class PageBrowser {
  readonly #browser: Browser;
  readonly #contexts: BrowserContext[] = [];
  /** What went wrong in any page: exceptions, console errors, requests to somewhere else. */
  readonly problems: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(options?: ChromiumOptions): Promise<PageBrowser> {
    return new PageBrowser(await launchChromium(options));
  }

  async open({ origin, admitted, context: contextOptions, permissions, initScript }: OpenOptions): Promise<Page> {
    const context = await this.#browser.newContext(contextOptions);
    this.#contexts.push(context);
    if (permissions !== undefined) await context.grantPermissions([...permissions], { origin });
    const page = await context.newPage();
    page.on('pageerror', (error) => this.problems.push(error.stack ?? error.message));
    page.on('console', (message) => {
      // A missing room is an answer like any other, which the browser reports all the same.
      if (message.type() === 'error' && !message.text().includes('status of 404')) this.problems.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(origin)) this.problems.push(`request to ${request.url()}`);
    });
    await page.addInitScript(pageSpies);
    if (initScript !== undefined) await page.addInitScript(initScript);
    if (admitted !== undefined) await page.addInitScript(admissionScript(admitted));
    return page;
  }

  /** After each test. */
  async closePages(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  async close(): Promise<void> {
    await this.closePages();
    await this.#browser.close();
  }
}

/** Comes as from the start page. */
export function admissionScript({ room, name, microphone = true, camera = true }: NonNullable<OpenOptions['admitted']>): string {
  const admission = JSON.stringify(JSON.stringify({ room, microphone, camera }));
  // Once: what the page writes later must not be overwritten when it is loaded again. And not in a frame's blank beginning.
  return `if (location.protocol.startsWith('http') && sessionStorage.getItem('tessera.admission') === null) {
    localStorage.setItem('tessera.name', ${JSON.stringify(name)});
    sessionStorage.setItem('tessera.admission', ${admission});
  }`;
}
