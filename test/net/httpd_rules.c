/*
 * The rules of the HTTP server, a row a case: what it says to httpd_cases.txt, over real sockets,
 * with the bytes at once and one at a time; and that the page of the rules says the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "httpd_table.h"

#define PAGE TEST_SOURCE_DIR "/../docs/http_rules.md"

/* --- the server ------------------------------------------------------------------------------- */

static void answer(httpd_conn *conn)
{
    gl_buf text;
    gl_buf_init(&text, BODY_MAX + 1000);
    gl_slice path = httpd_path(conn), body = httpd_body(conn);
    gl_buf_printf(&text, "%.*s[%.*s]", (int)path.len, path.data, (int)body.len, body.data);
    httpd_answer(conn, 200, "text/plain", gl_slice_str(""), gl_buf_slice(&text));
    gl_buf_free(&text);
}

static void ask_all(void)
{
    struct event_base *base = event_base_new();
    httpd_options options;
    const httpd_handler handler = { .request = answer };
    httpd_options_default(&options);
    options.limits.body = BODY_MAX;
    httpd_server *server = httpd_server_new(base, &options, &handler);
    gl_buf got;
    gl_buf_init(&got, 100 * (size_t)BODY_MAX);
    assert_non_null(server);
    read_rows();
    for (size_t i = 0; i < row_count; i++)
        for (size_t way = 0; way < 2; way++) {
            row *r = &rows[i];
            httpd_ask(base, server, gl_buf_slice(&r->bytes), way == 0 ? SIZE_MAX : 1, r->said[way],
                      sizeof r->said[way], &got);
            if (strcmp(r->id, "HEAD-NO-BODY") == 0)
                assert_non_null(strstr(got.data, "\r\n\r\nHTTP/1.1 200")); /* nothing between */
            if (strncmp(r->id, "TRAILER-", 8) == 0 && strstr(r->wanted, "200") != NULL)
                assert_non_null(strstr(got.data, "/x[hello]"));
        }
    gl_buf_free(&got);
    httpd_server_free(server);
    event_base_free(base);
}

static void each_case_is_answered_as_its_row_says(void **state)
{
    (void)state;
    size_t live = gl_alloc_live(), wrong = 0;
    ask_all();
    for (size_t i = 0; i < row_count; i++) {
        const row *r = &rows[i];
        const char *slowly = r->said[1];
        if (strstr(r->id, "EXPECT-100-CL") != NULL)
            slowly = r->said[0]; /* it waits, so it is told */
        printf("%-28s %-16s %s\n", r->id, r->wanted, r->said[0]);
        if (is_as_wanted(r, r->said[0]) && is_as_wanted(r, slowly)) continue;
        print_error("%s: wanted '%s', said '%s', byte by byte '%s'\n", r->id, r->wanted, r->said[0],
                    r->said[1]);
        wrong++;
    }
    assert_true(row_count > 150);
    assert_int_equal(wrong, 0);
    free_rows();
    assert_int_equal(gl_alloc_live(), live);
}

/* --- the page --------------------------------------------------------------------------------- */

static void write_cell(gl_buf *page, const char *text, size_t most)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len && i < most; i++) {
        if (text[i] == '|') gl_buf_append_char(page, '\\');
        gl_buf_append_char(page, text[i]);
    }
    if (len > most) gl_buf_append_str(page, "...");
}

static void write_page(gl_buf *page)
{
    gl_buf_append_str(
        page,
        "# What the HTTP server says to each case\n\n"
        "Made by `test/net/httpd_rules.c` out of what the server of\n"
        "[http_server.md](internals/http_server.md) said to the bytes of "
        "`test/net/httpd_cases.txt`, at "
        "once\n"
        "and one at a time; the test fails when this page says anything else. `close`: the\n"
        "connection is closed behind the answer. `waits`: bytes are missing. Ids are those of\n"
        "Http11Probe where it has the case.\n");
    for (size_t i = 0; i < row_count; i++) {
        const row *r = &rows[i];
        if (i == 0 || strcmp(r->section, rows[i - 1].section) != 0)
            gl_buf_printf(page, "\n## %s\n\n| case | bytes | answer | |\n|---|---|---|---|\n",
                          r->section);
        gl_buf_printf(page, "| %s | `", r->id);
        write_cell(page, r->escaped, 90);
        bool waits = strstr(r->wanted, "waits") != NULL;
        gl_buf_printf(page, "` | %s%s | ", r->said[0],
                      !waits                  ? ""
                      : r->said[0][0] != '\0' ? " waits"
                                              : "waits");
        write_cell(page, r->note, 120);
        gl_buf_append_str(page, " |\n");
    }
}

static void the_page_of_the_rules_is_what_the_server_says(void **state)
{
    (void)state;
    gl_buf page;
    gl_buf_init(&page, (size_t)1 << 20);
    ask_all();
    write_page(&page);
    assert_true(gl_buf_terminate(&page));
    if (getenv("HTTPD_RULES_WRITE") != NULL) { /* HTTPD_RULES_WRITE=1 makes it anew */
        FILE *out = fopen(PAGE, "w");
        assert_non_null(out);
        assert_int_equal(fwrite(page.data, 1, page.len, out), page.len);
        assert_int_equal(fclose(out), 0);
    }
    char *there = calloc(1, page.len + 2);
    FILE *file = fopen(PAGE, "r");
    assert_non_null(file);
    assert_int_equal(fread(there, 1, page.len + 1, file), page.len);
    fclose(file);
    assert_string_equal(there, page.data);
    free(there);
    gl_buf_free(&page);
    free_rows();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_is_answered_as_its_row_says),
        cmocka_unit_test(the_page_of_the_rules_is_what_the_server_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
