/**
 * The STUN and TURN servers that clients are handed. TURN credentials are either fixed, or made for each session from a secret that is shared with the TURN
 * server (draft-uberti-behave-turn-rest-00, coturn's `use-auth-secret`): the user name says until when it is valid, the password is its HMAC-SHA1.
 */
import { createHmac } from 'node:crypto';
import type { Time } from './time.js';

/** As `RTCPeerConnection` takes it. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export interface IceServersOptions {
  /** `stun:`, `stuns:`, `turn:` and `turns:`. */
  readonly urls: readonly string[];
  readonly turnUsername: string;
  readonly turnPassword: string;
  /** Takes the place of the two before it; empty: there is none. */
  readonly turnSecret: string;
  /** How long a user name made from the secret may begin an allocation. */
  readonly turnCredentialMs: number;
  readonly time: Pick<Time, 'date'>;
}

export class IceServers {
  readonly #options: IceServersOptions;
  readonly #stunUrls: readonly string[];
  readonly #turnUrls: readonly string[];

  constructor(options: IceServersOptions) {
    this.#options = options;
    this.#stunUrls = options.urls.filter((url) => !isTurn(url));
    this.#turnUrls = options.urls.filter(isTurn);
  }

  /** @param user shows in the TURN server's log, so that what a session relays can be found there; never secret. */
  for(user: string): readonly IceServer[] {
    return [
      ...(this.#stunUrls.length === 0 ? [] : [{ urls: this.#stunUrls }]),
      ...(this.#turnUrls.length === 0 ? [] : [{ urls: this.#turnUrls, ...this.#credentialsFor(user) }]),
    ];
  }

  /** RFC 9725 4.6: one `Link` header each. */
  linksFor(user: string): readonly string[] {
    return linksOf(this.for(user));
  }

  /** Those that ask for no credentials. */
  get openLinks(): readonly string[] {
    return linksOf([{ urls: this.#stunUrls }]);
  }

  #credentialsFor(user: string): { readonly username: string; readonly credential: string } {
    const { turnSecret, turnUsername, turnPassword, turnCredentialMs, time } = this.#options;
    if (turnSecret === '') return { username: turnUsername, credential: turnPassword };
    const expiryS = Math.floor((time.date().getTime() + turnCredentialMs) / 1000);
    const username = `${expiryS}:${user}`;
    return { username, credential: createHmac('sha1', turnSecret).update(username).digest('base64') };
  }
}

function linksOf(servers: readonly IceServer[]): readonly string[] {
  return servers.flatMap(({ urls, username, credential }) => {
    const rights = username === undefined || credential === undefined ? '' : `; username=${quote(username)}; credential=${quote(credential)}; credential-type="password"`;
    return urls.map((url) => `<${url}>; rel="ice-server"${rights}`);
  });
}

export function isTurn(url: string): boolean {
  return /^turns?:/.test(url);
}

/** RFC 9110 5.6.4. */
function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
