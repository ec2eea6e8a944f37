/*
 * memory.c - row 38: `glimpse batch` in this process, with the k-th allocation failing for every k,
 * ours and libcurl's: it succeeds, or ends with a code that says so; what is on disk is whole and
 * right; nothing leaks. The mock runs in a child. The nine invariants of batch_run.h are checked
 * after each allocation that failed; other lines are those that did not meet it.
 */
#include "support/batch_run.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "commands.h"
#include "mock/mock.h"
#include "oom.h"

enum { LINES = 3, DEADLINE_MS = 60000, MAX_ATTEMPTS = 2 };

static char url[64], in[500], out[500], err[500];
static int mock_pid, mock_port;
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

static int start_mock(void **state)
{
    (void)state;
    int ends[2], port = 0;
    snprintf(in, sizeof in, "%s/memory.in", FAULT_DIR);
    snprintf(out, sizeof out, "%s/memory.out", FAULT_DIR);
    snprintf(err, sizeof err, "%s/memory.err", FAULT_DIR);
    unlink(err);
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
    mock_port = port;
    return 0;
}

static int end_mock(void **state)
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
        "-o",    "--overwrite", "--base-url", "--max-attempts", "2", "--base-delay",
        "1ms",   "--deadline",  "60s",        "--seed",         "1", "--log-level",
        "debug", "-q"
    };
    char *args[] = { in,       words[0],  out,       words[1],  words[2],  url,
                     words[3], words[4],  words[5],  words[6],  words[7],  words[8],
                     words[9], words[10], words[11], words[12], words[13], NULL };
    cli_settings settings;
    bool help;
    int code = settings_read(&settings, FOR_BATCH, "batch", 17, args, &help);
    if (code == 0) code = command_batch(&settings);
    settings_free(&settings);
    return code;
}

/* --- the invariants --- */

typedef struct tally {
    size_t records, aligned;
    int64_t attempts;
} tally;

/* Every line on disk is whole, and of one line of the input; one that says aligned says what it
 * should. Where the job had to stop, what was in flight then is cancelled. */
static tally check_records(bool stopped)
{
    char line[20000];
    tally found = { 0 };
    bool seen[LINES + 1] = { false };
    FILE *file = fopen(out, "r");
    if (file == NULL) return found;
    while (fgets(line, sizeof line, file) != NULL) {
        struct json_object *record = json_tokener_parse(line);
        assert_non_null(record);
        assert_non_null(strchr(line, '\n'));
        int id = (int)batch_int(record, "glimpse.line") - 1;
        assert_in_range(id, 0, LINES);
        assert_false(seen[id]);
        seen[id] = true;
        found.records++;
        found.attempts += batch_int(record, "glimpse.attempts");
        assert_in_range(batch_int(record, "glimpse.attempts"), 0, MAX_ATTEMPTS);
        assert_in_range(batch_int(record, "glimpse.elapsed_ms"), 0, DEADLINE_MS + 30000);
        if (strcmp(batch_text(record, "glimpse.status"), "aligned") == 0) {
            assert_in_range(id, 0, LINES - 1);
            found.aligned++;
            struct json_object *sample = batch_at(record, "glimpse.sample");
            if (expected[id] == NULL) expected[id] = json_object_get(sample);
            assert_string_equal(json_object_get_string(sample),
                                json_object_get_string(expected[id]));
        } else {
            const char *code = batch_text(record, "error.code");
            bool cancelled = stopped && strcmp(code, "cancelled") == 0;
            if (strcmp(code, id == LINES ? "bad_json" : "oom") != 0 && strcmp(code, "oom") != 0 &&
                !cancelled)
                fail_msg("line %d: %s", id + 1, code);
        }
        json_object_put(record);
    }
    fclose(file);
    return found;
}

/* Its words go to a file, which is searched for the key. */
static int quiet_batch(void)
{
    int to = open(err, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666), was = dup(STDERR_FILENO);
    assert_true(to >= 0 && was >= 0 && dup2(to, STDERR_FILENO) >= 0);
    unlink(out);
    int code = batch();
    assert_true(dup2(was, STDERR_FILENO) >= 0);
    close(to);
    close(was);
    return code;
}

static int64_t mock_requests(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)mock_port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    char text[20000] = "GET /__mock/stats HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n";
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    assert_true(write(fd, text, strlen(text)) > 0);
    size_t len = 0;
    for (ssize_t n; (n = read(fd, text + len, sizeof text - 1 - len)) > 0;) len += (size_t)n;
    close(fd);
    text[len] = '\0';
    const char *found = strstr(text, "\"requests\":");
    assert_non_null(found);
    return strtoll(found + strlen("\"requests\":"), NULL, 10);
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int count_open(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) != -1;
    return count;
}

static void find_no_key(void)
{
    char line[65536];
    const char *names[] = { out, err };
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(names[i], "r");
        while (file != NULL && fgets(line, sizeof line, file) != NULL)
            assert_null(strstr(line, CANARY));
        if (file != NULL) fclose(file);
    }
}

/* How often more than one line met it: what they share is one connection's, or the set of their
 * ids. Each says so then; see check_records. */
static size_t shared;
static double cpu_of_healthy; /* run; of the first one of the process */

/* One run, whatever fails in it. */
static int check_run(size_t k)
{
    size_t live = gl_alloc_live();
    int open = count_open();
    int64_t requests = mock_requests();
    double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID), began = seconds_of(CLOCK_MONOTONIC);
    int code = quiet_batch();
    cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (cpu_of_healthy <= 0) cpu_of_healthy = cpu;
    if (cpu > 10 * cpu_of_healthy + 0.1 + 0.05 * (seconds_of(CLOCK_MONOTONIC) - began))
        fail_msg("%.3f s of CPU when allocation %zu fails", cpu, k);
    assert_int_equal(gl_alloc_live(), live);
    assert_int_equal(count_open(), open);
    /* 1: a line failed. 69: none was connected. 70, 71: out of memory. 74: for a record. 78: for a
     * setting. */
    if (code != 1 && code != 69 && code != 70 && code != 71 && code != 74 && code != 78)
        fail_msg("exit %d when allocation %zu fails", code, k);
    tally found = check_records(code == 71 || code == 74);
    requests = mock_requests() - requests;
    assert_in_range(requests, 0, LINES * MAX_ATTEMPTS);
    if (code != 1) return code;
    assert_true(requests <= found.attempts);
    assert_int_equal(found.records, LINES + 1);
    shared += found.aligned + 1 < LINES;
    return code;
}

static void tell(const char *name, size_t allocations)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    assert_true(shared * 5 < allocations); /* most are of one line, and the others go on */
    shared = 0;
    if (usage.ru_maxrss > BATCH_SMALL_KIB) fail_msg("%ld KiB of memory", usage.ru_maxrss);
    find_no_key();
    print_message("%zu allocations\ninvariants I1 to I9 hold: %s\n", allocations, name);
}

static void row_38_every_allocation_of_a_batch_may_fail(void **state)
{
    (void)state;
    size_t k = 1;
    assert_int_equal(check_run(0), 1); /* a line is no JSON */
    assert_int_equal(check_records(false).aligned, LINES);
    for (;; k++) {
        oom_fail_at(k);
        check_run(k);
        if (!oom_end()) break;
    }
    assert_int_equal(check_records(false).aligned, LINES);
    assert_true(k > 50);
    tell(__func__, k - 1);
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
    size_t k = 1;
    oom_k = 0;
    assert_int_equal(curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_alloc, free, curl_resize,
                                          curl_copy, curl_zeroed),
                     CURLE_OK);
    for (;; k++) {
        oom_k = k;
        oom_count = 0;
        check_run(k);
        if (oom_count < k) break;
    }
    assert_int_equal(check_records(false).aligned, LINES);
    curl_global_cleanup();
    assert_true(k > 100);
    tell(__func__, k - 1);
}

int main(void)
{
    setenv("OPENAI_API_KEY", CANARY, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_38_every_allocation_of_a_batch_may_fail),
        cmocka_unit_test(row_38_every_allocation_of_libcurl_in_a_batch_may_fail),
    };
    return cmocka_run_group_tests(tests, start_mock, end_mock);
}
