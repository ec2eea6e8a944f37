/*
 * httpd_table.h - the cases of net/httpd_cases.txt, and what a server says to the bytes of one.
 * Include after cmocka.h.
 */
#ifndef TEST_HTTPD_TABLE_H
#define TEST_HTTPD_TABLE_H

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "http/server.h"

#define CASES TEST_SOURCE_DIR "/net/httpd_cases.txt"

enum { BODY_MAX = 1000000, CASES_MAX = 400 };

/* What came of the bytes: "200 400 close". */
static inline void httpd_ask(struct event_base *base, httpd_server *server, gl_slice bytes,
                             size_t step, char *said, size_t size, gl_buf *got)
{
    int pair[2];
    bool ended = false;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
    assert_true(httpd_adopt(server, pair[1], NULL, 0));
    gl_buf_reset(got);
    /* In one process over a socket pair nothing is on its way: three turns without a byte are the
     * end of what will be said. */
    for (size_t at = 0, quiet = 0; !ended && quiet < 3;) {
        size_t len = step < bytes.len - at ? step : bytes.len - at;
        ssize_t n = len != 0 ? send(pair[0], bytes.data + at, len, MSG_NOSIGNAL) : 0;
        if (n > 0) at += (size_t)n;
        event_base_loop(base, EVLOOP_NONBLOCK);
        char block[65536];
        quiet = at == bytes.len ? quiet + 1 : 0;
        while ((n = recv(pair[0], block, sizeof block, 0)) > 0) {
            gl_buf_append(got, block, (size_t)n);
            quiet = 0;
        }
        ended = n == 0;
    }
    assert_true(gl_buf_terminate(got));
    size_t used = 0;
    said[0] = '\0';
    for (const char *at = got->data; (at = strstr(at, "HTTP/1.1 ")) != NULL; at += 9)
        if (at[9] >= '1' && at[9] <= '5') /* not in a sentence */
            used +=
                (size_t)snprintf(said + used, size - used, "%s%.3s", used != 0 ? " " : "", at + 9);
    bool announced = strstr(got->data, "\r\nconnection: close\r\n") != NULL;
    assert_int_equal(announced, ended); /* who is closed was told so */
    if (ended) snprintf(said + used, size - used, "%sclose", used != 0 ? " " : "");
    close(pair[0]);
    event_base_loop(base, EVLOOP_NONBLOCK);
}

/* --- the rows --------------------------------------------------------------------------------- */

typedef struct row {
    char section[80], id[40], wanted[60], note[120];
    char *escaped;
    gl_buf bytes;
    char said[2][60]; /* at once; byte by byte */
} row;

static row rows[CASES_MAX];
static size_t row_count;

/* Undoes \r \n \t \\ \xHH and \{TIMES TEXT}. */
static inline void undo(const char *text, size_t len, gl_buf *to)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\\') {
            gl_buf_append_char(to, text[i]);
            continue;
        }
        char c = text[++i];
        if (c == 'x') {
            char hex[3] = { text[i + 1], text[i + 2], '\0' };
            gl_buf_append_char(to, (char)strtoul(hex, NULL, 16));
            i += 2;
        } else if (c == '{') {
            char *after;
            unsigned long times = strtoul(text + i + 1, &after, 10);
            const char *end = strchr(after, '}');
            assert_non_null(end);
            for (unsigned long n = 0; n < times; n++)
                undo(after + 1, (size_t)(end - after - 1), to);
            i = (size_t)(end - text);
        } else {
            gl_buf_append_char(to, (char)(c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c));
        }
    }
}

static inline void read_rows(void)
{
    static char line[4096], section[80];
    FILE *file = fopen(CASES, "r");
    assert_non_null(file);
    row_count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "## ", 3) == 0) snprintf(section, sizeof section, "%.79s", line + 3);
        if (line[0] == '#') continue;
        row *r = &rows[row_count++];
        assert_true(row_count < CASES_MAX);
        char *rest = line, *id = strsep(&rest, "\t"), *wanted = strsep(&rest, "\t");
        char *bytes = strsep(&rest, "\t");
        assert_non_null(bytes);
        snprintf(r->section, sizeof r->section, "%s", section);
        snprintf(r->id, sizeof r->id, "%s", id);
        snprintf(r->wanted, sizeof r->wanted, "%s", wanted);
        snprintf(r->note, sizeof r->note, "%s", rest != NULL ? rest : "");
        r->escaped = strdup(bytes);
        gl_buf_init(&r->bytes, 2 * BODY_MAX);
        undo(bytes, strlen(bytes), &r->bytes);
        assert_false(r->bytes.failed);
    }
    fclose(file);
}

static inline void free_rows(void)
{
    for (size_t i = 0; i < row_count; i++) {
        gl_buf_free(&rows[i].bytes);
        free(rows[i].escaped);
    }
}

/* "waits" is nothing said: the deadline of head or body is running. */
static inline bool is_as_wanted(const row *r, const char *said)
{
    const char *waits = strstr(r->wanted, "waits");
    size_t len = waits != NULL ? (size_t)(waits - r->wanted) : strlen(r->wanted);
    while (len != 0 && r->wanted[len - 1] == ' ') len--;
    return strlen(said) == len && memcmp(said, r->wanted, len) == 0;
}

#endif
