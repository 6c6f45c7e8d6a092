/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka with what it wants before itself, and checks for the ground floor's types. */
#ifndef PARVIS_TESTS_CHECK_H
#define PARVIS_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/status.h"
#include "common/base/str.h"

/* The reader is shown both texts, which assert_true() would not do. */
#define check_str(actual, expected)                                                 \
	do {                                                                        \
		struct str check_actual = (actual);                                 \
		struct str check_expected = str_c(expected);                        \
		if (!str_eq(check_actual, check_expected))                          \
			fail_msg("\"%.*s\" is not \"%.*s\"", STR_FMT(check_actual), \
				STR_FMT(check_expected));                           \
	} while (0)

#define check_status(actual, expected)                                                             \
	do {                                                                                       \
		enum status check_actual = (actual);                                               \
		if (check_actual != (expected))                                                    \
			fail_msg(                                                                  \
				"%s is not %s", status_name(check_actual), status_name(expected)); \
	} while (0)
#define check_ok(actual) check_status((actual), STATUS_OK)

#endif
