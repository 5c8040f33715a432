/**
 * Offer and answer of one connection (a subset of JSEP, RFC 8829): text in, text out, no socket. Further rounds may change directions and add m-lines; the
 * transport stays that of the first, but for an ICE restart (RFC 8839 4.4.1.1) that we have begun: then ICE credentials are new and DTLS goes on.
 */
import { AppError } from '../errors.js';
import type { DtlsRole } from './dtls-session.js';
import type { LocalIce, RemoteIce } from './ice-agent.js';
import { writeDescription, type LocalDescription } from './local-description.js';
import type { MediaPlan, NegotiatedMedia, RemoteMedia } from './media.js';
import { answerSections, offerSections, readAnswer, readRemoteMedia } from './negotiation.js';
import { RemoteDescription, type RemoteTransport } from './remote-description.js';

export interface SdpSessionOptions {
  /** Decimal, at most 63 bits (RFC 8829 5.2.1); random. */
  readonly sessionId: string;
  readonly ice: LocalIce;
  readonly fingerprintSha256: string;
  /** Ours, where the other side leaves the choice. */
  readonly dtlsRole: DtlsRole;
}

export interface SdpOutcome {
  readonly media: readonly NegotiatedMedia[];
  readonly transport: RemoteTransport;
  readonly dtlsRole: DtlsRole;
  readonly isOfferer: boolean;
}

const dtlsRoleForAnswer: Readonly<Record<'active' | 'passive', DtlsRole>> = { active: 'server', passive: 'client' };

export class SdpSession {
  readonly #options: SdpSessionOptions;
  #version = 0;
  #localIce: LocalIce;
  /** Of the restart whose offer waits for its answer. */
  #nextLocalIce: LocalIce | undefined;
  #dtlsRole: DtlsRole | undefined;
  #remote: RemoteTransport | undefined;
  /** Of the last round that was ours to offer. */
  #plans: readonly MediaPlan[] = [];
  /** Of the offer that waits for its answer. */
  #openPlans: readonly MediaPlan[] | undefined;
  #knownMids: readonly string[] = [];
  /** An offer took the place of one that was not answered: an answer has to say which it means. */
  #isAmbiguous = false;

  constructor(options: SdpSessionOptions) {
    this.#options = options;
    this.#localIce = options.ice;
  }

  /** Of our last description, as its `o=` line has it. */
  get version(): number {
    return this.#version;
  }

  /**
   * Always `actpass`: that is what clients expect (RFC 9725 4.2, RFC 8829 5.2.1).
   *
   * @throws {Error} when m-lines of an earlier offer are missing or moved.
   */
  createOffer(plans: readonly MediaPlan[]): string {
    if (this.#knownMids.some((mid, index) => plans[index]?.mid !== mid)) throw new Error('an offer must repeat the m-lines of the one before');
    this.#open(plans);
    this.#nextLocalIce = undefined;
    return this.#write('actpass', true, offerSections(plans));
  }

  /**
   * The last offer of ours again, with new ICE credentials and candidates.
   *
   * @throws {Error} when we have offered nothing that was answered.
   */
  createRestartOffer(ice: LocalIce): string {
    if (this.#plans.length === 0) throw new Error('there is no offer of ours to repeat');
    this.#open(this.#plans);
    this.#nextLocalIce = ice;
    return this.#write('actpass', true, offerSections(this.#plans));
  }

  /** A restart that was agreed on without a description (RFC 9725 4.3.3). */
  restart(ice: LocalIce, remoteIce: RemoteIce): void {
    this.#localIce = ice;
    if (this.#remote !== undefined) this.#remote = { ...this.#remote, ice: remoteIce };
  }

  /**
   * @param offerId the version of the offer that it answers, where that is known.
   * @throws {AppError} any of the `sdp_` codes, `ice_restart_unsupported`, `answer_outdated`; then the offer stays open.
   */
  acceptAnswer(sdp: string, offerId?: number): SdpOutcome {
    const plans = this.#openPlans;
    if (offerId === undefined ? this.#isAmbiguous : offerId !== this.#version) throw new AppError('answer_outdated');
    if (plans === undefined) throw new AppError('sdp_invalid', 'There is no open offer that this could answer.');
    const remote = new RemoteDescription(sdp);
    const { media, transportMid } = readAnswer(remote, plans);
    const transport = remote.readTransport(transportMid);
    if (transport.setup === 'actpass') throw new AppError('sdp_invalid', 'The answer does not choose between a=setup:active and a=setup:passive.');
    const dtlsRole = this.#settle(transport, dtlsRoleForAnswer[transport.setup]);
    this.#openPlans = undefined;
    this.#isAmbiguous = false;
    this.#plans = plans;
    this.#knownMids = plans.map(({ mid }) => mid);
    return { media, transport, dtlsRole, isOfferer: true };
  }

  /** @throws {AppError} any of the `sdp_` codes, `no_common_codec`, `ice_restart_unsupported`, or what `plan` throws. */
  acceptOffer(sdp: string, plan: (remote: RemoteMedia[]) => readonly MediaPlan[]): SdpOutcome & { readonly answer: string } {
    const remote = new RemoteDescription(sdp);
    const { sections, media, transportMid } = answerSections(remote, plan(readRemoteMedia(remote)));
    const transport = remote.readTransport(transportMid);
    const chosen = transport.setup === 'actpass' ? this.#options.dtlsRole : dtlsRoleForAnswer[transport.setup];
    const dtlsRole = this.#settle(transport, chosen);
    const answer = this.#write(dtlsRole === 'server' ? 'passive' : 'active', remote.bundle !== undefined, sections);
    return { answer, media, transport, dtlsRole, isOfferer: false };
  }

  #open(plans: readonly MediaPlan[]): void {
    this.#isAmbiguous ||= this.#openPlans !== undefined;
    this.#openPlans = plans;
  }

  /** The first round decides; later ones must not contradict it. */
  #settle(transport: RemoteTransport, dtlsRole: DtlsRole): DtlsRole {
    const { ufrag, password } = transport.ice;
    const known = this.#remote;
    if (known !== undefined) {
      const isSame = known.ice.ufrag === ufrag && known.ice.password === password;
      if (this.#nextLocalIce === undefined && !isSame) throw new AppError('ice_restart_unsupported');
      if (this.#nextLocalIce !== undefined && isSame) throw new AppError('sdp_invalid', 'The answer repeats ICE credentials, and the offer restarted ICE.');
      // A new certificate would be a new DTLS association (RFC 8842 5.5).
      if (known.fingerprints.every(({ value }) => transport.fingerprints.every((other) => other.value !== value))) throw new AppError('ice_restart_unsupported');
    }
    this.#remote = transport;
    this.#localIce = this.#nextLocalIce ?? this.#localIce;
    this.#nextLocalIce = undefined;
    this.#dtlsRole ??= dtlsRole;
    return this.#dtlsRole;
  }

  #write(setup: LocalDescription['setup'], bundles: boolean, sections: LocalDescription['sections']): string {
    this.#version++;
    const { sessionId, fingerprintSha256 } = this.#options;
    return writeDescription({ sessionId, fingerprintSha256, ice: this.#nextLocalIce ?? this.#localIce, version: this.#version, setup, bundles, sections });
  }
}
