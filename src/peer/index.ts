/** The door of this folder: one WebRTC connection above one UDP port of the process, and the only place that names werift. */
export { createCertificate, type PeerCertificate } from './certificate.js';
export type { DtlsRole } from './dtls-session.js';
export type { LocalIce } from './ice-agent.js';
export { writeCandidate } from './local-description.js';
export { sendsIn } from './media.js';
export type { CodecName, ExtensionIds, MediaDirection, MediaKind, MediaPlan, NegotiatedCodec, NegotiatedMedia, RemoteMedia } from './media.js';
export { repairTypes, sentTypes } from './payload-types.js';
export { Peer } from './peer.js';
export type { PeerCounters, PeerEndReason, PeerEvents, PeerOptions, PeerState } from './peer-options.js';
export { UdpPort, type PortCounters, type UdpPortOptions } from './udp-port.js';
