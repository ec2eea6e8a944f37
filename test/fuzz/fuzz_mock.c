/*
 * fuzz_mock.c - any bytes as what a client sends to the mock: read at once and in pieces they say
 * the same, what is handed out lies inside them, and a body that is a form ends.
 *
 * The first byte chooses the length of the pieces.
 */
#include "fuzz.h"

#include "mock/http.h"
#include "mock/multipart.h"

static void claim_inside(gl_slice part, const char *data, size_t size)
{
    claim(part.len == 0 || (part.data >= data && part.data + part.len <= data + size), "outside");
}

/* Shows the reader step bytes more each time; 0: all at once. */
static mock_http_progress read_in_steps(mock_http *http, char *data, size_t size, size_t step)
{
    mock_http_progress progress = MOCK_HTTP_MORE;
    mock_http_init(http);
    for (size_t have = 0; progress == MOCK_HTTP_MORE && have < size;) {
        have = step == 0 || step > size - have ? size : have + step;
        progress = mock_http_read(http, data, have);
    }
    return progress;
}

enum { FIELDS = 7 };

static void read_fields(const mock_http *http, const char *data, gl_slice out[FIELDS])
{
    out[0] = mock_http_method(http, data);
    out[1] = mock_http_path(http, data);
    out[2] = mock_http_query(http, data);
    out[3] = mock_http_type(http, data);
    out[4] = mock_http_fault(http, data);
    out[5] = mock_http_latency(http, data);
    out[6] = mock_http_body(http, data);
}

static void read_form(gl_slice type, gl_slice body)
{
    mock_multipart form;
    mock_part part;
    size_t parts = 0;
    char *copy = fuzz_string(body);
    if (mock_multipart_begin(&form, type, gl_slice_of(copy, body.len)))
        while (mock_multipart_next(&form, &part)) {
            claim_inside(part.name, copy, body.len);
            claim_inside(part.filename, copy, body.len);
            claim_inside(part.data, copy, body.len);
            claim(++parts <= body.len, "a form without an end");
        }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    size_t step = 1 + fuzz_byte(&in) % 6;
    gl_slice bytes = gl_slice_of((const char *)in.data, in.size);
    char *whole = fuzz_string(bytes), *pieces = fuzz_string(bytes);
    mock_http one, other;
    mock_http_progress progress = read_in_steps(&one, whole, bytes.len, 0);
    claim(read_in_steps(&other, pieces, bytes.len, step) == progress, "read in two ways");
    if (progress == MOCK_HTTP_READY) {
        gl_slice fields[FIELDS], same[FIELDS];
        claim(mock_http_used(&one) == mock_http_used(&other), "of two lengths");
        claim(mock_http_used(&one) <= bytes.len, "longer than what came");
        read_fields(&one, whole, fields);
        read_fields(&other, pieces, same);
        for (int i = 0; i < FIELDS; i++) {
            claim_inside(fields[i], whole, bytes.len);
            claim(gl_slice_equal(fields[i], same[i]), "a field of two values");
        }
        read_form(fields[3], fields[6]);
    } else if (progress == MOCK_HTTP_BAD) {
        claim(one.status == other.status, "refused in two ways");
        claim(one.why != NULL, "refused without a word");
    }
    free(whole);
    free(pieces);
    return 0;
}
