/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one configuration file of the three programs (config/parvis.yaml is the commented default).
 * Read once at start by libcyaml against a schema: an unknown key, a wrong type or a value out of
 * range is an error that names the line. Strings are never NULL: absent ones are "" unless a
 * default is stated. Relative paths are relative to the folder of the configuration file.
 */
#ifndef PARVIS_CONFIG_H
#define PARVIS_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"

enum config_registration {
	REGISTRATION_CLOSED, /* the default */
	REGISTRATION_TOKEN,  /* m.login.registration_token */
	REGISTRATION_OPEN,
};

enum config_presence { PRESENCE_ENABLED, PRESENCE_DISABLED };

struct config_homeserver {
	char *listen_address; /* "127.0.0.1" */
	uint16_t port;	      /* 8008 */
	char *public_url;     /* what clients type: "http://localhost:8008" */
	bool trust_forwarded; /* a reverse proxy on loopback sets X-Forwarded-For */
	uint16_t workers;     /* 8: threads that answer; so many changes can share a commit */
	/* Open at once from one address (of IPv6: one /64); a reverse proxy on loopback that
	 * trust_forwarded names is not counted. 0: no limit, an office may have one address. */
	uint16_t connections_per_address;
	enum config_registration registration;
	bool guests; /* people without an account may look into rooms that let them */
	enum config_presence presence;
	char *support_page; /* told at /.well-known/matrix/support, with the next three */
	char *support_email;
	char *support_matrix_id;
	char *security_email;
	char **registration_tokens;
	unsigned registration_tokens_count;
	char **application_services; /* paths of registration files */
	unsigned application_services_count;
	uint64_t media_max_bytes;   /* 50 MiB */
	bool rate_limits_off;	    /* for tests and benchmarks only */
	bool push_private_gateways; /* gateways by http and in this network, such as UnifiedPush */
	bool identity_private_servers; /* identity servers by http and in this network */
};

struct config_sfu {
	char *listen_address;  /* "127.0.0.1": meeting page, token service and signalling */
	uint16_t meeting_port; /* 8088 */
	uint16_t signal_port;  /* 7880 */
	char *rtc_address;     /* "::": where media sockets are bound; takes IPv4, too */
	uint16_t rtc_tcp_port; /* 7881 */
	uint16_t rtc_udp_port; /* 7882 */
	char **rtc_advertised; /* addresses told to clients; empty: those of the interfaces */
	unsigned rtc_advertised_count;
	bool rtc_tcp_only;	/* clients are not told of UDP */
	uint16_t media_threads; /* 0: one */
	char *public_url;	/* of the meeting page: "http://localhost:8088" */
	char *signal_url;	/* what clients connect to: "ws://localhost:7880" */
	char *homeserver_url;	/* "http://localhost:8008" */
	char *api_key;		/* LiveKit API key: "parvis" */
	char *api_secret_file;	/* holds the secret, mode 0600 */
	char **webhook_urls;	/* who is told what happens in meetings */
	unsigned webhook_urls_count;
	char *web_dir; /* the built meeting page: "/usr/share/parvis/web" */
	bool trust_forwarded;
};

enum config_language {
	LANGUAGE_FRENCH, /* the default */
	LANGUAGE_ENGLISH,
};

struct config_mailbox {
	char *address;	/* "voirie@ville.example" */
	char *name;	/* of its space: "Voirie" */
	char **members; /* Matrix ids invited to the space */
	unsigned members_count;
	enum config_language language; /* of what its rooms' names and topics say */
};

/* What becomes of a mail to a room by somebody who does not take part in it. */
enum config_strangers {
	STRANGERS_JOIN, /* the default: they take part from then on */
	STRANGERS_WAIT, /* until a member lets them in */
};

/* A room that has a mail address. */
struct config_room {
	char *address; /* "projet-rocade@ville.example" */
	char *room;    /* alias or id: "#projet-rocade:ville.example" */
	enum config_strangers strangers;
};

/* What becomes of a mail in the provider's mailbox once it is safe here. */
enum config_imap_done {
	IMAP_DONE_FLAG, /* the default */
	IMAP_DONE_MOVE,
	IMAP_DONE_DELETE,
};

/* What is taken of the mails that are in a folder when it is read for the first time. */
enum config_imap_existing {
	IMAP_EXISTING_UNSEEN, /* the default */
	IMAP_EXISTING_ALL,
	IMAP_EXISTING_NONE,
};

/* A folder of a mailbox at a provider, read over IMAP. */
struct config_imap {
	char *url;  /* "imaps://host", or "imap://host" with STARTTLS */
	char *user; /* of the sign-in */
	char *password_file;
	char *token_file;    /* OAuth 2 access token in place of a password */
	char *token_command; /* prints one */
	char *ca_file;	     /* "": the system's */
	char *folder;	     /* "INBOX" */
	enum config_imap_done done;
	char *done_flag;   /* "\\Seen" */
	char *done_folder; /* "Parvis" */
	enum config_imap_existing existing;
	char *mailbox;	 /* address for what names none of ours: that of the first mailbox */
	uint16_t idle_s; /* 1500: IDLE is begun anew after so long */
	uint16_t poll_s; /* 60: where the server has no IDLE */
};

struct config_bridge_mail {
	char *homeserver_url;	 /* "http://localhost:8008" */
	char *registration_file; /* application service registration, shared with the homeserver */
	char *listen_address;	 /* "127.0.0.1": where the homeserver's transactions arrive */
	uint16_t port;		 /* 8009 */
	char *smtp_address;	 /* "127.0.0.1" */
	uint16_t smtp_port;	 /* 0: no SMTP listener */
	char *lmtp_socket;	 /* "run/lmtp.sock"; "": none */
	uint64_t mail_max_bytes; /* 25 MiB */
	char *smarthost_url;	 /* "smtp://host:587", "smtps://host:465"; "": into outbox */
	char *smarthost_user;
	char *smarthost_password_file;
	char *smarthost_token_file;    /* OAuth 2 access token in place of a password */
	char *smarthost_token_command; /* prints one */
	char *smarthost_ca_file;       /* "": the system's */
	uint32_t smarthost_per_hour;   /* 60: mails, counted by recipient */
	char *outbox;		       /* Maildir that takes mail while there is no smarthost */
	uint16_t *send_delay_s; /* 30: what agents write waits so long for their second thoughts */
	bool retractions;	/* a message redacted after it has left is taken back by a mail */
	bool verp; /* envelope senders are "address+bounce-...": reports name their mail */
	uint64_t
		attachment_max_bytes; /* 10 MiB: what is larger leaves as a link, with public_url */
	uint16_t link_days;	      /* 30: how long such a link leads to its file */
	bool verify_senders_off;
	char *quarantine; /* mailbox for mails that are set aside; "": that which each came for */
	char **authserv_ids; /* whose Authentication-Results are believed */
	unsigned authserv_ids_count;
	char **dns_servers; /* "127.0.0.1:5353"; empty: those of /etc/resolv.conf */
	unsigned dns_servers_count;
	struct config_imap *imap;
	unsigned imap_count;
	struct config_mailbox *mailboxes;
	unsigned mailboxes_count;
	struct config_room *rooms;
	unsigned rooms_count;
	char *rooms_address; /* whose "+detail" addresses are those of rooms: the first mailbox's */
	char *public_url; /* "https://mail.ville.example" that leads to port; "": no such links */
	char **english_domains; /* people there are written to in English: "example.co.uk" */
	unsigned english_domains_count;
	uint16_t invitations_per_hour; /* 20: mail addresses that one person invites */
	uint16_t digest_hour;	       /* 7: local time of daily digests */
};

/* The TURN server (coturn) that helps calls through firewalls. */
struct config_turn {
	char **uris; /* "turn:turn.ville.example:3478?transport=udp"; empty: there is none */
	unsigned uris_count;
	char *secret;	   /* coturn's static-auth-secret; "": none */
	uint32_t lifetime; /* of a user's credentials, in seconds: 86400 */
};

struct config {
	char *server_name; /* of Matrix ids: "localhost" */
	char *data_dir;	   /* state of the programs: data_dir/homeserver, /sfu, /bridge-mail */
	char *log_level;   /* "info" */
	struct config_turn turn;
	struct config_homeserver homeserver;
	struct config_sfu sfu;
	struct config_bridge_mail bridge_mail;
};

#define CONFIG_ERROR_MAX 512

/* On failure `why` holds one line for the administrator: what is wrong, where, what to do. */
MUST_CHECK enum status config_load(
	const char *path, struct config **out, char why[CONFIG_ERROR_MAX]);
void config_free(struct config **config);

#endif
