/** Which of the machine's addresses are meant: pure, given what `os.networkInterfaces()` says. */
import type { NetworkInterfaceInfo } from 'node:os';

const loopbackAddress = '127.0.0.1';

/** True when only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The loopback address for a server that listens on one. */
function loopbackOf(httpHost: string): string {
  return httpHost === '::1' ? '::1' : loopbackAddress;
}

/**
 * The addresses that candidates name when none are configured: the loopback one for a server that only this machine can reach, else all
 * addresses of the machine that others may reach, IPv4 first; not the link-local ones, which mean nothing without an interface's name.
 */
export function defaultAnnouncedAddresses(httpHost: string, interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): readonly string[] {
  if (isLoopback(httpHost)) return [loopbackOf(httpHost)];
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const own = all.filter(({ internal, address }) => !internal && !/^fe80:/i.test(address));
  const ordered = [...own.filter(({ family }) => family === 'IPv4'), ...own.filter(({ family }) => family === 'IPv6')].map(({ address }) => address);
  return ordered.length === 0 ? [loopbackAddress] : ordered;
}

/** Where media ports are bound when nothing is configured: as narrow as HTTP. */
export function defaultUdpHosts(httpHost: string): readonly string[] {
  return isLoopback(httpHost) ? [loopbackOf(httpHost)] : ['0.0.0.0', '::'];
}

/** As `udp.host` has them: with commas between. */
export function splitAddresses(text: string): readonly string[] {
  return text.split(',').map((address) => address.trim()).filter((address) => address !== '');
}

export interface MediaAddresses {
  /** Where media ports are bound. */
  readonly hosts: readonly string[];
  /** What candidates name. */
  readonly announced: readonly string[];
}

/** What the options say, and where they say nothing, what follows from where HTTP listens. */
export function mediaAddresses(given: { readonly httpHost: string; readonly udpHost: string; readonly announcedAddresses: readonly string[] }, interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): MediaAddresses {
  const { httpHost, udpHost, announcedAddresses } = given;
  return {
    hosts: udpHost === '' ? defaultUdpHosts(httpHost) : splitAddresses(udpHost),
    announced: announcedAddresses.length > 0 ? announcedAddresses : defaultAnnouncedAddresses(httpHost, interfaces),
  };
}
