/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fs.h"

static char root[PATH_MAX];

static int enter_temporary_directory(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/parvis-test-fs-XXXXXX");
	return mkdtemp(root) == NULL ? -1 : chdir(root);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info;
	(void)kind;
	(void)walk;
	return remove(path);
}

static int remove_temporary_directory(void **state)
{
	(void)state;
	return chdir("/") != 0 ? -1 : nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void directories_with_their_parents(void **state)
{
	char path[PATH_MAX + 16];
	struct stat info;

	(void)state;
	snprintf(path, sizeof(path), "%s/a//b/c/", root);
	check_ok(fs_make_dirs(path, 0750));
	check_ok(fs_make_dirs(path, 0750));
	check_ok(fs_make_dirs("relative/too", 0700));
	assert_int_equal(stat("a/b/c", &info), 0);
	assert_int_equal(info.st_mode & 07777, 0750);
	check_ok(fs_write_file("plain", STR("x"), 0600));
	check_status(fs_make_dirs("plain", 0700), STATUS_EXISTS);
	check_status(fs_make_dirs("plain/below", 0700), STATUS_EXISTS);
	check_status(fs_make_dirs("", 0700), STATUS_INVALID);
}

static int count_names(const char *path, const struct stat *info, int kind)
{
	(void)path;
	(void)info;
	return kind == FTW_F && strstr(path, ".tmp.") != NULL;
}

static void writing_replaces_the_whole_file(void **state)
{
	BUF_SCOPE(buf, 100);
	struct stat info;

	(void)state;
	check_ok(fs_write_file("file", STR("a longer text"), 0644));
	check_ok(fs_write_file("file", STR("short\0!"), 0600));
	assert_int_equal(stat("file", &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	check_ok(fs_read_file("file", &buf));
	assert_true(str_eq(buf_str(&buf), STR("short\0!")));
	check_status(fs_write_file("missing/file", STR("x"), 0600), STATUS_NOT_FOUND);
	/* A directory stands where the file should go: refused, and nothing stays behind. */
	check_ok(fs_make_dirs("folder/full", 0700));
	assert_int_not_equal(fs_write_file("folder", STR("x"), 0600), STATUS_OK);
	assert_int_equal(ftw(".", count_names, 4), 0);
}

static void reading_stops_at_the_buffers_maximum(void **state)
{
	BUF_SCOPE(buf, 5);

	(void)state;
	check_ok(fs_write_file("five", STR("12345"), 0600));
	check_ok(fs_write_file("six", STR("123456"), 0600));
	check_ok(fs_read_file("five", &buf));
	check_str(buf_str(&buf), "12345");
	buf_clear(&buf);
	check_status(fs_read_file("six", &buf), STATUS_TOO_LARGE);
	buf_clear(&buf);
	check_status(fs_read_file("none", &buf), STATUS_NOT_FOUND);
	check_status(fs_read_file(".", &buf), STATUS_IO);
}

static void renaming_and_writing_to_descriptors(void **state)
{
	FD_SCOPE int fd = open("x", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	BUF_SCOPE(buf, 100);

	(void)state;
	check_ok(fs_write_all(fd, STR("bytes")));
	check_ok(fs_write_all(fd, STR_EMPTY));
	check_status(fs_write_all(-1, STR("x")), STATUS_IO);
	check_ok(fs_rename_durably("x", "y"));
	check_status(fs_rename_durably("x", "y"), STATUS_NOT_FOUND);
	check_ok(fs_read_file("y", &buf));
	check_str(buf_str(&buf), "bytes");
	fs_close(&fd);
	assert_int_equal(fd, -1);
	fs_close(&fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories_with_their_parents),
		cmocka_unit_test(writing_replaces_the_whole_file),
		cmocka_unit_test(reading_stops_at_the_buffers_maximum),
		cmocka_unit_test(renaming_and_writing_to_descriptors),
	};

	umask(0);
	return cmocka_run_group_tests(tests, enter_temporary_directory, remove_temporary_directory);
}
