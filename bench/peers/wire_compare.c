/*
 * wire_compare.c - glimpse-bench-wire: the engine, and a whole `glimpse batch`, beside the textbook
 * curl_multi loop, in one run.
 *
 * The mock server runs in a child pinned to CPU 1; every measurement in a child of its own pinned
 * to CPU 0, so that each starts with clean memory. The clients take turns, round after round, so
 * that other load of the machine meets all of them. Prints the median and the spread.
 */
#include <errno.h>
#include <event2/event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glimpse/version.h>

#include "mock/mock.h"
#include "wire_load.h"

#define ROUNDS_MAX 100
#define LEVELS_MAX 16
#define WARM_MIN   500 /* requests; and at least twice the number in flight */

static const struct {
    const char *name;
    bool (*run)(const wire_load *load, wire_meter *meter);
} clients[] = {
    { "textbook", wire_textbook },
    { "textbook, handles kept", wire_textbook_reuse },
    { "glimpse", wire_engine },
    { "glimpse batch", wire_batch }, /* where a program is named */
};
enum { TEXTBOOK, TEXTBOOK_REUSE, GLIMPSE, BATCH, CLIENTS };

/* The result that a measuring child sends its parent. */
typedef struct report {
    bool ok;
    wire_meter meter;
    long peak_kib, grown_kib;
} report;

typedef struct settings {
    unsigned long requests, rounds, body_size;
    unsigned long buffer; /* wire_load.buffer */
    unsigned levels[LEVELS_MAX];
    size_t level_count;
    const char *latency; /* of the mock; NULL = none */
    const char *program; /* NULL = without `glimpse batch` */
    bool chosen[CLIENTS];
} settings;

static void pin_to(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        fprintf(stderr, "not pinned to CPU %d: %s\n", cpu, strerror(errno));
}

static void child_of(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1); /* the parent ended before that */
}

static void serve(int port_out, const char *latency)
{
    char problem[300] = "no event base";
    const mock_options options = { .seed = 1, .latency = latency };
    pin_to(1);
    struct event_base *base = event_base_new();
    mock_server *server =
        base != NULL ? mock_server_new(base, &options, problem, sizeof problem) : NULL;
    int port = server != NULL ? mock_server_port(server) : -1;
    if (server == NULL) fprintf(stderr, "the mock server: %s\n", problem);
    if (write(port_out, &port, sizeof port) != (ssize_t)sizeof port || server == NULL) _exit(1);
    event_base_dispatch(base);
    _exit(0);
}

static pid_t start_server(const char *latency, int *port)
{
    int pipe_fds[2];
    pid_t parent = getpid();
    if (pipe(pipe_fds) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        child_of(parent);
        serve(pipe_fds[1], latency);
    }
    close(pipe_fds[1]);
    if (child > 0 && (read(pipe_fds[0], port, sizeof *port) != (ssize_t)sizeof *port || *port < 0))
        child = -1;
    close(pipe_fds[0]);
    return child;
}

/* Of this process, or of the program that it has run. */
static long peak_kib(void)
{
    struct rusage own, program;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &program);
    return own.ru_maxrss > program.ru_maxrss ? own.ru_maxrss : program.ru_maxrss;
}

static bool measure(size_t client, const wire_load *load, report *result)
{
    int pipe_fds[2];
    pid_t parent = getpid();
    if (pipe(pipe_fds) != 0) return false;
    pid_t child = fork();
    if (child == 0) {
        child_of(parent);
        pin_to(0);
        report mine = { 0 };
        long before = peak_kib();
        wire_meter_init(&mine.meter, load);
        mine.ok = clients[client].run(load, &mine.meter);
        mine.peak_kib = peak_kib();
        mine.grown_kib = mine.peak_kib - before;
        _exit(write(pipe_fds[1], &mine, sizeof mine) == (ssize_t)sizeof mine ? 0 : 1);
    }
    close(pipe_fds[1]);
    bool ok = child > 0 && read(pipe_fds[0], result, sizeof *result) == (ssize_t)sizeof *result &&
              result->ok;
    close(pipe_fds[0]);
    if (child > 0) waitpid(child, NULL, 0);
    return ok;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

typedef struct spread {
    double median, low, high;
} spread;

static spread spread_of(double *values, size_t count)
{
    qsort(values, count, sizeof values[0], by_value);
    double median =
        count % 2 != 0 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
    return (spread){ median, values[0], values[count - 1] };
}

typedef struct column {
    double rate[ROUNDS_MAX], cpu_us[ROUNDS_MAX], peak_mib[ROUNDS_MAX], grown_mib[ROUNDS_MAX];
    uint64_t errors, sent_bytes, got_bytes, body_bytes;
} column;

static void keep(column *to, size_t round, const report *result)
{
    const wire_meter *meter = &result->meter;
    double measured = (double)(meter->total - meter->warm);
    double seconds = (double)gl_time_since(meter->stopped, meter->started) / 1e9;
    to->rate[round] = measured / seconds;
    to->cpu_us[round] = (meter->cpu_stopped - meter->cpu_started) * 1e6 / measured;
    to->peak_mib[round] = (double)result->peak_kib / 1024;
    to->grown_mib[round] = (double)result->grown_kib / 1024;
    to->errors += meter->failed;
    to->sent_bytes = meter->sent_bytes;
    to->got_bytes = meter->got_bytes;
    to->body_bytes = meter->body_bytes;
}

/* All rounds at one level; false when a client could not run. */
static bool run_level(const settings *set, unsigned in_flight, int port, uint64_t *errors)
{
    static column columns[CLIENTS];
    static uint64_t next_body;
    memset(columns, 0, sizeof columns);
    for (size_t round = 0; round < set->rounds; round++) {
        for (size_t client = 0; client < CLIENTS; client++) {
            if (!set->chosen[client]) continue;
            unsigned long warm = in_flight > WARM_MIN / 2 ? 2ul * in_flight : WARM_MIN;
            const wire_load load = { .port = port,
                                     .warm = warm,
                                     .measured = set->requests,
                                     .first = next_body,
                                     .body_size = set->body_size,
                                     .in_flight = in_flight,
                                     .buffer = (long)set->buffer,
                                     .program = set->program };
            next_body += wire_starts(&load);
            report result;
            if (!measure(client, &load, &result)) {
                fprintf(stderr, "%s at %u in flight did not finish\n", clients[client].name,
                        in_flight);
                return false;
            }
            keep(&columns[client], round, &result);
        }
    }
    double rate[CLIENTS] = { 0 }, cpu_us[CLIENTS] = { 0 };
    for (size_t client = 0; client < CLIENTS; client++) {
        column *c = &columns[client];
        if (c->rate[0] <= 0) continue;
        spread per_second = spread_of(c->rate, set->rounds);
        spread cpu = spread_of(c->cpu_us, set->rounds), peak = spread_of(c->peak_mib, set->rounds);
        spread grown = spread_of(c->grown_mib, set->rounds);
        rate[client] = per_second.median;
        cpu_us[client] = cpu.median;
        printf("%9u  %-22s  %7.0f (%6.0f to %6.0f)  %6.1f (%5.1f to %5.1f)  %5.1f (+%.1f)  %6llu\n",
               in_flight, clients[client].name, per_second.median, per_second.low, per_second.high,
               cpu.median, cpu.low, cpu.high, peak.median, grown.median,
               (unsigned long long)c->errors);
        *errors += c->errors;
    }
    if (rate[TEXTBOOK] > 0 && rate[GLIMPSE] > 0)
        printf("%9u  glimpse / textbook %.2f, glimpse / textbook with handles kept %.2f;"
               " request %llu bytes, answer %llu of which JSON %llu\n",
               in_flight, rate[GLIMPSE] / rate[TEXTBOOK], rate[GLIMPSE] / rate[TEXTBOOK_REUSE],
               (unsigned long long)columns[TEXTBOOK].sent_bytes,
               (unsigned long long)columns[TEXTBOOK].got_bytes,
               (unsigned long long)columns[GLIMPSE].body_bytes);
    if (rate[TEXTBOOK] > 0 && rate[BATCH] > 0)
        printf("%9u  glimpse batch / textbook, CPU a request %.3f\n", in_flight,
               cpu_us[BATCH] / cpu_us[TEXTBOOK]);
    fflush(stdout);
    return true;
}

static bool read_number(const char *text, unsigned long most, unsigned long *out)
{
    char *end;
    errno = 0;
    unsigned long value =
        text != NULL && *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
    if (value == 0 || errno != 0 || *end != '\0' || value > most) return false;
    *out = value;
    return true;
}

static bool read_levels(const char *list, settings *set)
{
    char copy[200];
    if (list == NULL || strlen(list) >= sizeof copy) return false;
    memcpy(copy, list, strlen(list) + 1);
    set->level_count = 0;
    for (char *at = copy, *next; at != NULL; at = next) {
        unsigned long level;
        next = strchr(at, ',');
        if (next != NULL) *next++ = '\0';
        if (set->level_count == LEVELS_MAX || !read_number(at, 100000, &level)) return false;
        set->levels[set->level_count++] = (unsigned)level;
    }
    return true;
}

static bool read_settings(int argc, char **argv, settings *set)
{
    *set = (settings){
        .requests = 30000, .rounds = 5, .body_size = 590, .levels = { 32, 1000 }, .level_count = 2
    };
    bool all = true;
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool ok = false;
        if (strcmp(argv[i], "--requests") == 0)
            ok = read_number(value, 100000000, &set->requests);
        else if (strcmp(argv[i], "--rounds") == 0)
            ok = read_number(value, ROUNDS_MAX, &set->rounds);
        else if (strcmp(argv[i], "--in-flight") == 0)
            ok = read_levels(value, set);
        else if (strcmp(argv[i], "--body") == 0)
            ok = read_number(value, WIRE_BODY_MAX, &set->body_size) &&
                 set->body_size >= WIRE_BODY_MIN;
        else if (strcmp(argv[i], "--buffer") == 0)
            ok = read_number(value, 1024 * 1024, &set->buffer);
        else if (strcmp(argv[i], "--latency") == 0)
            ok = (set->latency = value) != NULL;
        else if (strcmp(argv[i], "--program") == 0)
            ok = (set->program = value) != NULL;
        else if (strcmp(argv[i], "--only") == 0)
            for (size_t c = 0; c < CLIENTS && value != NULL; c++)
                if (strcmp(value, clients[c].name) == 0) ok = set->chosen[c] = !(all = false);
        if (!ok) return false;
    }
    for (size_t c = 0; c < CLIENTS && all; c++) set->chosen[c] = c != BATCH || set->program != NULL;
    return !set->chosen[BATCH] || set->program != NULL;
}

int main(int argc, char **argv)
{
    settings set;
    if (!read_settings(argc, argv, &set)) {
        fprintf(stderr,
                "usage: glimpse-bench-wire [--requests N] [--rounds N] [--in-flight N,N,...]\n"
                "           [--body BYTES] [--buffer BYTES] [--latency SPEC] "
                "[--program GLIMPSE] [--only CLIENT]...\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
        fprintf(stderr, "one CPU only: client and server share it, the figures mean little\n");
    int port = -1;
    pid_t server = start_server(set.latency, &port);
    if (server < 0) {
        fprintf(stderr, "the mock server could not be started\n");
        return 71;
    }
    printf("%lu requests a measurement, %lu rounds, client on CPU 0, mock server on CPU 1\n\n",
           set.requests, set.rounds);
    printf("%9s  %-22s  %-25s  %-23s  %-13s  %6s\n", "in flight", "client", "requests/s (spread)",
           "CPU us/request", "RSS MiB", "errors");
    uint64_t errors = 0;
    bool ok = true;
    for (size_t i = 0; i < set.level_count && ok; i++)
        ok = run_level(&set, set.levels[i], port, &errors);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return ok && errors == 0 ? 0 : 1;
}
