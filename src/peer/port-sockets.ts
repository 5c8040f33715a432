/** Finds a number that is free on all hosts, for UDP and for TCP, and binds it: all of it or nothing. */
import type { Socket } from 'node:dgram';
import type { TcpListener } from './tcp-listener.js';
import { bindSocket } from './udp-socket.js';

export interface PortSocketsOptions {
  /** IP literals, at most one of each family. */
  readonly hosts: readonly string[];
  readonly portMin: number;
  readonly portMax: number;
  /** Undefined for UDP alone. */
  readonly openTcp: ((hosts: readonly string[], port: number) => Promise<TcpListener>) | undefined;
}

export interface PortSockets {
  readonly port: number;
  /** Those that could be bound: a machine without IPv6 has no `::`. */
  readonly hosts: readonly string[];
  readonly sockets: readonly Socket[];
  readonly tcp: TcpListener | undefined;
}

/** A number that the system gives for one family and transport may be taken in another; it hardly ever is. */
const anyPortAttempts = 32;
const noFamilyCodes = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);

/** @throws {Error} when there is none. */
export async function openSockets(options: PortSocketsOptions): Promise<PortSockets> {
  const { hosts, portMin, portMax } = options;
  const attempts = portMax === 0 ? anyPortAttempts : portMax - portMin + 1;
  let lastError: unknown;
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      return await openOn(options, portMax === 0 ? 0 : portMin + attempt);
    } catch (error) {
      lastError = error;
      if (codeOf(error) !== 'EADDRINUSE') break;
    }
  }
  throw new Error(`no UDP port could be bound on ${hosts.join(' and ')} from ${portMin} to ${portMax}`, { cause: lastError });
}

async function openOn({ hosts, openTcp }: PortSocketsOptions, wanted: number): Promise<PortSockets> {
  const bound: { readonly host: string; readonly socket: Socket }[] = [];
  try {
    let port = wanted;
    for (const host of hosts) {
      const socket = await bindSocket(host, port).catch((error: unknown) => {
        // A wildcard is a wish, not an order.
        if (host === '::' && hosts.length > 1 && noFamilyCodes.has(codeOf(error))) return undefined;
        throw error;
      });
      if (socket === undefined) continue;
      bound.push({ host, socket });
      port = socket.address().port;
    }
    const boundHosts = bound.map(({ host }) => host);
    return { port, hosts: boundHosts, sockets: bound.map(({ socket }) => socket), tcp: await openTcp?.(boundHosts, port) };
  } catch (error) {
    await Promise.all(bound.map(({ socket }) => closeSocket(socket)));
    throw error;
  }
}

export function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
