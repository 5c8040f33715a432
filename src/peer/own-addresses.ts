import { isIP } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

const wildcards = new Set(['0.0.0.0', '::']);

/**
 * The addresses under which sockets bound to these hosts can be reached on this machine: the hosts themselves, or for a wildcard every address of its family;
 * loopback only where there is no other. Link-local addresses are left out: they mean nothing without an interface's name.
 */
export function ownAddresses(hosts: readonly string[], interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces()): string[] {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const usable = all.filter(({ address }) => !/^(fe80:|169\.254\.)/i.test(address));
  const outside = usable.filter(({ internal }) => !internal);
  const found = (from: readonly NetworkInterfaceInfo[]): string[] =>
    hosts.flatMap((host) => (wildcards.has(host) ? from.filter(({ family }) => family === `IPv${isIP(host)}`).map(({ address }) => address) : [host]));
  const reachable = found(outside);
  return reachable.length > 0 ? reachable : found(usable);
}
