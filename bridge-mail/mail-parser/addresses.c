/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/mail-parser/addresses.h"

#include "bridge-mail/mail-parser/bodies.h"

#define MAX_GROUP_DEPTH 3
#define MAX_NAME	200
#define MAX_ADDRESS	254

/* local@domain with the domain in lower case; empty when it is none. */
static struct str usable_address(struct arena *arena, const char *text)
{
	if (text == NULL || strlen(text) > MAX_ADDRESS || !str_is_utf8(str_c(text)))
		return STR_EMPTY;
	struct str address = str_trim(str_c(text));
	ptrdiff_t at = str_rindex(address, '@');
	if (at <= 0 || (size_t)at + 1 >= address.n)
		return STR_EMPTY;
	char *copy = arena_c_str(arena, address);
	for (size_t i = 0; i < address.n; i++) {
		unsigned char c = (unsigned char)copy[i];
		if (c <= 0x20 || c == 0x7f || c == '<' || c == '>')
			return STR_EMPTY;
		if (i > (size_t)at && c >= 'A' && c <= 'Z')
			copy[i] = (char)(c + ('a' - 'A'));
	}
	return str_n(copy, address.n);
}

static bool known(const struct read_addresses *list, struct str address)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq_nocase(list->items[i].address, address))
			return true;
	return false;
}

/* MAX_GROUP_DEPTH deep. NOLINTNEXTLINE(misc-no-recursion) */
static void read_list(
	struct arena *arena, InternetAddressList *list, int depth, struct read_addresses *out)
{
	int count = internet_address_list_length(list);
	for (int i = 0; i < count && out->count < MAIL_MAX_ADDRESSES; i++) {
		InternetAddress *entry = internet_address_list_get_address(list, i);
		if (INTERNET_ADDRESS_IS_GROUP(entry)) {
			InternetAddressList *members =
				internet_address_group_get_members(INTERNET_ADDRESS_GROUP(entry));
			if (members != NULL && depth < MAX_GROUP_DEPTH)
				read_list(arena, members, depth + 1, out);
			continue;
		}
		const char *text =
			internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(entry));
		struct str address = usable_address(arena, text);
		if (address.n == 0 || known(out, address))
			continue;
		out->items[out->count++] = (struct mail_address){
			.name = clean_line(arena, internet_address_get_name(entry), MAX_NAME),
			.address = address,
		};
	}
}

void addresses_read(struct arena *arena, InternetAddressList *list, struct read_addresses *out)
{
	out->count = 0;
	out->items = ARENA_ARRAY(arena, struct mail_address, MAIL_MAX_ADDRESSES);
	if (list != NULL)
		read_list(arena, list, 0, out);
}
