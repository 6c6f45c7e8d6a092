/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/meeting/publication.h"

#include "common/base/mem.h"
#include "sfu/meeting/sid.h"

static struct str own(struct str s)
{
	return (struct str){mem_strdup(s), s.n};
}

static void disown(struct str *s)
{
	char *p = (char *)(uintptr_t)s->p;
	mem_freep(&p);
	*s = STR_EMPTY;
}

struct publication *publication_new(uint64_t id, const struct track_description *says)
{
	struct publication *p = MEM_NEW(struct publication);
	p->id = id;
	sid_make("TR_", p->sid);
	p->says = *says;
	p->says.cid = own(says->cid);
	p->says.name = own(says->name);
	p->says.stream = own(says->stream);
	p->codec = says->kind == MEDIA_AUDIO ? CODEC_OPUS : CODEC_VP8;
	return p;
}

void publication_free(struct publication **publication)
{
	struct publication *p = *publication;
	if (p == NULL)
		return;
	disown(&p->says.cid);
	disown(&p->says.name);
	disown(&p->says.stream);
	mem_freep(publication);
}

uint8_t publication_encoding_for(
	const struct publication *publication, uint32_t width, uint32_t height)
{
	const struct track_description *says = &publication->says;
	uint32_t wanted = width > height ? width : height;
	if (wanted == 0)
		return MEDIA_MAX_ENCODINGS - 1;
	for (unsigned i = 0; i < says->layer_count; i++) {
		const struct picture_layer *layer = &says->layers[i];
		uint32_t side = layer->width > layer->height ? layer->width : layer->height;
		if (side >= wanted)
			return (uint8_t)i;
	}
	return MEDIA_MAX_ENCODINGS - 1;
}

uint8_t publication_encoding_of_quality(const struct publication *publication, uint32_t quality)
{
	const struct track_description *says = &publication->says;
	for (unsigned i = 0; i < says->layer_count; i++) {
		if (says->layers[i].quality >= quality)
			return (uint8_t)i;
	}
	return MEDIA_MAX_ENCODINGS - 1;
}
