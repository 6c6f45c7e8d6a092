/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines by which mail programs announce an earlier mail, in French, English and German. All take
 * one line of UTF-8 without its end; no-break spaces count as spaces.
 */
#ifndef PARVIS_BRIDGE_QUOTE_MARKERS_H
#define PARVIS_BRIDGE_QUOTE_MARKERS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

/* "Le 3 mars 2026, Jean a écrit :", "On Tue ... wrote:", "Am ... schrieb ...:". */
bool quote_is_attribution(struct str line);
/* Whether a line may be the first of an attribution that goes on for a line or two. */
bool quote_starts_attribution(struct str line);
/* "-----Message d'origine-----", "-------- Original Message --------". */
bool quote_is_separator(struct str line);
/* As above for a mail that is passed on: what follows is content. */
bool quote_is_forward(struct str line);

enum quote_field {
	QUOTE_FIELD_NONE,
	QUOTE_FIELD_FROM,    /* De : */
	QUOTE_FIELD_DATE,    /* Envoyé : */
	QUOTE_FIELD_TO,	     /* À : */
	QUOTE_FIELD_CC,	     /* Cc : */
	QUOTE_FIELD_SUBJECT, /* Objet : */
};
/* The field of a block of headers that the line is ("*De :* Jean" too). */
enum quote_field quote_field_of(struct str line);

#define QUOTE_HEADER_BLOCK 7 /* lines in which a block of headers must show itself */

/* Whether the first of those lines begins the headers of an earlier mail: a sender and a date, or a
 * sender's address, and one field more. "De : 12 €", "À : 15 €" are words like others. */
bool quote_is_header_block(const struct str *lines, size_t count);

/* "Mes réponses en rouge ci-dessous": the author has written inside the earlier mail. */
bool quote_announces_inline(struct str line);

/* "Envoyé de mon iPhone", "Obtenir Outlook pour Android" and the like. */
bool quote_is_device_line(struct str line);

/* Without spaces around it, of any kind. */
struct str quote_trim(struct str line);

#endif
