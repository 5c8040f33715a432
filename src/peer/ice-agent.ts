/**
 * One ICE agent (RFC 8445, full) on the shared UDP port: werift's `Connection` does checks, nomination and consent (RFC 7675), its datagrams pass through
 * the port's gate both ways. No STUN or TURN server is ever asked: a server knows its own address, and clients reach it from behind theirs.
 * werift's timers are its own: 20 ms between checks, consent each 4 to 6 s, failed after 30 s without an answer.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { Candidate, CandidatePairState, Connection, StunProtocol } from './werift.js';
import type { IceCandidate } from './ice-candidate.js';
import { listLocalCandidates, type LocalCandidate } from './local-candidates.js';
import type { PortBinding, PortSource, Transport } from './port-binding.js';
import type { StunMessage } from './stun-message.js';
import type { UdpPort } from './udp-port.js';
import { candidatePairInternals, connectionInternals, stunProtocolInternals, type StunProtocolInternals } from './werift-internals.js';

export interface IceAgentOptions {
  readonly port: UdpPort;
  readonly events: IceAgentEvents;
}

export interface IceAgentEvents {
  /** {@link IceAgent.route} is known and may be sent to. */
  onConnected(): void;
  /** No pair works, or the one in use stopped answering for 30 s. */
  onFailed(): void;
  /** An authenticated check or answer came. */
  onStun(): void;
  /** As `PortReceiver` has them. */
  onDtls(datagram: Buffer, source: PortSource): void;
  onMedia(datagram: Buffer, source: PortSource, arrivalUs: number): void;
}

export interface RemoteIce {
  readonly ufrag: string;
  readonly password: string;
  /** RFC 8445 2.5: it makes no checks of its own, so we are the controlling side. */
  readonly isLite: boolean;
}

/** What our SDP says of one agent. */
export interface LocalIce {
  readonly ufrag: string;
  readonly password: string;
  readonly candidates: readonly LocalCandidate[];
}

/** 48 and 144 bits; RFC 8445 5.3 asks for 24 and 128, werift has 16 and 88. The fragment must not collide on a port shared by a thousand. */
const ufragBytes = 6;
const passwordBytes = 18;
/** Checks kept from before the answer came: a client sends one each 50 ms and candidate, and answers within seconds. */
const maxEarlyChecks = 64;
/** Each makes us send five checks to an address of the other side's choice; RFC 8445 6.1.2.5 allows 100. */
const maxRemoteCandidates = 32;
/** RFC 8445 6.1.2.5. Each pair is five checks; somebody with the password and many ports could make any number of them. */
const maxPairs = 100;
/** Authenticated checks come each 0.5 to 2.5 s, so werift's memory of them stays within a minute. */
const checksBetweenClearing = 32;
/** Any answer counts as life, also a late one; this only bounds how long werift remembers the question. */
const probeTimeoutMs = 3000;

export class IceAgent implements LocalIce {
  /** Authentic checks that came too early or from too many addresses. */
  droppedChecks = 0;
  readonly ufrag = randomBytes(ufragBytes).toString('base64');
  readonly password = randomBytes(passwordBytes).toString('base64');
  readonly candidates: readonly LocalCandidate[];
  readonly #port: UdpPort;
  readonly #events: IceAgentEvents;
  readonly #connection: Connection;
  /** One for each transport and family: werift pairs candidates by them. */
  readonly #protocols: { readonly transport: Transport; readonly family: 4 | 6; readonly internals: StunProtocolInternals }[] = [];
  readonly #binding: PortBinding;
  #route: PortSource | undefined;
  #remoteCandidateCount = 0;
  #checkCount = 0;
  #state: 'new' | 'checking' | 'connected' | 'closed' = 'new';

  constructor(options: IceAgentOptions) {
    this.#port = options.port;
    this.#events = options.events;
    this.candidates = listLocalCandidates(options.port);
    this.#binding = options.port.bind({
      ufrag: this.ufrag,
      localPassword: createSecretKey(Buffer.from(this.password)),
      receiver: {
        onStun: (datagram, source, message) => this.#onStun(datagram, source, message),
        onDtls: (datagram, source) => options.events.onDtls(datagram, source),
        onMedia: (datagram, source, arrivalUs) => options.events.onMedia(datagram, source, arrivalUs),
      },
    });
    this.#connection = this.#createConnection();
    const internals = connectionInternals(this.#connection);
    for (const transport of ['udp', 'tcp'] as const) {
      for (const family of [4, 6] as const) {
        const candidate = this.candidates.find((local) => local.transport === transport && isIP(local.address) === family);
        if (candidate === undefined) continue;
        const protocol = this.#createProtocol(candidate, family);
        this.#protocols.push({ transport, family, internals: stunProtocolInternals(protocol) });
        internals.protocols.push(protocol);
        internals.ensureProtocol(protocol);
      }
    }
  }

  /** To be awaited before {@link start}. Opens nothing: it finds the protocols there are and no address besides. */
  gather(): Promise<void> {
    return this.#connection.gatherCandidates();
  }

  /** The other side's, from {@link start} on. */
  get remoteUfrag(): string | undefined {
    return this.#connection.remoteUsername === '' ? undefined : this.#connection.remoteUsername;
  }

  /** Where to send: the nominated pair's far end, or before that where {@link suggestRoute} said. */
  get route(): PortSource | undefined {
    return this.#route;
  }

  /**
   * We offer, so we control (RFC 8445 6.1.1). To be said with the offer: the answerer's checks may come before its answer does, and an agent that does not
   * know its role yet would contest it with them (7.3.1.1), which can end with neither side nominating a pair.
   */
  control(): void {
    if (this.#state === 'new') this.#connection.iceControlling = true;
  }

  /** Begins the checks; the offerer controls (RFC 8445 6.1.1). Once. */
  start(remote: RemoteIce, isOfferer: boolean): void {
    if (this.#state !== 'new') return;
    this.#state = 'checking';
    this.#binding.remotePassword = createSecretKey(Buffer.from(remote.password));
    this.#connection.iceControlling = isOfferer || remote.isLite;
    this.#connection.setRemoteParams({ iceLite: remote.isLite, usernameFragment: remote.ufrag, password: remote.password });
    this.#connection.stateChanged.subscribe((state) => {
      if (state === 'failed') this.#fail();
    });
    this.#connection.connect().then(
      () => this.#onNominated(),
      () => this.#fail(),
    );
  }

  /** False when it cannot be used: another address family, or more than {@link maxRemoteCandidates}. The end of candidates is never told to werift: it would give up on clients whose only working one is learnt from their checks. */
  addRemoteCandidate(candidate: IceCandidate): boolean {
    const isIpv6 = candidate.address.includes(':');
    if (this.#state === 'closed' || !this.#port.hasFamily(isIpv6 ? 6 : 4) || this.#remoteCandidateCount >= maxRemoteCandidates) return false;
    this.#remoteCandidateCount++;
    const { foundation, priority, address, port, type } = candidate;
    // A promise only for the sake of .local names, which never get here.
    void this.#connection.addRemoteCandidate(new Candidate(foundation, 1, 'udp', priority, address, port, type));
    return true;
  }

  /**
   * DTLS came from here before a pair was nominated: the way back is good enough for its answer, but an address that has answered a check is not left for one
   * that has not.
   */
  suggestRoute(source: PortSource): void {
    if (this.#state !== 'connected' && (this.#route === undefined || source.isProved)) this.#route = source;
  }

  /**
   * The other side sends from another of its addresses now (a phone that left the Wi-Fi). werift never leaves a nominated pair, so it is led to the new one,
   * if a check of ours was answered there.
   */
  follow(source: PortSource): boolean {
    const pair = this.#connection.checkList.find(
      ({ state, remoteAddr, localCandidate }) =>
        state === CandidatePairState.SUCCEEDED && remoteAddr[0] === source.address && remoteAddr[1] === source.port && (localCandidate.transport === 'tcp') === (source.stream !== undefined),
    );
    if (pair === undefined || !source.isProved || this.#state !== 'connected') return false;
    this.#connection.nominated = pair;
    this.#route = source;
    return true;
  }

  /** Asks the other side for a sign of life, once; its answer comes as `onStun`. */
  probe(): void {
    const pair = this.#connection.nominated;
    if (this.#state !== 'connected' || pair === undefined) return;
    const { localUsername, remoteUsername, remotePassword, iceControlling } = this.#connection;
    const request = connectionInternals(this.#connection).buildRequest({ nominate: false, localUsername, remoteUsername, iceControlling, localCandidate: pair.localCandidate });
    // What is not answered is asked again by the one who misses it.
    pair.protocol.request(request, pair.remoteAddr, Buffer.from(remotePassword), { retransmissions: 0, responseTimeout: probeTimeoutMs }).catch(() => undefined);
  }

  send(datagram: Buffer): boolean {
    const route = this.#route;
    if (route === undefined || this.#state === 'closed') return false;
    this.#binding.send(datagram, route);
    return true;
  }

  /** As {@link send}, but only to an address that has answered a check: nobody is to be flooded who has not asked for it (RFC 8445 19.5.1). */
  sendMedia(datagram: Buffer): boolean {
    return this.#route?.isProved === true && this.send(datagram);
  }

  /**
   * Nothing is received or sent afterwards. Idempotent.
   *
   * @param heir the agent that goes on for the same client after an ICE restart, or after one that came to nothing.
   */
  async close(heir?: IceAgent): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#binding.close(heir === undefined ? undefined : heir.#binding);
    for (const { internals } of this.#protocols) internals.transport.closed = true;
    await this.#connection.close();
  }

  #createConnection(): Connection {
    const connection = new Connection(false, { useIpv4: false, useIpv6: false });
    connectionInternals(connection).stunServer = undefined;
    connection.localUsername = this.ufrag;
    connection.localPassword = this.password;
    connection.userHistory = { [this.ufrag]: this.password };
    return connection;
  }

  #createProtocol({ transport, address, port, priority }: LocalCandidate, family: 4 | 6): StunProtocol {
    const protocol = new StunProtocol();
    protocol.localIp = address;
    // Passive TCP is paired with who connects only.
    protocol.localCandidate = new Candidate(`${transport}${family}`, 1, transport, priority, address, port, 'host', undefined, undefined, transport === 'tcp' ? 'passive' : undefined);
    stunProtocolInternals(protocol).transport = {
      type: 'udp',
      addressFamily: family,
      address: { address, family: `IPv${family}`, port },
      closed: false,
      onData: () => undefined,
      send: (datagram, [toAddress, toPort]) => {
        this.#binding.sendStun(datagram, { transport, address: toAddress, port: toPort });
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
    return protocol;
  }

  #onStun(datagram: Buffer, source: PortSource, message: StunMessage): void {
    if (message.class === 'request') {
      if (this.#isTooMuch(source)) {
        this.droppedChecks++;
        return;
      }
      if (++this.#checkCount % checksBetweenClearing === 0) this.#clearCheckMemory();
    }
    this.#events.onStun();
    const [transport, family] = [source.stream === undefined ? 'udp' : 'tcp', source.address.includes(':') ? 6 : 4];
    this.#protocols.find((protocol) => protocol.transport === transport && protocol.family === family)?.internals.datagramReceived(datagram, [source.address, source.port]);
  }

  #isTooMuch({ address, port }: PortSource): boolean {
    if (connectionInternals(this.#connection).earlyChecks.length >= maxEarlyChecks) return true;
    const { checkList } = this.#connection;
    return checkList.length >= maxPairs && !checkList.some(({ remoteAddr }) => remoteAddr[0] === address && remoteAddr[1] === port);
  }

  #clearCheckMemory(): void {
    for (const pair of this.#connection.checkList) candidatePairInternals(pair).requestTransactionIds.clear();
  }

  #onNominated(): void {
    const nominated = this.#connection.nominated;
    if (this.#state !== 'checking' || nominated === undefined) return;
    const [address, port] = nominated.remoteAddr;
    const route = this.#binding.findSource({ transport: nominated.localCandidate.transport === 'tcp' ? 'tcp' : 'udp', address, port });
    // Pushed out, or hung up, since it has answered.
    if (route?.isProved !== true) {
      this.#fail();
      return;
    }
    this.#state = 'connected';
    this.#route = route;
    this.#events.onConnected();
  }

  #fail(): void {
    if (this.#state === 'checking' || this.#state === 'connected') this.#events.onFailed();
  }
}
