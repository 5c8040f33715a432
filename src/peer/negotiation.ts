/** What two sides agree on (RFC 3264 6, RFC 8829 5.3): pure, m-line by m-line. */
import { AppError } from '../errors.js';
import { answerCodec, offerCodecs, pickCodecs, takesRemb, toNegotiatedCodec, withoutRtx, type RemoteCodec } from './codecs.js';
import { ExtensionAgreement, offerExtensions } from './extension-map.js';
import type { LocalSection } from './local-description.js';
import { directionOf, receivesIn, sendsIn, type MediaPlan, type NegotiatedMedia, type ProtectionTypes, type RemoteMedia } from './media.js';
import { mustTellRepairs } from './payload-types.js';
import { isProtectable, offerProtection, withoutRtx as withoutRedRtx } from './protection-lines.js';
import type { RemoteDescription, RemoteSection, RemoteSectionMedia } from './remote-description.js';
import type { RemoteRid } from './simulcast-lines.js';

const offeredProtocol = 'UDP/TLS/RTP/SAVPF';

export interface AnsweredOffer {
  /** As many as the offer has, in its order. */
  readonly sections: readonly LocalSection[];
  /** Each usable section of the offer, refused ones too. */
  readonly media: readonly NegotiatedMedia[];
  /** The first section both take: it carries the transport. */
  readonly transportMid: string;
}

export function offerSections(plans: readonly MediaPlan[]): LocalSection[] {
  return plans.map((plan) => ({
    type: plan.kind,
    protocol: offeredProtocol,
    mid: plan.mid,
    formats: '0',
    media: { direction: plan.direction, codecs: offerCodecs(plan), extensions: offerExtensions(plan.kind), protection: offerProtection(plan), rids: [], reducedSizeRtcp: true, source: plan },
  }));
}

/** @throws {AppError} `sdp_without_media`. */
export function readRemoteMedia(remote: RemoteDescription): RemoteMedia[] {
  const usable = remote.sections.flatMap(({ mid, media }) => {
    if (media === undefined) return [];
    const { kind, direction, ssrcs } = media;
    return [{ mid, kind, direction, ssrcs, codecs: media.codecs.map(toNegotiatedCodec) }];
  });
  if (usable.length === 0) throw new AppError('sdp_without_media');
  return usable;
}

/** @throws {AppError} `no_common_codec` when not one wanted section has one, `sdp_without_media` when none is wanted, `sdp_invalid` when retransmissions cannot be told from the rest. */
export function answerSections(remote: RemoteDescription, plans: readonly MediaPlan[]): AnsweredOffer {
  const agreement = new ExtensionAgreement();
  const sections: LocalSection[] = [];
  const media: NegotiatedMedia[] = [];
  let isAnyWanted = false;
  let transportMid: string | undefined;
  for (const section of remote.sections) {
    const plan = plans.find(({ mid, kind }) => mid === section.mid && kind === section.media?.kind);
    isAnyWanted ||= plan !== undefined;
    const answered = plan === undefined || section.media === undefined ? undefined : answerSection(section, section.media, plan, agreement);
    if (answered !== undefined) transportMid ??= section.mid;
    sections.push(answered?.local ?? refuse(section));
    if (section.media !== undefined) media.push(answered?.media ?? refusedMedia(section.mid, section.media.kind));
  }
  if (transportMid === undefined) throw new AppError(isAnyWanted ? 'no_common_codec' : 'sdp_without_media');
  mustTellRepairs(media);
  return { sections, media, transportMid };
}

/**
 * @param plans those of our offer, in its order.
 * @throws {AppError} `sdp_invalid` when the answer has other m-lines than the offer or retransmissions that cannot be told from the rest, `sdp_without_media` when it refuses all.
 */
export function readAnswer(remote: RemoteDescription, plans: readonly MediaPlan[]): { readonly media: readonly NegotiatedMedia[]; readonly transportMid: string } {
  const agreement = new ExtensionAgreement();
  const fits = remote.sections.length === plans.length && remote.sections.every(({ mid, hasMid, type }, index) => type === plans[index]?.kind && (!hasMid || mid === plans[index].mid));
  if (!fits) throw new AppError('sdp_invalid', 'The answer has other media sections than the offer.');
  let transportMid: string | undefined;
  const media = plans.map((plan, index) => {
    const section = remote.sections[index];
    const accepted = section?.media;
    const picked = accepted?.codecs.filter(({ name }) => plan.codecs.includes(name)) ?? [];
    if (section === undefined || accepted === undefined || picked.length === 0) return refusedMedia(plan.mid, plan.kind);
    transportMid ??= section.mid;
    const extensions = agreement.agree(plan.kind, accepted.extensions);
    const receives = receivesIn(plan.direction) && sendsIn(accepted.direction);
    return {
      mid: plan.mid,
      kind: plan.kind,
      sends: sendsIn(plan.direction) && receivesIn(accepted.direction),
      receives,
      codecs: picked.map((codec) => toNegotiatedCodec(plan.rtxSsrc === undefined ? withoutRtx(codec) : codec)),
      remoteSsrcs: accepted.ssrcs,
      remoteRtxSsrcs: accepted.rtxSsrcs,
      extensionIds: extensions.receivedIds,
      sentExtensionIds: extensions.sentIds,
      ...protectionOf(receives, picked, accepted, plan),
      ...(receives && picked.some(takesRemb) ? { takesRemb: true } : {}),
    };
  });
  if (transportMid === undefined) throw new AppError('sdp_without_media', 'The answer refuses every media section.');
  mustTellRepairs(media);
  return { media, transportMid };
}

function answerSection(section: RemoteSection, offered: RemoteSectionMedia, plan: MediaPlan, agreement: ExtensionAgreement): { readonly local: LocalSection; readonly media: NegotiatedMedia } | undefined {
  const picked = pickCodecs(offered.codecs, plan.codecs);
  const codecs = plan.rtxSsrc === undefined ? picked.map(withoutRtx) : picked;
  if (codecs.length === 0) return undefined;
  const sends = sendsIn(plan.direction) && receivesIn(offered.direction);
  const receives = receivesIn(plan.direction) && sendsIn(offered.direction);
  const offeredRids = receives && plan.kind === 'video' ? ridsWith(codecs, offered.rids) : [];
  const extensions = agreement.agree(plan.kind, offered.extensions, offeredRids.length > 0);
  // Without the header extension nobody could tell the layers apart: then the answer takes one stream (RFC 8853 5.3.2).
  const rids = extensions.receivedIds.rid === undefined ? [] : offeredRids;
  const protection = repairsProtection(codecs, offered) ? protectionOf(receives, codecs, offered, plan) : {};
  return {
    local: {
      ...refuse(section),
      media: {
        direction: directionOf(sends, receives),
        codecs: codecs.map((codec) => answerCodec(codec, plan.stereoBps)),
        extensions: extensions.lines,
        protection: protection.protection,
        rids,
        reducedSizeRtcp: offered.reducedSizeRtcp,
        source: plan,
      },
    },
    media: {
      mid: section.mid,
      kind: plan.kind,
      sends,
      receives,
      codecs: codecs.map(toNegotiatedCodec),
      remoteSsrcs: offered.ssrcs,
      remoteRtxSsrcs: offered.rtxSsrcs,
      extensionIds: extensions.receivedIds,
      sentExtensionIds: extensions.sentIds,
      ...(rids.length === 0 ? {} : { remoteRids: rids }),
      ...protection,
      ...(receives && codecs.some(takesRemb) ? { takesRemb: true } : {}),
    },
  };
}

/** As far as both sides have it: only for what we receive, since we send none. */
function protectionOf(receives: boolean, codecs: readonly RemoteCodec[], { protection }: RemoteSectionMedia, { rtxSsrc }: MediaPlan): { readonly protection?: ProtectionTypes } {
  if (!receives || protection === undefined || !isProtectable(codecs)) return {};
  return { protection: rtxSsrc === undefined ? withoutRedRtx(protection) : protection };
}

/**
 * Whoever puts his pictures into RED repairs RED: without a payload type for retransmissions of it, libwebrtc answers no request at all, though it has one for the codec. To lose that
 * costs more than protection brings.
 */
function repairsProtection(codecs: readonly RemoteCodec[], { protection }: RemoteSectionMedia): boolean {
  return protection?.redRtxPayloadType !== undefined || !codecs.some(({ name, rtxPayloadType }) => name === 'vp8' && rtxPayloadType !== undefined);
}

/** Layers that come in a format which was agreed on. */
function ridsWith(codecs: readonly RemoteCodec[], rids: readonly RemoteRid[]): string[] {
  return rids.filter(({ payloadTypes }) => payloadTypes === undefined || codecs.some(({ payloadType }) => payloadTypes.includes(payloadType))).map(({ id }) => id);
}

function refuse({ type, protocol, mid, hasMid, formats }: RemoteSection): LocalSection {
  return { type, protocol, formats, mid: hasMid ? mid : undefined, media: undefined };
}

function refusedMedia(mid: string, kind: NegotiatedMedia['kind']): NegotiatedMedia {
  return { mid, kind, sends: false, receives: false, codecs: [], remoteSsrcs: [], remoteRtxSsrcs: [], extensionIds: {}, sentExtensionIds: {} };
}
