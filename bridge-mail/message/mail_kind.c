/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/mail_kind.h"

#include "bridge-mail/message/mail.h"
#include "common/base/mem.h"

/* From this "spam confidence level" on Exchange itself sets a mail aside. */
#define EXCHANGE_SPAM_LEVEL 5

/* The value's first word, without a comment or parameters. */
static struct str keyword(struct str value)
{
	size_t n = 0;
	while (n < value.n && value.p[n] > ' ' && value.p[n] != ';' && value.p[n] != '(')
		n++;
	return str_slice(value, 0, n);
}

static bool is_automatic(const struct headers *headers)
{
	struct str value = keyword(headers_find(headers, "Auto-Submitted"));
	if (value.n > 0 && !str_eq_nocase(value, STR("no")))
		return true;
	/* From before RFC 3834, and from servers that do not know it. */
	static const char *const names[] = {"X-Autoreply", "X-Autorespond", "X-Auto-Response"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (headers_has(headers, names[i]))
			return true;
	return str_eq_nocase(keyword(headers_find(headers, "Precedence")), STR("auto_reply"));
}

static bool is_list(const struct headers *headers)
{
	static const char *const names[] = {"List-Id", "List-Unsubscribe", "List-Post", "List-Help",
		"List-Subscribe", "List-Owner", "List-Archive", "Mailing-List"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (headers_has(headers, names[i]))
			return true;
	return false;
}

/* Exchange's (MS-OXCMAIL): a list of what shall not come. Receipts alone do not concern us. */
static bool answers_unwanted(const struct headers *headers)
{
	struct str list = headers_find(headers, "X-Auto-Response-Suppress"), word;
	while (list.n > 0 && str_cut(&list, ',', &word)) {
		word = str_trim(word);
		if (str_eq_nocase(word, STR("All")) || str_eq_nocase(word, STR("AutoReply")) ||
			str_eq_nocase(word, STR("OOF")))
			return true;
	}
	return false;
}

static bool is_bulk(const struct headers *headers)
{
	struct str value = keyword(headers_find(headers, "Precedence"));
	return str_eq_nocase(value, STR("bulk")) || str_eq_nocase(value, STR("junk")) ||
	       str_eq_nocase(value, STR("list"));
}

static bool is_delivery_report(const struct headers *headers)
{
	struct str type = headers_find(headers, "Content-Type");
	return str_eq_nocase(keyword(type), STR("multipart/report")) &&
	       str_find(type, STR("delivery-status")) >= 0;
}

/* SpamAssassin's, rspamd's and Exchange's marks. That a mail is none is nothing that we believe. */
static bool is_spam(const struct headers *headers)
{
	static const char *const names[] = {"X-Spam-Flag", "X-Spam-Status", "X-Spam"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str value = headers_find(headers, names[i]);
		if (str_eq_nocase(str_slice(value, 0, 3), STR("yes")))
			return true;
	}
	int64_t level;
	struct str exchange = headers_find(headers, "X-MS-Exchange-Organization-SCL");
	return str_to_i64(str_trim(exchange), &level) == STATUS_OK && level >= EXCHANGE_SPAM_LEVEL;
}

unsigned mail_kind_flags(const struct headers *headers)
{
	unsigned flags = 0;
	if (is_automatic(headers))
		flags |= MAIL_AUTO_SUBMITTED;
	if (is_bulk(headers))
		flags |= MAIL_BULK;
	if (is_list(headers))
		flags |= MAIL_LIST;
	if (is_delivery_report(headers))
		flags |= MAIL_DELIVERY_REPORT;
	if (is_spam(headers))
		flags |= MAIL_SPAM;
	if (answers_unwanted(headers))
		flags |= MAIL_ANSWERS_UNWANTED;
	return flags;
}
