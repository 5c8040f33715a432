/** Whose pages may use this server (RFC 6454): those it serves itself, and those of the origins that are listed. */
import { isIP } from 'node:net';

const every = '*';

export class AllowedOrigins {
  readonly #origins: ReadonlySet<string>;

  /** @param origins as browsers write them, e.g. `https://meet.example.org`; `*` for every one */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  get isEvery(): boolean {
    return this.#origins.has(every);
  }

  /**
   * @param origin the request's `Origin`; programs that are no browsers send none, and may come
   * @param host the request's `Host`
   */
  allow(origin: string | undefined, host: string | undefined): boolean {
    if (this.isEvery || origin === undefined || origin === '' || this.#origins.has(origin)) return true;
    // A name that is not listed may be a stranger's that he lets point here (DNS rebinding): his page would count as this server's own.
    return host !== undefined && hasOwnName(host) && (origin === `http://${host}` || origin === `https://${host}`);
  }
}

function hasOwnName(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

/** `*`, or scheme, host and port as browsers write them. */
export function isOriginOrEvery(text: string): boolean {
  return text === every || (/^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text);
}
