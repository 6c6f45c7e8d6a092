/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/matrix/ids.h"
#include "config/yaml.h"

#define FILE_MAX	     ((size_t)1024 * 1024)
#define MEDIA_BYTES_MAX	     (UINT64_C(1) << 40)
#define ATTACHMENT_BYTES_MAX ((uint64_t)20 * 1024 * 1024)
#define MAIL_BYTES_MAX	     (UINT64_C(1) << 30)
#define TURN_LIFETIME	     86400
#define TURN_LIFETIME_MAX    2592000

/* The schema: one row a key, in the order of the default file. */

static const cyaml_strval_t registration_names[] = {
	{"closed", REGISTRATION_CLOSED},
	{"token", REGISTRATION_TOKEN},
	{"open", REGISTRATION_OPEN},
};

static const cyaml_strval_t presence_names[] = {
	{"enabled", PRESENCE_ENABLED},
	{"disabled", PRESENCE_DISABLED},
};

static const cyaml_schema_value_t string_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 1024),
};

/* All optional. */
#define TEXT(type, key) \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, key, 0, 1024)
#define LIST(type, key)       \
	CYAML_FIELD_SEQUENCE( \
		#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, key, &string_entry, 0, 1000)
#define NUMBER(type, key) CYAML_FIELD_UINT(#key, CYAML_FLAG_OPTIONAL, type, key)
#define SWITCH(type, key) CYAML_FIELD_BOOL(#key, CYAML_FLAG_OPTIONAL, type, key)

static const cyaml_schema_field_t homeserver_fields[] = {
	TEXT(struct config_homeserver, listen_address),
	NUMBER(struct config_homeserver, port),
	TEXT(struct config_homeserver, public_url),
	SWITCH(struct config_homeserver, trust_forwarded),
	NUMBER(struct config_homeserver, workers),
	NUMBER(struct config_homeserver, connections_per_address),
	CYAML_FIELD_ENUM("registration", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
		struct config_homeserver, registration, registration_names,
		ARRAY_LEN(registration_names)),
	LIST(struct config_homeserver, registration_tokens),
	SWITCH(struct config_homeserver, guests),
	CYAML_FIELD_ENUM("presence", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
		struct config_homeserver, presence, presence_names, ARRAY_LEN(presence_names)),
	TEXT(struct config_homeserver, support_page),
	TEXT(struct config_homeserver, support_email),
	TEXT(struct config_homeserver, support_matrix_id),
	TEXT(struct config_homeserver, security_email),
	LIST(struct config_homeserver, application_services),
	NUMBER(struct config_homeserver, media_max_bytes),
	SWITCH(struct config_homeserver, rate_limits_off),
	SWITCH(struct config_homeserver, push_private_gateways),
	SWITCH(struct config_homeserver, identity_private_servers),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t turn_fields[] = {
	LIST(struct config_turn, uris),
	TEXT(struct config_turn, secret),
	NUMBER(struct config_turn, lifetime),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t sfu_fields[] = {
	TEXT(struct config_sfu, listen_address),
	NUMBER(struct config_sfu, meeting_port),
	NUMBER(struct config_sfu, signal_port),
	TEXT(struct config_sfu, rtc_address),
	NUMBER(struct config_sfu, rtc_tcp_port),
	NUMBER(struct config_sfu, rtc_udp_port),
	LIST(struct config_sfu, rtc_advertised),
	SWITCH(struct config_sfu, rtc_tcp_only),
	NUMBER(struct config_sfu, media_threads),
	TEXT(struct config_sfu, public_url),
	TEXT(struct config_sfu, signal_url),
	TEXT(struct config_sfu, homeserver_url),
	TEXT(struct config_sfu, api_key),
	TEXT(struct config_sfu, api_secret_file),
	LIST(struct config_sfu, webhook_urls),
	TEXT(struct config_sfu, web_dir),
	SWITCH(struct config_sfu, trust_forwarded),
	CYAML_FIELD_END,
};

static const cyaml_strval_t language_names[] = {
	{"fr", LANGUAGE_FRENCH},
	{"en", LANGUAGE_ENGLISH},
};

static const cyaml_strval_t strangers_names[] = {
	{"join", STRANGERS_JOIN},
	{"wait", STRANGERS_WAIT},
};

static const cyaml_schema_field_t mailbox_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"address", CYAML_FLAG_POINTER, struct config_mailbox, address, 3, 254),
	TEXT(struct config_mailbox, name),
	LIST(struct config_mailbox, members),
	CYAML_FIELD_ENUM("language", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct config_mailbox,
		language, language_names, ARRAY_LEN(language_names)),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t room_fields[] = {
	CYAML_FIELD_STRING_PTR("address", CYAML_FLAG_POINTER, struct config_room, address, 3, 254),
	CYAML_FIELD_STRING_PTR("room", CYAML_FLAG_POINTER, struct config_room, room, 2, 255),
	CYAML_FIELD_ENUM("strangers", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct config_room,
		strangers, strangers_names, ARRAY_LEN(strangers_names)),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t room_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_room, room_fields),
};

static const cyaml_schema_value_t mailbox_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_mailbox, mailbox_fields),
};

static const cyaml_strval_t imap_done_names[] = {
	{"flag", IMAP_DONE_FLAG},
	{"move", IMAP_DONE_MOVE},
	{"delete", IMAP_DONE_DELETE},
};

static const cyaml_strval_t imap_existing_names[] = {
	{"unseen", IMAP_EXISTING_UNSEEN},
	{"all", IMAP_EXISTING_ALL},
	{"none", IMAP_EXISTING_NONE},
};

static const cyaml_schema_field_t imap_fields[] = {
	CYAML_FIELD_STRING_PTR("url", CYAML_FLAG_POINTER, struct config_imap, url, 8, 1024),
	CYAML_FIELD_STRING_PTR("user", CYAML_FLAG_POINTER, struct config_imap, user, 1, 254),
	TEXT(struct config_imap, password_file),
	TEXT(struct config_imap, token_file),
	TEXT(struct config_imap, token_command),
	TEXT(struct config_imap, ca_file),
	TEXT(struct config_imap, folder),
	CYAML_FIELD_ENUM("done", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct config_imap, done,
		imap_done_names, ARRAY_LEN(imap_done_names)),
	TEXT(struct config_imap, done_flag),
	TEXT(struct config_imap, done_folder),
	CYAML_FIELD_ENUM("existing", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct config_imap,
		existing, imap_existing_names, ARRAY_LEN(imap_existing_names)),
	TEXT(struct config_imap, mailbox),
	NUMBER(struct config_imap, idle_s),
	NUMBER(struct config_imap, poll_s),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t imap_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_imap, imap_fields),
};

static const cyaml_schema_field_t bridge_mail_fields[] = {
	TEXT(struct config_bridge_mail, homeserver_url),
	TEXT(struct config_bridge_mail, registration_file),
	TEXT(struct config_bridge_mail, listen_address),
	NUMBER(struct config_bridge_mail, port),
	TEXT(struct config_bridge_mail, smtp_address),
	NUMBER(struct config_bridge_mail, smtp_port),
	TEXT(struct config_bridge_mail, lmtp_socket),
	NUMBER(struct config_bridge_mail, mail_max_bytes),
	TEXT(struct config_bridge_mail, smarthost_url),
	TEXT(struct config_bridge_mail, smarthost_user),
	TEXT(struct config_bridge_mail, smarthost_password_file),
	TEXT(struct config_bridge_mail, smarthost_token_file),
	TEXT(struct config_bridge_mail, smarthost_token_command),
	TEXT(struct config_bridge_mail, smarthost_ca_file),
	NUMBER(struct config_bridge_mail, smarthost_per_hour),
	TEXT(struct config_bridge_mail, outbox),
	CYAML_FIELD_UINT_PTR("send_delay_s", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct config_bridge_mail, send_delay_s),
	SWITCH(struct config_bridge_mail, retractions),
	SWITCH(struct config_bridge_mail, verp),
	NUMBER(struct config_bridge_mail, attachment_max_bytes),
	NUMBER(struct config_bridge_mail, link_days),
	SWITCH(struct config_bridge_mail, verify_senders_off),
	TEXT(struct config_bridge_mail, quarantine),
	LIST(struct config_bridge_mail, authserv_ids),
	LIST(struct config_bridge_mail, dns_servers),
	CYAML_FIELD_SEQUENCE("imap", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct config_bridge_mail, imap, &imap_entry, 0, 50),
	CYAML_FIELD_SEQUENCE("mailboxes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct config_bridge_mail, mailboxes, &mailbox_entry, 0, 200),
	CYAML_FIELD_SEQUENCE("rooms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct config_bridge_mail, rooms, &room_entry, 0, 1000),
	TEXT(struct config_bridge_mail, rooms_address),
	TEXT(struct config_bridge_mail, public_url),
	LIST(struct config_bridge_mail, english_domains),
	NUMBER(struct config_bridge_mail, invitations_per_hour),
	NUMBER(struct config_bridge_mail, digest_hour),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"server_name", CYAML_FLAG_POINTER, struct config, server_name, 1, 230),
	TEXT(struct config, data_dir),
	TEXT(struct config, log_level),
	CYAML_FIELD_MAPPING("turn", CYAML_FLAG_OPTIONAL, struct config, turn, turn_fields),
	CYAML_FIELD_MAPPING(
		"homeserver", CYAML_FLAG_OPTIONAL, struct config, homeserver, homeserver_fields),
	CYAML_FIELD_MAPPING("sfu", CYAML_FLAG_OPTIONAL, struct config, sfu, sfu_fields),
	CYAML_FIELD_MAPPING(
		"bridge_mail", CYAML_FLAG_OPTIONAL, struct config, bridge_mail, bridge_mail_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t top_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config, top_fields),
};

/* libcyaml's allocations end with free(); a string of ours replaces an absent one. */
static void default_text(char **text, const char *value)
{
	if (*text == NULL)
		*text = mem_strdup(str_c(value));
}

static void default_port(uint16_t *port, uint16_t value)
{
	if (*port == 0)
		*port = value;
}

static void homeserver_defaults(struct config_homeserver *c)
{
	default_text(&c->listen_address, "127.0.0.1");
	default_port(&c->port, 8008);
	default_text(&c->public_url, "http://localhost:8008");
	default_text(&c->support_page, "");
	default_text(&c->support_email, "");
	default_text(&c->support_matrix_id, "");
	default_text(&c->security_email, "");
	if (c->workers == 0)
		c->workers = 8;
	if (c->media_max_bytes == 0)
		c->media_max_bytes = 50 * 1024 * 1024;
}

static void turn_defaults(struct config_turn *c)
{
	default_text(&c->secret, "");
	if (c->lifetime == 0)
		c->lifetime = TURN_LIFETIME;
}

static void sfu_defaults(struct config_sfu *c)
{
	default_text(&c->listen_address, "127.0.0.1");
	default_port(&c->meeting_port, 8088);
	default_port(&c->signal_port, 7880);
	default_text(&c->rtc_address, "::");
	default_port(&c->rtc_tcp_port, 7881);
	default_port(&c->rtc_udp_port, 7882);
	default_text(&c->public_url, "http://localhost:8088");
	default_text(&c->signal_url, "ws://localhost:7880");
	default_text(&c->homeserver_url, "http://localhost:8008");
	default_text(&c->api_key, "parvis");
	default_text(&c->api_secret_file, "sfu-secret");
	default_text(&c->web_dir, "/usr/share/parvis/web");
}

static void imap_defaults(struct config_bridge_mail *c, struct config_imap *imap)
{
	default_text(&imap->password_file, "");
	default_text(&imap->token_file, "");
	default_text(&imap->token_command, "");
	default_text(&imap->ca_file, "");
	default_text(&imap->folder, "INBOX");
	default_text(&imap->done_flag, "\\Seen");
	default_text(&imap->done_folder, "Parvis");
	default_text(&imap->mailbox, c->mailboxes_count > 0 ? c->mailboxes[0].address : "");
	default_port(&imap->idle_s, 1500);
	default_port(&imap->poll_s, 60);
}

static void bridge_mail_defaults(struct config_bridge_mail *c)
{
	default_text(&c->homeserver_url, "http://localhost:8008");
	default_text(&c->registration_file, "bridge-mail-registration.yaml");
	default_text(&c->listen_address, "127.0.0.1");
	default_port(&c->port, 8009);
	default_text(&c->smtp_address, "127.0.0.1");
	default_text(&c->lmtp_socket, "");
	if (c->mail_max_bytes == 0)
		c->mail_max_bytes = 25 * 1024 * 1024;
	default_text(&c->smarthost_url, "");
	default_text(&c->smarthost_user, "");
	default_text(&c->smarthost_password_file, "");
	default_text(&c->smarthost_token_file, "");
	default_text(&c->smarthost_token_command, "");
	default_text(&c->smarthost_ca_file, "");
	if (c->smarthost_per_hour == 0)
		c->smarthost_per_hour = 60;
	default_text(&c->outbox, "outbox");
	if (c->send_delay_s == NULL) {
		c->send_delay_s = MEM_NEW(uint16_t);
		*c->send_delay_s = 30;
	}
	if (c->attachment_max_bytes == 0)
		c->attachment_max_bytes = 10 * 1024 * 1024;
	default_port(&c->link_days, 30);
	for (unsigned i = 0; i < c->mailboxes_count; i++)
		default_text(&c->mailboxes[i].name, c->mailboxes[i].address);
	default_text(&c->rooms_address, c->mailboxes_count > 0 ? c->mailboxes[0].address : "");
	default_text(&c->public_url, "");
	default_port(&c->invitations_per_hour, 20);
	default_port(&c->digest_hour, 7);
	for (unsigned i = 0; i < c->imap_count; i++)
		imap_defaults(c, &c->imap[i]);
}

/* A relative path is relative to the configuration file, not to where a program was started. */
static void resolve(char **path, const char *config_path)
{
	const char *slash = strrchr(config_path, '/');
	BUF_SCOPE(full, 8192);

	if ((*path)[0] == '/' || (*path)[0] == '\0' || slash == NULL)
		return;
	buf_append(&full, str_n(config_path, (size_t)(slash - config_path) + 1));
	buf_append_c(&full, *path);
	free(*path);
	*path = buf_take(&full, &(size_t){0});
}

static void resolve_all(struct config *c, const char *path)
{
	resolve(&c->data_dir, path);
	for (unsigned i = 0; i < c->homeserver.application_services_count; i++)
		resolve(&c->homeserver.application_services[i], path);
	resolve(&c->sfu.api_secret_file, path);
	resolve(&c->sfu.web_dir, path);
	resolve(&c->bridge_mail.registration_file, path);
	resolve(&c->bridge_mail.lmtp_socket, path);
	resolve(&c->bridge_mail.smarthost_password_file, path);
	resolve(&c->bridge_mail.smarthost_token_file, path);
	resolve(&c->bridge_mail.smarthost_ca_file, path);
	resolve(&c->bridge_mail.outbox, path);
	for (unsigned i = 0; i < c->bridge_mail.imap_count; i++) {
		resolve(&c->bridge_mail.imap[i].password_file, path);
		resolve(&c->bridge_mail.imap[i].token_file, path);
		resolve(&c->bridge_mail.imap[i].ca_file, path);
	}
}

static bool has_scheme(const char *url, const char *a, const char *b)
{
	return str_starts(str_c(url), str_c(a)) || str_starts(str_c(url), str_c(b));
}

struct rule {
	bool ok;
	const char *text;
};

static bool is_mailbox(const struct config_bridge_mail *c, const char *address)
{
	for (unsigned i = 0; i < c->mailboxes_count; i++)
		if (str_eq_nocase(str_c(c->mailboxes[i].address), str_c(address)))
			return true;
	return false;
}

/* Goes into a command as it stands. */
static bool is_flag(struct str flag)
{
	size_t from = flag.n > 0 && flag.p[0] == '\\' ? 1 : 0;
	for (size_t i = from; i < flag.n; i++)
		if (flag.p[i] <= ' ' || flag.p[i] >= 0x7f ||
			strchr("(){%*\"\\]", flag.p[i]) != NULL)
			return false;
	return flag.n > from;
}

static enum status check_imap(const struct config_bridge_mail *c, char why[CONFIG_ERROR_MAX])
{
	for (unsigned i = 0; i < c->imap_count; i++) {
		const struct config_imap *imap = &c->imap[i];
		int logins = (imap->password_file[0] != '\0') + (imap->token_file[0] != '\0') +
			     (imap->token_command[0] != '\0');
		const char *fault = NULL;
		if (!has_scheme(imap->url, "imap://", "imaps://"))
			fault = "url must begin with imap:// or imaps://";
		else if (logins != 1)
			fault = "give one of password_file, token_file and token_command";
		else if (!is_mailbox(c, imap->mailbox))
			fault = "mailbox must be an address of bridge_mail.mailboxes";
		else if (imap->idle_s > 1740)
			fault = "idle_s must not be over 1740: servers end an IDLE after 30 min";
		else if (!is_flag(str_c(imap->done_flag)))
			fault = "done_flag must be a flag such as \\Seen or a word of ASCII";
		else if (imap->done == IMAP_DONE_MOVE &&
			 strcmp(imap->folder, imap->done_folder) == 0)
			fault = "done_folder must be another folder";
		if (fault == NULL)
			continue;
		snprintf(why, CONFIG_ERROR_MAX, "bridge_mail.imap, %.100s: %s", imap->user, fault);
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

/* What a schema cannot say. */
static enum status check(const struct config *c, char why[CONFIG_ERROR_MAX])
{
	const struct config_bridge_mail *m = &c->bridge_mail;
	const struct rule rules[] = {
		{server_name_ok(str_c(c->server_name)),
			"server_name is not a host name; write the domain of your addresses, for "
			"instance \"ville.example\""},
		{has_scheme(c->homeserver.public_url, "http://", "https://"),
			"homeserver.public_url must begin with http:// or https://"},
		{c->sfu.media_threads <= 16, "sfu.media_threads must be between 1 and 16"},
		{c->homeserver.workers <= 64, "homeserver.workers must be between 1 and 64"},
		{c->homeserver.media_max_bytes <= MEDIA_BYTES_MAX,
			"homeserver.media_max_bytes must not be over 1 TiB"},
		{m->mail_max_bytes <= MAIL_BYTES_MAX,
			"bridge_mail.mail_max_bytes must not be over 1 GiB"},
		{c->homeserver.registration != REGISTRATION_TOKEN ||
				c->homeserver.registration_tokens_count > 0,
			"homeserver.registration is \"token\" but registration_tokens is empty; "
			"add a token, or say \"closed\""},
		{c->turn.uris_count == 0 || c->turn.secret[0] != '\0',
			"turn.uris is there but turn.secret is not; write what the TURN server has "
			"as static-auth-secret"},
		{c->turn.lifetime >= 60 && c->turn.lifetime <= TURN_LIFETIME_MAX,
			"turn.lifetime must be between 60 seconds and 30 days"},
		{has_scheme(c->sfu.public_url, "http://", "https://"),
			"sfu.public_url must begin with http:// or https://"},
		{has_scheme(c->sfu.signal_url, "ws://", "wss://"),
			"sfu.signal_url must begin with ws:// or wss://"},
		{has_scheme(c->sfu.homeserver_url, "http://", "https://"),
			"sfu.homeserver_url must begin with http:// or https://"},
		{has_scheme(m->homeserver_url, "http://", "https://"),
			"bridge_mail.homeserver_url must begin with http:// or https://"},
		{m->smarthost_url[0] == '\0' || has_scheme(m->smarthost_url, "smtp://", "smtps://"),
			"bridge_mail.smarthost_url must begin with smtp:// or smtps://"},
		{m->public_url[0] == '\0' || has_scheme(m->public_url, "http://", "https://"),
			"bridge_mail.public_url must begin with http:// or https://"},
		/* The default is a mailbox's, of which more is told below. */
		{m->rooms_address[0] == '\0' || is_mailbox(m, m->rooms_address) ||
				str_index(str_c(m->rooms_address), '@') > 0,
			"bridge_mail.rooms_address is not a mail address"},
		{*m->send_delay_s <= 3600,
			"bridge_mail.send_delay_s must not be over 3600: an hour"},
		{m->attachment_max_bytes <= ATTACHMENT_BYTES_MAX,
			"bridge_mail.attachment_max_bytes must not be over 20971520: what is "
			"larger, "
			"few servers take"},
		{m->link_days <= 365, "bridge_mail.link_days must not be over 365"},
		{m->digest_hour <= 24, "bridge_mail.digest_hour must be between 1 and 24"},
		{strlen(m->lmtp_socket) < 104, "bridge_mail.lmtp_socket is too long for a Unix "
					       "socket; use a shorter path"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (!rules[i].ok) {
			snprintf(why, CONFIG_ERROR_MAX, "%s", rules[i].text);
			return STATUS_INVALID;
		}
	}
	for (unsigned i = 0; i < c->turn.uris_count; i++) {
		if (!has_scheme(c->turn.uris[i], "turn:", "turns:")) {
			snprintf(why, CONFIG_ERROR_MAX,
				"turn.uris: \"%.100s\" must begin with turn: or turns:",
				c->turn.uris[i]);
			return STATUS_INVALID;
		}
	}
	for (unsigned i = 0; i < m->mailboxes_count; i++) {
		if (str_index(str_c(m->mailboxes[i].address), '@') <= 0) {
			snprintf(why, CONFIG_ERROR_MAX,
				"bridge_mail.mailboxes: \"%.100s\" is not a mail address",
				m->mailboxes[i].address);
			return STATUS_INVALID;
		}
	}
	for (unsigned i = 0; i < m->rooms_count; i++) {
		if (str_index(str_c(m->rooms[i].address), '@') <= 0 ||
			is_mailbox(m, m->rooms[i].address)) {
			snprintf(why, CONFIG_ERROR_MAX,
				"bridge_mail.rooms: \"%.100s\" is not a mail address of its own",
				m->rooms[i].address);
			return STATUS_INVALID;
		}
	}
	return check_imap(m, why);
}

static enum status read_text(const char *path, struct buf *text, char why[CONFIG_ERROR_MAX])
{
	enum status status = fs_read_file(path, text);
	if (status == STATUS_TOO_LARGE)
		snprintf(why, CONFIG_ERROR_MAX, "%.300s is too large for a configuration", path);
	else if (status != STATUS_OK)
		snprintf(why, CONFIG_ERROR_MAX,
			"cannot read %.300s: %m; give the file with --config, or copy the default "
			"config/parvis.yaml",
			path);
	return status;
}

enum status config_load(const char *path, struct config **out, char why[CONFIG_ERROR_MAX])
{
	BUF_SCOPE(text, FILE_MAX);
	BUF_SCOPE(reason, CONFIG_ERROR_MAX);
	void *data = NULL;
	enum status status = read_text(path, &text, why);
	if (status != STATUS_OK)
		return status;
	status = yaml_read(buf_str(&text), &top_schema, YAML_UNKNOWN_REFUSED, &data, &reason);
	if (status != STATUS_OK) {
		snprintf(why, CONFIG_ERROR_MAX, "%.200s: %.*s", path, STR_FMT(buf_str(&reason)));
		return status;
	}
	struct config *c = data;
	default_text(&c->data_dir, "data");
	default_text(&c->log_level, "info");
	turn_defaults(&c->turn);
	homeserver_defaults(&c->homeserver);
	sfu_defaults(&c->sfu);
	bridge_mail_defaults(&c->bridge_mail);
	resolve_all(c, path);
	status = check(c, why);
	if (status != STATUS_OK)
		config_free(&c);
	else
		*out = c;
	return status;
}

void config_free(struct config **config)
{
	/* Walks the same schema; what config_load() replaced was malloc'ed too. */
	yaml_free(&top_schema, *config);
	*config = NULL;
}
