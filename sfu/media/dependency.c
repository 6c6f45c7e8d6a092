/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/dependency.h"

#include <string.h>

#include "sfu/transport/wire.h"

#define MANDATORY_BYTES 3
#define NEXT_TEMPORAL	1u
#define NEXT_SPATIAL	2u
#define NO_MORE		3u

struct bits {
	const uint8_t *p;
	size_t at, count; /* in bits */
	bool short_of;	  /* more was asked for than there is */
};

static uint32_t take(struct bits *b, unsigned n)
{
	uint32_t value = 0;
	if (n > b->count - b->at) {
		b->short_of = true;
		b->at = b->count;
		return 0;
	}
	for (unsigned i = 0; i < n; i++, b->at++) {
		value = value << 1 | ((uint32_t)b->p[b->at / 8] >> (7 - b->at % 8) & 1u);
	}
	return value;
}

/* ns(n): a number below n in as few bits as that needs. */
static uint32_t take_below(struct bits *b, uint32_t n)
{
	unsigned width = 0;
	for (uint32_t x = n; x != 0; x >>= 1) {
		width++;
	}
	uint32_t few = (1u << width) - n;
	uint32_t value = take(b, width - 1);
	return value < few ? value : (value << 1) - few + take(b, 1);
}

/* --- templates -------------------------------------------------------------------------------- */

static bool read_layers(struct bits *b, struct dependency_structure *s)
{
	unsigned spatial = 0, temporal = 0, next = 0;
	while (next != NO_MORE && !b->short_of) {
		if (s->template_count == DEPENDENCY_MAX_TEMPLATES ||
			spatial >= LAYERS_MAX_SPATIAL) {
			return false;
		}
		struct dependency_template *t = &s->templates[s->template_count++];
		t->spatial = (uint8_t)spatial;
		t->temporal = (uint8_t)temporal;
		next = take(b, 2);
		if (next == NEXT_TEMPORAL) {
			temporal++;
		} else if (next == NEXT_SPATIAL) {
			temporal = 0;
			spatial++;
		}
	}
	s->spatial_count = (uint8_t)(spatial + 1);
	return true;
}

static uint64_t read_needs(struct bits *b, unsigned target_count)
{
	uint64_t needs = 0;
	for (unsigned i = 0; i < target_count; i++) {
		needs |= (uint64_t)take(b, 2) << (2 * i);
	}
	return needs;
}

/* Which frames a frame refers to: we need not know. */
static void skip_references(struct bits *b, const struct dependency_structure *s)
{
	for (unsigned i = 0; i < s->template_count; i++) {
		while (take(b, 1) != 0 && !b->short_of) {
			(void)take(b, 4);
		}
	}
}

static void skip_chains(struct bits *b, const struct dependency_structure *s)
{
	uint32_t chains = take_below(b, s->targets.count + 1u);
	if (chains == 0) {
		return;
	}
	for (unsigned i = 0; i < s->targets.count; i++) {
		(void)take_below(b, chains);
	}
	for (uint32_t i = 0; i < chains * s->template_count && !b->short_of; i++) {
		(void)take(b, 4);
	}
}

/* A target has the layers of the frames that it needs. */
static void find_targets(struct dependency_structure *s)
{
	for (unsigned i = 0; i < s->targets.count; i++) {
		for (unsigned k = 0; k < s->template_count; k++) {
			const struct dependency_template *t = &s->templates[k];
			if ((t->needs >> (2 * i) & 3u) == LAYER_NOT_PRESENT) {
				continue;
			}
			if (t->spatial > s->targets.spatial[i]) {
				s->targets.spatial[i] = t->spatial;
			}
			if (t->temporal > s->targets.temporal[i]) {
				s->targets.temporal[i] = t->temporal;
			}
		}
	}
}

static bool read_structure(struct bits *b, struct dependency_structure *s)
{
	memset(s, 0, sizeof(*s));
	s->id_offset = (uint8_t)take(b, 6);
	s->targets.count = (uint8_t)(take(b, 5) + 1);
	if (!read_layers(b, s)) {
		return false;
	}
	for (unsigned i = 0; i < s->template_count; i++) {
		s->templates[i].needs = read_needs(b, s->targets.count);
	}
	skip_references(b, s);
	skip_chains(b, s);
	find_targets(s);
	if (take(b, 1) != 0) {
		for (unsigned i = 0; i < s->spatial_count; i++) {
			(void)take(b, 32); /* width and height */
		}
	}
	s->known = !b->short_of;
	return s->known;
}

/* --- the descriptor --------------------------------------------------------------------------- */

enum status dependency_parse(const uint8_t *bytes, size_t n, struct dependency_structure *structure,
	struct dependency_descriptor *out)
{
	struct bits b = {.p = bytes, .count = n * 8};
	struct dependency_structure brought;
	const struct dependency_structure *s = structure;
	if (n < MANDATORY_BYTES) {
		return STATUS_INVALID;
	}
	struct dependency_descriptor d = {.frame = {.start = take(&b, 1) != 0}};
	d.frame.end = take(&b, 1) != 0;
	unsigned id = take(&b, 6);
	d.frame.number = (uint16_t)take(&b, 16);
	bool active = false, own_needs = false;
	if (n > MANDATORY_BYTES) {
		d.has_structure = take(&b, 1) != 0;
		active = take(&b, 1) != 0;
		own_needs = take(&b, 1) != 0;
		(void)take(&b, 2); /* own references, own chains */
		if (d.has_structure && !read_structure(&b, &brought)) {
			return STATUS_INVALID;
		}
		s = d.has_structure ? &brought : s;
	}
	if (!s->known) {
		return STATUS_NOT_FOUND;
	}
	if (active) {
		(void)take(&b, s->targets.count);
	}
	unsigned index = (id + DEPENDENCY_MAX_TEMPLATES - s->id_offset) % DEPENDENCY_MAX_TEMPLATES;
	if (index >= s->template_count) {
		return STATUS_INVALID;
	}
	const struct dependency_template *t = &s->templates[index];
	d.frame.spatial = t->spatial;
	d.frame.temporal = t->temporal;
	d.frame.needs = own_needs ? read_needs(&b, s->targets.count) : t->needs;
	if (b.short_of) {
		return STATUS_INVALID;
	}
	d.frame.keyframe = d.has_structure && d.frame.start;
	if (d.has_structure) {
		*structure = brought;
	}
	d.frame.targets = &structure->targets;
	*out = d;
	return STATUS_OK;
}
