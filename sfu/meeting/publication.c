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

static void set_rendition(struct rendition *r, const struct codec_wish *wish)
{
	mem_freep(&r->cid);
	r->cid = mem_strdup(wish->cid);
	r->codec = wish->codec;
}

static void set_layers(struct rendition *r, const struct track_description *says)
{
	memcpy(r->layers, says->layers, sizeof(r->layers));
	r->layer_count = says->layer_count;
}

struct publication *publication_new(
	const uint64_t ids[RENDITIONS_MAX], const struct track_description *says)
{
	struct publication *p = MEM_NEW(struct publication);
	const struct codec_wish any = {
		says->kind == MEDIA_AUDIO ? CODEC_OPUS : CODEC_COUNT, says->cid};
	sid_make("TR_", p->sid);
	p->says = *says;
	p->says.cid = own(says->cid);
	p->says.name = own(says->name);
	p->says.stream = own(says->stream);
	for (unsigned i = 0; i < RENDITIONS_MAX; i++) {
		struct rendition *r = &p->renditions[i];
		bool said = i < says->codec_count && says->kind == MEDIA_VIDEO;
		r->publication = p;
		r->told = (1u << QUALITIES) - 1;
		if (said || i == 0) {
			r->id = ids[i];
			set_rendition(r, said ? &says->codecs[i] : &any);
			set_layers(r, says);
			r->told = i == 0 ? r->told : 0;
		}
	}
	return p;
}

struct rendition *publication_rendition(struct publication *publication, struct str cid)
{
	for (unsigned i = 0; i < RENDITIONS_MAX; i++) {
		struct rendition *r = &publication->renditions[i];
		if (r->id != 0 && cid.n > 0 && r->cid != NULL && str_eq_c(cid, r->cid))
			return r;
	}
	return NULL;
}

struct rendition *publication_backup(
	struct publication *publication, const struct track_description *says)
{
	for (unsigned i = 1; i < RENDITIONS_MAX && says->codec_count > 0; i++) {
		struct rendition *r = &publication->renditions[i];
		if (r->id == 0 || r->codec != says->codecs[0].codec)
			continue;
		set_rendition(r, &says->codecs[0]);
		if (says->layer_count > 0)
			set_layers(r, says);
		return r;
	}
	return NULL;
}

void publication_free(struct publication **publication)
{
	struct publication *p = *publication;
	if (p == NULL)
		return;
	for (unsigned i = 0; i < RENDITIONS_MAX; i++)
		mem_freep(&p->renditions[i].cid);
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
