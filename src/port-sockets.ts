/** Finds a number that is free on all hosts, for UDP and for TCP, and binds it: all of it or nothing. A room does it for good, the start of the server as a trial. */
import type { Socket } from 'node:dgram';
import { AppError } from './errors.js';
import { bindSocket } from './udp-socket.js';

export interface PortSocketsOptions<Listener> {
  /** IP literals, at most one of each family. */
  readonly hosts: readonly string[];
  readonly portMin: number;
  readonly portMax: number;
  /** Undefined for UDP alone. */
  readonly openTcp: ((hosts: readonly string[], port: number) => Promise<Listener>) | undefined;
}

export interface PortSockets<Listener> {
  readonly port: number;
  /** Those that could be bound: a machine without IPv6 has no `::`. */
  readonly hosts: readonly string[];
  readonly sockets: readonly Socket[];
  readonly tcp: Listener | undefined;
}

/** A number that the system gives for one family and transport may be taken in another; it hardly ever is. */
const anyPortAttempts = 32;
const noFamilyCodes = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);

/** @throws {AppError} no_media_port, with the system's code in its details */
export async function openSockets<Listener>(options: PortSocketsOptions<Listener>): Promise<PortSockets<Listener>> {
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
  const systemCode = codeOf(lastError);
  throw new AppError('no_media_port', `No media port could be bound on ${hosts.join(' and ')} from ${portMin} to ${portMax} (${systemCode}).`, { systemCode });
}

async function openOn<Listener>({ hosts, openTcp }: PortSocketsOptions<Listener>, wanted: number): Promise<PortSockets<Listener>> {
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
