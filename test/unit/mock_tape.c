/* mock_tape: what was recorded is read back byte for byte and in its times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "mock/tape.h"

static char path[] = "/tmp/glimpse-tape-XXXXXX";

static void write_file(const char *data, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static mock_exchange *exchange_of(unsigned char digest, const char *text, size_t len)
{
    mock_exchange *exchange = mock_exchange_new();
    assert_non_null(exchange);
    memset(exchange->digest, digest, sizeof exchange->digest);
    memcpy(exchange->method, "POST", 5);
    memcpy(exchange->path, "/x", 3);
    exchange->status = 200;
    assert_true(mock_exchange_add(exchange, gl_slice_of(text, len), 5 * GL_US));
    return exchange;
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    static const char binary[] = "\x00\xff\x80\"\\\n\xc3"; /* cut in a character too */
    size_t live = gl_alloc_live();
    gl_buf line;
    gl_buf_init(&line, 100000);
    mock_exchange *made = exchange_of(7, "data: {\"caf\xc3\xa9\"}\n\n", 17);
    made->status = 429;
    made->head_at = 3 * GL_US;
    made->end_at = 9 * GL_US;
    assert_true(mock_exchange_add(made, gl_slice_of(binary, sizeof binary - 1), 8 * GL_US));
    mock_exchange_header(made, gl_slice_str("Content-Type"), gl_slice_str("text/event-stream"));
    mock_exchange_header(made, gl_slice_str("Set-Cookie"), gl_slice_str("session=secret"));
    mock_exchange_header(made, gl_slice_str("x-ratelimit-limit-requests"), gl_slice_str("60"));
    mock_exchange_header(made, gl_slice_str("openai-organization"), gl_slice_str("org-1"));
    mock_exchange_write(made, &line);
    assert_false(line.failed);
    write_file(line.data, line.len);

    mock_tape tape;
    char problem[400] = "";
    assert_true(mock_tape_read(&tape, path, problem, sizeof problem));
    const mock_exchange *read = mock_tape_next(&tape, made->digest);
    assert_non_null(read);
    assert_int_equal(read->status, 429);
    assert_int_equal(read->head_at, 3 * GL_US);
    assert_int_equal(read->end_at, 9 * GL_US);
    assert_true(read->stream);
    assert_int_equal(read->chunks, 2);
    assert_int_equal(read->chunk[0].at, 5 * GL_US);
    assert_int_equal(read->chunk[1].at, 8 * GL_US);
    assert_int_equal(read->body.len, made->body.len);
    assert_memory_equal(read->body.data, made->body.data, made->body.len);
    assert_int_equal(read->headers.len, made->headers.len);
    assert_memory_equal(read->headers.data, made->headers.data, made->headers.len);
    assert_null(memmem(line.data, line.len, "secret", 6));
    assert_null(memmem(line.data, line.len, "org-1", 5));
    mock_tape_free(&tape);
    mock_exchange_free(made);
    gl_buf_free(&line);
    assert_int_equal(gl_alloc_live(), live);
}

static void answers_to_one_request_come_in_their_order_and_again(void **state)
{
    (void)state;
    static const char *const texts[] = { "one", "two", "three" };
    unsigned char other[32] = { 9 };
    gl_buf lines;
    gl_buf_init(&lines, 100000);
    for (size_t i = 0; i < 3; i++) {
        mock_exchange *made = exchange_of(7, texts[i], strlen(texts[i]));
        mock_exchange_write(made, &lines);
        mock_exchange_free(made);
    }
    write_file(lines.data, lines.len);
    gl_buf_free(&lines);
    mock_tape tape;
    char problem[400] = "";
    assert_true(mock_tape_read(&tape, path, problem, sizeof problem));
    unsigned char digest[32];
    memset(digest, 7, sizeof digest);
    for (size_t i = 0; i < 7; i++) {
        const mock_exchange *read = mock_tape_next(&tape, digest);
        assert_non_null(read);
        assert_int_equal(read->body.len, strlen(texts[i % 3]));
        assert_memory_equal(read->body.data, texts[i % 3], read->body.len);
    }
    mock_tape_rewind(&tape);
    assert_memory_equal(mock_tape_next(&tape, digest)->body.data, "one", 3);
    assert_null(mock_tape_next(&tape, other));
    mock_tape_free(&tape);
}

static void a_bad_line_is_refused_by_its_number(void **state)
{
    (void)state;
#define DIGEST "\"digest\":\"0707070707070707070707070707070707070707070707070707070707070707\""
#define REST   "\"status\":200,\"headers\":{},\"head_us\":1,\"end_us\":9,\"chunks\":"
    static const char *const lines[] = {
        "{",
        "[]",
        "{\"digest\":\"07\"," REST "[]}",
        "{\"digest\":\""
        "XX07070707070707070707070707070707070707070707070707070707070707"
        "\"," REST "[]}",
        "{" DIGEST ",\"status\":99,\"headers\":{},\"head_us\":1,\"end_us\":9,\"chunks\":[]}",
        "{" DIGEST ",\"status\":200,\"headers\":[],\"head_us\":1,\"end_us\":9,\"chunks\":[]}",
        "{" DIGEST ",\"status\":200,\"headers\":{\"content-type\":\"a\\r\\nb: c\"},\"head_us\":1,"
        "\"end_us\":9,\"chunks\":[]}",
        "{" DIGEST ",\"status\":200,\"headers\":{},\"head_us\":-1,\"end_us\":9,\"chunks\":[]}",
        "{" DIGEST "," REST "{}}",
        "{" DIGEST "," REST "[[1]]}",
        "{" DIGEST "," REST "[[\"x\",1]]}",
        "{" DIGEST "," REST "[[1,\"x\",\"words\"]]}",
        "{" DIGEST "," REST "[[1,\"\xe2\x82\xac\",\"bytes\"]]}", /* no byte */
        "{" DIGEST "," REST "[[2,\"x\"],[1,\"y\"]]}",            /* back in time */
    };
    static const char good[] = "{" DIGEST "," REST "[[1,\"x\"]]}\n\n";
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[1000], problem[400] = "";
        mock_tape tape;
        int len = snprintf(text, sizeof text, "%s%s", good, lines[i]);
        write_file(text, (size_t)len);
        assert_false(mock_tape_read(&tape, path, problem, sizeof problem));
        assert_int_equal(strncmp(problem, "replay: ", 8), 0);
        assert_non_null(strstr(problem, "line 3: "));
        assert_int_equal(gl_alloc_live(), live);
    }
    mock_tape tape;
    char problem[400] = "";
    write_file("", 0);
    assert_false(mock_tape_read(&tape, path, problem, sizeof problem));
    assert_non_null(strstr(problem, "no answer in it"));
    assert_false(mock_tape_read(&tape, "/nowhere/at/all", problem, sizeof problem));
    assert_non_null(strstr(problem, "No such file"));
}

static void a_request_is_the_same_but_for_blanks_and_v1(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body;
        bool same;
    } table[] = {
        { "/v1/chat/completions", "{\"a\": [1, 2],\n \"b\":\"x y\"}", true },
        { "/chat/completions", "{\"a\":[1,2],\"b\":\"x y\"}", true },
        { "/v1/completions", "{\"a\":[1,2],\"b\":\"x y\"}", false },
        { "/v1/chat/completions", "{\"a\":[1,2],\"b\":\"xy\"}", false }, /* a blank in a text */
        { "/v1/chat/completions", "{\"a\":[1,2],\"b\":\"x \\\" y\"}", false },
        { "/v1/chat/completions", "", false },
    };
    gl_sha256 *sha = gl_sha256_new();
    gl_buf scratch;
    unsigned char first[32], digest[32];
    gl_buf_init(&scratch, 10000);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_true(mock_tape_digest(sha, gl_slice_str("POST"), gl_slice_str(table[i].path),
                                     gl_slice_str(table[i].body), &scratch, digest));
        if (i == 0) memcpy(first, digest, sizeof first);
        assert_int_equal(memcmp(first, digest, sizeof first) == 0, table[i].same);
    }
    assert_true(mock_tape_digest(sha, gl_slice_str("PUT"), gl_slice_str(table[0].path),
                                 gl_slice_str(table[0].body), &scratch, digest));
    assert_int_not_equal(memcmp(first, digest, sizeof first), 0);
    gl_buf_free(&scratch);
    gl_sha256_free(sha);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(answers_to_one_request_come_in_their_order_and_again),
        cmocka_unit_test(a_bad_line_is_refused_by_its_number),
        cmocka_unit_test(a_request_is_the_same_but_for_blanks_and_v1),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
