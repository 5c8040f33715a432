/** Which of the machine's addresses are meant: pure, given what `os.networkInterfaces()` says. */
import type { NetworkInterfaceInfo } from 'node:os';

const loopbackAddress = '127.0.0.1';

/** True when only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * The addresses that candidates name when none are configured: the loopback one for a server that only this machine can reach, else all
 * IPv4 addresses of the machine that others may reach (its own IPv6 addresses are announced only when configured).
 */
export function defaultAnnouncedAddresses(httpHost: string, interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): readonly string[] {
  if (isLoopback(httpHost)) return [loopbackAddress];
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  return own.length === 0 ? [loopbackAddress] : own;
}

/** Where UDP is bound when nothing is configured: as narrow as HTTP. */
export function defaultUdpHost(httpHost: string): string {
  return isLoopback(httpHost) ? loopbackAddress : '0.0.0.0';
}
