/**
 * Where the datagrams of each connection may come from. An address is *claimed* by an authentic check that came from it, and *proved* by an authentic answer to a
 * check of ours that was sent to it. Whoever sees a check on its way can send it again from any address, his own or a victim's, or by a TCP connection of his own:
 * so a claim takes nothing from who has proved an address, and pushes no proved address out; and only proved ones are sent media.
 */
import type { DatagramStream, OwnedSource, PortBinding } from './port-binding.js';

/** Addresses one connection may have of each kind, claimed or proved, by UDP or TCP: a phone has two interfaces and a handful of NAT bindings. Beyond it the one that was quiet longest goes. */
const maxSourcesPerBinding = 16;

export class SourceTable {
  /** By port number first: it is a number, and nearly always unique already, so that no key string is built per packet. */
  readonly #byPort = new Map<number, OwnedSource[]>();

  /** Of datagrams; streams know their own. */
  find(address: string, port: number): OwnedSource | undefined {
    const candidates = this.#byPort.get(port);
    if (candidates === undefined) return undefined;
    for (const candidate of candidates) {
      if (candidate.address === address) return candidate;
    }
    return undefined;
  }

  get count(): number {
    return [...this.#byPort.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** An authentic check for this connection came from there. Whose it is then may still be another one. */
  claim(binding: PortBinding, address: string, port: number): OwnedSource {
    const source = this.find(address, port) ?? this.#add(binding, address, port);
    if (source.owner === binding || !source.isProved) this.#give(source, binding);
    return source;
  }

  /** An authentic answer to this connection's check came from where it was sent to. */
  prove(binding: PortBinding, address: string, port: number): OwnedSource {
    const source = this.find(address, port) ?? this.#add(binding, address, port);
    source.isProved = true;
    this.#give(source, binding);
    return source;
  }

  /** As {@link claim}, by a stream, which `known` is the source of when it had an authentic message before. */
  claimStream(binding: PortBinding, known: OwnedSource | undefined, stream: DatagramStream): OwnedSource {
    const source = known ?? { address: stream.address, port: stream.port, owner: binding, isProved: false, roundTripUs: undefined, stream };
    if (source.owner === binding || !source.isProved) this.#give(source, binding);
    return source;
  }

  /** As {@link prove}: its handshake has shown only that the other end is where it says, not that it is the client. */
  proveStream(binding: PortBinding, known: OwnedSource | undefined, stream: DatagramStream): OwnedSource {
    const source = known ?? { address: stream.address, port: stream.port, owner: binding, isProved: true, roundTripUs: undefined, stream };
    source.isProved = true;
    this.#give(source, binding);
    return source;
  }

  /** All of this connection; an heir gets them, as older than its own, and of each kind as many as it has room for. */
  release(binding: PortBinding, heir: PortBinding | undefined): void {
    for (const source of [...binding.sources].reverse()) {
      if (heir === undefined || alike(heir, source).length >= maxSourcesPerBinding) {
        this.forget(source);
        continue;
      }
      source.owner = heir;
      heir.sources.unshift(source);
    }
    binding.sources.length = 0;
  }

  forget(source: OwnedSource): void {
    remove(source.owner.sources, source);
    if (source.stream !== undefined) {
      source.stream.close();
      return;
    }
    const neighbours = this.#byPort.get(source.port);
    if (neighbours === undefined) return;
    remove(neighbours, source);
    if (neighbours.length === 0) this.#byPort.delete(source.port);
  }

  #add(binding: PortBinding, address: string, port: number): OwnedSource {
    const source: OwnedSource = { address, port, owner: binding, isProved: false, roundTripUs: undefined, stream: undefined };
    const neighbours = this.#byPort.get(port);
    if (neighbours === undefined) this.#byPort.set(port, [source]);
    else neighbours.push(source);
    return source;
  }

  /** Also to its owner: it is his youngest then. */
  #give(source: OwnedSource, binding: PortBinding): void {
    remove(source.owner.sources, source);
    source.owner = binding;
    binding.sources.push(source);
    const rivals = alike(binding, source);
    const [oldest] = rivals;
    if (rivals.length > maxSourcesPerBinding && oldest !== undefined) this.forget(oldest);
  }
}

/** Those that share a quota. */
function alike({ sources }: PortBinding, { isProved, stream }: OwnedSource): readonly OwnedSource[] {
  return sources.filter((source) => source.isProved === isProved && (source.stream === undefined) === (stream === undefined));
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at !== -1) list.splice(at, 1);
}
