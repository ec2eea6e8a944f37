/*
 * batch_api.c - `glimpse batch --mode api` against a Batch API that this test makes up: what others
 * write into their objects and files. Three lines each; every one is answered and paid for as often
 * as the row says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "fault_server.h"

enum { LINES = 3, ANSWERS = 64, ID = 32 };

/* How a row's endpoint deviates. */
typedef struct dialect {
    const char *name;
    const char *before;  /* its state at the first look; NULL: it has ended by then */
    const char *state;   /* of the first batch; "completed" where NULL */
    const char *no_file; /* what stands for the id of a file that is not there; "null" */
    int answered;        /* lines of the first batch in its output file; the rest is nowhere */
    bool all_fail;       /* in the error file, 400 */
    bool reversed, crlf, bom, doubled, strangers, no_end;
    bool cut_once;        /* the first download ends early */
    bool job_object;      /* a creation answers with another object */
    int code, batches;    /* wanted: exit code, batches made */
    const char *statuses; /* and of the lines with a record */
    const char *says;     /* on stderr; or NULL */
} dialect;

typedef struct endpoint {
    struct event_base *base;
    fault_server *server;
    const dialect *row;
    char ids[LINES][ID + 1];
    int lines; /* of the file that came up last */
    int batches, looks, downloads;
    char job[64], part[64]; /* of the creation that came last */
    char *texts[ANSWERS];
    fault_step steps[ANSWERS][3];
    size_t answers;
    int pid, code;
} endpoint;

static void answer(endpoint *e, const char *status, const char *body, bool cut)
{
    assert_true(e->answers < ANSWERS);
    size_t n = e->answers++;
    assert_true(
        asprintf(&e->texts[n],
                 "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 status, strlen(body) + (cut ? 10 : 0), body) > 0);
    e->steps[n][0] = (fault_step){ FAULT_SEND, e->texts[n], 0 };
    e->steps[n][1] = (fault_step){ cut ? FAULT_CLOSE : FAULT_END, NULL, 0 };
    e->steps[n][2] = (fault_step){ FAULT_END, NULL, 0 };
    fault_server_play_once(e->server, e->steps[n]);
}

/* The ids of the lines that came up. */
static void take_ids(endpoint *e, const char *body)
{
    static const char mark[] = "{\"custom_id\":\"";
    e->lines = 0;
    for (const char *at = body; (at = strstr(at, mark)) != NULL;) {
        at += strlen(mark);
        assert_true(e->lines < LINES);
        snprintf(e->ids[e->lines++], ID + 1, "%.*s", ID, at);
    }
}

static void take_name(const char *body, const char *name, char *out, size_t size)
{
    const char *at = strstr(body, name);
    assert_non_null(at);
    at += strlen(name) + strlen("\":\"");
    snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
}

static void add_line(const endpoint *e, gl_buf *out, const char *id, bool fails)
{
    static const char chat[] =
        "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
        "\"message\":"
        "{\"role\":\"assistant\",\"content\":\"fine\"},\"finish_reason\":\"stop\"}]}";
    gl_buf_printf(
        out,
        "{\"custom_id\":\"%s\",\"response\":{\"status_code\":%d,\"body\":%s},\"error\":null}%s", id,
        fails ? 400 : 200, fails ? "{\"error\":{\"message\":\"too hot\"}}" : chat,
        e->row->crlf ? "\r\n" : "\n");
}

static void answer_content(endpoint *e)
{
    const dialect *row = e->row;
    int last = e->batches == 1 && !row->all_fail ? row->answered : e->lines;
    gl_buf out;
    gl_buf_init(&out, 1 << 20);
    if (row->bom) gl_buf_append_str(&out, "\xEF\xBB\xBF");
    if (row->strangers) add_line(e, &out, "somebody", false);
    if (row->strangers) gl_buf_append_str(&out, "no line\n");
    for (int copy = 0; copy < (row->doubled ? 2 : 1); copy++)
        for (int i = 0; i < last; i++)
            add_line(e, &out, e->ids[row->reversed ? last - 1 - i : i], row->all_fail);
    if (row->no_end && out.len > 0) out.len--;
    assert_true(gl_buf_terminate(&out));
    answer(e, "200 OK", out.data, row->cut_once && e->downloads++ == 0);
    gl_buf_free(&out);
}

static void write_batch(const endpoint *e, gl_buf *out, const char *state)
{
    const dialect *row = e->row;
    const char *none = row->no_file != NULL ? row->no_file : "null";
    bool ended = strcmp(state, "validating") != 0 &&
                 (row->before == NULL || strcmp(state, row->before) != 0);
    gl_buf_printf(
        out,
        "{\"id\":\"b%d\",\"status\":\"%s\",\"output_file_id\":%s,\"error_file_id\":%s,\"metadata\":"
        "{\"glimpse_job\":\"%s\",\"glimpse_part\":\"%s\"}}",
        e->batches, state, ended && !row->all_fail ? "\"out\"" : none,
        ended && row->all_fail ? "\"err\"" : none, e->job, e->part);
}

static void answer_batch(endpoint *e, bool in_list, const char *state)
{
    gl_buf out;
    gl_buf_init(&out, 1 << 20);
    gl_buf_append_str(&out, in_list ? "{\"data\":[" : "");
    write_batch(e, &out, state);
    gl_buf_append_str(&out, in_list ? "],\"has_more\":false}" : "");
    assert_true(gl_buf_terminate(&out));
    answer(e, "200 OK", out.data, false);
    gl_buf_free(&out);
}

static void asked(void *arg)
{
    endpoint *e = arg;
    const dialect *row = e->row;
    const fault_request *request =
        fault_server_request(e->server, fault_server_requests(e->server) - 1);
    const char *head = request->head;
    const char *state = row->state != NULL && e->batches == 1 ? row->state : "completed";
    if (strncmp(head, "POST /v1/files ", 15) == 0) {
        take_ids(e, request->body);
        answer(e, "200 OK", "{\"id\":\"in\"}", false);
    } else if (strncmp(head, "POST /v1/batches ", 17) == 0) {
        e->batches++;
        take_name(request->body, "glimpse_job", e->job, sizeof e->job);
        take_name(request->body, "glimpse_part", e->part, sizeof e->part);
        if (row->job_object)
            answer(e, "200 OK", "{\"job\":{\"id\":\"b1\"}}", false);
        else
            answer_batch(e, false, "validating");
    } else if (strncmp(head, "GET /v1/batches?", 16) == 0) {
        answer_batch(e, true, "validating");
    } else if (strncmp(head, "GET /v1/batches/", 16) == 0) {
        answer_batch(e, false, row->before != NULL && e->looks++ == 0 ? row->before : state);
    } else if (strstr(head, "/content HTTP") != NULL) {
        answer_content(e);
    } else {
        answer(e, "404 Not Found", "{}", false);
    }
}

static void look_at_child(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    endpoint *e = arg;
    int status;
    if (waitpid(e->pid, &status, WNOHANG) != e->pid) return;
    e->code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    event_base_loopbreak(e->base);
}

static void run_program(endpoint *e)
{
    static const struct timeval often = { 0, 10000 };
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", fault_server_port(e->server));
    e->pid = fork();
    assert_true(e->pid >= 0);
    if (e->pid == 0) {
        if (freopen("err", "w", stderr) == NULL) _exit(126);
        unsetenv("http_proxy");
        execl(GLIMPSE_PROGRAM, "glimpse", "batch", "in", "-o", "answers", "--mode", "api",
              "--base-url", url, "--base-delay", "10ms", "--max-attempts", "3", "--fallback", "off",
              (char *)NULL);
        _exit(127);
    }
    struct event *timer = event_new(e->base, -1, EV_PERSIST, look_at_child, e);
    event_add(timer, &often);
    event_base_dispatch(e->base);
    event_free(timer);
}

static void write_input(void)
{
    FILE *file = fopen("in", "w");
    assert_non_null(file);
    for (int i = 1; i <= LINES; i++)
        fprintf(file, "{\"custom_id\":\"%d\",\"input_text\":\"text %d\"}\n", i, i);
    fclose(file);
}

static char *read_file(const char *name)
{
    char *text = calloc(1, 65536);
    FILE *file = fopen(name, "r");
    assert_true(text != NULL);
    if (file == NULL) return text;
    size_t len = fread(text, 1, 65535, file);
    fclose(file);
    text[len] = '\0';
    return text;
}

/* "1 aligned, 2 aligned": of the records, by custom_id. */
static void read_statuses(char *out, size_t size)
{
    char *text = read_file("answers");
    size_t len = 0;
    out[0] = '\0';
    for (int i = 1; i <= LINES; i++) {
        char mark[32];
        snprintf(mark, sizeof mark, "\"custom_id\":\"%d\"", i);
        const char *at = strstr(text, mark);
        if (at == NULL) continue;
        assert_null(strstr(at + 1, mark));
        const char *status = strstr(at, "\"status\":\"") + strlen("\"status\":\"");
        len += (size_t)snprintf(out + len, size - len, "%s%d %.*s", len > 0 ? ", " : "", i,
                                (int)strcspn(status, "\""), status);
    }
    free(text);
}

static void empty_folder(void)
{
    DIR *dir = opendir(".");
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.') unlink(entry->d_name);
    closedir(dir);
}

static void run_row(const dialect *row)
{
    char folder[] = "/tmp/glimpse-dialect.XXXXXX", statuses[200];
    endpoint e = { .base = event_base_new(), .row = row };
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    e.server = fault_server_new(e.base);
    fault_server_on_request(e.server, asked, &e);
    write_input();
    run_program(&e);
    read_statuses(statuses, sizeof statuses);
    char *err = read_file("err");
    if (e.code != row->code) print_message("%s: exit %d\n%s", row->name, e.code, err);
    assert_int_equal(e.code, row->code);
    assert_string_equal(statuses, row->statuses);
    assert_int_equal(e.batches, row->batches);
    if (row->says != NULL) assert_non_null(strstr(err, row->says));
    if (row->code != 75) assert_int_not_equal(access("answers.journal", F_OK), 0);
    free(err);
    fault_server_free(e.server);
    event_base_loop(e.base, EVLOOP_NONBLOCK);
    event_base_free(e.base);
    for (size_t i = 0; i < e.answers; i++) free(e.texts[i]);
    empty_folder();
    assert_int_equal(chdir("/") | rmdir(folder), 0);
}

#define ALL "1 aligned, 2 aligned, 3 aligned"

static void all_lines_are_joined_however_the_output_is_written(void **state)
{
    (void)state;
    static const dialect rows[] = {
        { .name = "reversed", .reversed = true, .answered = 3, .batches = 1, .statuses = ALL },
        { .name = "crlf", .crlf = true, .bom = true, .answered = 3, .batches = 1, .statuses = ALL },
        { .name = "doubled",
          .doubled = true,
          .no_end = true,
          .answered = 3,
          .batches = 1,
          .statuses = ALL },
        { .name = "strangers",
          .strangers = true,
          .answered = 3,
          .batches = 1,
          .statuses = ALL,
          .says = "belong to no request" },
        { .name = "cut", .cut_once = true, .answered = 3, .batches = 1, .statuses = ALL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) run_row(&rows[i]);
}

static void objects_that_say_less_or_more_are_read(void **state)
{
    (void)state;
    static const dialect rows[] = {
        { .name = "job", .job_object = true, .answered = 3, .batches = 1, .statuses = ALL },
        { .name = "queued",
          .before = "queued",
          .answered = 3,
          .batches = 1,
          .statuses = ALL,
          .says = "calls its state \"queued\"" },
        { .name = "finalizing",
          .before = "finalizing",
          .answered = 3,
          .batches = 1,
          .statuses = ALL },
        { .name = "empty ids", .no_file = "\"\"", .answered = 3, .batches = 1, .statuses = ALL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) run_row(&rows[i]);
}

static void what_failed_or_is_missing_has_its_record_or_is_asked_again(void **state)
{
    (void)state;
    static const dialect rows[] = {
        { .name = "all failed",
          .all_fail = true,
          .code = 1,
          .batches = 1,
          .statuses = "1 bad_request, 2 bad_request, 3 bad_request" },
        { .name = "all failed, empty id",
          .all_fail = true,
          .no_file = "\"\"",
          .code = 1,
          .batches = 1,
          .statuses = "1 bad_request, 2 bad_request, 3 bad_request" },
        { .name = "missing", .answered = 1, .batches = 2, .statuses = ALL },
        { .name = "expired", .state = "expired", .answered = 2, .batches = 2, .statuses = ALL },
        { .name = "cancelled",
          .state = "cancelled",
          .answered = 1,
          .code = 75,
          .batches = 1,
          .statuses = "1 aligned" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) run_row(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_lines_are_joined_however_the_output_is_written),
        cmocka_unit_test(objects_that_say_less_or_more_are_read),
        cmocka_unit_test(what_failed_or_is_missing_has_its_record_or_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
