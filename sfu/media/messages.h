/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What signalling and media say to each other. Commands go from the signalling thread to a media
 * thread (media_threads_send), events come back through the mailbox given at its start. A message
 * is one allocation, belongs to whoever holds it, and shares nothing with the sender.
 *
 * Signalling chooses every id: from one counter, never reused, never 0. What media is told about
 * an id that it does not know (any more) is ignored; closing closes what hangs below:
 * meeting > transport > track, downtrack.
 *
 *	meeting		the people who can hear each other
 *	transport	one peer connection: ICE + DTLS, with everything bundled on it
 *	track		what a participant publishes, in one to three encodings (simulcast)
 *	downtrack	one subscriber's copy of one track
 */
#ifndef PARVIS_SFU_MESSAGES_H
#define PARVIS_SFU_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "sfu/media/extensions.h"

struct tcp_stranger;

#define MEDIA_MAX_ENCODINGS 3
#define MEDIA_MAX_CODECS    8
#define MEDIA_ID_MAX	    16 /* bytes of a mid or rid that we take */
#define MEDIA_UFRAG_MAX	    32
#define MEDIA_PWD_MAX	    64
#define MEDIA_DATA_MAX	    (64 * 1024) /* bytes of one data message, in and out */
#define MEDIA_MAX_SPEAKERS  16
#define MEDIA_NO_PAYLOAD    0xff /* "no payload type" */

enum media_kind { MEDIA_AUDIO, MEDIA_VIDEO };

/* RED is Opus with redundancy (RFC 2198): a format beside it, not a codec of its own. */
enum media_codec_name {
	CODEC_OPUS,
	CODEC_RED,
	CODEC_VP8,
	CODEC_VP9,
	CODEC_AV1,
	CODEC_H264,
	CODEC_COUNT
};

/* One codec as negotiated in one section, in that peer's numbers. */
struct media_codec {
	enum media_codec_name name;
	uint8_t payload_type;
	uint8_t rtx_payload_type; /* MEDIA_NO_PAYLOAD: no RTX (RFC 4588) */
	uint8_t profile;	  /* H.264's profile_idc; of others 0 */
	bool nack;		  /* a=rtcp-fb nack */
	bool pli;		  /* nack pli */
	bool fir;		  /* ccm fir */
	bool transport_cc;	  /* transport-cc */
	bool remb;		  /* goog-remb */
};

/* Data channels by their labels, which are LiveKit's. */
enum media_channel { CHANNEL_RELIABLE, CHANNEL_LOSSY, CHANNEL_DATA_TRACK, CHANNEL_COUNT };

enum media_data_role {
	DATA_NONE,
	DATA_ACCEPT, /* the peer opens the channels (RFC 8832); what it opens is used both ways */
	DATA_OPEN,   /* we open all three: the subscriber's transport of the dual mode */
};

/* --- commands: signalling to media ------------------------------------------------------------ */

enum media_command_kind {
	MEDIA_OPEN_MEETING,	/* meeting */
	MEDIA_CLOSE_MEETING,	/* meeting */
	MEDIA_OPEN_TRANSPORT,	/* u.params */
	MEDIA_UPDATE_TRANSPORT, /* u.params: non-empty members replace what was there */
	MEDIA_CLOSE_TRANSPORT,	/* transport */
	MEDIA_PUBLISH,		/* u.publish, before the answer is sent; again: new parameters */
	MEDIA_UNPUBLISH,	/* track */
	MEDIA_MUTE_TRACK,	/* track, u.muted: nothing is forwarded while muted */
	MEDIA_SUBSCRIBE,	/* u.subscribe */
	MEDIA_UNSUBSCRIBE,	/* downtrack */
	MEDIA_SET_DOWNTRACK,	/* downtrack, u.settings */
	MEDIA_REQUEST_KEYFRAME, /* track: of all its encodings; throttled like a PLI */
	MEDIA_SEND_DATA,	/* transport, u.data; lost (and counted) when the peer has no such
				   channel, or on a lossy one when it does not keep up; a reliable
				   one waits, until the peer is given up (LOST_BEHIND) */
	MEDIA_TAKE_CONNECTION,	/* u.stranger: media threads among themselves */
	MEDIA_STOP,		/* used by media_threads_stop() */
};

/*
 * We are always ICE-lite and controlled, DTLS server (a=setup:passive), BUNDLE, rtcp-mux.
 *
 * The local ufrag names the transport: STUN requests find it by the first half of USERNAME, so it
 * is unique in the program: 8 random characters or more; the password 24 or more. An update with
 * a new ufrag and password is an ICE restart: the DTLS session and all tracks stay, the old pair
 * is honoured until the first check with the new one.
 *
 * Who has sent no fingerprint yet (the subscriber's transport, before its answer) is opened with
 * fingerprint_size 0; checks are then answered, and DTLS completes once an update brings it.
 */
struct media_transport_params {
	uint64_t participant;
	char local_ufrag[MEDIA_UFRAG_MAX + 1];
	char local_pwd[MEDIA_PWD_MAX + 1];
	char remote_ufrag[MEDIA_UFRAG_MAX + 1]; /* "": any; otherwise USERNAME must name it */
	uint8_t fingerprint[64];		/* of the peer's certificate */
	uint8_t fingerprint_size;		/* 32: sha-256, 48: sha-384, 64: sha-512 */
	struct rtp_extension_ids extensions;	/* all 0 in an update: unchanged */
	enum media_data_role data;		/* in an update: DATA_ACCEPT may follow DATA_NONE */
	uint16_t sctp_port;			/* the peer's a=sctp-port; 0: 5000 */
	uint32_t data_max_message_size;		/* the peer's a=max-message-size; 0: 65536 */
};

/* By SSRC where the offer names it, otherwise by mid, or by mid and rid (RFC 8843, RFC 8852). */
struct media_encoding {
	char rid[MEDIA_ID_MAX + 1]; /* "" without simulcast */
	uint32_t ssrc;		    /* 0: not signalled */
	uint32_t rtx_ssrc;	    /* 0: not signalled or no RTX */
};

struct media_publish {
	uint64_t transport;
	uint64_t track;
	enum media_kind kind;
	bool speaker; /* its audio level counts for active speakers */
	bool screen;  /* what is shown matters more than who shows it */
	bool muted;
	char mid[MEDIA_ID_MAX + 1];
	struct media_codec codecs[MEDIA_MAX_CODECS];
	unsigned codec_count;
	struct media_encoding encodings[MEDIA_MAX_ENCODINGS]; /* [0] the smallest picture */
	unsigned encoding_count;
};

struct media_downtrack_settings {
	bool paused;	      /* UpdateTrackSettings.disabled */
	uint8_t max_encoding; /* greatest index wanted, or spatial layer where one stream has
			       * several; MEDIA_MAX_ENCODINGS - 1: the best there is */
	uint8_t priority;     /* UpdateTrackSettings.priority: 1 is the highest, 0 unset */
};

struct media_subscribe {
	uint64_t downtrack;
	uint64_t track;
	uint64_t transport;	    /* of the subscriber */
	char mid[MEDIA_ID_MAX + 1]; /* of its section there */
	struct media_codec codec;   /* what that subscriber negotiated for the track's codec */
	uint32_t ssrc;		    /* written to the SDP; unique on that transport, not 0 */
	uint32_t rtx_ssrc;	    /* 0: no RTX; lost packets are then sent again as they were */
	uint8_t red_payload_type;   /* of audio; MEDIA_NO_PAYLOAD: only the primary frame is sent */
	struct media_downtrack_settings settings;
};

struct media_data {
	enum media_channel channel;
	size_t size;
	uint8_t *bytes; /* inside the message's own allocation */
};

struct media_command {
	enum media_command_kind kind;
	uint64_t meeting; /* always: its media thread is found by it */
	uint64_t transport;
	uint64_t track;
	uint64_t downtrack;
	union {
		struct media_transport_params params; /* OPEN_, UPDATE_TRANSPORT of `transport` */
		struct media_publish publish;
		struct media_subscribe subscribe;
		struct media_downtrack_settings settings;
		struct media_data data;
		bool muted;
		struct tcp_stranger *stranger; /* owned */
	} u;
	struct media_command *next; /* media's own, of those that wait */
};

/* Zeroed but for the kind. */
struct media_command *media_command_new(enum media_command_kind kind);
/* SEND_DATA with a copy of the bytes; NULL when there are more than MEDIA_DATA_MAX. */
struct media_command *media_command_new_data(
	uint64_t transport, enum media_channel channel, struct str bytes);
void media_command_free(struct media_command **command);

/* --- events: media to signalling -------------------------------------------------------------- */

enum media_event_kind {
	MEDIA_TRANSPORT_CONNECTED, /* ICE and DTLS; again when it comes back after being lost */
	MEDIA_TRANSPORT_LOST,	   /* u.lost; the transport stays until it is closed */
	MEDIA_CHANNEL_OPEN,	   /* u.data.channel can send now */
	MEDIA_TRACK_LAYERS,	   /* track, u.layers; the first one says that media flows */
	MEDIA_SPEAKERS,		   /* meeting, u.speakers: all who speak now, loudest first */
	MEDIA_DATA_RECEIVED, /* transport, u.data; at most 16 MiB/s of a peer, 4096 messages/s */
	MEDIA_STATS,	     /* transport, u.stats; every 5 s */
	MEDIA_STREAM_STATE,  /* transport, u.stream: held back for want of bandwidth, or back */
};

enum media_lost {
	LOST_SILENT,	/* no consent (RFC 7675) nor authentic packet for TRANSPORT_SILENCE_MS */
	LOST_NEVER,	/* not connected TRANSPORT_CONNECT_MS after it was opened */
	LOST_HANDSHAKE, /* DTLS failed; among others a certificate that is not the one announced */
	LOST_CLOSED,	/* the peer said close_notify */
	LOST_BEHIND,	/* does not take its reliable data, of which it will get no more: its
			   participant has to come anew. Media flow until it is closed */
};

#define TRANSPORT_SILENCE_MS 12000
#define TRANSPORT_CONNECT_MS 30000

struct media_speaker {
	uint64_t participant;
	uint64_t track;
	float level; /* 0 (silence) to 1 */
};

struct media_speakers {
	unsigned count;
	struct media_speaker list[MEDIA_MAX_SPEAKERS];
};

/* Since the last such event, unless said otherwise. */
struct media_stats {
	uint32_t rtt_ms;	      /* latest known; 0: unknown */
	float loss_up;		      /* 0 to 1, of what the peer publishes */
	float loss_down;	      /* 0 to 1, as the peer reports */
	uint64_t bytes_in, bytes_out; /* since the transport was opened */
	uint64_t packets_in, packets_out;
	uint64_t estimate_down; /* bit/s that the way to the peer takes; 0: unknown */
	bool starved;		/* a video is held back for want of it */
	bool reduced;		/* a video is smaller than was asked for */
};

struct media_stream_state {
	uint64_t downtrack;
	bool paused;
};

struct media_event {
	enum media_event_kind kind;
	uint64_t meeting;
	uint64_t participant; /* of the transport or track */
	uint64_t transport;
	uint64_t track;
	union {
		enum media_lost lost;
		uint32_t layers; /* bit i: encoding i is flowing */
		struct media_speakers speakers;
		struct media_data data;
		struct media_stats stats;
		struct media_stream_state stream;
	} u;
};

struct media_event *media_event_new(enum media_event_kind kind);
struct media_event *media_event_new_data(
	uint64_t transport, enum media_channel channel, const uint8_t *bytes, size_t n);
void media_event_free(struct media_event **event);
/* For mailbox_free(). */
void media_event_drop(void *event);

#endif
