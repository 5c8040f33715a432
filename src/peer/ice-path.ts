/**
 * The way to the client over ICE restarts (RFC 8445 9): the agent in use, and the one that takes over once it has found a path. Each restart is an agent of
 * its own, with credentials of its own on the port: werift's `restart` forgets the old path at once, and with it media until the new one works.
 */
import type { CancelTimer, Timers } from '../../mixer/clock/timers.js';
import { IceAgent, type LocalIce, type RemoteIce } from './ice-agent.js';
import { candidateUfrag, parseCandidate, type IceCandidate } from './ice-candidate.js';
import type { PortSource } from './port-binding.js';
import type { UdpPort } from './udp-port.js';

export interface IcePathOptions {
  readonly port: UdpPort;
  readonly timers: Timers;
  /** How long a restart may look for a path. */
  readonly restartTimeoutMs: number;
  readonly events: IcePathEvents;
}

export interface IcePathEvents {
  /** There is a path. Once. */
  onConnected(): void;
  /** A restart has found a path, and what is sent takes it from now on. */
  onRestarted(): void;
  /** There is no path, or none any more; not told of a restart, and while one is under way only when that has come to nothing as well. */
  onFailed(): void;
  /** As `IceAgentEvents` has them. */
  onStun(): void;
  onDtls(datagram: Buffer): void;
  onMedia(datagram: Buffer, source: PortSource, arrivalUs: number): void;
}

export class IcePath {
  /** Candidates of the other side that cannot be used. */
  ignoredCandidates = 0;
  readonly #options: IcePathOptions;
  readonly #events: IcePathEvents;
  #current: IceAgent;
  #next: IceAgent | undefined;
  #cancelRestart: CancelTimer | undefined;
  /** Of agents that are gone. */
  #droppedChecks = 0;
  #hasConnected = false;
  /** The agent in use has lost its path: nothing but a restart under way keeps the connection. */
  #hasFailed = false;

  constructor(options: IcePathOptions) {
    this.#options = options;
    this.#events = options.events;
    this.#current = this.#createAgent();
  }

  /** Of the agent in use. */
  get local(): LocalIce {
    return this.#current;
  }

  get route(): PortSource | undefined {
    return this.#current.route;
  }

  get droppedChecks(): number {
    return this.#droppedChecks + this.#current.droppedChecks;
  }

  /** As {@link IceAgent.gather}. */
  gather(): Promise<void> {
    return this.#current.gather();
  }

  /** As {@link IceAgent.control}. */
  control(): void {
    this.#current.control();
  }

  /** Once. */
  start(remote: RemoteIce, isOfferer: boolean): void {
    this.#current.start(remote, isOfferer);
  }

  /** A new agent that replaces a restart under way; undefined when it was itself replaced or closed meanwhile. {@link startRestart} follows. */
  async prepareRestart(isOfferer: boolean): Promise<IceAgent | undefined> {
    this.#dropRestart();
    const agent = this.#createAgent();
    this.#next = agent;
    this.#cancelRestart = this.#options.timers.after(this.#options.restartTimeoutMs, () => this.#giveUpRestart());
    if (isOfferer) agent.control();
    await agent.gather();
    return agent === this.#next ? agent : undefined;
  }

  /** Answers whether that one is still there. The roles stay what they were. */
  startRestart(agent: IceAgent, remote: RemoteIce, isOfferer: boolean): boolean {
    if (agent !== this.#next) return false;
    agent.start(remote, isOfferer);
    return true;
  }

  /** Those of a description. */
  addCandidates(candidates: readonly IceCandidate[]): void {
    for (const candidate of candidates) this.#add(this.#next ?? this.#current, candidate);
  }

  /**
   * Trickled ones.
   *
   * @returns what adds them, to be called when everything else that came with them is right, too.
   * @throws {AppError} `invalid_candidate`, when one of them cannot be read.
   */
  readCandidates(texts: readonly string[]): () => void {
    const read = texts.map((text) => ({ text, candidate: parseCandidate(text) }));
    return () => {
      for (const { text, candidate } of read) {
        if (candidate === undefined) this.ignoredCandidates++;
        else this.#add(this.#agentOf(text), candidate);
      }
    };
  }

  /** As {@link IceAgent.follow}. */
  follow(source: PortSource): boolean {
    return this.#current.follow(source);
  }

  /** As {@link IceAgent.probe}. */
  probe(): void {
    this.#current.probe();
  }

  send(datagram: Buffer): boolean {
    return this.#current.send(datagram);
  }

  /** As {@link IceAgent.sendMedia}, and not where consent has expired (RFC 7675 5.1), whatever a restart may bring. */
  sendMedia(datagram: Buffer): boolean {
    return !this.#hasFailed && this.#current.sendMedia(datagram);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#dropRestart();
    await this.#current.close();
  }

  #createAgent(): IceAgent {
    const { events } = this.#options;
    const agent: IceAgent = new IceAgent({
      port: this.#options.port,
      events: {
        onConnected: () => this.#onConnected(agent),
        onFailed: () => this.#onFailed(agent),
        onStun: () => events.onStun(),
        onDtls: (datagram, source) => {
          agent.suggestRoute(source);
          events.onDtls(datagram);
        },
        onMedia: (datagram, source, arrivalUs) => events.onMedia(datagram, source, arrivalUs),
      },
    });
    return agent;
  }

  #add(agent: IceAgent, candidate: IceCandidate): void {
    if (!agent.addRemoteCandidate(candidate)) this.ignoredCandidates++;
  }

  #agentOf(candidate: string): IceAgent {
    if (this.#next?.remoteUfrag === undefined) return this.#current;
    const ufrag = candidateUfrag(candidate);
    return ufrag === undefined || ufrag === this.#next.remoteUfrag ? this.#next : this.#current;
  }

  #onConnected(agent: IceAgent): void {
    if (agent === this.#current) {
      this.#hasConnected = true;
      this.#events.onConnected();
      return;
    }
    if (agent !== this.#next) return;
    const old = this.#current;
    this.#cancelRestart?.();
    this.#next = undefined;
    this.#current = agent;
    this.#hasFailed = false;
    this.#droppedChecks += old.droppedChecks;
    void old.close(agent);
    if (this.#hasConnected) this.#events.onRestarted();
    else this.#events.onConnected();
    this.#hasConnected = true;
  }

  #onFailed(agent: IceAgent): void {
    if (agent === this.#next) {
      this.#giveUpRestart();
      return;
    }
    if (agent !== this.#current) return;
    this.#hasFailed = true;
    if (this.#next === undefined) this.#events.onFailed();
  }

  /** One that leads nowhere: the path there is goes on, if it does. */
  #giveUpRestart(): void {
    this.#dropRestart();
    if (this.#hasFailed) this.#events.onFailed();
  }

  #dropRestart(): void {
    this.#cancelRestart?.();
    this.#droppedChecks += this.#next?.droppedChecks ?? 0;
    // Its checks have made the client's address its own, and mostly it is the same that the path there is goes to.
    void this.#next?.close(this.#current);
    this.#next = undefined;
  }
}
