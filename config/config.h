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

struct config_homeserver {
	char *listen_address; /* "127.0.0.1" */
	uint16_t port;	      /* 8008 */
	char *public_url;     /* what clients type: "http://localhost:8008" */
	bool trust_forwarded; /* a reverse proxy on loopback sets X-Forwarded-For */
	uint16_t workers;     /* 8: threads that answer; so many changes can share a commit */
	enum config_registration registration;
	char **registration_tokens;
	unsigned registration_tokens_count;
	char **application_services; /* paths of registration files */
	unsigned application_services_count;
	uint64_t media_max_bytes; /* 50 MiB */
	bool rate_limits_off;	  /* for tests and benchmarks only */
};

struct config_sfu {
	char *listen_address;  /* "127.0.0.1": meeting page, token service and signalling */
	uint16_t meeting_port; /* 8088 */
	uint16_t signal_port;  /* 7880 */
	char *rtc_address;     /* "0.0.0.0": where media sockets are bound */
	uint16_t rtc_tcp_port; /* 7881 */
	uint16_t rtc_udp_port; /* 7882 */
	char **rtc_advertised; /* addresses told to clients; empty: those of the interfaces */
	unsigned rtc_advertised_count;
	char *public_url;      /* of the meeting page: "http://localhost:8088" */
	char *signal_url;      /* what clients connect to: "ws://localhost:7880" */
	char *homeserver_url;  /* "http://localhost:8008" */
	char *api_key;	       /* LiveKit API key: "parvis" */
	char *api_secret_file; /* holds the secret, mode 0600 */
	char *web_dir;	       /* the built meeting page: "/usr/share/parvis/web" */
	bool trust_forwarded;
};

struct config_mailbox {
	char *address;	/* "voirie@ville.example" */
	char *name;	/* of its space: "Voirie" */
	char **members; /* Matrix ids invited to the space */
	unsigned members_count;
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
	char *outbox; /* Maildir that takes mail while there is no smarthost */
	struct config_mailbox *mailboxes;
	unsigned mailboxes_count;
};

struct config {
	char *server_name; /* of Matrix ids: "localhost" */
	char *data_dir;	   /* state of the programs: data_dir/homeserver, /sfu, /bridge-mail */
	char *log_level;   /* "info" */
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
