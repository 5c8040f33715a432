/** Whose pages may use this server (RFC 6454): those it serves itself, and those of the origins that are listed. */
import { isIP } from 'node:net';

const every = '*';

export class AllowedOrigins {
  readonly #origins: ReadonlySet<string>;
  /** Names under which this server is known to be reached. */
  readonly #hostNames: ReadonlySet<string>;

  /**
   * @param origins as browsers write them, e.g. `https://meet.example.org`; `*` for every one
   * @param ownHost the address or name that this server listens on
   */
  constructor(origins: readonly string[], ownHost = 'localhost') {
    this.#origins = new Set(origins);
    this.#hostNames = new Set(['localhost', ownHost.toLowerCase(), ...origins.filter((origin) => origin !== every).map((origin) => new URL(origin).hostname)]);
  }

  /** As they were given. */
  get list(): readonly string[] {
    return [...this.#origins];
  }

  get isEvery(): boolean {
    return this.#origins.has(every);
  }

  /**
   * @param origin the request's `Origin`; programs that are no browsers send none, and may come
   * @param host the request's `Host`; a page of the same scheme, host and port is this server's own
   */
  allow(origin: string | undefined, host: string | undefined): boolean {
    if (this.isEvery) return true;
    if (!this.knows(host)) return false;
    return origin === undefined || origin === '' || this.#origins.has(origin) || origin === `http://${host}` || origin === `https://${host}`;
  }

  /**
   * A name that is not known may be a stranger's that he lets point here (DNS rebinding): his page would count as this server's own, and browsers send
   * no `Origin` with what a page reads from its own server.
   *
   * @param host the request's `Host`: an address, `localhost`, or the name of a listed origin
   */
  knows(host: string | undefined): boolean {
    if (this.isEvery) return true;
    if (host === undefined) return false;
    const name = host.replace(/:\d+$/, '').toLowerCase();
    return this.#hostNames.has(name) || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
  }
}

/** `*`, or scheme, host and port as browsers write them. */
export function isOriginOrEvery(text: string): boolean {
  return text === every || (/^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text);
}
