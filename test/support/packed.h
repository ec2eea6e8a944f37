/* packed.h - compressed bytes for tests, as clients make them. Include after cmocka.h. */
#ifndef TEST_PACKED_H
#define TEST_PACKED_H

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#ifdef GATEWAY_HAS_ZSTD
#include <zstd.h>
#endif

#include "base/buf.h"

/* `times` copies of a text, as one gzip member. */
static inline void packed_gzip(gl_buf *to, gl_slice text, size_t times)
{
    z_stream z = { .zalloc = NULL };
    static unsigned char room[65536];
    gl_buf_init(to, (size_t)1 << 30);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    for (size_t i = 0; i <= times; i++) {
        int said;
        z.next_in = (Bytef *)(uintptr_t)text.data;
        z.avail_in = i < times ? (uInt)text.len : 0;
        do {
            z.next_out = room;
            z.avail_out = sizeof room;
            said = deflate(&z, i < times ? Z_NO_FLUSH : Z_FINISH);
            gl_buf_append(to, (const char *)room, sizeof room - z.avail_out);
        } while (z.avail_out == 0);
        assert_true(said == Z_OK || said == Z_BUF_ERROR || said == Z_STREAM_END);
    }
    deflateEnd(&z);
    assert_false(to->failed);
}

#ifdef GATEWAY_HAS_ZSTD
/* The same as one zstd frame, with a window of 2 to the power of window_log; 0: the usual one. */
static inline void packed_zstd(gl_buf *to, gl_slice text, size_t times, int window_log)
{
    static char room[262144];
    ZSTD_CCtx *z = ZSTD_createCCtx();
    gl_buf_init(to, (size_t)1 << 30);
    assert_non_null(z);
    if (window_log != 0) ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window_log);
    for (size_t i = 0; i <= times; i++) {
        ZSTD_inBuffer in = { text.data, i < times ? text.len : 0, 0 };
        size_t left;
        do {
            ZSTD_outBuffer out = { room, sizeof room, 0 };
            left = ZSTD_compressStream2(z, &out, &in, i < times ? ZSTD_e_continue : ZSTD_e_end);
            assert_false(ZSTD_isError(left));
            gl_buf_append(to, room, out.pos);
        } while (in.pos < in.size || (i == times && left != 0));
    }
    ZSTD_freeCCtx(z);
    assert_false(to->failed);
}
#endif

#endif
