/* decode_messages.c - one sentence that names what is wrong, and what to do about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "decoder_rig.h"

/* Headers as "name", "value", ..., NULL. */
static const char *find(const void *headers, const char *name)
{
    for (const char *const *at = headers; *at != NULL; at += 2)
        if (strcmp(at[0], name) == 0) return at[1];
    return NULL;
}

static glimpse_outcome decode(gl_decode_input *input)
{
    static const char *const none[] = { NULL };
    glimpse_outcome outcome;
    if (input->path == NULL) input->path = "/chat/completions";
    if (input->asked_path == NULL) input->asked_path = input->path;
    input->header = find;
    if (input->headers == NULL) input->headers = none;
    gl_decode(decoder, input, &outcome);
    return outcome;
}

/* --- bodies --- */

static const char gzipped[] = "\x1F\x8B\x08\0\0\0\0\0\0\x03\xAB\xAE\x05\0\x43\xBF\xA6\xA3\x02";

/* E04: where no header says so, the wire did not undo it; of an error, too. The bytes are kept
 * nowhere. */
static void a_compressed_body_is_called_that_and_not_quoted(void **state)
{
    (void)state;
    static const struct {
        int status;
        glimpse_error error;
        const char *message;
    } table[] = {
        { 200, GLIMPSE_ERR_BAD_JSON,
          "the answer is compressed (gzip), which no header says: turn that off at the server, or "
          "at a proxy in between" },
        { 503, GLIMPSE_ERR_HTTP,
          "the endpoint failed (HTTP 503); its words are compressed (gzip), which no header says" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        gl_decode_input input = { .status = table[i].status,
                                  .body = gl_slice_of(gzipped, sizeof gzipped - 1) };
        glimpse_outcome o = decode(&input);
        assert_int_equal(o.error, table[i].error);
        assert_string_equal(o.error_message, table[i].message);
        assert_int_equal(o.sample.body_len, 0);
    }
    /* The header of what the wire did undo changes nothing. */
    const char *headers[] = { "content-encoding", "gzip", NULL };
    gl_decode_input input = { .status = 500,
                              .body = gl_slice_str("{\"error\":\"boom\"}"),
                              .headers = headers };
    glimpse_outcome o = decode(&input);
    assert_string_equal(o.error_message, "boom");
    assert_int_equal(o.sample.body_len, 16);
    const char *identity[] = { "content-encoding", "identity", NULL };
    input = (gl_decode_input){ .status = 200, .body = gl_slice_str("<html>"), .headers = identity };
    assert_non_null(strstr(decode(&input).error_message, "it begins: <html>"));
}

static void an_answer_of_another_form_is_called_by_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t len;
        glimpse_error error;
        const char *message;
    } table[] = {
        { "\xFF\xFE{\0}\0", 6, GLIMPSE_ERR_BAD_UTF8,
          "the answer is UTF-16, and not UTF-8 as JSON is; content type not given; it begins: ??{ "
          "}" },
        { "{\0\"\0", 4, GLIMPSE_ERR_BAD_JSON,
          "the answer is UTF-16, and not UTF-8 as JSON is; content type not given; it begins: { "
          "\"" },
        { "[1]", 3, GLIMPSE_ERR_BAD_JSON,
          "the answer is JSON, but an array and no object; content type not given; it begins: "
          "[1]" },
        { "\"x\"", 3, GLIMPSE_ERR_BAD_JSON,
          "the answer is JSON, but a string and no object; content type not given; it begins: "
          "\"x\"" },
        { "null", 4, GLIMPSE_ERR_BAD_JSON,
          "the answer is JSON, but null and no object; content type not given; it begins: null" },
        { "{\"choices\":[{\"message\":{\"content\":{\"a\":1}}}]}", 45, GLIMPSE_ERR_BAD_JSON,
          "the content of the answer's first choice is no text; content type not given; it begins: "
          "{\"choices\":[{\"message\":{\"content\":{\"a\":1}}}]}" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        gl_decode_input input = { .status = 200, .body = gl_slice_of(table[i].body, table[i].len) };
        glimpse_outcome o = decode(&input);
        assert_int_equal(o.error, table[i].error);
        assert_string_equal(o.error_message, table[i].message);
    }
    gl_decode_input input = {
        .status = 200,
        .body = gl_slice_str("{\"choices\":[{\"message\":{\"content\":{\"type\":\"text\",\"text\":"
                             "\"hi\"}}}]}")
    };
    glimpse_outcome o = decode(&input); /* a part without its list */
    assert_int_equal(o.error, GLIMPSE_OK);
    assert_int_equal(o.sample.text_len, 2);
}

static void a_request_that_is_too_large_is_called_that(void **state)
{
    (void)state;
    gl_decode_input input = { .status = 413,
                              .body = gl_slice_str("<h1>413</h1>"),
                              .content_type = "text/html" };
    assert_string_equal(decode(&input).error_message,
                        "the endpoint refuses a request of this size (HTTP 413); content type "
                        "text/html; it begins: <h1>413</h1>");
    input = (gl_decode_input){ .status = 413, .body = gl_slice_str("{\"error\":\"too big\"}") };
    assert_string_equal(decode(&input).error_message, "too big");
}

/* --- addresses --- */

/* E06: a 404 about the path; one about a model is none. */
static void a_path_that_is_not_there_is_named_with_what_looks_wrong(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *base_url, *path, *body, *message;
    } table[] = {
        { 404, "http://h:8000", "/chat/completions", "{\"detail\":\"Not Found\"}",
          "Not Found (asked was http://h:8000/chat/completions: the base URL may lack /v1)" },
        { 404, "http://h/v1", "/chat/completions", "{\"detail\":\"Not Found\"}",
          "Not Found (asked was http://h/v1/chat/completions)" },
        { 404, "http://h/api/paas/v4", "/chat/completions", "",
          "the endpoint does not know this path or model (HTTP 404) (asked was "
          "http://h/api/paas/v4/chat/completions)" },
        { 404, "http://h/v1/chat/completions", "/chat/completions", "{\"detail\":\"Not Found\"}",
          "Not Found (asked was http://h/v1/chat/completions/chat/completions: leave "
          "/chat/completions out of the base URL)" },
        { 404, "http://h/v1/embeddings", "/embeddings", "{\"detail\":\"no\"}",
          "no (asked was http://h/v1/embeddings/embeddings: leave /embeddings out of the base "
          "URL)" },
        { 405, "http://v8.example", "/chat/completions", "{\"detail\":\"Method Not Allowed\"}",
          "Method Not Allowed (asked was http://v8.example/chat/completions: the base URL may lack "
          "/v1)" },
        { 404, "http://h", "/openai/deployments/d/chat/completions?api-version=1",
          "{\"error\":\"x\"}",
          "x (asked was http://h/openai/deployments/d/chat/completions?api-version=1)" },
        { 404, "http://h", "/chat/completions",
          "{\"error\":{\"message\":\"The model `x` does not exist\"}}",
          "The model `x` does not exist" },
        { 400, "http://h", "/chat/completions", "{\"detail\":\"no\"}", "no" },
        { 404, NULL, "/files", "{\"detail\":\"no\"}", "no" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        gl_decode_input input = { .status = table[i].status,
                                  .body = gl_slice_str(table[i].body),
                                  .base_url = table[i].base_url,
                                  .asked_path = table[i].path };
        assert_string_equal(decode(&input).error_message, table[i].message);
    }
    /* A web site's page says 200. */
    gl_decode_input input = { .status = 200,
                              .body = gl_slice_str("<html>"),
                              .content_type = "text/html; charset=utf-8",
                              .base_url = "http://h" };
    assert_non_null(strstr(decode(&input).error_message,
                           " (asked was http://h/chat/completions: the base URL may lack /v1)"));
}

static void a_redirect_names_its_target_and_the_base_url_to_use(void **state)
{
    (void)state;
    static const struct {
        const char *location, *message;
    } table[] = {
        { "https://llm.example.org/v1/chat/completions",
          "the server redirects to https://llm.example.org/v1/chat/completions (HTTP 301), which "
          "is "
          "not followed: use https://llm.example.org/v1 as the base URL" },
        { "https://u:secret@h/login?token=secret#secret",
          "the server redirects to https://h/login (HTTP 301), which is not followed: look at the "
          "base URL" },
        { "/login", "the server redirects to /login (HTTP 301), which is not followed: look at the "
                    "base URL" },
        { "/chat/completions", "the server redirects to /chat/completions (HTTP 301), which is not "
                               "followed: look at the base URL" },
        { "https://h/\x1b[31m", "the server redirects to https://h/ [31m (HTTP 301), which is not "
                                "followed: look at the base URL" },
        { "", "the server redirects (HTTP 301) and does not say where to" },
        { NULL, "the server redirects (HTTP 301) and does not say where to" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *headers[] = { "location", table[i].location, NULL };
        gl_decode_input input = { .status = 301, .headers = headers };
        glimpse_outcome o = decode(&input);
        assert_int_equal(o.error, GLIMPSE_ERR_REDIRECT);
        assert_string_equal(o.error_message, table[i].message);
        gl_decode_broken(decoder, &input, GLIMPSE_ERR_REDIRECT, "words", &o);
        assert_string_equal(o.error_message, table[i].message);
    }
    /* However long. */
    static char url[3000];
    memset(url, 'x', sizeof url - 1);
    memcpy(url, "https://", 8);
    const char *headers[] = { "location", url, NULL };
    gl_decode_input input = { .status = 301, .headers = headers };
    assert_true(strlen(decode(&input).error_message) < 300);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_compressed_body_is_called_that_and_not_quoted),
        TEST(an_answer_of_another_form_is_called_by_its_name),
        TEST(a_request_that_is_too_large_is_called_that),
        TEST(a_path_that_is_not_there_is_named_with_what_looks_wrong),
        TEST(a_redirect_names_its_target_and_the_base_url_to_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
