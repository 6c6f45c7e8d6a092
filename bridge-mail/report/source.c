/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/report/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/arena.h"
#include "common/base/fs.h"
#include "common/base/mem.h"

struct report_source {
	FILE *mbox;
	char *line; /* read ahead: the "From " line of the next mail */
	size_t line_room;
	int64_t done, total;
	char **paths; /* Maildir */
	size_t count, next;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(struct report_source *s, const char *folder, const char *sub)
{
	ARENA_SCOPE(arena);
	const char *path = arena_printf(arena, "%s/%s", folder, sub).p;
	DIR *dir = opendir(path);
	if (dir == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		s->paths = mem_realloc(s->paths, (s->count + 1) * sizeof(char *));
		s->paths[s->count++] =
			mem_strdup(arena_printf(arena, "%s/%s", path, entry->d_name));
	}
	closedir(dir);
}

enum status report_source_open(const char *path, struct report_source **out)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
	struct report_source *s = MEM_NEW(struct report_source);
	*out = s;
	if (S_ISDIR(st.st_mode)) {
		list(s, path, "cur");
		list(s, path, "new");
		if (s->count > 0)
			qsort(s->paths, s->count, sizeof(char *), by_name);
		s->total = (int64_t)s->count;
	} else {
		s->mbox = fopen(path, "re");
		s->total = st.st_size;
		ssize_t n = s->mbox == NULL ? -1 : getline(&s->line, &s->line_room, s->mbox);
		if (n < 5 || memcmp(s->line, "From ", 5) != 0)
			s->total = 0;
	}
	if (s->total > 0)
		return STATUS_OK;
	report_source_close(out);
	return STATUS_INVALID;
}

void report_source_close(struct report_source **source)
{
	struct report_source *s = *source;
	if (s == NULL)
		return;
	*source = NULL;
	if (s->mbox != NULL)
		(void)fclose(s->mbox);
	for (size_t i = 0; i < s->count; i++)
		free(s->paths[i]);
	free(s->paths);
	free(s->line);
	free(s);
}

static struct str unquoted(struct str line)
{
	size_t marks = 0;
	while (marks < line.n && line.p[marks] == '>')
		marks++;
	return marks > 0 && str_starts(str_skip(line, marks), STR("From ")) ? str_skip(line, 1)
									    : line;
}

static enum status next_of_mbox(struct report_source *s, struct buf *out)
{
	if (s->mbox == NULL || feof(s->mbox) != 0)
		return STATUS_NOT_FOUND;
	bool empty_before = false;
	for (ssize_t n; (n = getline(&s->line, &s->line_room, s->mbox)) > 0;) {
		struct str line = str_n(s->line, (size_t)n);
		s->done += n;
		if (empty_before && str_starts(line, STR("From ")))
			break;
		empty_before = line.n == 1 || (line.n == 2 && line.p[0] == '\r');
		buf_append(out, unquoted(line));
	}
	return ferror(s->mbox) != 0 ? STATUS_IO : buf_status(out);
}

enum status report_source_next(struct report_source *source, struct buf *out)
{
	buf_clear(out);
	if (source->mbox != NULL)
		return next_of_mbox(source, out);
	if (source->next == source->count)
		return STATUS_NOT_FOUND;
	source->done++;
	return fs_read_file(source->paths[source->next++], out);
}

int report_source_percent(const struct report_source *source)
{
	return source->total == 0 ? 100 : (int)(100 * source->done / source->total);
}
