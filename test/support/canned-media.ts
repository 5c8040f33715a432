/** SDP that looks like SDP, for tests in which no media flows. */

export const cannedOffer = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=ice-ufrag:serv', 'a=ice-pwd:0123456789012345678901', 'a=mid:0', ''].join('\r\n');
export const cannedAnswer = cannedOffer.replace('o=- 1 1', 'o=- 2 1');
/** What a WHIP client posts; its candidates have the fragment `EsAw`. */
export const clientOffer = cannedOffer.replace('a=ice-ufrag:serv', 'a=ice-ufrag:EsAw');
export const clientCandidate = 'candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw';
/** One grey pixel. */
export const tinyPng = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg==', 'base64');
