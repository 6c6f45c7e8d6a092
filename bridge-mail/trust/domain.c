/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/trust/domain.h"

#include <idn2.h>
#include <libpsl.h>
#include <stdlib.h>
#include <unicode/uspoof.h>

#include "common/base/mem.h"

#define DOMAIN_MAX	253 /* bytes of A-labels */
#define DOMAIN_MAX_UTF8 1024
#define SKELETON_MAX	512

struct domains {
	psl_ctx_t *suffixes;
	USpoofChecker *checker;
};

struct domains *domains_new(void)
{
	struct domains *domains = MEM_NEW(struct domains);
	UErrorCode error = U_ZERO_ERROR;
	/* The system's list when it is newer than the library's own. */
	domains->suffixes = psl_latest(NULL);
	domains->checker = uspoof_open(&error);
	if (domains->checker == NULL || U_FAILURE(error))
		abort();
	uspoof_setRestrictionLevel(domains->checker, USPOOF_HIGHLY_RESTRICTIVE);
	uspoof_setChecks(domains->checker, USPOOF_RESTRICTION_LEVEL | USPOOF_INVISIBLE, &error);
	return domains;
}

void domains_free(struct domains **domains)
{
	struct domains *d = *domains;
	if (d == NULL)
		return;
	*domains = NULL;
	psl_free(d->suffixes);
	uspoof_close(d->checker);
	free(d);
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return true;
}

static struct str lower_case(struct arena *arena, struct str s)
{
	char *out = arena_c_str(arena, s);
	for (size_t i = 0; i < s.n; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] + ('a' - 'A'));
	return str_n(out, s.n);
}

enum status domain_ascii(struct arena *arena, struct str domain, struct str *out)
{
	if (str_ends(domain, STR(".")))
		domain.n--;
	if (domain.n == 0 || domain.n > DOMAIN_MAX_UTF8 || !str_is_utf8(domain) ||
		str_contains_nul(domain))
		return STATUS_INVALID;
	if (is_plain(domain)) {
		*out = lower_case(arena, domain);
		return domain.n <= DOMAIN_MAX ? STATUS_OK : STATUS_INVALID;
	}
	char *ascii = NULL;
	int result = idn2_to_ascii_8z(
		arena_c_str(arena, domain), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (result != IDN2_OK)
		return STATUS_INVALID;
	*out = lower_case(arena, str_c(ascii));
	idn2_free(ascii);
	return out->n > 0 && out->n <= DOMAIN_MAX && is_plain(*out) ? STATUS_OK : STATUS_INVALID;
}

struct str domain_organization(const struct domains *domains, struct arena *arena, struct str ascii)
{
	const char *name = arena_c_str(arena, ascii);
	const char *found =
		domains->suffixes == NULL ? NULL : psl_registrable_domain(domains->suffixes, name);
	return found == NULL ? ascii : str_c(found);
}

/* Its letters all look like Latin ones. */
static bool looks_latin(const struct domains *domains, struct str label)
{
	char skeleton[SKELETON_MAX];
	UErrorCode error = U_ZERO_ERROR;
	int32_t n = uspoof_getSkeletonUTF8(domains->checker, 0, label.p, (int32_t)label.n, skeleton,
		(int32_t)sizeof(skeleton), &error);
	if (U_FAILURE(error) || n <= 0 || n > (int32_t)sizeof(skeleton))
		return false;
	return is_plain(str_n(skeleton, (size_t)n));
}

static bool label_misleads(const struct domains *domains, struct str label, bool ascii_tld)
{
	UErrorCode error = U_ZERO_ERROR;
	if (label.n == 0 || is_plain(label))
		return false;
	int32_t found =
		uspoof_check2UTF8(domains->checker, label.p, (int32_t)label.n, NULL, &error);
	if (U_FAILURE(error) || found != 0)
		return true;
	return ascii_tld && looks_latin(domains, label);
}

bool domain_misleads(const struct domains *domains, struct arena *arena, struct str ascii)
{
	char *text = NULL;
	if (str_find(ascii, STR("xn--")) < 0)
		return false;
	if (idn2_to_unicode_8z8z(arena_c_str(arena, ascii), &text, 0) != IDN2_OK)
		return true;
	struct str rest = str_c(text), label;
	ptrdiff_t dot = str_rindex(rest, '.');
	bool ascii_tld = is_plain(str_skip(rest, dot < 0 ? 0 : (size_t)dot + 1));
	bool misleads = false;
	while (!misleads && str_cut(&rest, '.', &label))
		misleads = label_misleads(domains, label, ascii_tld);
	idn2_free(text);
	return misleads;
}
