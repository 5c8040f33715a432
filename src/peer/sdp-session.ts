/**
 * Offer and answer of one connection (a subset of JSEP, RFC 8829): text in, text out, no socket. Further rounds may change directions and add m-lines; the
 * transport stays that of the first, so an ICE restart is refused.
 */
import { AppError } from '../errors.js';
import type { DtlsRole } from './dtls-session.js';
import type { LocalCandidate } from './ice-agent.js';
import { writeDescription, type LocalDescription } from './local-description.js';
import type { MediaPlan, NegotiatedMedia, RemoteMedia } from './media.js';
import { answerSections, offerSections, readAnswer, readRemoteMedia } from './negotiation.js';
import { RemoteDescription, type RemoteTransport } from './remote-description.js';

export interface SdpSessionOptions {
  /** Decimal, at most 63 bits (RFC 8829 5.2.1); random. */
  readonly sessionId: string;
  readonly ufrag: string;
  readonly password: string;
  readonly fingerprintSha256: string;
  readonly candidates: readonly LocalCandidate[];
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
  #dtlsRole: DtlsRole | undefined;
  #remoteIce: RemoteTransport['ice'] | undefined;
  /** Of the offer that waits for its answer. */
  #openPlans: readonly MediaPlan[] | undefined;
  #knownMids: readonly string[] = [];

  constructor(options: SdpSessionOptions) {
    this.#options = options;
  }

  /**
   * Always `actpass`: that is what clients expect (RFC 9725 4.2, RFC 8829 5.2.1).
   *
   * @throws {Error} when m-lines of an earlier offer are missing or moved.
   */
  createOffer(plans: readonly MediaPlan[]): string {
    if (this.#knownMids.some((mid, index) => plans[index]?.mid !== mid)) throw new Error('an offer must repeat the m-lines of the one before');
    this.#openPlans = plans;
    return this.#write('actpass', true, offerSections(plans));
  }

  /** @throws {AppError} any of the `sdp_` codes, `ice_restart_unsupported`; then the offer stays open. */
  acceptAnswer(sdp: string): SdpOutcome {
    const plans = this.#openPlans;
    if (plans === undefined) throw new AppError('sdp_invalid', 'There is no open offer that this could answer.');
    const remote = new RemoteDescription(sdp);
    const { media, transportMid } = readAnswer(remote, plans);
    const transport = remote.readTransport(transportMid);
    if (transport.setup === 'actpass') throw new AppError('sdp_invalid', 'The answer does not choose between a=setup:active and a=setup:passive.');
    const dtlsRole = this.#settle(transport, dtlsRoleForAnswer[transport.setup]);
    this.#openPlans = undefined;
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

  /** The first round decides; later ones must not contradict it. */
  #settle(transport: RemoteTransport, dtlsRole: DtlsRole): DtlsRole {
    const { ufrag, password } = transport.ice;
    if (this.#remoteIce !== undefined && (this.#remoteIce.ufrag !== ufrag || this.#remoteIce.password !== password)) throw new AppError('ice_restart_unsupported');
    this.#remoteIce = transport.ice;
    this.#dtlsRole ??= dtlsRole;
    return this.#dtlsRole;
  }

  #write(setup: LocalDescription['setup'], bundles: boolean, sections: LocalDescription['sections']): string {
    this.#version++;
    return writeDescription({ ...this.#options, version: this.#version, setup, bundles, sections });
  }
}
