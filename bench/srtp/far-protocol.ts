/** What the measured process and the process at the other end of its connections say to each other. */

/** 7 is AEAD_AES_128_GCM, 1 is AES_CM_128_HMAC_SHA1_80 (RFC 7714 14.2, RFC 5764 4.1.2). */
export type ProfileId = 1 | 7;

export type FarOrder =
  /** Answer an offer with a connection that knows this profile only. */
  | { readonly type: 'connect'; readonly link: string; readonly offer: string; readonly profileId: ProfileId }
  /** A plain socket that talks to this port of 127.0.0.1. */
  | { readonly type: 'open'; readonly link: string; readonly port: number }
  | { readonly type: 'send'; readonly link: string; readonly packets: number }
  /** Sleep for so long, and read nothing: then no sender is charged with waking the receiver, once for each packet of his or once for many. */
  | { readonly type: 'rest'; readonly link: string; readonly ms: number };

export type FarReport =
  | { readonly type: 'answer'; readonly link: string; readonly answer: string }
  | { readonly type: 'ready'; readonly link: string; readonly port: number }
  | { readonly type: 'sent'; readonly link: string }
  | { readonly type: 'resting'; readonly link: string }
  | { readonly type: 'rested'; readonly link: string };

/** Payload of RTP. With header and extensions the packet has some twenty more. */
export const payloadBytes = 1_200;
/** One frame of a good picture. */
export const burstPackets = 40;
/** 5,000 packets a second, which also the slowest end can take without loss. */
export const burstPauseMs = 8;
