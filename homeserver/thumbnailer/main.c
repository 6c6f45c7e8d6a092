/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes one thumbnail and ends (media/thumbnail.h). Pictures come from strangers and decoders have
 * defects, so this is a process of its own that can read its input, write its output, and nothing
 * else: no files, no network, no other program; little memory and time.
 */
#include <fcntl.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/str.h"
#include "homeserver/media/thumbnail.h"
#include "homeserver/thumbnailer/sandbox.h"
#include "homeserver/thumbnailer/sniff.h"

#define CHUNK		(64 * 1024)
#define JPEG_QUALITY	"82"
#define PNG_COMPRESSION "6"

struct job {
	int width; /* of the box */
	int height;
	bool crop;
	int source_width; /* before the picture is turned upright */
	int source_height;
	enum thumbnail_end fault; /* THUMBNAIL_MADE: none */
};

/* Nothing to tidy up, and nothing that exit handlers could be tricked into. */
static _Noreturn void end_with(enum thumbnail_end end)
{
	_exit((int)end);
}

/* Called once the size is known and before pixels are made: large pictures are refused or decoded
 * smaller. Which way is up is not known yet, so both sides must cover the longer side. */
static void on_size(GdkPixbufLoader *loader, int width, int height, gpointer user_data)
{
	struct job *job = user_data;
	job->source_width = width;
	job->source_height = height;
	if (width <= 0 || height <= 0) {
		job->fault = THUMBNAIL_UNKNOWN;
		return;
	}
	if (width > THUMBNAIL_SIDE_MAX || height > THUMBNAIL_SIDE_MAX ||
		(unsigned)width * (unsigned)height > THUMBNAIL_PIXELS_MAX)
		end_with(THUMBNAIL_TOO_LARGE);
	int side = job->width > job->height ? job->width : job->height;
	int shorter = width < height ? width : height;
	if (shorter <= side)
		return;
	gdk_pixbuf_loader_set_size(loader, (int)((gint64)width * side / shorter),
		(int)((gint64)height * side / shorter));
}

/* Feeds standard input, of which the first bytes have been read, to the loader. */
static bool load(GdkPixbufLoader *loader, const char *head, size_t head_bytes)
{
	static guchar chunk[CHUNK];
	if (!gdk_pixbuf_loader_write(loader, (const guchar *)head, head_bytes, NULL))
		return false;
	ssize_t n;
	while ((n = read(STDIN_FILENO, chunk, sizeof(chunk))) > 0)
		if (!gdk_pixbuf_loader_write(loader, chunk, (gsize)n, NULL))
			return false;
	return n == 0 && gdk_pixbuf_loader_close(loader, NULL);
}

static GdkPixbuf *scaled(GdkPixbuf *picture, double factor)
{
	int width = (int)(gdk_pixbuf_get_width(picture) * factor + 0.5);
	int height = (int)(gdk_pixbuf_get_height(picture) * factor + 0.5);
	if (factor >= 1)
		return g_object_ref(picture);
	return gdk_pixbuf_scale_simple(
		picture, width > 0 ? width : 1, height > 0 ? height : 1, GDK_INTERP_BILINEAR);
}

/* Into the box, the aspect kept. */
static GdkPixbuf *fit(GdkPixbuf *picture, const struct job *job)
{
	double x = (double)job->width / gdk_pixbuf_get_width(picture);
	double y = (double)job->height / gdk_pixbuf_get_height(picture);
	return scaled(picture, x < y ? x : y);
}

/* Over the box, and what hangs over is cut off on both sides. */
static GdkPixbuf *cover(GdkPixbuf *picture, const struct job *job)
{
	double x = (double)job->width / gdk_pixbuf_get_width(picture);
	double y = (double)job->height / gdk_pixbuf_get_height(picture);
	GdkPixbuf *whole = scaled(picture, x > y ? x : y);
	if (whole == NULL)
		return NULL;
	int width = gdk_pixbuf_get_width(whole);
	int height = gdk_pixbuf_get_height(whole);
	int cut_width = width < job->width ? width : job->width;
	int cut_height = height < job->height ? height : job->height;
	return gdk_pixbuf_new_subpixbuf(
		whole, (width - cut_width) / 2, (height - cut_height) / 2, cut_width, cut_height);
}

static gboolean write_out(const gchar *bytes, gsize count, GError **error, gpointer user_data)
{
	(void)error;
	(void)user_data;
	while (count > 0) {
		ssize_t n = write(STDOUT_FILENO, bytes, count);
		if (n <= 0)
			return FALSE;
		bytes += n;
		count -= (gsize)n;
	}
	return TRUE;
}

static bool save(GdkPixbuf *picture)
{
	if (gdk_pixbuf_get_has_alpha(picture))
		return gdk_pixbuf_save_to_callback(picture, write_out, NULL, "png", NULL,
			"compression", PNG_COMPRESSION, NULL);
	return gdk_pixbuf_save_to_callback(
		picture, write_out, NULL, "jpeg", NULL, "quality", JPEG_QUALITY, NULL);
}

static gboolean discard(const gchar *bytes, gsize count, GError **error, gpointer user_data)
{
	(void)bytes;
	(void)count;
	(void)error;
	(void)user_data;
	return TRUE;
}

/* Makes the library open whatever it will need while that is still allowed. */
static GdkPixbufLoader *prepare(const char *format)
{
	GdkPixbuf *dot = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, 1, 1);
	if (dot == NULL || !gdk_pixbuf_save_to_callback(dot, discard, NULL, "png", NULL, NULL) ||
		!gdk_pixbuf_save_to_callback(dot, discard, NULL, "jpeg", NULL, NULL))
		return NULL;
	g_object_unref(dot);
	return gdk_pixbuf_loader_new_with_type(format, NULL);
}

static int number(const char *text)
{
	int64_t value;
	return str_to_i64(str_c(text), &value) == STATUS_OK && value > 0 &&
			       value <= THUMBNAIL_SIDE_MAX
		       ? (int)value
		       : 0;
}

int main(int argc, char **argv)
{
	static char head[CHUNK];
	struct job job = {0};
	if (argc != 4)
		end_with(THUMBNAIL_UNKNOWN);
	job.width = number(argv[1]);
	job.height = number(argv[2]);
	job.crop = strcmp(argv[3], "crop") == 0;
	ssize_t n = read(STDIN_FILENO, head, sizeof(head));
	struct str first = str_n(head, n > 0 ? (size_t)n : 0);
	const char *format = sniff_format(first);
	if (job.width == 0 || job.height == 0 || format == NULL)
		end_with(THUMBNAIL_UNKNOWN);
	GdkPixbufLoader *loader = prepare(format);
	if (loader == NULL || !sandbox_enter())
		abort();
	g_signal_connect(loader, "size-prepared", G_CALLBACK(on_size), &job);
	bool complete = load(loader, head, first.n);
	GdkPixbuf *loaded = complete ? gdk_pixbuf_loader_get_pixbuf(loader) : NULL;
	if (loaded == NULL || job.fault != THUMBNAIL_MADE)
		end_with(THUMBNAIL_UNKNOWN);
	GdkPixbuf *upright = gdk_pixbuf_apply_embedded_orientation(loaded);
	if (upright == NULL)
		abort();
	bool whole = gdk_pixbuf_get_width(loaded) == job.source_width &&
		     gdk_pixbuf_get_height(loaded) == job.source_height;
	if (whole && gdk_pixbuf_get_width(upright) <= job.width &&
		gdk_pixbuf_get_height(upright) <= job.height && !sniff_may_move(format, first))
		end_with(THUMBNAIL_ORIGINAL);
	GdkPixbuf *small = job.crop ? cover(upright, &job) : fit(upright, &job);
	if (small == NULL || !save(small))
		abort();
	end_with(THUMBNAIL_MADE);
}
