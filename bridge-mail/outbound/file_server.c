/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/file_server.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/matrix/media.h"
#include "bridge-mail/message/file_name.h"
#include "bridge-mail/outbound/file_link.h"
#include "bridge-mail/store/file_links.h"
#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/http/client.h"

#define LOG_MODULE "files"
#include "common/base/log.h"

#define FETCHES	  2
#define PEERS	  256
#define MINUTE_MS 60000
#define MAX_FILE  ((size_t)1024 * 1024 * 1024)

struct file_server {
	pthread_mutex_t mutex;
	unsigned fetches;
	struct peer {
		int64_t since;
		unsigned count;
	} peers[PEERS]; /* who shares a place with another shares the rate */
};

struct file_server *file_server_new(void)
{
	struct file_server *server = MEM_NEW(struct file_server);
	if (pthread_mutex_init(&server->mutex, NULL) != 0)
		abort();
	return server;
}

void file_server_free(struct file_server **server)
{
	if (*server == NULL)
		return;
	pthread_mutex_destroy(&(*server)->mutex);
	free(*server);
	*server = NULL;
}

enum entry { ENTRY_FINE, ENTRY_TOO_MANY, ENTRY_BUSY };

static size_t place_of(struct str peer)
{
	uint64_t hash = 5381;
	for (size_t i = 0; i < peer.n; i++)
		hash = hash * 33 + (unsigned char)peer.p[i];
	return hash % PEERS;
}

static enum entry enter(struct file_server *server, struct str peer_address)
{
	enum entry entry = ENTRY_FINE;
	int64_t now = clock_mono_ms();
	pthread_mutex_lock(&server->mutex);
	struct peer *peer = &server->peers[place_of(peer_address)];
	if (now - peer->since >= MINUTE_MS) {
		peer->since = now;
		peer->count = 0;
	}
	if (peer->count >= FILE_SERVER_RATE)
		entry = ENTRY_TOO_MANY;
	else if (server->fetches >= FETCHES)
		entry = ENTRY_BUSY;
	else
		server->fetches++, peer->count++;
	pthread_mutex_unlock(&server->mutex);
	return entry;
}

static void leave(struct file_server *server)
{
	pthread_mutex_lock(&server->mutex);
	server->fetches--;
	pthread_mutex_unlock(&server->mutex);
}

struct page {
	int status;
	const char *french_title, *french, *english_title, *english;
};

static const struct page page_ended = {410, "Ce lien n\u2019est plus valable",
	"Le fichier n\u2019est plus disponible : le lien a expir\u00e9, ou la personne qui "
	"l\u2019a "
	"envoy\u00e9 l\u2019a retir\u00e9. Vous pouvez le lui redemander en r\u00e9pondant \u00e0 "
	"son courriel.",
	"This link no longer works",
	"The file is no longer available: the link has expired, or its sender has withdrawn it. "
	"You "
	"can ask for it again by answering the mail."};
static const struct page page_unknown = {404, "Lien inconnu",
	"Ce lien est incomplet ou n\u2019a jamais exist\u00e9. V\u00e9rifiez que l\u2019adresse a "
	"\u00e9t\u00e9 copi\u00e9"
	"e en entier.",
	"Unknown link",
	"This link is incomplete, or has never existed. Check that the whole address was copied."};
static const struct page page_later = {503, "Un instant, s\u2019il vous pla\u00eet",
	"Le fichier ne peut pas \u00eatre lu pour le moment. R\u00e9"
	"essayez dans quelques minutes.",
	"One moment, please", "The file cannot be read just now. Try again in a few minutes."};
static const struct page page_too_many = {429, "Trop de demandes",
	"Trop de fichiers ont \u00e9t\u00e9 demand\u00e9s depuis votre adresse. R\u00e9"
	"essayez dans "
	"une minute.",
	"Too many requests",
	"Too many files were asked for from your address. Try again in a minute."};

static const char page_form[] =
	"<!DOCTYPE html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"robots\" content=\"noindex\">\n"
	"<title>%s / %s</title>\n<style>\n"
	":root{color-scheme:light dark}\n"
	"body{font:1.125rem/1.6 system-ui,sans-serif;max-width:38rem;margin:12vh auto;"
	"padding:0 1.25rem}\n"
	"h1,h2{line-height:1.25;font-size:1.6rem;margin:0 0 .5rem}\n"
	"h2{font-size:1.25rem}\n"
	"section{margin-top:2.5rem;padding-top:2rem;border-top:1px solid}\n"
	"</style>\n</head>\n<body>\n<main>\n<h1>%s</h1>\n<p>%s</p>\n"
	"<section lang=\"en\">\n<h2>%s</h2>\n<p>%s</p>\n</section>\n</main>\n</body>\n</html>\n";

static void add_headers(struct http_reply *reply)
{
	http_reply_header(reply, "Cache-Control", "private, no-store");
	http_reply_header(reply, "Referrer-Policy", "no-referrer");
	http_reply_header(reply, "X-Content-Type-Options", "nosniff");
	http_reply_header(reply, "X-Robots-Tag", "noindex");
	http_reply_header(reply, "Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'");
}

static enum http_outcome show(struct http_reply *reply, const struct page *page)
{
	reply->status = page->status;
	reply->content_type = "text/html; charset=utf-8";
	add_headers(reply);
	if (page->status == 429 || page->status == 503)
		http_reply_header(reply, "Retry-After", "60");
	buf_printf(&reply->body, page_form, page->french_title, page->english_title,
		page->french_title, page->french, page->english_title, page->english);
	return HTTP_REPLY;
}

static enum status count(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct file_link *link = arg;
	return file_links_count_download(tx, link->link_id);
}

/* A file without a name, in the bridge's own folder. */
static int open_file(const struct matrix *matrix, struct arena *arena)
{
	return open(arena_printf(arena, "%s/tmp", matrix->bridge->state_dir).p,
		O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
}

static void attach(struct http_request *request, struct http_reply *reply,
	const struct file_link *link, int fd, int64_t size)
{
	BUF_SCOPE(value, 4096);
	struct str name = file_name_safe(request->arena, link->name, link->content_type, 0);
	buf_append_c(&value, "attachment; filename*=UTF-8''");
	http_escape(&value, name);
	reply->status = 200;
	reply->content_type = "application/octet-stream";
	reply->file_fd = fd;
	reply->file_size = size;
	http_reply_header(
		reply, "Content-Disposition", arena_c_str(request->arena, buf_str(&value)));
	add_headers(reply);
}

static enum http_outcome fetch(const struct matrix *matrix, struct http_request *request,
	struct http_reply *reply, struct file_link *link)
{
	int64_t size = 0;
	int fd = open_file(matrix, request->arena);
	struct matrix_session session = {matrix, matrix_connect(matrix), request->worker};
	enum status status =
		fd < 0 ? STATUS_IO : media_fetch(&session, link->mxc, MAX_FILE, fd, &size);
	matrix_client_free(&session.client);
	if (status == STATUS_OK)
		status = db_write(matrix->bridge->writer, count, link);
	log_info("file link=%lld size=%lld: %s", (long long)link->link_id, (long long)size,
		status_name(status));
	if (status == STATUS_OK) {
		attach(request, reply, link, fd, size);
		return HTTP_REPLY;
	}
	fs_close(&fd);
	bool gone = status == STATUS_NOT_FOUND || status == STATUS_DENIED;
	return show(reply, gone ? &page_ended : &page_later);
}

enum http_outcome file_server_get(struct file_server *server, const struct matrix *matrix,
	struct http_request *request, struct http_reply *reply)
{
	int64_t link_id = 0, expires_at = 0;
	struct file_link link;
	struct str secret = str_n((const char *)matrix->bridge->secret, BRIDGE_SECRET_BYTES);
	if (!file_link_read(secret, request->params[0], &link_id, &expires_at))
		return show(reply, &page_unknown);
	if (expires_at <= clock_wall_ms())
		return show(reply, &page_ended);
	enum status status = file_links_get(request->worker, link_id, request->arena, &link);
	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && link.revoked))
		return show(reply, &page_ended);
	if (status != STATUS_OK)
		return show(reply, &page_later);
	switch (enter(server, request->peer)) {
	case ENTRY_TOO_MANY:
		return show(reply, &page_too_many);
	case ENTRY_BUSY:
		return show(reply, &page_later);
	case ENTRY_FINE:
		break;
	}
	enum http_outcome outcome = fetch(matrix, request, reply, &link);
	leave(server);
	return outcome;
}
