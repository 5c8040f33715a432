/**
 * One WebRTC connection: SDP, ICE and DTLS up to the point where RTP and RTCP flow, decrypted on this side, protected on the other. It knows nothing of
 * what is in the packets. Server and client alike: who offers and who is DTLS client is a matter of options and of the SDP.
 */
import { randomBytes } from 'node:crypto';
import type { CancelTimer } from '../../mixer/clock/timers.js';
import { AppError } from '../errors.js';
import type { SrtpProfile } from '../rtp/srtp/session-keys.js';
import { DtlsSession, type SrtpKeys } from './dtls-session.js';
import type { IceAgent, LocalIce } from './ice-agent.js';
import { IcePath } from './ice-path.js';
import { Liveness } from './liveness.js';
import type { MediaPlan, NegotiatedMedia, RemoteMedia } from './media.js';
import { createPeerCounters, type PeerCounters, type PeerEndReason, type PeerEvents, type PeerOptions, type PeerState } from './peer-options.js';
import { SdpSession, type SdpOutcome } from './sdp-session.js';
import { SrtpMedia } from './srtp-media.js';

export class Peer {
  readonly #options: PeerOptions;
  readonly #events: PeerEvents;
  readonly #ice: IcePath;
  readonly #sdp: SdpSession;
  readonly #media: SrtpMedia;
  readonly #liveness: Liveness;
  readonly #counters = createPeerCounters();
  #dtls: DtlsSession | undefined;
  #cancelConnectTimeout: CancelTimer | undefined;
  #state: PeerState = 'new';
  #isIceConnected = false;
  #isOfferer = false;
  /** Whose offer waits for its answer. */
  #offeredRestart: IceAgent | undefined;
  #ending: Promise<void> | undefined;

  private constructor(options: PeerOptions) {
    this.#options = options;
    this.#events = options.events;
    this.#ice = new IcePath({
      port: options.port,
      timers: options.timers,
      restartTimeoutMs: options.connectTimeoutMs,
      events: {
        onConnected: () => this.#onIceConnected(),
        onRestarted: () => this.#onIceRestarted(),
        onFailed: () => this.#onIceFailed(),
        onStun: () => this.#liveness.hear(this.#options.clock.nowUs()),
        onDtls: (datagram) => this.#onDtls(datagram),
        onMedia: (datagram, source, arrivalUs) => this.#media.receive(datagram, source, arrivalUs),
      },
    });
    this.#media = new SrtpMedia({
      path: this.#ice,
      port: options.port,
      counters: this.#counters,
      events: {
        onHeard: (arrivalUs) => this.#liveness.hear(arrivalUs),
        onRtp: (packet, arrivalUs) => this.#events.onRtp(packet, arrivalUs),
        onRtcp: (packet, arrivalUs) => this.#events.onRtcp(packet, arrivalUs),
      },
    });
    this.#liveness = new Liveness({
      clock: options.clock,
      timers: options.timers,
      timeoutMs: options.silenceTimeoutMs,
      events: {
        onProbe: () => this.#ice.probe(),
        onDisconnected: () => this.#events.onDisconnected?.(),
        onReconnected: () => this.#tellConnected(() => this.#events.onReconnected?.()),
        onTimeout: (silentMs) => this.#end('timeout', `silent for ${silentMs} ms`),
      },
    });
    this.#sdp = new SdpSession({
      // 62 bits: RFC 8829 5.2.1 wants them below 2^63.
      sessionId: String(randomBytes(8).readBigUInt64BE() >> 2n),
      ice: this.#ice.local,
      fingerprintSha256: options.certificate.fingerprintSha256,
      dtlsRole: options.dtlsRole ?? 'server',
    });
  }

  static async create(options: PeerOptions): Promise<Peer> {
    const peer = new Peer(options);
    await peer.#ice.gather();
    return peer;
  }

  get state(): PeerState {
    return this.#state;
  }

  /** A copy, as of now. */
  get counters(): Readonly<PeerCounters> {
    const { droppedRecords = 0, droppedHandshakes = 0 } = this.#dtls ?? {};
    const { droppedChecks, ignoredCandidates } = this.#ice;
    return { ...this.#counters, droppedChecks, ignoredCandidates, probes: this.#liveness.probes, droppedSrtp: this.#media.droppedCount, droppedDtls: this.#counters.droppedDtls + droppedRecords + droppedHandshakes };
  }

  /** Microseconds, by the last check of the path in use: when it was found, then each 4 to 6 s (RFC 7675 5.1). Undefined before. */
  get roundTripUs(): number | undefined {
    return this.#ice.route?.roundTripUs;
  }

  /** For stats and logs; undefined until connected. */
  get transport(): { readonly remoteAddress: string; readonly remotePort: number; readonly srtpProfile: SrtpProfile } | undefined {
    const { route } = this.#ice;
    const { profile } = this.#media;
    if (route === undefined || profile === undefined) return undefined;
    return { remoteAddress: route.address, remotePort: route.port, srtpProfile: profile };
  }

  /** An offer with all our candidates inside. May be called again later with further m-lines or other directions. */
  createOffer(plans: readonly MediaPlan[]): string {
    this.#ice.control();
    return this.#sdp.createOffer(plans);
  }

  /** Of the last offer: by it an answer says to which it belongs. */
  get offerId(): number {
    return this.#sdp.version;
  }

  /**
   * @param offerId of the offer that it answers; undefined where the client does not say, which is no answer once another offer has taken that one's place.
   * @throws {AppError} `sdp_empty`, `sdp_too_large`, `sdp_invalid`, `sdp_without_media`, `ice_restart_unsupported`, `answer_outdated`; then nothing has changed.
   */
  acceptAnswer(sdp: string, offerId?: number): readonly NegotiatedMedia[] {
    const outcome = this.#sdp.acceptAnswer(sdp, offerId);
    this.#begin(outcome);
    return outcome.media;
  }

  /**
   * @param plan what we want of the client's usable m-lines, by mid; those it leaves out are refused.
   * @throws {AppError} as {@link acceptAnswer}, and `no_common_codec`, and what `plan` throws; then nothing has changed.
   */
  acceptOffer(sdp: string, plan: (remote: RemoteMedia[]) => readonly MediaPlan[]): { readonly answer: string; readonly media: readonly NegotiatedMedia[] } {
    const outcome = this.#sdp.acceptOffer(sdp, plan);
    this.#begin(outcome);
    return { answer: outcome.answer, media: outcome.media };
  }

  /**
   * An ICE restart (RFC 8445 9) of a connection that we have offered: the old path serves until the new one works, DTLS, sources and keys stay. The answer
   * goes to {@link acceptRestart}; a further offer takes the place of this one, answered or not.
   *
   * @throws {AppError} `ice_restart_unsupported` before there are two descriptions, after the end, when the client has offered, or when another one began meanwhile.
   */
  async createRestartOffer(): Promise<string> {
    const agent = await this.#prepareRestart(true);
    this.#offeredRestart = agent;
    return this.#sdp.createRestartOffer(agent);
  }

  /** @throws {AppError} as {@link acceptAnswer}; then the offer stays open. */
  acceptRestart(answer: string, offerId?: number): void {
    const { transport } = this.#sdp.acceptAnswer(answer, offerId);
    const agent = this.#offeredRestart;
    this.#offeredRestart = undefined;
    // Without it, it took longer than a restart may: the client will ask again.
    if (agent === undefined || !this.#ice.startRestart(agent, transport.ice, true)) return;
    this.#ice.addCandidates(transport.candidates);
  }

  /**
   * An ICE restart that the client asks for without a description (RFC 9725 4.3.3).
   *
   * @param candidates as {@link addCandidates} takes them.
   * @returns our side of it, with all candidates.
   * @throws {AppError} `invalid_candidate`, and `ice_restart_unsupported` before there are two descriptions, after the end, when we have offered, or when another
   *   one began meanwhile; then nothing has changed, but for the restart that was under way before.
   */
  async restartFor(remote: { readonly ufrag: string; readonly password: string }, candidates: readonly string[] = []): Promise<LocalIce> {
    const addCandidates = this.#ice.readCandidates(candidates);
    const agent = await this.#prepareRestart(false);
    const remoteIce = { ...remote, isLite: false };
    if (!this.#ice.startRestart(agent, remoteIce, false)) throw new AppError('ice_restart_unsupported');
    this.#sdp.restart(agent, remoteIce);
    addCandidates();
    return agent;
  }

  /**
   * Trickled candidates of the other side; the empty one is fine, and so is one that we cannot use.
   *
   * @throws {AppError} `invalid_candidate`; then none of them is taken.
   */
  addCandidates(candidates: readonly string[]): void {
    this.#ice.readCandidates(candidates)();
  }

  /**
   * Sends one RTP packet, which stays as it is unless it was lent (`packet-memory.ts`). Answers the protected datagram, a copy of which {@link resend} takes: a packet must never be
   * protected twice, and its datagram's bytes are lent. Undefined when not connected.
   *
   * @throws {RangeError} for what is no RTP packet or repeats a sequence number: the caller's bugs.
   */
  sendRtp(packet: Buffer): Buffer | undefined {
    return this.#media.sendRtp(packet);
  }

  /** Sends a datagram of {@link sendRtp} again, to a receiver that asked for it and has no RTX (RFC 4588). */
  resend(datagram: Buffer): void {
    this.#media.resend(datagram);
  }

  sendRtcp(packet: Buffer): void {
    this.#media.sendRtcp(packet);
  }

  /** Tells the other side, frees everything, ends with `onEnded('closed')`. Idempotent. */
  close(): Promise<void> {
    this.#end('closed', '');
    return this.#ending ?? Promise.resolve();
  }

  #begin({ transport, dtlsRole, isOfferer }: SdpOutcome): void {
    this.#ice.addCandidates(transport.candidates);
    if (this.#state !== 'new') return;
    this.#state = 'connecting';
    this.#isOfferer = isOfferer;
    this.#dtls = new DtlsSession({
      role: dtlsRole,
      certificate: this.#options.certificate,
      fingerprints: transport.fingerprints,
      send: (datagram) => this.#ice.send(datagram),
      events: {
        onConnected: (keys) => this.#onKeys(keys),
        onClosedByPeer: () => this.#end('closed_by_peer', ''),
        onFailed: (reason) => this.#end('dtls_failed', reason),
      },
    });
    // A server can answer before the pair is nominated here; a client waits for it.
    if (dtlsRole === 'server') this.#dtls.start();
    this.#cancelConnectTimeout = this.#options.timers.after(this.#options.connectTimeoutMs, () => this.#end(this.#isIceConnected ? 'dtls_failed' : 'ice_failed', 'not connected in time'));
    this.#ice.start(transport.ice, isOfferer);
  }

  async #prepareRestart(isOfferer: boolean): Promise<IceAgent> {
    // Also while the first path is looked for: a client may learn of its TURN servers with the answer (RFC 9725 4.6).
    if ((this.#state !== 'connected' && this.#state !== 'connecting') || this.#isOfferer !== isOfferer) throw new AppError('ice_restart_unsupported');
    const agent = await this.#ice.prepareRestart(isOfferer);
    if (agent === undefined) throw new AppError('ice_restart_unsupported');
    return agent;
  }

  #onIceConnected(): void {
    this.#isIceConnected = true;
    this.#dtls?.start();
  }

  #onIceRestarted(): void {
    this.#media.moved(this.#options.clock.nowUs());
    this.#counters.restarts++;
  }

  #onIceFailed(): void {
    if (this.#state === 'connected') this.#end('timeout', 'consent expired');
    else this.#end('ice_failed', 'no candidate pair works');
  }

  #onDtls(datagram: Buffer): void {
    if (this.#dtls === undefined) {
      this.#counters.droppedDtls++;
      return;
    }
    this.#dtls.receive(datagram);
  }

  #onKeys(keys: SrtpKeys): void {
    this.#state = 'connected';
    this.#media.open(keys, this.#options.clock.nowUs());
    this.#cancelConnectTimeout?.();
    this.#liveness.start();
    this.#tellConnected(() => this.#events.onConnected());
  }

  /** Out of werift's stack: what a listener throws is a bug that must not be swallowed there. */
  #tellConnected(tell: () => void): void {
    queueMicrotask(() => {
      if (this.#state === 'connected') tell();
    });
  }

  #end(reason: PeerEndReason, detail: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#cancelConnectTimeout?.();
    this.#liveness.close();
    this.#media.close();
    this.#dtls?.close();
    this.#ending = this.#ice.close().then(() => {
      queueMicrotask(() => this.#events.onEnded(reason, detail));
    });
  }
}
