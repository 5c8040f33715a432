/**
 * The STUN and TURN servers that a WHIP or WHEP answer names (RFC 9725 4.6):
 * `<turn:turn.example.org>; rel="ice-server"; username="…"; credential="…"; credential-type="password"`, several with commas between.
 * @param {string | null} header of all `Link` headers together
 * @returns {RTCIceServer[]}
 */
export function readIceServers(header) {
  const servers = [];
  for (const [, url = '', rest = ''] of (header ?? '').matchAll(/<([^>]*)>((?:\s*;\s*[\w-]+=(?:"(?:[^"\\]|\\.)*"|[^\s;,]*))*)/g)) {
    /** @type {Map<string, string>} */
    const parameters = new Map();
    for (const [, name = '', quoted, plain = ''] of rest.matchAll(/;\s*([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,]*))/g)) parameters.set(name, quoted?.replace(/\\(.)/g, '$1') ?? plain);
    if (parameters.get('rel') !== 'ice-server') continue;
    const [username, credential] = [parameters.get('username'), parameters.get('credential')];
    servers.push(username === undefined || credential === undefined ? { urls: url } : { urls: url, username, credential });
  }
  return servers;
}
