/*
 * fuzz_httpd.c - any bytes as what a client sends on one connection: shown at once and in pieces
 * they are the same requests, and end the same; what is handed out lies inside the bytes shown.
 *
 * The first four bytes say where the bytes are cut: a draw for each piece. The fifth chooses
 * limits.
 */
#include "fuzz.h"

#include "base/rng.h"
#include "http/request.h"

typedef struct said {
    char *text;
    size_t len, capacity;
} said;

static void say(said *to, const void *data, size_t len)
{
    if (to->len + len > to->capacity) {
        to->capacity = 2 * (to->len + len) + 64;
        to->text = realloc(to->text, to->capacity);
        claim(to->text != NULL, "out of memory");
    }
    if (len != 0) memcpy(to->text + to->len, data, len);
    to->len += len;
}

static void say_slice(said *to, gl_slice part, const char *data, size_t size)
{
    claim(part.len == 0 || (part.data >= data && part.data + part.len <= data + size), "outside");
    say(to, &part.len, sizeof part.len);
    say(to, part.data, part.len);
}

static void say_request(said *to, const httpd_request *request, const httpd_fields *fields,
                        const char *data, size_t len)
{
    httpd_fields again;
    say_slice(to, httpd_request_method(request, data), data, len);
    say_slice(to, httpd_request_path(request, data), data, len);
    say_slice(to, httpd_request_query(request, data), data, len);
    say_slice(to, httpd_request_body(request, data), data, len);
    httpd_request_index(request, &again, data);
    claim(again.count == fields->count, "headers in two numbers");
    for (size_t i = 0; i < fields->count; i++) {
        const httpd_field *field = &fields->field[i];
        claim(memcmp(field, &again.field[i], sizeof *field) == 0, "a header in two places");
        say_slice(to, gl_slice_of(data + field->name_at, field->name_len), data, len);
        say_slice(to, gl_slice_of(data + field->value_at, field->value_len), data, len);
    }
    bool keeps = httpd_request_keeps_alive(request), expects = request->expects_continue;
    say(to, &keeps, sizeof keeps);
    say(to, &expects, sizeof expects);
}

/* The connection: what was shown and not used is in a block of its very size, so that a sanitizer
 * sees what is read past it. */
typedef struct shown {
    char *data;
    size_t len;
} shown;

static void show(shown *in, const uint8_t *more, size_t len)
{
    char *block = malloc(in->len + len + (in->len + len == 0));
    claim(block != NULL, "out of memory");
    if (in->len != 0) memcpy(block, in->data, in->len);
    if (len != 0) memcpy(block + in->len, more, len);
    free(in->data);
    *in = (shown){ block, in->len + len };
}

static void use(shown *in, size_t used)
{
    memmove(in->data, in->data + used, in->len - used);
    in->len -= used;
    show(in, NULL, 0);
}

/* What is said of the bytes when they come in pieces of at most `most`. */
static said read_all(const uint8_t *data, size_t size, size_t most, uint32_t seed,
                     const httpd_limits *limits)
{
    said to = { 0 };
    shown in = { 0 };
    gl_rng rng;
    httpd_request request;
    static httpd_fields scratch, fields; /* what `fields` has is kept over the pieces of a body */
    httpd_progress progress = HTTPD_MORE;
    gl_rng_seed(&rng, seed);
    httpd_request_init(&request, limits);
    while (progress != HTTPD_BAD && size != 0) {
        size_t len = 1 + gl_rng_below(&rng, (uint32_t)most);
        if (len > size) len = size;
        show(&in, data, len);
        data += len;
        size -= len;
        for (;;) {
            progress = httpd_request_read(&request, &scratch, in.data, in.len);
            if (progress == HTTPD_MORE || progress == HTTPD_BAD) break;
            if (progress == HTTPD_HEAD) {
                fields = scratch;
                continue;
            }
            say_request(&to, &request, &fields, in.data, in.len);
            claim(httpd_request_used(&request) <= in.len, "longer than what came");
            use(&in, httpd_request_used(&request));
            httpd_request_init(&request, limits);
            if (in.len == 0) break;
        }
        if (progress == HTTPD_MORE && in.len != 0)
            in.len = httpd_request_squeeze(&request, in.data, in.len);
    }
    if (progress == HTTPD_BAD) {
        claim(request.why != NULL, "refused without a word");
        say(&to, &request.status, sizeof request.status);
    } else {
        claim(in.len <= size + request.body_len + ((size_t)1 << 20), "more kept than it is");
    }
    free(in.data);
    return to;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    uint32_t seed = fuzz_number(&in);
    uint8_t small = fuzz_byte(&in);
    httpd_limits limits = { .body = 100000 };
    if (small & 1) limits = (httpd_limits){ .head = 64, .headers = 3, .target = 12, .body = 9 };
    if (small & 2) limits.body = 0;
    said whole = read_all(in.data, in.size, in.size + 1, seed, &limits);
    static const size_t most[] = { 1, 5, 70 };
    for (size_t i = 0; i < 3; i++) {
        said pieces = read_all(in.data, in.size, most[i], seed, &limits);
        claim(whole.len == pieces.len &&
                  (whole.len == 0 || memcmp(whole.text, pieces.text, whole.len) == 0),
              "read in two ways");
        free(pieces.text);
    }
    free(whole.text);
    return 0;
}
