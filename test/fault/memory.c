/*
 * memory.c - row 38: `glimpse batch` in this process, with the k-th allocation failing for every k,
 * ours and libcurl's: it succeeds, or ends with a code that says so; what is on disk is whole and
 * right; nothing leaks. The mock runs in a child.
 */
#include "support/batch_run.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "commands.h"
#include "mock/mock.h"
#include "oom.h"

enum { LINES = 3 };

static char url[64], in[500], out[500];
static int mock_pid;
static struct json_object *expected[LINES];

static void mock_main(int to)
{
    struct event_base *base = event_base_new();
    char problem[200];
    mock_options options = { .seed = 1 };
    mock_server *server = mock_server_new(base, &options, problem, sizeof problem);
    int port = server != NULL ? mock_server_port(server) : 0;
    if (write(to, &port, sizeof port) != sizeof port) _exit(1);
    event_base_dispatch(base);
    _exit(0);
}

static int start(void **state)
{
    (void)state;
    int ends[2], port = 0;
    snprintf(in, sizeof in, "%s/memory.in", FAULT_DIR);
    snprintf(out, sizeof out, "%s/memory.out", FAULT_DIR);
    FILE *file = fopen(in, "w");
    if (file == NULL || pipe(ends) != 0) return -1;
    for (int i = 0; i < LINES; i++)
        fprintf(file, "{\"custom_id\":\"%d\",\"input_text\":\"text number %d\"}\n", i, i);
    fprintf(file, "not JSON\n");
    fclose(file);
    mock_pid = fork();
    if (mock_pid == 0) mock_main(ends[1]);
    if (read(ends[0], &port, sizeof port) != sizeof port || port == 0) return -1;
    close(ends[0]);
    close(ends[1]);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", port);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (int i = 0; i < LINES; i++) json_object_put(expected[i]);
    kill(mock_pid, SIGKILL);
    waitpid(mock_pid, NULL, 0);
    return 0;
}

static int batch(void)
{
    static char words[][24] = {
        "-o",     "--overwrite", "--base-url", "--max-attempts", "2", "--base-delay", "1ms",
        "--seed", "1",           "-q"
    };
    char *args[] = { in,       words[0], out,      words[1], words[2], url,      words[3],
                     words[4], words[5], words[6], words[7], words[8], words[9], NULL };
    cli_settings settings;
    bool help;
    int code = settings_read(&settings, FOR_BATCH, "batch", 13, args, &help);
    if (code == 0) code = command_batch(&settings);
    settings_free(&settings);
    return code;
}

/* Every line on disk is whole; one that says aligned says what it should. Returns how many do. */
static int check_records(void)
{
    char line[20000];
    int aligned = 0;
    bool seen[LINES] = { false };
    FILE *file = fopen(out, "r");
    if (file == NULL) return 0;
    while (fgets(line, sizeof line, file) != NULL) {
        struct json_object *record = json_tokener_parse(line);
        assert_non_null(record);
        assert_non_null(strchr(line, '\n'));
        int id = batch_text(record, "custom_id")[0] - '0';
        if (strcmp(batch_text(record, "glimpse.status"), "aligned") == 0) {
            assert_in_range(id, 0, LINES - 1);
            assert_false(seen[id]);
            seen[id] = true;
            aligned++;
            struct json_object *sample = batch_at(record, "glimpse.sample");
            if (expected[id] == NULL) expected[id] = json_object_get(sample);
            assert_string_equal(json_object_get_string(sample),
                                json_object_get_string(expected[id]));
        } else {
            assert_string_not_equal(batch_text(record, "error.code"), "null");
        }
        json_object_put(record);
    }
    fclose(file);
    return aligned;
}

/* Its words are many, and are not looked at here. */
static int silent_batch(void)
{
    int null = open("/dev/null", O_WRONLY), err = dup(STDERR_FILENO);
    assert_true(null >= 0 && err >= 0 && dup2(null, STDERR_FILENO) >= 0);
    unlink(out);
    int code = batch();
    assert_true(dup2(err, STDERR_FILENO) >= 0);
    close(null);
    close(err);
    return code;
}

static void check_end(int code, int aligned, size_t k)
{
    /* 1: a line failed. 69: none was connected. 70, 71: out of memory. 74: for a record. 78: for a
     * setting. */
    if (code != 1 && code != 69 && code != 70 && code != 71 && code != 74 && code != 78)
        fail_msg("exit %d when allocation %zu fails", code, k);
    assert_in_range(aligned, 0, LINES);
}

static void row_38_every_allocation_of_a_batch_may_fail(void **state)
{
    (void)state;
    size_t live = gl_alloc_live(), k = 1;
    assert_int_equal(silent_batch(), 1); /* a line is no JSON */
    assert_int_equal(check_records(), LINES);
    for (;; k++) {
        oom_fail_at(k);
        int code = silent_batch();
        bool failed = oom_end();
        assert_int_equal(gl_alloc_live(), live);
        check_end(code, check_records(), k);
        if (!failed) break;
    }
    assert_int_equal(check_records(), LINES);
    print_message("%zu allocations\n", k - 1);
    assert_true(k > 50);
}

/* --- libcurl's --- */

static void *curl_alloc(size_t size)
{
    return oom_gate() ? malloc(size) : NULL;
}

static void *curl_zeroed(size_t count, size_t size)
{
    return oom_gate() ? calloc(count, size) : NULL;
}

static void *curl_resize(void *memory, size_t size)
{
    return oom_gate() ? realloc(memory, size) : NULL;
}

static char *curl_copy(const char *text)
{
    return oom_gate() ? strdup(text) : NULL;
}

static void row_38_every_allocation_of_libcurl_in_a_batch_may_fail(void **state)
{
    (void)state;
    size_t live = gl_alloc_live(), k = 1;
    oom_k = 0;
    assert_int_equal(curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_alloc, free, curl_resize,
                                          curl_copy, curl_zeroed),
                     CURLE_OK);
    for (;; k++) {
        oom_k = k;
        oom_count = 0;
        int code = silent_batch();
        bool failed = oom_count >= k;
        oom_k = 0;
        assert_int_equal(gl_alloc_live(), live);
        check_end(code, check_records(), k);
        if (!failed) break;
    }
    assert_int_equal(check_records(), LINES);
    print_message("%zu allocations\n", k - 1);
    curl_global_cleanup();
    assert_true(k > 100);
}

int main(void)
{
    setenv("OPENAI_API_KEY", CANARY, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_38_every_allocation_of_a_batch_may_fail),
        cmocka_unit_test(row_38_every_allocation_of_libcurl_in_a_batch_may_fail),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
