/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offers as browsers write them: a Chromium that publishes a microphone and a simulcast camera and
 * waits for one sound and one picture; a Firefox that publishes a microphone.
 */
#ifndef PARVIS_TEST_OFFERS_H
#define PARVIS_TEST_OFFERS_H

#define FINGERPRINT_TEXT                                                           \
	"5E:1F:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:01:23:45:67:89:AB:" \
	"CD:EF:10:32:54:76:98:BA"

#define CHROMIUM_TRANSPORT                                           \
	"a=rtcp:9 IN IP4 0.0.0.0\r\n"                                \
	"a=ice-ufrag:w4Qy\r\na=ice-pwd:Lq8iW0Wq7yYpTjC2mY0sP3fT\r\n" \
	"a=ice-options:trickle\r\n"                                  \
	"a=fingerprint:sha-256 " FINGERPRINT_TEXT "\r\na=setup:actpass\r\n"

#define CHROMIUM_AUDIO_CODECS                                                      \
	"a=rtcp-mux\r\na=rtcp-rsize\r\n"                                           \
	"a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"              \
	"a=fmtp:111 minptime=10;useinbandfec=1\r\n"                                \
	"a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"                         \
	"a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" \
	"a=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n"

#define CHROMIUM_AUDIO_EXTENSIONS                                                   \
	"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"                \
	"a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n" \
	"a=extmap:3 http://www.ietf.org/id/"                                        \
	"draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"                    \
	"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"

#define CHROMIUM_VIDEO_CODECS                                                                   \
	"a=rtcp-mux\r\na=rtcp-rsize\r\n"                                                        \
	"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\n"      \
	"a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"                \
	"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"                                         \
	"a=rtpmap:103 H264/90000\r\na=rtcp-fb:103 goog-remb\r\na=rtcp-fb:103 nack\r\n"          \
	"a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n" \
	"a=rtpmap:104 rtx/90000\r\na=fmtp:104 apt=103\r\n"                                      \
	"a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\n"                                   \
	"a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n"                                         \
	"a=rtpmap:114 red/90000\r\na=rtpmap:116 ulpfec/90000\r\n"

#define CHROMIUM_VIDEO_EXTENSIONS                                                   \
	"a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r\n"                        \
	"a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n" \
	"a=extmap:13 urn:3gpp:video-orientation\r\n"                                \
	"a=extmap:3 http://www.ietf.org/id/"                                        \
	"draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"                    \
	"a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n" \
	"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"                        \
	"a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"             \
	"a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"

static const char chromium_offer[] =
	"v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	"a=group:BUNDLE 0 1 2 3 4\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110\r\nc=IN IP4 0.0.0.0\r\n" CHROMIUM_TRANSPORT
	"a=mid:0\r\n" CHROMIUM_AUDIO_EXTENSIONS "a=recvonly\r\n" CHROMIUM_AUDIO_CODECS
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 98 99 114 116\r\n"
	"c=IN IP4 0.0.0.0\r\n" CHROMIUM_TRANSPORT "a=mid:1\r\n" CHROMIUM_VIDEO_EXTENSIONS
	"a=recvonly\r\n" CHROMIUM_VIDEO_CODECS
	"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
	"c=IN IP4 0.0.0.0\r\n" CHROMIUM_TRANSPORT
	"a=mid:2\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n"
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110\r\nc=IN IP4 0.0.0.0\r\n" CHROMIUM_TRANSPORT
	"a=mid:3\r\n" CHROMIUM_AUDIO_EXTENSIONS
	"a=sendonly\r\na=msid:- 6bd9f3f1-microphone\r\n" CHROMIUM_AUDIO_CODECS
	"a=ssrc:1367211433 cname:pT6xJ1Wq\r\na=ssrc:1367211433 msid:- 6bd9f3f1-microphone\r\n"
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 98 99 114 116\r\n"
	"c=IN IP4 0.0.0.0\r\n" CHROMIUM_TRANSPORT "a=mid:4\r\n" CHROMIUM_VIDEO_EXTENSIONS
	"a=sendonly\r\na=msid:- 1f0c-camera\r\n" CHROMIUM_VIDEO_CODECS
	"a=rid:f send\r\na=rid:h send\r\na=rid:q send\r\na=simulcast:send f;h;~q\r\n";

static const char firefox_offer[] =
	"v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 5712093182711541024 0 IN IP4 0.0.0.0\r\n"
	"s=-\r\nt=0 0\r\na=fingerprint:sha-256 " FINGERPRINT_TEXT "\r\n"
	"a=group:BUNDLE 0 1\r\na=ice-options:trickle\r\na=msid-semantic:WMS *\r\n"
	"m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101\r\nc=IN IP4 0.0.0.0\r\n"
	"a=sendrecv\r\n"
	"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
	"a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level\r\n"
	"a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
	"a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1\r\na=fmtp:101 0-15\r\n"
	"a=ice-pwd:8a4f1e0a3c9b7d2e5f6a1b0c9d8e7f6a\r\na=ice-ufrag:9f2c1d0e\r\na=mid:0\r\n"
	"a=msid:{stream} {track}\r\na=rtcp-mux\r\n"
	"a=rtpmap:109 opus/48000/2\r\na=rtpmap:9 G722/8000/1\r\na=rtpmap:0 PCMU/8000\r\n"
	"a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
	"a=setup:actpass\r\na=ssrc:2655508255 cname:{cname}\r\n"
	"m=video 0 UDP/TLS/RTP/SAVPF 120 124 121 125\r\nc=IN IP4 0.0.0.0\r\n"
	"a=bundle-only\r\na=sendrecv\r\n"
	"a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
	"a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
	"a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
	"a=fmtp:120 max-fs=12288;max-fr=60\r\na=fmtp:124 apt=120\r\na=fmtp:125 apt=121\r\n"
	"a=ice-pwd:8a4f1e0a3c9b7d2e5f6a1b0c9d8e7f6a\r\na=ice-ufrag:9f2c1d0e\r\na=mid:1\r\n"
	"a=msid:{stream} {picture}\r\n"
	"a=rtcp-fb:120 nack\r\na=rtcp-fb:120 nack pli\r\na=rtcp-fb:120 ccm fir\r\n"
	"a=rtcp-fb:120 goog-remb\r\na=rtcp-fb:120 transport-cc\r\n"
	"a=rtcp-mux\r\na=rtcp-rsize\r\n"
	"a=rtpmap:120 VP8/90000\r\na=rtpmap:124 rtx/90000\r\na=rtpmap:121 VP9/90000\r\n"
	"a=rtpmap:125 rtx/90000\r\na=setup:actpass\r\n"
	"a=ssrc:1733141123 cname:{cname}\r\na=ssrc:3905512477 cname:{cname}\r\n"
	"a=ssrc-group:FID 1733141123 3905512477\r\n";

#endif
