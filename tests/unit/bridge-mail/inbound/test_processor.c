/* SPDX-License-Identifier: Apache-2.0 */
/* From LMTP bytes on a socket to calls of the room port, through the real parser process. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bridge-mail/inbound/listener.h"
#include "bridge-mail/inbound/processor.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/mails.h"
#include "bridge-mail/store/store.h"
#include "bridge-mail/store/threads.h"
#include "bridge-mail/thread/token.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "common/json/json.h"
#include "tests/unit/check.h"

#define MAX_SENT 32

/* A homeserver that writes down what it is asked. */
struct recorder {
	struct mutex mutex;
	pthread_cond_t changed;
	struct bridge *bridge;
	struct {
		char *room;
		char *user;
		char *txn;
		char *content;
	} sent[MAX_SENT];
	size_t count;
	unsigned uploads;
	unsigned away;	     /* so many calls find nobody */
	unsigned lost;	     /* so many sends arrive, their answer does not */
	unsigned looked_for; /* calls of find */
};

struct fixture {
	char dir[64];
	struct config_mailbox mailboxes[2];
	struct config config;
	struct bridge bridge;
	struct recorder recorder;
	char *strings[6];
};

/* folder/name, freed with the fixture. */
static char *keep(struct fixture *f, size_t i, const char *folder, const char *name)
{
	if (asprintf(&f->strings[i], "%s/%s", folder, name) < 0)
		abort();
	return f->strings[i];
}

static enum status set_room(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	char room[32];
	snprintf(room, sizeof(room), "!room%lld", (long long)*(int64_t *)arg);
	return threads_set_room(tx, *(int64_t *)arg, str_c(room));
}

static bool is_away(struct recorder *r)
{
	mutex_lock(&r->mutex);
	bool away = r->away > 0;
	r->away -= away;
	mutex_unlock(&r->mutex);
	return away;
}

static enum status room_for_thread(
	void *context, int64_t thread_id, struct arena *arena, struct str *room_id_out)
{
	struct recorder *r = context;
	if (is_away(r))
		return STATUS_UNAVAILABLE;
	*room_id_out = arena_printf(arena, "!room%lld", (long long)thread_id);
	return db_write(r->bridge->writer, set_room, &thread_id);
}

static enum status ghost_in_room(void *context, struct str room_id, struct str address,
	struct str name, struct arena *arena, struct str *user_id_out)
{
	(void)context;
	(void)room_id;
	(void)name;
	*user_id_out = arena_printf(arena, "@_mail_%.*s", STR_FMT(address));
	return STATUS_OK;
}

static enum status upload(void *context, const struct room_upload_request *request,
	struct arena *arena, struct str *mxc_out)
{
	struct recorder *r = context;
	assert_int_equal(access(request->path, R_OK), 0);
	mutex_lock(&r->mutex);
	r->uploads++;
	mutex_unlock(&r->mutex);
	*mxc_out = arena_printf(
		arena, "mxc://x/%.*s", STR_FMT(str_slice(request->content_hash, 0, 8)));
	return STATUS_OK;
}

static enum status send_event(void *context, const struct room_send_request *request,
	struct arena *arena, struct str *event_id_out)
{
	struct recorder *r = context;
	if (is_away(r))
		return STATUS_UNAVAILABLE;
	mutex_lock(&r->mutex);
	assert_true(r->count < MAX_SENT);
	r->sent[r->count].room = mem_strdup(request->room_id);
	r->sent[r->count].user = mem_strdup(request->user_id);
	r->sent[r->count].txn = mem_strdup(request->txn_id);
	r->sent[r->count].content = mem_strdup(request->content);
	*event_id_out = arena_printf(arena, "$event%zu", r->count);
	r->count++;
	bool lost = r->lost > 0;
	r->lost -= lost;
	pthread_cond_broadcast(&r->changed);
	mutex_unlock(&r->mutex);
	return lost ? STATUS_TIMEOUT : STATUS_OK;
}

static enum status find_event(void *context, struct str room_id, struct str txn_id,
	struct arena *arena, struct str *event_id_out)
{
	struct recorder *r = context;
	enum status status = STATUS_NOT_FOUND;
	mutex_lock(&r->mutex);
	r->looked_for++;
	for (size_t i = 0; i < r->count; i++) {
		if (str_eq_c(txn_id, r->sent[i].txn) && str_eq_c(room_id, r->sent[i].room)) {
			*event_id_out = arena_printf(arena, "$event%zu", i);
			status = STATUS_OK;
		}
	}
	mutex_unlock(&r->mutex);
	return status;
}

static enum status add_mailboxes(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct fixture *f = arg;
	enum status status = STATUS_OK;
	for (size_t i = 0; i < ARRAY_LEN(f->mailboxes) && status == STATUS_OK; i++) {
		int64_t id;
		status = mailboxes_put(
			tx, str_c(f->mailboxes[i].address), str_c(f->mailboxes[i].name), &id);
	}
	return status;
}

/* The parser stands beside the tests' folder: build/<variant>/parvis-mail-parser. */
static char *parser_path(struct fixture *f)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	assert_true(n > 0);
	path[n] = '\0';
	*strstr(path, "/test/bridge-mail/") = '\0';
	return keep(f, 3, path, "parvis-mail-parser");
}

static void start(struct fixture *f)
{
	char why[CONFIG_ERROR_MAX] = "";
	struct bridge *b = &f->bridge;
	check_ok(store_open(b->state_dir, b->db_path, b, &b->writer));
	check_ok(db_write(b->writer, add_mailboxes, f));
	check_ok(processor_start(b, &b->processor));
	if (listener_start(b, &b->listener, why) != STATUS_OK)
		fail_msg("%s", why);
}

static void stop(struct fixture *f)
{
	listener_stop(&f->bridge.listener);
	processor_stop(&f->bridge.processor);
	db_writer_stop(&f->bridge.writer);
}

static int setup(void **state)
{
	static char voirie[] = "voirie@ville.example", voirie_name[] = "Voirie";
	static char mairie[] = "mairie@ville.example", mairie_name[] = "Mairie";
	static char empty[] = "", server[] = "ville.example";
	struct fixture *f = MEM_NEW(struct fixture);
	snprintf(f->dir, sizeof(f->dir), "/tmp/parvis-test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->mailboxes[0] = (struct config_mailbox){.address = voirie, .name = voirie_name};
	f->mailboxes[1] = (struct config_mailbox){.address = mairie, .name = mairie_name};
	f->config.server_name = server;
	f->config.bridge_mail = (struct config_bridge_mail){
		.smtp_address = empty,
		.lmtp_socket = keep(f, 0, f->dir, "lmtp.sock"),
		.mail_max_bytes = 1 << 20,
		.verify_senders_off = true,
		.mailboxes = f->mailboxes,
		.mailboxes_count = ARRAY_LEN(f->mailboxes),
	};
	struct bridge *b = &f->bridge;
	b->config = &f->config;
	b->state_dir = keep(f, 1, f->dir, "state");
	b->db_path = keep(f, 2, f->dir, "state/bridge.db");
	b->parser_program = parser_path(f);
	memset(b->secret, 7, sizeof(b->secret));
	mutex_init(&f->recorder.mutex);
	pthread_cond_init(&f->recorder.changed, NULL);
	f->recorder.bridge = b;
	b->rooms = (struct room_port){
		&f->recorder, room_for_thread, ghost_in_room, upload, send_event, find_event};
	start(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	stop(f);
	for (size_t i = 0; i < f->recorder.count; i++) {
		free(f->recorder.sent[i].room);
		free(f->recorder.sent[i].user);
		free(f->recorder.sent[i].txn);
		free(f->recorder.sent[i].content);
	}
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	assert_int_equal(system(command), 0);
	mutex_release(&f->recorder.mutex);
	pthread_cond_destroy(&f->recorder.changed);
	for (size_t i = 0; i < ARRAY_LEN(f->strings); i++)
		free(f->strings[i]);
	free(f);
	return 0;
}

/* Delivers by LMTP and gives the final replies. */
static void deliver(struct fixture *f, const char *recipients, const char *mail, char *replies)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		f->config.bridge_mail.lmtp_socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	BUF_SCOPE(text, 1 << 20);
	buf_append_c(&text, "LHLO t\r\nMAIL FROM:<jean@orange.example>\r\n");
	struct str rest = str_c(recipients), one;
	while (str_cut(&rest, ' ', &one))
		buf_printf(&text, "RCPT TO:<%.*s>\r\n", STR_FMT(one));
	buf_append_c(&text, "DATA\r\n");
	for (const char *p = mail; *p != '\0'; p++) {
		if (*p == '\n')
			buf_append_byte(&text, '\r');
		buf_append_byte(&text, *p);
	}
	buf_append_c(&text, "\r\n.\r\nQUIT\r\n");
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	size_t n = 0;
	for (ssize_t got; (got = read(fd, replies + n, 4095 - n)) > 0;)
		n += (size_t)got;
	replies[n] = '\0';
	close(fd);
}

static void wait_for_sent(struct fixture *f, size_t count)
{
	struct timespec deadline;
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += 20;
	mutex_lock(&f->recorder.mutex);
	int error = 0;
	while (f->recorder.count < count && error == 0)
		error = pthread_cond_timedwait(
			&f->recorder.changed, &f->recorder.mutex.m, &deadline);
	mutex_unlock(&f->recorder.mutex);
	assert_int_equal(error, 0);
}

/* The processor ends after the step under way, and everything that it did can be looked at. */
static void settle(struct fixture *f)
{
	struct db *db = NULL;
	check_ok(db_open(f->bridge.db_path, true, &db));
	for (int64_t open = 1; open > 0; usleep(1000))
		check_ok(deliveries_open_count(db, &open));
	db_close(&db);
}

static struct str content_of(struct arena *arena, struct fixture *f, size_t i, const char *key)
{
	const struct json *json = NULL;
	check_ok(json_parse(arena, str_c(f->recorder.sent[i].content), &json, NULL));
	return json_str(json_get(json, key));
}

static const char first[] = "From: Jean Dupont <jean@orange.example>\nTo: voirie@ville.example\n"
			    "Subject: Nid de poule\nMessage-ID: <one@orange.example>\n"
			    "Date: Fri, 20 Nov 2026 10:00:00 +0100\n\nRue Pasteur, devant le 3.\n";
static const char answer[] =
	"From: Jean Dupont <jean@orange.example>\nTo: voirie@ville.example\n"
	"Subject: =?utf-8?q?R=C3=A9_=3A_Nid_de_poule?=\nMessage-ID: <two@orange.example>\n"
	"In-Reply-To: <one@orange.example>\n\nToujours l\xc3\xa0.\n\n"
	"Le 20 nov. 2026, Jean Dupont a \xc3\xa9"
	"crit :\n> Rue Pasteur, devant le 3.\n";

static void test_thread_and_answer(void **state)
{
	struct fixture *f = *state;
	char replies[4096];
	ARENA_SCOPE(arena);
	deliver(f, "voirie@ville.example", first, replies);
	assert_non_null(strstr(replies, "\r\n250 2.0.0 Kept as 1\r\n"));
	wait_for_sent(f, 1);
	deliver(f, "voirie@ville.example", answer, replies);
	wait_for_sent(f, 2);
	settle(f);
	assert_string_equal(f->recorder.sent[0].user, "@_mail_jean@orange.example");
	assert_string_equal(f->recorder.sent[0].room, f->recorder.sent[1].room);
	check_str(content_of(arena, f, 0, "body"), "Rue Pasteur, devant le 3.");
	check_str(content_of(arena, f, 1, "body"), "Toujours l\xc3\xa0.");
	const struct json *json = NULL;
	check_ok(json_parse(arena, str_c(f->recorder.sent[1].content), &json, NULL));
	check_str(json_str(json_path(json, "m.relates_to", "m.in_reply_to", "event_id", NULL)),
		"$event0");
	check_str(
		json_str(json_path(json, ROOM_PORT_MARKER, "txn", NULL)), f->recorder.sent[1].txn);
}

static void test_each_mailbox_has_its_thread(void **state)
{
	struct fixture *f = *state;
	char replies[4096];
	deliver(f, "voirie@ville.example mairie@ville.example voirie+x@ville.example", first,
		replies);
	assert_non_null(strstr(replies, "250 2.0.0 Kept as 1\r\n250 2.0.0 Kept as 1\r\n250 2.0.0"));
	wait_for_sent(f, 2);
	settle(f);
	assert_int_equal(f->recorder.count, 2);
	assert_string_not_equal(f->recorder.sent[0].room, f->recorder.sent[1].room);
	assert_string_not_equal(f->recorder.sent[0].txn, f->recorder.sent[1].txn);
}

static void test_same_id(void **state)
{
	static const char other[] = "From: Jean Dupont <jean@orange.example>\n"
				    "Subject: Autre chose\nMessage-ID: <one@orange.example>\n"
				    "\nUn autre texte.\n";
	struct fixture *f = *state;
	char replies[4096], relayed[1024];
	snprintf(relayed, sizeof(relayed), "Received: from x by y; now\n%s", first);
	deliver(f, "voirie@ville.example", first, replies);
	deliver(f, "voirie@ville.example", relayed, replies);
	assert_non_null(strstr(replies, "250 2.0.0 Kept as 2"));
	deliver(f, "voirie@ville.example", other, replies);
	wait_for_sent(f, 2);
	settle(f);
	/* The same content is one message, another content under the same id is its own. */
	assert_int_equal(f->recorder.count, 2);
	assert_non_null(strstr(f->recorder.sent[1].content, "Un autre texte."));
}

static void test_attachment(void **state)
{
	static const char mail[] =
		"From: jean@orange.example\nSubject: Photo\nMessage-ID: <p@orange.example>\n"
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n"
		"--B\nContent-Type: text/plain\n\nVoici.\n--B\n"
		"Content-Type: image/png; name=\"../a/trou.png\"\n"
		"Content-Transfer-Encoding: base64\n\naGVsbG8=\n--B--\n";
	struct fixture *f = *state;
	char replies[4096];
	ARENA_SCOPE(arena);
	deliver(f, "voirie@ville.example", mail, replies);
	wait_for_sent(f, 2);
	settle(f);
	check_str(content_of(arena, f, 0, "body"), "Voici.");
	check_str(content_of(arena, f, 1, "msgtype"), "m.image");
	check_str(content_of(arena, f, 1, "filename"), "trou.png");
	check_str(content_of(arena, f, 1, "url"), "mxc://x/2cf24dba");
}

static void test_unreadable_mail_does_not_stop_the_next(void **state)
{
	struct fixture *f = *state;
	char replies[4096];
	ARENA_SCOPE(arena);
	BUF_SCOPE(mail, 8192);
	buf_append_c(&mail, "From: Eve <eve@x.example>\nSubject: piege\n"
			    "Content-Type: text/plain; ");
	for (int i = 0; i < 71; i++)
		buf_append_byte(&mail, 'a');
	buf_append_c(&mail, "=\"\xc3\xa9\"\n\nx\n");
	deliver(f, "voirie@ville.example", mail.p, replies);
	deliver(f, "voirie@ville.example", first, replies);
	wait_for_sent(f, 3);
	settle(f);
	/* The two are of different threads: only within one is there an order. */
	size_t notice = f->recorder.sent[0].user[0] == '\0' ? 0 : 1;
	size_t file = f->recorder.sent[2].user[0] == '\0' ? 2 : 1;
	assert_string_equal(f->recorder.sent[notice].user, "");
	assert_non_null(strstr(
		arena_c_str(arena, content_of(arena, f, notice, "body")), "it could not be read"));
	check_str(content_of(arena, f, notice, "msgtype"), "m.notice");
	check_str(content_of(arena, f, file, "body"), "original.eml");
	check_str(content_of(arena, f, 3 - notice - file, "body"), "Rue Pasteur, devant le 3.");
}

static void test_homeserver_away_and_lost_answers(void **state)
{
	struct fixture *f = *state;
	char replies[4096];
	f->recorder.away = 1; /* the room cannot be made at first */
	f->recorder.lost = 1; /* then the answer to the message is lost */
	deliver(f, "voirie@ville.example", first, replies);
	settle(f);
	assert_int_equal(f->recorder.count, 1);
	assert_int_equal(f->recorder.looked_for, 1);
}

static void test_restart_between(void **state)
{
	struct fixture *f = *state;
	char replies[4096];
	f->recorder.lost = 1;
	deliver(f, "voirie@ville.example", first, replies);
	wait_for_sent(f, 1);
	stop(f);
	start(f);
	settle(f);
	assert_int_equal(f->recorder.count, 1);
}

static void test_our_own_mail_comes_back(void **state)
{
	struct fixture *f = *state;
	char replies[4096], mail[1024];
	ARENA_SCOPE(arena);
	struct str secret = str_n((const char *)f->bridge.secret, BRIDGE_SECRET_BYTES);
	struct str id = token_message_id(
		arena, secret, STR("0123456789abcdef"), STR("$e"), STR("ville.example"));
	snprintf(mail, sizeof(mail), "From: voirie@ville.example\nMessage-ID: <%.*s>\n\nx\n",
		STR_FMT(id));
	deliver(f, "voirie@ville.example", mail, replies);
	settle(f);
	assert_int_equal(f->recorder.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_thread_and_answer),
		TEST(test_each_mailbox_has_its_thread),
		TEST(test_same_id),
		TEST(test_attachment),
		TEST(test_unreadable_mail_does_not_stop_the_next),
		TEST(test_homeserver_away_and_lost_answers),
		TEST(test_restart_between),
		TEST(test_our_own_mail_comes_back),
	};
	return cmocka_run_group_tests_name("processor", tests, NULL, NULL);
}
