/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_text PARSER FOLDER <paths
 *
 * What the bridge shows of mails: for each path on a line of standard input, one JSON object on a
 * line of standard output. FOLDER is for the parser's files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge-mail/message/body.h"
#include "bridge-mail/message/parse.h"
#include "bridge-mail/thread/subject.h"
#include "common/base/buf.h"
#include "common/base/fs.h"
#include "common/json/json_writer.h"

#define OUT_MAX ((size_t)1024 * 1024)

static enum status show(const struct mail_parse_config *config, const char *path)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(out, OUT_MAX);
	struct mail mail;
	enum status status = mail_parse(config, path, arena, &mail);
	if (status != STATUS_OK)
		return status;
	struct subject subject;
	struct body body;
	subject_read(arena, mail.subject, &subject);
	body_make(arena, &mail, subject.forward && !subject.reply, &body);
	struct json_writer w;
	jw_init(&w, &out);
	jw_object(&w);
	jw_put_str(&w, "plain", body.plain);
	jw_put_str(&w, "html", body.html);
	jw_put_str(&w, "text", mail.text);
	jw_put_bool(&w, "folded", body.folded);
	jw_put_bool(&w, "cut", body.cut);
	jw_put_bool(&w, "unreadable", (mail.flags & MAIL_UNREADABLE) != 0);
	jw_object_end(&w);
	buf_append_byte(&out, '\n');
	status = buf_status(&out);
	return status == STATUS_OK ? fs_write_all(1, buf_str(&out)) : status;
}

int main(int argc, char **argv)
{
	char path[4096];
	if (argc != 3)
		return EXIT_FAILURE;
	struct mail_parse_config config = {.program = argv[1], .temp_dir = argv[2]};
	while (fgets(path, sizeof(path), stdin) != NULL) {
		path[strcspn(path, "\n")] = '\0';
		enum status status = show(&config, path);
		if (status != STATUS_OK) {
			fprintf(stderr, "%s: %s\n", path, status_name(status));
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}
