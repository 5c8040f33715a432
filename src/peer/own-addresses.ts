import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

const wildcards = new Set(['0.0.0.0', '::']);

/**
 * The addresses under which a socket bound to `host` can be reached on this machine: `host` itself, or for a wildcard every address of its family;
 * loopback only where there is no other. Link-local addresses are left out: they mean nothing without an interface's name.
 */
export function ownAddresses(host: string): string[] {
  if (!wildcards.has(host)) return [host];
  const family = isIP(host) === 6 ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const usable = all.filter((address) => address.family === family && !/^(fe80:|169\.254\.)/i.test(address.address));
  const outside = usable.filter((address) => !address.internal);
  return (outside.length > 0 ? outside : usable).map((address) => address.address);
}
