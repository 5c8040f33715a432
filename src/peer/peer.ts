/**
 * One WebRTC connection: SDP, ICE and DTLS up to the point where RTP and RTCP flow, decrypted on this side, protected on the other. It knows nothing of
 * what is in the packets. Server and client alike: who offers and who is DTLS client is a matter of options and of the SDP.
 *
 * Each datagram of media goes from the socket to `onRtp` and from `sendRtp` to the socket without a copy beyond the cipher's own.
 */
import { randomBytes } from 'node:crypto';
import type { CancelTimer } from '../../mixer/clock/timers.js';
import { isRtcp } from '../rtp/rtp-packet.js';
import type { SrtpProfile } from '../rtp/srtp/session-keys.js';
import { SrtpReceiver } from '../rtp/srtp/srtp-receiver.js';
import { SrtpSender } from '../rtp/srtp/srtp-sender.js';
import { DtlsSession, type SrtpKeys } from './dtls-session.js';
import { IceAgent } from './ice-agent.js';
import { parseCandidate } from './ice-candidate.js';
import type { MediaPlan, NegotiatedMedia, RemoteMedia } from './media.js';
import { createPeerCounters, type PeerCounters, type PeerEndReason, type PeerEvents, type PeerOptions, type PeerState } from './peer-options.js';
import type { PortSource } from './port-binding.js';
import { SdpSession, type SdpOutcome } from './sdp-session.js';

/** Where media came from for so long is where it goes; shorter would flap while packets from two paths interleave. */
const routeSilenceUs = 1_000_000;
/** Notices silence within a sixteenth more than the limit: with 8 s set, nobody stays longer than 8.5 s. */
const silenceChecksPerTimeout = 16;
/** However long the limit: who vanishes is disconnected after 5 to 5.5 s. */
const maxSilenceCheckMs = 500;
/** Who only listens says something each 1 to 2.5 s (a browser) or 6 s (others): he is asked, so that silence means absence. */
const probeAfterUs = 2_000_000;
/** Three questions before he counts as disconnected: with 10 % loss either way, all of them go unanswered once in 150 times. */
const probeIntervalUs = 1_000_000;
/** Longer than any pause of a live network path that is being asked, shorter than people's patience. */
const disconnectedAfterUs = 5_000_000;

export class Peer {
  readonly #options: PeerOptions;
  readonly #silenceCheckMs: number;
  readonly #events: PeerEvents;
  readonly #ice: IceAgent;
  readonly #sdp: SdpSession;
  readonly #counters = createPeerCounters();
  #dtls: DtlsSession | undefined;
  #srtpSender: SrtpSender | undefined;
  #srtpReceiver: SrtpReceiver | undefined;
  #srtpProfile: SrtpProfile | undefined;
  #cancelTimer: CancelTimer | undefined;
  #state: PeerState = 'new';
  #lastHeardUs = 0;
  #lastSilenceCheckUs = 0;
  #lastProbeUs = 0;
  #isSilent = false;
  #routeHeardUs = 0;
  #isIceConnected = false;
  #ending: Promise<void> | undefined;

  private constructor(options: PeerOptions) {
    this.#options = options;
    this.#silenceCheckMs = Math.min(maxSilenceCheckMs, options.silenceTimeoutMs / silenceChecksPerTimeout);
    this.#events = options.events;
    this.#ice = new IceAgent({
      port: options.port,
      events: {
        onConnected: () => this.#onIceConnected(),
        onFailed: () => this.#onIceFailed(),
        onStun: () => this.#onStun(),
        onDtls: (datagram, source) => this.#onDtls(datagram, source),
        onMedia: (datagram, source, arrivalUs) => this.#onMedia(datagram, source, arrivalUs),
      },
    });
    this.#sdp = new SdpSession({
      // 62 bits: RFC 8829 5.2.1 wants them below 2^63.
      sessionId: String(randomBytes(8).readBigUInt64BE() >> 2n),
      ufrag: this.#ice.ufrag,
      password: this.#ice.password,
      fingerprintSha256: options.certificate.fingerprintSha256,
      candidates: this.#ice.localCandidates,
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
    const { rejectedCount = 0, replayedCount = 0 } = this.#srtpReceiver ?? {};
    const { droppedRecords = 0, droppedHandshakes = 0 } = this.#dtls ?? {};
    return { ...this.#counters, droppedChecks: this.#ice.droppedChecks, droppedSrtp: rejectedCount + replayedCount, droppedDtls: this.#counters.droppedDtls + droppedRecords + droppedHandshakes };
  }

  /** For stats and logs; undefined until connected. */
  get transport(): { readonly remoteAddress: string; readonly remotePort: number; readonly srtpProfile: SrtpProfile } | undefined {
    const { route } = this.#ice;
    if (route === undefined || this.#srtpProfile === undefined) return undefined;
    return { remoteAddress: route.address, remotePort: route.port, srtpProfile: this.#srtpProfile };
  }

  /** An offer with all our candidates inside. May be called again later with further m-lines or other directions. */
  createOffer(plans: readonly MediaPlan[]): string {
    this.#ice.control();
    return this.#sdp.createOffer(plans);
  }

  /** @throws {AppError} `sdp_empty`, `sdp_too_large`, `sdp_invalid`, `sdp_without_media`, `ice_restart_unsupported`; then nothing has changed. */
  acceptAnswer(sdp: string): readonly NegotiatedMedia[] {
    const outcome = this.#sdp.acceptAnswer(sdp);
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
   * One trickled candidate of the other side; the empty one is fine, and so is one that we cannot use.
   *
   * @throws {AppError} `invalid_candidate`.
   */
  addCandidate(candidate: string): void {
    const parsed = parseCandidate(candidate);
    if (parsed === undefined || !this.#ice.addRemoteCandidate(parsed)) this.#counters.ignoredCandidates++;
  }

  /**
   * Sends one RTP packet, which stays as it is. Answers the protected datagram, which {@link resend} takes: a packet must never be protected twice. Undefined
   * when not connected.
   *
   * @throws {RangeError} for what is no RTP packet or repeats a sequence number: the caller's bugs.
   */
  sendRtp(packet: Buffer): Buffer | undefined {
    if (this.#state !== 'connected' || this.#srtpSender === undefined) {
      this.#counters.droppedSends++;
      return undefined;
    }
    const datagram = this.#srtpSender.protectRtp(packet);
    this.#counters.sentRtp++;
    this.#ice.send(datagram);
    return datagram;
  }

  /** Sends a datagram of {@link sendRtp} again, to a receiver that asked for it and has no RTX (RFC 4588). */
  resend(datagram: Buffer): void {
    if (this.#state !== 'connected') {
      this.#counters.droppedSends++;
      return;
    }
    this.#counters.sentRtp++;
    this.#ice.send(datagram);
  }

  sendRtcp(packet: Buffer): void {
    if (this.#state !== 'connected' || this.#srtpSender === undefined) {
      this.#counters.droppedSends++;
      return;
    }
    this.#counters.sentRtcp++;
    this.#ice.send(this.#srtpSender.protectRtcp(packet));
  }

  /** Tells the other side, frees everything, ends with `onEnded('closed')`. Idempotent. */
  close(): Promise<void> {
    this.#end('closed', '');
    return this.#ending ?? Promise.resolve();
  }

  #begin({ transport, dtlsRole, isOfferer }: SdpOutcome): void {
    for (const candidate of transport.candidates) {
      if (!this.#ice.addRemoteCandidate(candidate)) this.#counters.ignoredCandidates++;
    }
    if (this.#state !== 'new') return;
    this.#state = 'connecting';
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
    this.#cancelTimer = this.#options.timers.after(this.#options.connectTimeoutMs, () => this.#end(this.#isIceConnected ? 'dtls_failed' : 'ice_failed', 'not connected in time'));
    this.#ice.start(transport.ice, isOfferer);
  }

  #onIceConnected(): void {
    this.#isIceConnected = true;
    this.#dtls?.start();
  }

  #onIceFailed(): void {
    if (this.#state === 'connected') this.#end('timeout', 'consent expired');
    else this.#end('ice_failed', 'no candidate pair works');
  }

  #onStun(): void {
    this.#hear(this.#options.clock.nowUs());
  }

  #hear(nowUs: number): void {
    this.#lastHeardUs = nowUs;
    if (!this.#isSilent) return;
    this.#isSilent = false;
    // Out of werift's stack, as `onConnected`.
    queueMicrotask(() => {
      if (this.#state === 'connected') this.#events.onReconnected?.();
    });
  }

  #onDtls(datagram: Buffer, source: PortSource): void {
    if (this.#dtls === undefined) {
      this.#counters.droppedDtls++;
      return;
    }
    this.#ice.suggestRoute(source);
    this.#dtls.receive(datagram);
  }

  #onKeys(keys: SrtpKeys): void {
    this.#state = 'connected';
    this.#srtpSender = new SrtpSender(keys.local);
    this.#srtpReceiver = new SrtpReceiver(keys.remote);
    this.#srtpProfile = keys.local.profile;
    this.#lastHeardUs = this.#options.clock.nowUs();
    this.#routeHeardUs = this.#lastHeardUs;
    this.#cancelTimer?.();
    this.#lastSilenceCheckUs = this.#lastHeardUs;
    this.#cancelTimer = this.#options.timers.every(this.#silenceCheckMs, () => this.#checkSilence());
    // Out of werift's stack: what a listener throws is a bug that must not be swallowed there.
    queueMicrotask(() => {
      if (this.#state === 'connected') this.#events.onConnected();
    });
  }

  #onMedia(datagram: Buffer, source: PortSource, arrivalUs: number): void {
    if (this.#srtpReceiver === undefined) {
      this.#counters.droppedEarlyMedia++;
      return;
    }
    if (this.#state !== 'connected') return;
    const isControl = isRtcp(datagram);
    const packet = isControl ? this.#srtpReceiver.unprotectRtcp(datagram) : this.#srtpReceiver.unprotectRtp(datagram);
    if (packet === undefined) return;
    this.#hear(arrivalUs);
    if (source === this.#ice.route) this.#routeHeardUs = arrivalUs;
    else this.#considerRoute(source, arrivalUs);
    if (isControl) {
      this.#counters.receivedRtcp++;
      this.#events.onRtcp(packet, arrivalUs);
    } else {
      this.#counters.receivedRtp++;
      this.#events.onRtp(packet, arrivalUs);
    }
  }

  #considerRoute(source: PortSource, arrivalUs: number): void {
    if (arrivalUs - this.#routeHeardUs < routeSilenceUs || !this.#ice.follow(source)) return;
    this.#routeHeardUs = arrivalUs;
    this.#counters.routeChanges++;
  }

  #checkSilence(): void {
    const nowUs = this.#options.clock.nowUs();
    // Timers come before what has arrived: time in which this process stood still is nobody's silence.
    const lateUs = nowUs - this.#lastSilenceCheckUs - this.#silenceCheckMs * 1000;
    if (lateUs > this.#silenceCheckMs * 1000) this.#lastHeardUs += lateUs;
    this.#lastSilenceCheckUs = nowUs;
    const silentUs = nowUs - this.#lastHeardUs;
    if (silentUs >= this.#options.silenceTimeoutMs * 1000) {
      this.#end('timeout', `silent for ${Math.round(silentUs / 1000)} ms`);
      return;
    }
    if (silentUs >= probeAfterUs && nowUs - this.#lastProbeUs >= probeIntervalUs) {
      this.#lastProbeUs = nowUs;
      this.#counters.probes++;
      this.#ice.probe();
    }
    if (silentUs < disconnectedAfterUs || this.#isSilent) return;
    this.#isSilent = true;
    this.#events.onDisconnected?.();
  }

  #end(reason: PeerEndReason, detail: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#cancelTimer?.();
    this.#dtls?.close();
    this.#ending = this.#ice.close().then(() => {
      queueMicrotask(() => this.#events.onEnded(reason, detail));
    });
  }
}
