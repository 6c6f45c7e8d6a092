/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/trust/dmarc.h"

#include "bridge-mail/trust/tags.h"

static bool read_policy(struct str value, enum dmarc_policy *out)
{
	if (str_eq_nocase(value, STR("none")))
		*out = DMARC_NONE;
	else if (str_eq_nocase(value, STR("quarantine")))
		*out = DMARC_QUARANTINE;
	else if (str_eq_nocase(value, STR("reject")))
		*out = DMARC_REJECT;
	else
		return false;
	return true;
}

enum status dmarc_read(struct str record, struct dmarc *out)
{
	struct tags tags;
	*out = (struct dmarc){0};
	if (tags_read(record, &tags) != STATUS_OK || tags.count == 0 ||
		!str_eq_c(tags.items[0].name, "v") || !str_eq_c(tags.items[0].value, "DMARC1"))
		return STATUS_INVALID;
	/* A policy that cannot be read asks for nothing (6.6.3). */
	if (!read_policy(tags_find(&tags, "p"), &out->policy))
		out->policy = DMARC_NONE;
	if (!read_policy(tags_find(&tags, "sp"), &out->subdomains))
		out->subdomains = out->policy;
	out->strict_dkim = str_eq_nocase(tags_find(&tags, "adkim"), STR("s"));
	out->strict_spf = str_eq_nocase(tags_find(&tags, "aspf"), STR("s"));
	return STATUS_OK;
}

/* STATUS_NOT_FOUND unless there is one record, and one only (6.6.3). */
static enum status ask(
	const struct lookup *lookup, struct arena *arena, struct str domain, struct dmarc *out)
{
	struct lookup_records records;
	struct str name = arena_printf(arena, "_dmarc.%.*s", STR_FMT(domain));
	enum status status = lookup->txt(lookup->context, name, arena, &records);
	if (status != STATUS_OK)
		return status;
	unsigned found = 0;
	for (size_t i = 0; i < records.count; i++) {
		struct dmarc record;
		if (dmarc_read(records.items[i], &record) != STATUS_OK)
			continue;
		*out = record;
		found++;
	}
	return found == 1 ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status dmarc_find(const struct lookup *lookup, const struct domains *domains,
	struct arena *arena, struct str domain, struct dmarc *out)
{
	*out = (struct dmarc){0};
	enum status status = ask(lookup, arena, domain, out);
	struct str organization = domain_organization(domains, arena, domain);
	if (status == STATUS_NOT_FOUND && !str_eq(organization, domain)) {
		status = ask(lookup, arena, organization, out);
		out->policy = out->subdomains;
	}
	if (status == STATUS_OK)
		return STATUS_OK;
	*out = (struct dmarc){0};
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

bool dmarc_aligned(const struct domains *domains, struct arena *arena, struct str from,
	struct str signer, bool strict)
{
	struct str ascii;
	if (domain_ascii(arena, signer, &ascii) != STATUS_OK)
		return false;
	if (str_eq(from, ascii))
		return true;
	return !strict && str_eq(domain_organization(domains, arena, from),
				  domain_organization(domains, arena, ascii));
}
