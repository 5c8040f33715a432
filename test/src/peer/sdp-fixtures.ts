/** Offers in the shape of the clients that are to be understood, shortened where they only repeat themselves. Addresses are of RFC 5737. */

const fingerprint = Array.from({ length: 32 }, (_, index) => (index * 7 + 16).toString(16).toUpperCase().padStart(2, '0')).join(':');

function sdp(lines: string): string {
  return `${lines.trim().split(/\s*\n\s*/).join('\r\n')}\r\n`;
}

/** Chromium, camera and microphone and a data channel, `balanced` bundle policy: each m-line with a transport of its own, mDNS candidates. */
export const chromiumOffer = sdp(`
  v=0
  o=- 4611731400430051336 2 IN IP4 127.0.0.1
  s=-
  t=0 0
  a=group:BUNDLE 0 1 2
  a=extmap-allow-mixed
  a=msid-semantic: WMS 8d2ab3b7
  m=audio 56501 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
  c=IN IP4 198.51.100.7
  a=rtcp:9 IN IP4 0.0.0.0
  a=candidate:1467250027 1 udp 2122260223 0c36d8a2-7d2e-4c4c-8a12-1f3d5c1b6c11.local 56501 typ host generation 0 network-id 1
  a=candidate:1853887674 1 udp 1686052607 198.51.100.7 56501 typ srflx raddr 0.0.0.0 rport 0 generation 0 network-id 1
  a=candidate:1853887675 1 tcp 1518280447 198.51.100.7 9 typ host tcptype active generation 0 network-id 1
  a=ice-ufrag:Wq4k
  a=ice-pwd:0AbC1dEf2GhI3jKl4MnO5pQr
  a=ice-options:trickle
  a=fingerprint:sha-256 ${fingerprint}
  a=setup:actpass
  a=mid:0
  a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
  a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
  a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
  a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
  a=sendrecv
  a=msid:8d2ab3b7 2f1c
  a=rtcp-mux
  a=rtcp-rsize
  a=rtpmap:111 opus/48000/2
  a=rtcp-fb:111 transport-cc
  a=fmtp:111 minptime=10;useinbandfec=1
  a=rtpmap:63 red/48000/2
  a=fmtp:63 111/111
  a=rtpmap:9 G722/8000
  a=rtpmap:0 PCMU/8000
  a=rtpmap:8 PCMA/8000
  a=rtpmap:13 CN/8000
  a=rtpmap:110 telephone-event/48000
  a=rtpmap:126 telephone-event/8000
  a=ssrc:1399694169 cname:Xs3
  a=ssrc:1399694169 msid:8d2ab3b7 2f1c
  m=video 56502 UDP/TLS/RTP/SAVPF 96 97 102 103 104 105 106 107 108 109 127 125 39 40 45 46 98 99 100 101 112 113 116
  c=IN IP4 198.51.100.7
  a=rtcp:9 IN IP4 0.0.0.0
  a=candidate:1853887674 1 udp 1686052607 198.51.100.7 56502 typ srflx raddr 0.0.0.0 rport 0 generation 0 network-id 1
  a=ice-ufrag:Wq4k
  a=ice-pwd:0AbC1dEf2GhI3jKl4MnO5pQr
  a=ice-options:trickle
  a=fingerprint:sha-256 ${fingerprint}
  a=setup:actpass
  a=mid:1
  a=extmap:14 urn:ietf:params:rtp-hdrext:toffset
  a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
  a=extmap:13 urn:3gpp:video-orientation
  a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
  a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
  a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
  a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
  a=sendrecv
  a=msid:8d2ab3b7 77aa
  a=rtcp-mux
  a=rtcp-rsize
  a=rtpmap:96 VP8/90000
  a=rtcp-fb:96 goog-remb
  a=rtcp-fb:96 transport-cc
  a=rtcp-fb:96 ccm fir
  a=rtcp-fb:96 nack
  a=rtcp-fb:96 nack pli
  a=rtpmap:97 rtx/90000
  a=fmtp:97 apt=96
  a=rtpmap:102 H264/90000
  a=rtcp-fb:102 goog-remb
  a=rtcp-fb:102 transport-cc
  a=rtcp-fb:102 ccm fir
  a=rtcp-fb:102 nack
  a=rtcp-fb:102 nack pli
  a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
  a=rtpmap:103 rtx/90000
  a=fmtp:103 apt=102
  a=rtpmap:104 H264/90000
  a=rtcp-fb:104 nack
  a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f
  a=rtpmap:106 H264/90000
  a=rtcp-fb:106 transport-cc
  a=rtcp-fb:106 nack
  a=rtcp-fb:106 nack pli
  a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
  a=rtpmap:108 H264/90000
  a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
  a=rtpmap:127 H264/90000
  a=fmtp:127 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f
  a=rtpmap:39 H264/90000
  a=fmtp:39 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=4d001f
  a=rtpmap:45 AV1/90000
  a=fmtp:45 level-idx=5;profile=0;tier=0
  a=rtpmap:98 VP9/90000
  a=fmtp:98 profile-id=0
  a=rtpmap:112 H264/90000
  a=fmtp:112 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f
  a=rtpmap:116 ulpfec/90000
  a=ssrc-group:FID 2231627014 632943048
  a=ssrc:2231627014 cname:Xs3
  a=ssrc:2231627014 msid:8d2ab3b7 77aa
  a=ssrc:632943048 cname:Xs3
  a=ssrc:632943048 msid:8d2ab3b7 77aa
  m=application 9 UDP/DTLS/SCTP webrtc-datachannel
  c=IN IP4 0.0.0.0
  a=ice-ufrag:Wq4k
  a=ice-pwd:0AbC1dEf2GhI3jKl4MnO5pQr
  a=fingerprint:sha-256 ${fingerprint}
  a=setup:actpass
  a=mid:2
  a=sctp-port:5000
  a=max-message-size:262144
`);

/** libwebrtc with `max-bundle` and simulcast, no candidates yet: later m-lines are bundle-only. */
export const simulcastOffer = sdp(`
  v=0
  o=- 1701 2 IN IP4 127.0.0.1
  s=-
  t=0 0
  a=group:BUNDLE 0 1
  a=msid-semantic: WMS
  m=audio 9 UDP/TLS/RTP/SAVPF 111
  c=IN IP4 0.0.0.0
  a=ice-ufrag:abcd
  a=ice-pwd:abcdefghijklmnopqrstuvwx
  a=fingerprint:sha-256 ${fingerprint}
  a=setup:actpass
  a=mid:0
  a=sendonly
  a=rtcp-mux
  a=rtpmap:111 opus/48000/2
  m=video 0 UDP/TLS/RTP/SAVPF 96 97
  c=IN IP4 0.0.0.0
  a=bundle-only
  a=ice-ufrag:abcd
  a=ice-pwd:abcdefghijklmnopqrstuvwx
  a=fingerprint:sha-256 ${fingerprint}
  a=setup:actpass
  a=mid:1
  a=sendonly
  a=rtcp-mux
  a=rtpmap:96 VP8/90000
  a=rtcp-fb:* nack pli
  a=rtpmap:97 rtx/90000
  a=fmtp:97 apt=96
  a=rid:h send
  a=rid:l send
  a=simulcast:send h;l
`);

/** FFmpeg 8's WHIP muxer: DTLS server unless told otherwise, no candidates, one payload type each, no rtcp-rsize. */
export const ffmpegOffer = sdp(`
  v=0
  o=FFmpeg 4489045141692799359 2 IN IP4 127.0.0.1
  s=FFmpegPublishSession
  t=0 0
  a=group:BUNDLE 0 1
  a=extmap-allow-mixed
  a=msid-semantic: WMS
  m=audio 9 UDP/TLS/RTP/SAVPF 111
  c=IN IP4 0.0.0.0
  a=ice-ufrag:6d6a3b2c
  a=ice-pwd:0123456789abcdef0123456789abcdef
  a=fingerprint:sha-256 ${fingerprint}
  a=setup:passive
  a=mid:0
  a=sendonly
  a=msid:FFmpeg audio
  a=rtcp-mux
  a=rtpmap:111 opus/48000/2
  a=ssrc:1094795585 cname:FFmpeg
  a=ssrc:1094795585 msid:FFmpeg audio
  m=video 9 UDP/TLS/RTP/SAVPF 106
  c=IN IP4 0.0.0.0
  a=ice-ufrag:6d6a3b2c
  a=ice-pwd:0123456789abcdef0123456789abcdef
  a=fingerprint:sha-256 ${fingerprint}
  a=setup:passive
  a=mid:1
  a=sendonly
  a=msid:FFmpeg video
  a=rtcp-mux
  a=rtcp-rsize
  a=rtpmap:106 H264/90000
  a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42c01f
  a=rtcp-fb:106 nack
  a=ssrc:1094795586 cname:FFmpeg
  a=ssrc:1094795586 msid:FFmpeg video
`);

/** OBS (libdatachannel): credentials in the session part, video first, two-digit payload types, a space after the semicolons, candidates inside. */
export const obsOffer = sdp(`
  v=0
  o=rtc 3767197920 0 IN IP4 127.0.0.1
  s=-
  t=0 0
  a=group:BUNDLE 0 1
  a=group:LS 0 1
  a=msid-semantic:WMS *
  a=setup:actpass
  a=ice-ufrag:YNxa
  a=ice-pwd:Tm0YRJDrHBE8DSIrHTm0YR
  a=ice-options:ice2,trickle
  a=fingerprint:sha-256 ${fingerprint.toLowerCase()}
  m=video 54609 UDP/TLS/RTP/SAVPF 97
  c=IN IP4 192.0.2.10
  a=mid:0
  a=sendonly
  a=ssrc:66616165 cname:obs
  a=ssrc:66616165 msid:stream video
  a=msid:stream video
  a=rtcp-mux
  a=rtpmap:97 H264/90000
  a=rtcp-fb:97 nack
  a=rtcp-fb:97 nack pli
  a=rtcp-fb:97 goog-remb
  a=fmtp:97 profile-level-id=42e01f; packetization-mode=1; level-asymmetry-allowed=1
  a=candidate:1 1 UDP 2122317823 192.0.2.10 54609 typ host
  a=end-of-candidates
  m=audio 54609 UDP/TLS/RTP/SAVPF 111
  c=IN IP4 192.0.2.10
  a=mid:1
  a=sendonly
  a=ssrc:66616164 cname:obs
  a=msid:stream audio
  a=rtcp-mux
  a=rtpmap:111 opus/48000/2
  a=fmtp:111 minptime=10; maxaveragebitrate=96000; stereo=1; sprop-stereo=1; useinbandfec=1
`);

/** GStreamer's whipclientsink (webrtcbin): long mids, extension ids of its own, `a=rtcp-mux-only`, parameter sets in the SDP, an ICE password with dashes. */
export const gstreamerOffer = sdp(`
  v=0
  o=- 5128419837490213419 0 IN IP4 0.0.0.0
  s=-
  t=0 0
  a=ice-options:trickle
  a=group:BUNDLE video0 audio1
  m=video 9 UDP/TLS/RTP/SAVPF 96 97
  c=IN IP4 0.0.0.0
  a=setup:actpass
  a=ice-ufrag:l3cT-_9q
  a=ice-pwd:w8kq2n-D0wYb_7Zp4LQhVtXyRsUa1234
  a=rtcp-mux
  a=rtcp-mux-only
  a=rtcp-rsize
  a=sendonly
  a=rtpmap:96 H264/90000
  a=rtcp-fb:96 nack
  a=rtcp-fb:96 nack pli
  a=rtcp-fb:96 ccm fir
  a=rtcp-fb:96 transport-cc
  a=fmtp:96 packetization-mode=1;profile-level-id=42c01f;sprop-parameter-sets=Z0LAHtoCgPRA,aM48gA==
  a=rtpmap:97 rtx/90000
  a=fmtp:97 apt=96
  a=extmap:1 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
  a=ssrc:2816421375 msid:user1 webrtctransceiver0
  a=ssrc:2816421375 cname:user1
  a=mid:video0
  a=fingerprint:sha-256 ${fingerprint}
  m=audio 9 UDP/TLS/RTP/SAVPF 98
  c=IN IP4 0.0.0.0
  a=setup:actpass
  a=ice-ufrag:l3cT-_9q
  a=ice-pwd:w8kq2n-D0wYb_7Zp4LQhVtXyRsUa1234
  a=rtcp-mux
  a=rtcp-mux-only
  a=sendonly
  a=rtpmap:98 OPUS/48000/2
  a=rtcp-fb:98 transport-cc
  a=fmtp:98 sprop-maxcapturerate=48000;sprop-stereo=0
  a=extmap:1 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
  a=ssrc:1206253521 cname:user1
  a=mid:audio1
  a=fingerprint:sha-256 ${fingerprint}
`);

export const fixtureFingerprint = fingerprint;
