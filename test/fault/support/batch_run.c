/* batch_run.c - see batch_run.h. Fails the test that runs it; aborts when the machine does. */
#include "batch_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "json_strict.h"

struct memory {
    struct memory *next;
    max_align_t bytes[];
};

void *batch_keep(batch_run *run, size_t size)
{
    struct memory *memory = calloc(1, sizeof *memory + size);
    assert_non_null(memory);
    memory->next = run->kept;
    run->kept = memory;
    return memory->bytes;
}

static char *path_of(batch_run *run, const char *name)
{
    size_t size = strlen(run->dir) + strlen(name) + 2;
    char *path = batch_keep(run, size);
    snprintf(path, size, "%s/%s", run->dir, name);
    return path;
}

/* What a run leaves; each is searched for the key. */
static const char *const left[] = { "stdout", "stderr", "out.jsonl", "summary.json", "descriptors",
                                    "beside", "store",  "store-wal", "store-shm" };

void batch_init(batch_run *run, const char *name)
{
    signal(SIGPIPE, SIG_IGN);
    *run = (batch_run){ .base = event_base_new(), .deadline_ms = 60000 };
    assert_non_null(run->base);
    run->server = fault_server_new(run->base);
    assert_true(mkdir(FAULT_DIR, 0777) == 0 || errno == EEXIST);
    snprintf(run->dir, sizeof run->dir, "%s/%s", FAULT_DIR, name);
    assert_true(mkdir(run->dir, 0777) == 0 || errno == EEXIST);
    snprintf(run->url, sizeof run->url, "http://127.0.0.1:%d/v1", fault_server_port(run->server));
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) unlink(path_of(run, left[i]));
    fault_server_healthy(run->server, HEALTHY_MARK, batch_good(run));
    batch_args(run, GLIMPSE_PROGRAM, "batch", path_of(run, "in.jsonl"), "-o",
               path_of(run, "out.jsonl"), "--summary", path_of(run, "summary.json"),
               "--cache-store", path_of(run, "store"), "--base-url", run->url, "--log-level",
               "debug", "--base-delay", "5ms", "--seed", "1", "--deadline", batch_keep(run, 32),
               NULL);
    batch_deadline(run, 60000);
}

void batch_env(batch_run *run, const char *assignment)
{
    assert_true(run->environment_count + 1 < BATCH_ENVIRONMENT);
    run->environment[run->environment_count++] = assignment;
}

void batch_args(batch_run *run, ...)
{
    va_list args;
    const char *arg;
    va_start(args, run);
    while ((arg = va_arg(args, const char *)) != NULL) {
        assert_true(run->arg_count + 1 < BATCH_ARGS);
        run->args[run->arg_count++] = arg;
    }
    va_end(args);
}

void batch_deadline(batch_run *run, int ms)
{
    run->deadline_ms = ms;
    char *text = batch_keep(run, 32);
    snprintf(text, 32, "%dms", ms);
    for (size_t i = 0; i < run->arg_count; i++)
        if (strcmp(run->args[i], "--deadline") == 0) run->args[i + 1] = text;
}

/* Two, unless nobody is answered. */
static size_t put_healthy(const batch_run *run, FILE *file, const char *line)
{
    return !run->alone && fputs(line, file) >= 0 ? 1 : 0;
}

void batch_input(batch_run *run, const char *text, size_t len, size_t lines)
{
    FILE *file = fopen(path_of(run, "in.jsonl"), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    run->healthy_lines = 0;
    if (len > 0 && text[len - 1] == '\n') {
        run->healthy_lines += put_healthy(run, file, HEALTHY_LINE("h1"));
        run->healthy_lines += put_healthy(run, file, HEALTHY_LINE("h2"));
    }
    assert_int_equal(fclose(file), 0);
    run->lines = lines;
    run->own_ids = true;
}

void batch_drafts(batch_run *run, size_t n)
{
    FILE *file = fopen(path_of(run, "in.jsonl"), "w");
    assert_non_null(file);
    run->healthy_lines = put_healthy(run, file, HEALTHY_LINE("h1"));
    for (size_t i = 1; i <= n; i++)
        fprintf(file, "{\"custom_id\":\"d%zu\",\"input_text\":\"text number %zu\"}\n", i, i);
    run->healthy_lines += put_healthy(run, file, HEALTHY_LINE("h2"));
    assert_int_equal(fclose(file), 0);
    run->lines = n;
}

/* --- the child --- */

static void limit(int what, long value)
{
    struct rlimit to = { (rlim_t)value, (rlim_t)value };
    if (value > 0 && setrlimit(what, &to) != 0) _exit(126);
}

static void put_env(char **environment, size_t *count, const char *name, const char *value)
{
    if (asprintf(&environment[(*count)++], "%s%s", name, value) < 0) _exit(126);
}

static void run_child(const batch_run *run, const char *out, const char *err,
                      const char *descriptors)
{
    /* 99 is no exit code of ours. */
    char *environment[BATCH_ENVIRONMENT + 8];
    const char *fixed[] = { "ASAN_OPTIONS=exitcode=99:detect_leaks=1",
                            "UBSAN_OPTIONS=halt_on_error=1:exitcode=99:print_stacktrace=1",
                            "LD_PRELOAD=" FAULT_SHIM,
                            run->no_key ? "X=" : "OPENAI_API_KEY=" CANARY };
    size_t count = 0;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        put_env(environment, &count, "", fixed[i]);
    put_env(environment, &count, "PATH=", getenv("PATH") != NULL ? getenv("PATH") : "");
    put_env(environment, &count, "FAULT_FDS=", descriptors);
    for (size_t i = 0; i < run->environment_count; i++)
        put_env(environment, &count, "", run->environment[i]);
    environment[count] = NULL;
    int null = open("/dev/null", O_RDONLY), to[2];
    to[0] = run->stdout_fd > 0 ? run->stdout_fd : open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    to[1] = open(err, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (null < 0 || dup2(null, 0) < 0 || dup2(to[0], 1) < 0 || dup2(to[1], 2) < 0) _exit(126);
    for (int fd = 3; fd < 256; fd++) close(fd);
    limit(RLIMIT_STACK, run->stack_kib * 1024);
    limit(RLIMIT_NOFILE, run->descriptors);
    limit(RLIMIT_FSIZE, run->file_bytes);
    char *args[BATCH_ARGS];
    for (size_t i = 0; i <= run->arg_count; i++)
        if (run->args[i] == NULL)
            args[i] = NULL;
        else if (asprintf(&args[i], "%s", run->args[i]) < 0)
            _exit(126);
    signal(SIGPIPE, SIG_DFL);
    execve(args[0], args, environment);
    _exit(127);
}

static void child_changed(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    batch_run *run = arg;
    int status;
    struct rusage usage;
    if (run->pid <= 0 || wait4(run->pid, &status, WNOHANG, &usage) != run->pid) return;
    run->pid = 0;
    run->code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    run->cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    event_base_loopbreak(run->base);
}

/* So far, of a child that will not come to tell it. */
static long memory_of(int pid)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0) kib = strtol(line + 6, NULL, 10);
    if (file != NULL) fclose(file);
    return kib;
}

static void ticked(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    batch_run *run = arg;
    long kib = run->dies && run->pid > 0 ? memory_of(run->pid) : 0;
    if (kib > 0) run->max_rss_kib = kib;
    if (run->while_running != NULL && run->pid > 0) run->while_running(run, run->pid);
    child_changed(-1, 0, run);
}

static void expired(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    batch_run *run = arg;
    if (run->pid > 0) kill(run->pid, SIGKILL);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void run_it(batch_run *run)
{
    const char *out = path_of(run, "stdout"), *err = path_of(run, "stderr");
    const char *descriptors = path_of(run, "descriptors");
    static const struct timeval tick = { 0, 10000 };
    double most = run->seconds_max > 0 ? run->seconds_max : 100, began = now();
    struct timeval guard = { (time_t)most, 0 };
    struct event *child = evsignal_new(run->base, SIGCHLD, child_changed, run);
    struct event *ticker = event_new(run->base, -1, EV_PERSIST, ticked, run);
    struct event *killer = evtimer_new(run->base, expired, run);
    assert_true(event_add(child, NULL) == 0 && event_add(ticker, &tick) == 0 &&
                event_add(killer, &guard) == 0);
    run->pid = fork();
    assert_true(run->pid >= 0);
    if (run->pid == 0) run_child(run, out, err, descriptors);
    while (run->pid > 0) event_base_dispatch(run->base);
    run->seconds = now() - began;
    if (run->while_running != NULL) run->while_running(run, 0);
    event_free(child);
    event_free(ticker);
    event_free(killer);
}

/* --- what it left --- */

/* Ends that stop a job: what was not begun has no record. */
static bool stops(int code)
{
    static const int codes[] = { 64, 65, 70, 71, 74, 75, 77, 78, 130, 143 };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code) return true;
    return false;
}

/* I9: whatever the others met, this one was answered, and at once. */
static void check_healthy(const batch_run *run, struct json_object *record)
{
    const char *status = batch_text(record, "glimpse.status");
    int64_t attempts = batch_int(record, "glimpse.attempts");
    if (run->starved || (stops(run->code) && strcmp(status, "cancelled") == 0)) return;
    if (strcmp(status, "aligned") != 0 || (attempts != 1 && !run->shared_wire))
        fail_msg("a healthy line: %s", json_object_get_string(record));
}

static char *read_file(const char *path, size_t *len)
{
    *len = 0;
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1);
    assert_non_null(text);
    if (file == NULL) return text;
    char block[65536];
    size_t n;
    while ((n = fread(block, 1, sizeof block, file)) > 0) {
        text = realloc(text, *len + n + 1);
        assert_non_null(text);
        memcpy(text + *len, block, n);
        *len += n;
        text[*len] = '\0';
    }
    fclose(file);
    return text;
}

/* A line that is one object, and nothing else. */
static struct json_object *parse(const char *line, size_t len)
{
    struct json_object *object;
    if (json_strict_parse(line, len, JSON_TOKENER_DEFAULT_DEPTH, &object) != len ||
        !json_object_is_type(object, json_type_object))
        fail_msg("not a JSON object: %.*s", (int)(len < 300 ? len : 300), line);
    return object;
}

static void take_record(batch_run *run, struct json_object *record)
{
    const char *id = batch_text(record, "custom_id");
    bool healthy = strcmp(id, "h1") == 0 || strcmp(id, "h2") == 0;
    run->attempts += batch_int(record, "glimpse.attempts");
    double elapsed = json_object_get_double(batch_at(record, "glimpse.elapsed_ms"));
    /* I7. How exactly the deadline is kept, engine.simulation says, in virtual time. */
    if (elapsed > (double)run->deadline_ms + 30000)
        fail_msg("%s ended after %.0f ms, the deadline is %lld", id, elapsed,
                 (long long)run->deadline_ms);
    if (healthy) {
        check_healthy(run, record);
        run->healthy++;
        json_object_put(record);
        return;
    }
    run->records = realloc(run->records, (run->count + 1) * sizeof(void *));
    assert_non_null(run->records);
    run->records[run->count++] = record;
}

static void load(batch_run *run)
{
    size_t len;
    char *text = read_file(path_of(run, "out.jsonl"), &len);
    assert_int_equal(strlen(text), len); /* no NUL byte */
    for (char *line = text, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        if (end == NULL && run->torn_end) break;
        assert_non_null(end); /* no torn line: I2 */
        take_record(run, parse(line, (size_t)(end - line)));
    }
    free(text);
    text = read_file(path_of(run, "summary.json"), &len);
    if (len > 0 && text[len - 1] == '\n') len--;
    if (len > 0) run->summary = parse(text, len);
    free(text);
}

/* --- the invariants --- */

static void check_ids(const batch_run *run)
{
    unsigned char *seen = calloc(1, run->lines + 1);
    assert_non_null(seen);
    for (size_t i = 0; i < run->count; i++) {
        const char *id = batch_text(run->records[i], "custom_id");
        size_t n = id[0] == 'd' ? strtoul(id + 1, NULL, 10) : 0;
        assert_in_range(n, 1, run->lines);
        assert_false(seen[n]);
        seen[n] = 1;
    }
    free(seen);
}

void batch_no_key(batch_run *run, const char *name)
{
    size_t len;
    char *text = read_file(path_of(run, name), &len);
    if (memmem(text, len, CANARY, strlen(CANARY)) != NULL) fail_msg("%s holds the key", name);
    free(text);
}

static void check_lines(const batch_run *run) /* I1 */
{
    size_t records = run->count + run->healthy, lines = run->lines + run->healthy_lines;
    if (!run->own_ids) check_ids(run);
    if (run->summary == NULL) {
        if (!stops(run->code)) fail_msg("no summary with exit %d", run->code);
        assert_in_range(records, 0, lines);
        return;
    }
    assert_int_equal(batch_int(run->summary, "exit"), run->code);
    if (run->loses_records)
        assert_in_range(records, 0, batch_int(run->summary, "done"));
    else
        assert_int_equal(batch_int(run->summary, "done"), records);
    assert_int_equal(batch_int(run->summary, "done") + batch_int(run->summary, "unsent"), lines);
}

static void check_attempts(const batch_run *run) /* I5 */
{
    size_t counted = run->requests != NULL ? run->requests(run->requests_arg)
                                           : fault_server_requests(run->server) +
                                                 fault_server_healthy_requests(run->server);
    /* budget.h: a fifth of the first attempts, and 10 a second over 10 s; and the probes of an open
     * circuit, of which there is one a second at most. */
    double lines = (double)(run->lines + run->healthy_lines);
    double most = 1.2 * lines + 10 * (run->seconds + 10) + run->seconds + 1;
    if ((double)counted > most) fail_msg("%zu requests, more than %.0f", counted, most);
    if (run->summary != NULL && !run->loses_records)
        assert_int_equal(run->attempts, batch_int(run->summary, "attempts"));
    if (run->lost_requests)
        assert_true(counted <= (size_t)run->attempts);
    else if (run->summary != NULL && !run->loses_records)
        assert_int_equal(run->attempts, counted);
    if (run->requests != NULL) return;
    for (size_t i = 0; i < fault_server_requests(run->server); i++) /* it did have the key */
        assert_non_null(strstr(fault_server_request(run->server, i)->head, CANARY));
}

/* What starting, two lines and ending cost here and now, of this build on this machine. */
static double cpu_of_healthy_run(const batch_run *beside)
{
    static double cpu;
    if (cpu > 0) return cpu;
    batch_run run;
    char name[200]; /* other test programs run at the same time */
    snprintf(name, sizeof name, "%s_healthy", strrchr(beside->dir, '/') + 1);
    batch_init(&run, name);
    batch_drafts(&run, 0);
    run_it(&run);
    assert_int_equal(run.code, 0);
    cpu = run.cpu;
    batch_free(&run);
    return cpu;
}

static void check_cpu(const batch_run *run) /* I6 */
{
    /* A line with its debug log is 0.2 ms of CPU, and some 2 ms with sanitizers; thrice that. */
    double each = HAS_FEATURE(address_sanitizer) ? 0.006 : 0.0006;
    double work = (double)(run->lines + run->healthy_lines + (size_t)run->attempts) * each;
    double start = 3 * cpu_of_healthy_run(run);
    /* That run is 0.02 s of CPU where a line is 0.2 ms. */
    if (each < start / 100) each = start / 100;
    if (start < 0.1) start = 0.1; /* so little is nothing but chance */
    double most = start + work + run->cpu_work + 0.05 * run->seconds;
    if (run->cpu > most)
        fail_msg("%.3f s of CPU in %.3f s, more than %.3f", run->cpu, run->seconds, most);
}

/* I4 and I8, by what shim.c wrote at the end. */
static void check_left_open(batch_run *run)
{
    assert_null(strstr(run->err, "Sanitizer"));
    assert_null(strstr(run->err, "runtime error:"));
    size_t len;
    char *text = read_file(path_of(run, "descriptors"), &len), *end;
    long before = strtol(text, &end, 10), after = strtol(end, &end, 10);
    if (!run->dies) run->max_rss_kib = strtol(end, NULL, 10);
    /* A second signal, and libevent when it gives up, end it on the spot. */
    bool measured = len > 0 || !(run->dies || run->starved);
    if (measured && (before != 3 || after != before)) fail_msg("descriptors at the end: %s", text);
    if (measured && run->max_rss_kib <= 0) fail_msg("not told how much memory: %s", text);
    long most = run->rss_kib + BATCH_SMALL_KIB;
    if (run->max_rss_kib > most)
        fail_msg("%ld KiB of memory, more than %ld", run->max_rss_kib, most);
    free(text);
}

static void check_others(batch_run *run) /* I9; each healthy record was looked at when it came */
{
    if (run->alone) return; /* batch_beside */
    assert_true(run->healthy_lines > 0);
    if (!stops(run->code) && !run->starved) assert_int_equal(run->healthy, run->healthy_lines);
    run->checked |= 1u << 9;
}

static void check(batch_run *run)
{
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) batch_no_key(run, left[i]);
    check_lines(run);
    check_attempts(run);
    check_cpu(run);
    check_left_open(run);
    check_others(run);
    run->checked |= 0x1fe; /* I1 to I8; I2 and I7 while it was read */
}

void batch_run_only(batch_run *run)
{
    cpu_of_healthy_run(run);
    run_it(run);
    run->err = read_file(path_of(run, "stderr"), &run->err_len);
    run->out = read_file(path_of(run, "stdout"), &run->out_len);
    if (run->code >= 99 && !stops(run->code)) fail_msg("exit %d: %.3000s", run->code, run->err);
    load(run);
    check(run);
}

void batch_go(batch_run *run, int code)
{
    batch_run_only(run);
    bool wanted = run->code == code || (code == BATCH_ANY && (run->code == 0 || run->code == 1));
    if (!wanted) fail_msg("exit %d, not %d: %.1500s", run->code, code, run->err);
}

void batch_free(batch_run *run)
{
    for (size_t i = 0; i < run->count; i++) json_object_put(run->records[i]);
    free(run->records);
    json_object_put(run->summary);
    free(run->err);
    free(run->out);
    fault_server_free(run->server);
    event_base_loop(run->base, EVLOOP_NONBLOCK);
    event_base_free(run->base);
    while (run->kept != NULL) {
        struct memory *next = run->kept->next;
        free(run->kept);
        run->kept = next;
    }
}

void batch_end(batch_run *run)
{
    for (unsigned i = 1; i <= 9; i++)
        if (!(run->checked & 1u << i)) fail_msg("I%u was not checked", i);
    print_message("invariants I1 to I9 hold: %s\n", strrchr(run->dir, '/') + 1);
    batch_free(run);
}

/* --- looking at it --- */

struct json_object *batch_record(const batch_run *run, const char *id)
{
    for (size_t i = 0; i < run->count; i++)
        if (strcmp(batch_text(run->records[i], "custom_id"), id) == 0) return run->records[i];
    fail_msg("no record of %s", id);
    return NULL;
}

struct json_object *batch_at(struct json_object *record, const char *path)
{
    char name[64];
    while (record != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");
        assert_true(len < sizeof name);
        memcpy(name, path, len);
        name[len] = '\0';
        if (!json_object_object_get_ex(record, name, &record)) return NULL;
        path += len + (path[len] == '.');
    }
    return record;
}

const char *batch_text(struct json_object *record, const char *path)
{
    struct json_object *value = batch_at(record, path);
    return value != NULL ? json_object_get_string(value) : "null";
}

int64_t batch_int(struct json_object *record, const char *path)
{
    struct json_object *value = batch_at(record, path);
    assert_non_null(value);
    return json_object_get_int64(value);
}

void batch_all(const batch_run *run, const char *status, const char *code)
{
    for (size_t i = 0; i < run->count; i++) {
        assert_string_equal(batch_text(run->records[i], "glimpse.status"), status);
        assert_string_equal(batch_text(run->records[i], "error.code"), code);
    }
}

bool batch_says(const batch_run *run, const char *text)
{
    return strstr(run->err, text) != NULL;
}

/* --- scripts --- */

const fault_step *batch_script(batch_run *run, const fault_step *steps, size_t count)
{
    fault_step *copy = batch_keep(run, (count + 1) * sizeof *copy);
    memcpy(copy, steps, count * sizeof *copy);
    return copy; /* what follows is FAULT_END: zeroes */
}

const fault_step *batch_answer(batch_run *run, const char *status, const char *headers,
                               const char *body)
{
    size_t size = strlen(status) + strlen(headers) + strlen(body) + 100;
    char *text = batch_keep(run, size);
    snprintf(text, size, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
             strlen(body), body);
    return batch_script(run, &(fault_step){ FAULT_SEND, text, 0 }, 1);
}

const fault_step *batch_good(batch_run *run)
{
    return batch_answer(run, "200 OK", "Content-Type: application/json\r\n", GOOD_BODY);
}
