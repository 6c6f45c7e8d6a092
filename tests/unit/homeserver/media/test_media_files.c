/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "homeserver/media/media_files.h"
#include "tests/unit/check.h"

struct fixture {
	char dir[64];
	struct media_files *files;
};

static int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	snprintf(f->dir, sizeof(f->dir), "/tmp/parvis-media-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	check_ok(media_files_new(f->dir, &f->files));
	*state = f;
	return 0;
}

static int forget(const char *path, const struct stat *info, int kind, struct FTW *place)
{
	(void)info;
	(void)kind;
	(void)place;
	return remove(path);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	media_files_free(&f->files);
	nftw(f->dir, forget, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static struct str read_all(struct arena *arena, int fd, int64_t size)
{
	char *bytes = arena_alloc(arena, (size_t)size + 1);
	assert_int_equal(read(fd, bytes, (size_t)size + 1), size);
	return str_n(bytes, (size_t)size);
}

static void check_kept(struct fixture *f, int fd, const char *bytes)
{
	ARENA_SCOPE(arena);
	uint8_t hash[SHA256_BYTES];
	FD_SCOPE int back = -1;
	int64_t size;
	check_ok(fs_write_all(fd, str_c(bytes)));
	check_ok(media_files_keep(f->files, fd, hash));
	check_ok(media_files_open(f->files, str_n((const char *)hash, sizeof(hash)), &back, &size));
	check_str(read_all(arena, back, size), bytes);
}

/* Linked where that can be done, copied where it cannot, and once when it comes twice. */
static void test_keep(void **state)
{
	struct fixture *f = *state;
	for (int round = 0; round < 2; round++) {
		FD_SCOPE int nameless = media_files_scratch(f->files);
		check_kept(f, nameless, "content");
		char path[] = "/tmp/parvis-upload-XXXXXX";
		FD_SCOPE int unlinked = mkstemp(path);
		unlink(path);
		check_kept(f, unlinked, "other content");
		FD_SCOPE int empty = media_files_scratch(f->files);
		check_kept(f, empty, "");
	}
}

static void test_derived(void **state)
{
	struct fixture *f = *state;
	ARENA_SCOPE(arena);
	uint8_t hash[SHA256_BYTES] = {7};
	struct str name = str_n((const char *)hash, sizeof(hash));
	FD_SCOPE int back = -1;
	int64_t size;
	check_status(media_files_open_derived(f->files, name, "32x32-crop", &back, &size),
		STATUS_NOT_FOUND);
	FD_SCOPE int made = media_files_scratch(f->files);
	check_ok(fs_write_all(made, STR("small")));
	check_ok(media_files_keep_derived(f->files, name, "32x32-crop", made));
	check_ok(media_files_open_derived(f->files, name, "32x32-crop", &back, &size));
	check_str(read_all(arena, back, size), "small");
	check_status(media_files_open(f->files, name, &back, &size), STATUS_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keep, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_derived, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
