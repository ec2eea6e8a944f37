/* coding.c - see coding.h. zlib reads gzip (RFC 1952), libzstd zstd (RFC 8878). */
#include "gateway/coding.h"

#include <zlib.h>
#ifdef GATEWAY_HAS_ZSTD
#include <zstd.h>
#include <zstd_errors.h>
#endif

#include "base/alloc.h"
#include "http/token.h"

#define STEP ((size_t)64 * 1024)
/* Text as JSON becomes 3 to 20 times smaller. Beyond 1 MiB a body that has become more than 200
 * times smaller is no request (Apache's DeflateInflateRatioLimit). */
#define RATIO_FREE ((size_t)1024 * 1024)
#define RATIO_MOST ((size_t)200)
/* RFC 9659: the window of the coding has at most 8 MiB. */
#define WINDOW_LOG 23

#ifdef GATEWAY_HAS_ZSTD
const char gateway_codings[] = "accept-encoding: gzip, zstd\r\n";
#else
const char gateway_codings[] = "accept-encoding: gzip\r\n";
#endif

static const char damaged[] = "The body is damaged: it cannot be decompressed.",
                  cut[] = "The body is damaged: its compressed bytes end too early.",
                  behind[] = "There are bytes behind the end of the compressed body.",
                  too_large[] = "The body is larger than it may be, once it is decompressed.",
                  no_memory[] = "There is no memory to decompress the body.";
#ifdef GATEWAY_HAS_ZSTD
static const char wide[] = "The body's zstd window is larger than 8 MiB (RFC 9659).";
#endif

/* --- its name --------------------------------------------------------------------------------- */

static gateway_coding named(gl_slice name)
{
    if (httpd_same(name, "identity")) return GATEWAY_IDENTITY;
    if (httpd_same(name, "gzip") || httpd_same(name, "x-gzip")) return GATEWAY_GZIP;
#ifdef GATEWAY_HAS_ZSTD
    if (httpd_same(name, "zstd")) return GATEWAY_ZSTD;
#endif
    return GATEWAY_OTHER_CODING;
}

void gateway_coding_add(gateway_coding *coding, gl_slice line)
{
    gl_slice element;
    while (httpd_next_element(&line, &element)) {
        if (element.len == 0) continue; /* RFC 9110, section 5.6.1.2 */
        *coding = *coding == GATEWAY_NO_CODING ? named(element) : GATEWAY_OTHER_CODING;
    }
}

/* --- its bytes -------------------------------------------------------------------------------- */

/* The bytes of a body on their way through a decoder. */
typedef struct flow {
    const char *in;
    size_t in_left;
    char *out;
    size_t out_left;
    bool ended; /* the member or frame is whole */
} flow;

/* One step: as much as there is of bytes, or of room. NULL, or why it cannot go on. */
typedef const char *step_fn(void *decoder, flow *f);

static int status_of(const char *why)
{
    return why == no_memory ? 503 : why == too_large ? 413 : 400;
}

/* Steps until the end. A step that neither takes nor gives a byte lacks bytes: there is room. */
static const char *run(step_fn *step, void *decoder, gl_slice from, size_t most, gl_buf *to)
{
    flow f = { .in = from.data, .in_left = from.len };
    while (!f.ended) {
        size_t room = most - to->len < STEP ? most - to->len + 1 : STEP, before = f.in_left;
        if (!gl_buf_reserve(to, room)) return no_memory;
        f.out = to->data + to->len;
        f.out_left = room;
        const char *why = step(decoder, &f);
        if (why != NULL) return why;
        to->len += room - f.out_left;
        if (to->len > most || (to->len > RATIO_FREE && to->len / RATIO_MOST > from.len - f.in_left))
            return too_large;
        if (!f.ended && f.out_left == room && f.in_left == before) return cut;
    }
    return f.in_left != 0 ? behind : NULL;
}

static void *take_memory(void *opaque, unsigned count, unsigned size)
{
    (void)opaque;
    return gl_calloc(count, size);
}

static void give_memory(void *opaque, void *memory)
{
    (void)opaque;
    gl_free(memory);
}

static const char *step_gzip(void *decoder, flow *f)
{
    z_stream *z = decoder;
    size_t in = f->in_left < STEP ? f->in_left : STEP;
    z->next_in = (Bytef *)(uintptr_t)f->in; /* zlib writes none of it */
    z->avail_in = (uInt)in;
    z->next_out = (Bytef *)f->out;
    z->avail_out = (uInt)f->out_left;
    int said = inflate(z, Z_NO_FLUSH);
    f->in += in - z->avail_in;
    f->in_left -= in - z->avail_in;
    f->out_left = z->avail_out;
    f->ended = said == Z_STREAM_END;
    if (said == Z_MEM_ERROR) return no_memory;
    return said == Z_OK || said == Z_STREAM_END || said == Z_BUF_ERROR ? NULL : damaged;
}

static const char *gunzip(gl_slice from, size_t most, gl_buf *to)
{
    z_stream z = { .zalloc = take_memory, .zfree = give_memory };
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) return no_memory; /* 16: gzip, and nothing else */
    const char *why = run(step_gzip, &z, from, most, to);
    inflateEnd(&z);
    return why;
}

#ifdef GATEWAY_HAS_ZSTD
static const char *step_zstd(void *decoder, flow *f)
{
    ZSTD_inBuffer in = { .src = f->in, .size = f->in_left };
    ZSTD_outBuffer out = { .dst = f->out, .size = f->out_left };
    size_t left = ZSTD_decompressStream(decoder, &out, &in);
    f->in += in.pos;
    f->in_left -= in.pos;
    f->out_left -= out.pos;
    f->ended = left == 0;
    if (!ZSTD_isError(left)) return NULL;
    switch (ZSTD_getErrorCode(left)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return wide;
    case ZSTD_error_memory_allocation:
        return no_memory;
    default:
        return damaged;
    }
}

static const char *unzstd(gl_slice from, size_t most, gl_buf *to)
{
    ZSTD_DCtx *decoder = ZSTD_createDCtx();
    if (decoder == NULL) return no_memory;
    const char *why = no_memory;
    if (!ZSTD_isError(ZSTD_DCtx_setParameter(decoder, ZSTD_d_windowLogMax, WINDOW_LOG)))
        why = run(step_zstd, decoder, from, most, to);
    ZSTD_freeDCtx(decoder);
    return why;
}
#endif

int gateway_decode(gateway_coding coding, gl_slice from, size_t most, gl_buf *to, const char **why)
{
    if (most > SIZE_MAX / 2) most = SIZE_MAX / 2;
    gl_buf_init(to, most + 1); /* a byte too many shows that there are too many */
    *why = damaged;
    if (coding == GATEWAY_GZIP) *why = gunzip(from, most, to);
#ifdef GATEWAY_HAS_ZSTD
    if (coding == GATEWAY_ZSTD) *why = unzstd(from, most, to);
#endif
    return *why == NULL ? 0 : status_of(*why);
}
