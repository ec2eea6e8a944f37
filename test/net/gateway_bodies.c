/* Bodies of requests to the gateway over real sockets: framed and compressed in each way that
 * clients have, and odd JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "fault_server.h"
#include "gate_rig.h"
#include "packed.h"

#define CHAT "/v1/chat/completions"
#define MIB  ((size_t)1024 * 1024)

static void open_gate(gate_rig *g)
{
    gate_rig_init(g, &(mock_options){ .seed = 5 });
    g->engine_config.cache_entries = 0; /* each request is asked */
    g->config.max_body = 64 * MIB;
    gate_rig_open(g);
}

/* Posts bytes with a length; the status. */
static int post(mock_client *c, const char *headers, gl_slice body)
{
    char head[400];
    gate_client_forget(c);
    snprintf(head, sizeof head,
             "POST " CHAT " HTTP/1.1\r\nHost: h\r\n%sContent-Length: %zu\r\n\r\n", headers,
             body.len);
    mock_client_send_text(c, head);
    mock_client_send(c, body.data, body.len);
    gate_client_whole(c);
    return gate_client_status(c);
}

/* Posts bytes in chunks of at most `step`; the status. */
static int post_chunked(mock_client *c, const char *headers, gl_slice body, size_t step)
{
    char line[400];
    gate_client_forget(c);
    snprintf(line, sizeof line,
             "POST " CHAT " HTTP/1.1\r\nHost: h\r\n%sTransfer-Encoding: chunked\r\n\r\n", headers);
    mock_client_send_text(c, line);
    for (size_t at = 0, len; at < body.len; at += len) {
        len = body.len - at < step ? body.len - at : step;
        snprintf(line, sizeof line, "%zx\r\n", len);
        mock_client_send_text(c, line);
        mock_client_send(c, body.data + at, len);
        mock_client_send_text(c, "\r\n");
    }
    mock_client_send_text(c, "0\r\n\r\n");
    gate_client_whole(c);
    return gate_client_status(c);
}

/* A request of about `size` bytes, NUL terminated; free it. */
static char *request_of(size_t size)
{
    static const char head[] = "{\"model\":\"m-1\",\"messages\":[{\"role\":\"user\",\"content\":\"";
    char *text = malloc(size + sizeof head + 8);
    gl_rng rng;
    size_t len = sizeof head - 1;
    assert_non_null(text);
    memcpy(text, head, len);
    gl_rng_seed(&rng, 14);
    while (len < size) text[len++] = "etaoin shrdlu, cm"[gl_rng_below(&rng, 17)];
    memcpy(text + len, "\"}]}", 5);
    return text;
}

/* --- codings ---------------------------------------------------------------------------------- */

/* The endpoint answers by the body that it got, so equal answers mean equal bodies. */
static void expect_the_answer_to(gate_rig *g, const char *text, const char *coding, gl_slice packed)
{
    char header[100];
    mock_client *direct = mock_rig_connect(&g->mock), *c = gate_rig_connect(g);
    assert_int_equal(post(direct, "", gl_slice_str(text)), 200);
    snprintf(header, sizeof header, "Content-Encoding: %s\r\n", coding);
    for (int way = 0; way < 3; way++) {
        size_t step = way == 1 && packed.len < MIB ? 7 : 100000;
        int status = way == 0 ? post(c, header, packed) : post_chunked(c, header, packed, step);
        assert_int_equal(status, 200);
        assert_string_equal(gate_client_body(c), gate_client_body(direct));
    }
    mock_client_close(direct);
    mock_client_close(c);
}

static void s8_compressed_bodies_reach_the_endpoint_as_they_were_meant(void **state)
{
    (void)state;
    static const size_t sizes[] = { 100, 20000, 3500000 };
    gate_rig g;
    open_gate(&g);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *text = request_of(sizes[i]);
        gl_buf packed;
        expect_the_answer_to(&g, text, "identity", gl_slice_str(text));
        packed_gzip(&packed, gl_slice_str(text), 1);
        expect_the_answer_to(&g, text, "gzip", gl_buf_slice(&packed));
        gl_buf_free(&packed);
#ifdef GATEWAY_HAS_ZSTD
        packed_zstd(&packed, gl_slice_str(text), 1, 0);
        expect_the_answer_to(&g, text, "zstd", gl_buf_slice(&packed));
        gl_buf_free(&packed);
#endif
        free(text);
    }
    gate_rig_close(&g);
}

/* Posts, expects an error in OpenAI's form, and that the connection goes on. */
static void expect_refused(gate_rig *g, const char *headers, gl_slice body, int status,
                           const char *code, const char *line)
{
    char wanted[100];
    mock_client *c = gate_rig_connect(g);
    snprintf(wanted, sizeof wanted, "\"code\":\"%s\"", code);
    if (post(c, headers, body) != status || strstr(gate_client_body(c), wanted) == NULL)
        fail_msg("%s wanted %d %s: %s", headers, status, code, c->got);
    assert_int_equal(gl_json_get(mock_client_body(c), "error").kind, GL_JSON_OBJECT);
    if (line != NULL && !gate_client_has(c, line)) fail_msg("no %s in %s", line, c->got);
    assert_int_equal(post(c, "", gl_slice_str(MOCK_RIG_CHAT)), 200);
    mock_client_close(c);
}

static void s8_a_bomb_a_cut_body_and_two_codings_are_refused(void **state)
{
    (void)state;
#ifdef GATEWAY_HAS_ZSTD
    static const char codings[] = "accept-encoding: gzip, zstd";
#else
    static const char codings[] = "accept-encoding: gzip";
#endif
    gate_rig g;
    gl_buf packed;
    char *zeros = calloc(1, MIB);
    open_gate(&g);
    packed_gzip(&packed, gl_slice_of(zeros, MIB), 512);
    expect_refused(&g, "Content-Encoding: gzip\r\n", gl_buf_slice(&packed), 413,
                   "request_too_large", NULL);
    gl_buf_free(&packed);
    packed_gzip(&packed, gl_slice_str(MOCK_RIG_CHAT), 1);
    gl_slice whole = gl_buf_slice(&packed);
    expect_refused(&g, "Content-Encoding: gzip\r\n", gl_slice_of(whole.data, whole.len - 3), 400,
                   "invalid_encoding", NULL);
    expect_refused(&g, "Content-Encoding: gzip\r\n", gl_slice_str(MOCK_RIG_CHAT), 400,
                   "invalid_encoding", NULL);
    expect_refused(&g, "Content-Encoding: gzip, gzip\r\n", whole, 415, "unsupported_encoding",
                   codings);
    expect_refused(&g, "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", whole, 415,
                   "unsupported_encoding", codings);
    expect_refused(&g, "Content-Encoding: br\r\n", whole, 415, "unsupported_encoding", codings);
    gl_buf_free(&packed);
#ifdef GATEWAY_HAS_ZSTD
    packed_zstd(&packed, gl_slice_of(zeros, MIB), 512, 0);
    assert_true(packed.len < 32768);
    expect_refused(&g, "Content-Encoding: zstd\r\n", gl_buf_slice(&packed), 413,
                   "request_too_large", NULL);
    gl_buf_free(&packed);
    packed_zstd(&packed, gl_slice_str(MOCK_RIG_CHAT), 1, 27);
    expect_refused(&g, "Content-Encoding: zstd\r\n", gl_buf_slice(&packed), 400, "invalid_encoding",
                   NULL);
    gl_buf_free(&packed);
#else
    expect_refused(&g, "Content-Encoding: zstd\r\n", gl_slice_str("abcd"), 415,
                   "unsupported_encoding", codings);
#endif
    free(zeros);
    gate_rig_close(&g);
}

static void the_bound_of_a_body_is_the_same_compressed_and_plain(void **state)
{
    (void)state;
    gate_rig g;
    gl_buf packed;
    char *text = request_of(100000);
    size_t len = strlen(text);
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    g.config.max_body = len;
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    packed_gzip(&packed, gl_slice_str(text), 1);
    assert_int_equal(post(c, "", gl_slice_str(text)), 200);
    assert_int_equal(post(c, "Content-Encoding: gzip\r\n", gl_buf_slice(&packed)), 200);
    gl_buf_free(&packed);
    text[len] = ' ';
    packed_gzip(&packed, gl_slice_of(text, len + 1), 1);
    assert_int_equal(post(c, "Content-Encoding: gzip\r\n", gl_buf_slice(&packed)), 413);
    assert_int_equal(post_chunked(c, "", gl_slice_of(text, len + 1), 40000), 413);
    mock_client_wait_end(c); /* the rest of what it sends is not read */
    mock_client_close(c);
    gl_buf_free(&packed);
    free(text);
    gate_rig_close(&g);
}

/* --- of the endpoint's errors ----------------------------------------------------------------- */

/* Asks for an answer of these bytes behind this head, which the client expects so: this status, and
 * this body; NULL: an error in OpenAI's form. */
static void expect_of(const char *head, gl_slice bytes, int status, const char *body)
{
    char text[300];
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    fault_server *server = fault_server_new(g.mock.base);
    snprintf(g.url, sizeof g.url, "http://127.0.0.1:%d/v1", fault_server_port(server));
    snprintf(text, sizeof text, "%sContent-Length: %zu\r\n\r\n", head, bytes.len);
    const fault_step script[] = { { FAULT_SEND, text, 0 },
                                  { FAULT_BYTES, bytes.data, (int)bytes.len },
                                  { FAULT_END, NULL, 0 } };
    fault_server_play(server, script);
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), status);
    assert_false(gate_client_names(c, "content-encoding"));
    if (body != NULL) assert_string_equal(gate_client_body(c), body);
    gl_json message = gl_json_get(gl_json_get(mock_client_body(c), "error"), "message");
    assert_true(message.kind == GL_JSON_STRING && message.text.len > 10);
    mock_client_close(c);
    fault_server_free(server);
    gate_rig_close(&g);
}

static void an_error_that_is_compressed_reaches_the_client_readable(void **state)
{
    (void)state;
    static const char error[] = "{\"error\":{\"message\":\"no such model\",\"code\":\"x\"}}";
    gl_buf packed;
    packed_gzip(&packed, gl_slice_str(error), 1);
    expect_of("HTTP/1.1 404 X\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n",
              gl_buf_slice(&packed), 404, error);
    /* What cannot be read is named. */
    expect_of("HTTP/1.1 404 X\r\n", gl_buf_slice(&packed), 404, NULL);
    expect_of("HTTP/1.1 404 X\r\nContent-Encoding: rot13\r\n", gl_buf_slice(&packed), 404, NULL);
    expect_of("HTTP/1.1 422 X\r\n", gl_slice_str(""), 422, NULL);
    gl_buf_free(&packed);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void s14_odd_json_is_refused_by_name_or_passes_as_it_is(void **state)
{
    (void)state;
    gate_rig g;
    open_gate(&g);
    char *brackets = malloc(100001), *large = request_of(MIB);
    memset(brackets, '[', 100000);
    brackets[100000] = '\0';
    const struct {
        gl_slice body;
        const char *code; /* NULL: it passes */
    } rows[] = {
        { gl_slice_str(brackets), "invalid_json" },
        { gl_slice_str("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}"),
          "invalid_json" },
        { gl_slice_str("{\"model\":\"m\",\"a\":\"\xed\xa0\x80\"}"), "invalid_json" },
        { gl_slice_str("\xef\xbb\xbf" MOCK_RIG_CHAT), "invalid_json" },
        { gl_slice_of("{\"model\":\"m\"}\0", 14), "invalid_json" },
        { gl_slice_str("{\"model\":\"m\"}{}"), "invalid_json" },
        { gl_slice_str(large), NULL },
        { gl_slice_str("{\"model\":\"a\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
                       "\"model\":\"b\"}"),
          NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].code != NULL) {
            expect_refused(&g, "", rows[i].body, 400, rows[i].code, NULL);
            continue;
        }
        mock_client *direct = mock_rig_connect(&g.mock), *c = gate_rig_connect(&g);
        assert_int_equal(post(direct, "", rows[i].body), 200);
        assert_int_equal(post(c, "", rows[i].body), 200);
        assert_string_equal(gate_client_body(c), gate_client_body(direct));
        mock_client_close(direct);
        mock_client_close(c);
    }
    free(brackets);
    free(large);
    gate_rig_close(&g);
}

/* A list of models does not hold for a body that names two: which one counts is the endpoint's. */
static void s14_two_models_in_a_body_are_refused_where_a_key_lists_models(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code; /* NULL: it passes */
    } rows[] = {
        { "{\"model\":\"a\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", NULL },
        { "{\"model\":\"b\",\"messages\":[]}", "model_not_found" },
        { "{\"model\":\"a\",\"messages\":[],\"model\":\"b\"}", "invalid_request" },
        { "{\"model\":\"b\",\"messages\":[],\"model\":\"a\"}", "invalid_request" },
        { "{\"model\":\"a\",\"messages\":[],\"mod\\u0065l\":\"b\"}", "invalid_request" },
    };
    char key[GATEWAY_KEY_SIZE], *line, text[600], why[200], header[100];
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    g.config.keys = true;
    gate_rig_open(&g);
    assert_true(gateway_new_key("web", key, &line));
    snprintf(text, sizeof text, "{\"keys\":[%.*s,\"models\":[\"a\"]}]}", (int)strlen(line) - 1,
             line);
    gl_free(line);
    if (!gateway_load_keys(g.gate, gl_slice_str(text), why, sizeof why)) fail_msg("%s", why);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", key);
    mock_client *c = gate_rig_connect(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = post(c, header, gl_slice_str(rows[i].body));
        if ((status == 200) != (rows[i].code == NULL) ||
            (rows[i].code != NULL && strstr(c->got, rows[i].code) == NULL))
            fail_msg("row %zu: %s", i, c->got);
    }
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 1);
    mock_client_close(c);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s8_compressed_bodies_reach_the_endpoint_as_they_were_meant),
        cmocka_unit_test(s8_a_bomb_a_cut_body_and_two_codings_are_refused),
        cmocka_unit_test(the_bound_of_a_body_is_the_same_compressed_and_plain),
        cmocka_unit_test(an_error_that_is_compressed_reaches_the_client_readable),
        cmocka_unit_test(s14_odd_json_is_refused_by_name_or_passes_as_it_is),
        cmocka_unit_test(s14_two_models_in_a_body_are_refused_where_a_key_lists_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
