/* The rules of HTTP through the gateway: the cases of net/httpd_cases.txt with its own paths, and
 * the state of a connection after each of its refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_rig.h"
#include "gateway/state.h"
#include "httpd_table.h"

#define CHAT "/v1/chat/completions"

/* --- the table -------------------------------------------------------------------------------- */

/* Puts the gateway's paths in the place of the table's. */
static void with_our_paths(gl_slice bytes, gl_buf *to)
{
    static const struct {
        const char *theirs, *ours;
    } pairs[] = {
        { "POST /x HTTP/", "POST " CHAT " HTTP/" },
        { "GET /x HTTP/", "GET /healthz HTTP/" },
        { "HEAD /x HTTP/", "HEAD /healthz HTTP/" },
        { "GET /next HTTP/", "GET /readyz HTTP/" },
    };
    gl_buf_reset(to);
    for (size_t at = 0; at < bytes.len;) {
        size_t i = 0, count = sizeof pairs / sizeof *pairs;
        while (i < count &&
               (bytes.len - at < strlen(pairs[i].theirs) ||
                memcmp(bytes.data + at, pairs[i].theirs, strlen(pairs[i].theirs)) != 0))
            i++;
        if (i == count) {
            gl_buf_append_char(to, bytes.data[at++]);
        } else {
            gl_buf_append_str(to, pairs[i].ours);
            at += strlen(pairs[i].theirs);
        }
    }
    assert_false(to->failed);
}

/* Returns true for an answer of the gateway's to a request that was read: a page, or its word about
 * a path or a body. All others are refusals of the server, whose errors have OpenAI's form. */
static bool was_read(const char *answer, size_t len)
{
    static const char *const codes[] = { "\"code\":\"invalid_json\"", "\"code\":\"unknown_path\"" };
    if (strncmp(answer + strlen("HTTP/1.1 "), "200", 3) == 0) return true;
    for (size_t i = 0; i < 2; i++)
        if (memmem(answer, len, codes[i], strlen(codes[i])) != NULL) return true;
    if (strncmp(answer + strlen("HTTP/1.1 "), "100", 3) != 0 &&
        memmem(answer, len, "{\"error\":{\"message\":\"", 21) == NULL)
        fail_msg("no error in OpenAI's form: %.*s", (int)len, answer);
    return false;
}

/* The next answer; NULL: there is none. Sentences speak of HTTP/1.1, too. */
static const char *next_answer(const char *at)
{
    while ((at = strstr(at, "HTTP/1.1 ")) != NULL && (at[9] < '1' || at[9] > '5')) at += 9;
    return at;
}

/* The statuses of the answers, as the table has them: 200 for a request that was read. */
static void as_the_table_says(const char *got, const char *said, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (const char *at = next_answer(got), *next; at != NULL; at = next) {
        next = next_answer(at + 9);
        size_t len = next != NULL ? (size_t)(next - at) : strlen(at);
        used += (size_t)snprintf(out + used, size - used, "%s%.3s", used != 0 ? " " : "",
                                 was_read(at, len) ? "200" : at + 9);
    }
    if (strstr(said, "close") != NULL)
        snprintf(out + used, size - used, "%sclose", used != 0 ? " " : "");
}

static void each_case_of_the_table_is_answered_through_the_gateway_too(void **state)
{
    (void)state;
    gate_rig g;
    gl_buf got, bytes;
    size_t wrong = 0;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    g.config.max_body = BODY_MAX;
    gate_rig_open(&g);
    gl_buf_init(&got, 100 * (size_t)BODY_MAX);
    gl_buf_init(&bytes, 2 * (size_t)BODY_MAX);
    read_rows();
    for (size_t i = 0; i < row_count; i++) {
        row *r = &rows[i];
        with_our_paths(gl_buf_slice(&r->bytes), &bytes);
        for (size_t way = 0; way < 2; way++) {
            char said[60];
            if (way == 1 && strstr(r->id, "EXPECT-100-CL") != NULL) continue; /* it is told 100 */
            httpd_ask(g.mock.base, g.gate->server, gl_buf_slice(&bytes), way == 0 ? SIZE_MAX : 1,
                      said, sizeof said, &got);
            as_the_table_says(got.data, said, r->said[way], sizeof r->said[way]);
            bool upgrade = strncmp(r->id, "UPGRADE-", 8) == 0;
            if (upgrade ? strcmp(r->said[way], "426 close") == 0 : is_as_wanted(r, r->said[way]))
                continue;
            print_error("%s: wanted '%s', got '%s'\n", r->id, r->wanted, r->said[way]);
            wrong++;
        }
    }
    assert_true(row_count > 150);
    assert_int_equal(wrong, 0);
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 0); /* nothing was smuggled */
    free_rows();
    gl_buf_free(&got);
    gl_buf_free(&bytes);
    gate_rig_close(&g);
}

/* --- refusals --------------------------------------------------------------------------------- */

static void is_an_envelope(const mock_client *c, const char *code)
{
    static const char *const members[] = { "message", "type", "code" };
    gl_json error = gl_json_get(mock_client_body(c), "error");
    for (size_t i = 0; i < 3; i++)
        if (gl_json_get(error, members[i]).kind != GL_JSON_STRING)
            fail_msg("no %s: %s", members[i], c->got);
    if (!gl_json_string_is(gl_json_get(error, "code"), code)) fail_msg("no %s: %s", code, c->got);
    assert_true(gl_json_get(error, "param").kind != GL_JSON_NONE);
    assert_true(gate_client_has(c, "content-type: application/json"));
}

#define LARGE "99999999"
#define POST  "POST " CHAT " HTTP/1.1\r\nHost: h\r\n"

static void s12_each_refusal_has_its_envelope_and_leaves_the_connection_as_it_says(void **state)
{
    (void)state;
    static char long_target[9100], many_headers[2200];
    static const struct {
        const char *bytes;
        int status;
        const char *code; /* NULL: no body */
        bool closes;
        const char *line; /* of the head; NULL: any */
    } cases[] = {
        { "HEAD /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 200, NULL, false, "content-length: 3" },
        { "HEAD /v1/models HTTP/1.1\r\nHost: h\r\n\r\n", 200, NULL, false, NULL },
        { "HEAD " CHAT " HTTP/1.1\r\nHost: h\r\n\r\n", 405, NULL, false, "allow: POST" },
        { "OPTIONS " CHAT " HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method_not_allowed", false,
          "allow: POST" },
        { "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 404, "unknown_path", false, NULL },
        { "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n", 404, "unknown_path", false, NULL },
        { "POST /nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}", 404, "unknown_path",
          false, NULL },
        { "POST /nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{}", 404, "unknown_path",
          true, NULL },
        { "DELETE /v1/models/m HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method_not_allowed", false,
          "allow: GET, HEAD" },
        { "TRACE /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method_not_allowed", true, NULL },
        { POST "Content-Length: " LARGE "\r\n\r\n{", 413, "request_too_large", true, NULL },
        { POST "Expect: 100-continue\r\nContent-Length: " LARGE "\r\n\r\n", 413,
          "request_too_large", true, NULL },
        { POST "Transfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n", 413, "request_too_large", true,
          NULL },
        { long_target, 414, "uri_too_long", true, NULL },
        { POST "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", 415, "unsupported_encoding",
          false, NULL },
        { POST "Content-Encoding: br\r\nContent-Length: 9\r\n\r\n{}", 415, "unsupported_encoding",
          true, NULL },
        { POST "Expect: the-impossible\r\nContent-Length: 2\r\n\r\n{}", 417, "expectation_failed",
          true, NULL },
        { "GET /v1/responses HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          "\r\n",
          426, "upgrade_required", true, "upgrade: HTTP/1.1" },
        { many_headers, 431, "headers_too_large", true, NULL },
        { POST "Transfer-Encoding: gzip\r\n\r\n", 501, "not_implemented", true, NULL },
        { "GET /healthz HTTP/3.0\r\nHost: h\r\n\r\n", 505, "http_version", true, NULL },
        { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http_version", true, NULL },
    };
    gate_rig g;
    snprintf(long_target, sizeof long_target, "GET /%9000d HTTP/1.1\r\nHost: h\r\n\r\n", 0);
    memset(long_target + 5, 'a', 8999);
    size_t len =
        (size_t)snprintf(many_headers, sizeof many_headers, "GET /healthz HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 150; i++, len += 8) memcpy(many_headers + len, "A: bcd\r\n", 8);
    memcpy(many_headers + len, "\r\n", 3);
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mock_client *c = gate_rig_connect(&g);
        mock_client_send_text(c, cases[i].bytes);
        if (cases[i].code != NULL)
            gate_client_whole(c);
        else
            mock_client_wait(c, "\r\n\r\n", 1);
        if (gate_client_status(c) != cases[i].status) fail_msg("row %zu: %s", i, c->got);
        if (cases[i].code != NULL) is_an_envelope(c, cases[i].code);
        if (cases[i].line != NULL && !gate_client_has(c, cases[i].line))
            fail_msg("row %zu: no %s in %s", i, cases[i].line, c->got);
        if (gate_client_has(c, "connection: close") != cases[i].closes)
            fail_msg("row %zu: %s", i, c->got);
        if (cases[i].closes) {
            mock_client_wait_end(c);
        } else {
            assert_string_equal(cases[i].code == NULL ? gate_client_body(c) : "", "");
            assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
        }
        mock_client_close(c);
    }
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_of_the_table_is_answered_through_the_gateway_too),
        cmocka_unit_test(s12_each_refusal_has_its_envelope_and_leaves_the_connection_as_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
