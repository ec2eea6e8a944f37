/*
 * fuzz_coding.c - any bytes as a compressed body, and as lines of Content-Encoding: what comes out
 * of a decoder is within its bound and within its ratio, or is refused with a reason; nothing of it
 * is left. The first byte says which coding, the second the bound.
 */
#include "fuzz.h"

#include "base/alloc.h"
#include "gateway/coding.h"

static void decode(gateway_coding coding, size_t most, gl_slice from)
{
    size_t live = gl_alloc_live();
    const char *why;
    gl_buf plain;
    int status = gateway_decode(coding, from, most, &plain, &why);
    claim(status == 0 || status == 400 || status == 413 || status == 503, "another status");
    claim((status == 0) == (why == NULL), "refused without a reason, or taken with one");
    claim(status != 0 || plain.len <= most, "more than may come");
    claim(plain.len <= (from.len + 1) * 200 + ((size_t)1 << 20) + 65536, "a bomb went off");
    gl_buf_free(&plain);
    claim(gl_alloc_live() == live, "memory is left");
}

static void read_lines(fuzz_input *in)
{
    gateway_coding coding = GATEWAY_NO_CODING;
    while (in->size != 0) {
        gateway_coding before = coding;
        gateway_coding_add(&coding, fuzz_line(in));
        claim(before == GATEWAY_NO_CODING || coding == before || coding == GATEWAY_OTHER_CODING,
              "one coding became another");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    uint8_t which = fuzz_byte(&in);
    size_t most = (size_t)1 << fuzz_byte(&in) % 26;
    if (which % 3 == 0)
        read_lines(&in);
    else
        decode(which % 3 == 1 ? GATEWAY_GZIP : GATEWAY_ZSTD, most,
               gl_slice_of((const char *)in.data, in.size));
    return 0;
}
