/*
 * main.c - a crowd of callers for a gateway, with what the mock behind it saw.
 *
 *   glimpse-callers NAME=VALUE...       the names are in `names` below
 *
 * Prints one JSON object: how the questions ended, what the mock saw of them, and the memory of a
 * process from `warm` seconds on. Exit 0 when all questions have ended, however they did: a script
 * judges the figures.
 */
#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "upstream.h"

#define NUMBER(name, member) { name, offsetof(plan, member), sizeof((plan *)0)->member, false }
#define TEXT(name, member)   { name, offsetof(plan, member), sizeof((plan *)0)->member, true }

static const struct {
    const char *name;
    size_t at, size;
    bool text;
} names[] = {
    NUMBER("port", port),     NUMBER("mock", mock_port),    TEXT("key", key),
    TEXT("header", header),   TEXT("secret", secret),       NUMBER("callers", callers),
    NUMBER("rate", rate),     NUMBER("requests", requests), NUMBER("seconds", seconds),
    NUMBER("first", first),   NUMBER("seed", seed),         NUMBER("stream", stream),
    NUMBER("leave", leave),   NUMBER("middle", middle),     NUMBER("close", close),
    NUMBER("shared", shared), NUMBER("least_us", least_us), NUMBER("patience_us", patience_us),
    NUMBER("words", words),   NUMBER("pid", pid),           NUMBER("warm", warm),
};

static bool set(plan *p, const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i].name) != (size_t)(equals - text) ||
            strncmp(names[i].name, text, (size_t)(equals - text)) != 0)
            continue;
        char *at = (char *)p + names[i].at, *end;
        if (names[i].text) {
            *(const char **)(void *)at = equals + 1;
            return true;
        }
        uint64_t number = strtoull(equals + 1, &end, 10);
        uint32_t small = (uint32_t)number;
        memcpy(at, names[i].size == sizeof small ? (const void *)&small : &number, names[i].size);
        return *end == '\0' && end != equals + 1;
    }
    return false;
}

/* --- memory of the gateway -------------------------------------------------------------------- */

typedef struct memory {
    int64_t pid, first, last, most; /* KiB */
    struct event due;
} memory;

static void sample(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    memory *m = arg;
    char path[64];
    long pages;
    const struct timeval in = { 1, 0 };
    snprintf(path, sizeof path, "/proc/%" PRId64 "/statm", m->pid);
    FILE *file = fopen(path, "re");
    if (file != NULL && fscanf(file, "%*s %ld", &pages) == 1) {
        m->last = pages * (sysconf(_SC_PAGESIZE) / 1024);
        if (m->first == 0) m->first = m->last;
        if (m->last > m->most) m->most = m->last;
    }
    if (file != NULL) fclose(file);
    evtimer_add(&m->due, &in);
}

/* --- the run ---------------------------------------------------------------------------------- */

typedef struct run {
    struct event_base *base;
    crowd crowd;
    upstream upstream;
    memory memory;
    bool watched;
} run;

static void upstream_done(void *arg)
{
    event_base_loopbreak(((run *)arg)->base);
}

static void crowd_done(void *arg)
{
    run *r = arg;
    event_del(&r->memory.due);
    if (r->watched)
        upstream_finish(&r->upstream, upstream_done, r);
    else
        event_base_loopbreak(r->base);
}

static uint64_t never_seen(const crowd *c)
{
    uint64_t count = 0;
    for (size_t i = 0; i < c->note_count; i++)
        count += c->notes[i].answered != 0 && c->notes[i].attempts == 0;
    return count;
}

static void report(run *r)
{
    const crowd_counts *n = &r->crowd.counts;
    const upstream_counts *u = &r->upstream.counts;
    bool first = true;
    printf("{\"asked\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"cut\":%" PRIu64 ",\"wrong\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"left\":%" PRIu64
           ",\"secrets\":%" PRIu64 ",\"connections\":%" PRIu64 ",\"reused\":%" PRIu64
           ",\"by_status\":{",
           n->asked, n->ended[CALLER_ANSWERED], n->ended[CALLER_REFUSED], n->ended[CALLER_CUT],
           n->ended[CALLER_WRONG], n->ended[CALLER_LOST], n->ended[CALLER_LEFT], n->secrets,
           n->connections, n->reused);
    for (int status = 100; status < 600; status++) {
        if (n->statuses[status] == 0) continue;
        printf("%s\"%d\":%" PRIu64, first ? "" : ",", status, n->statuses[status]);
        first = false;
    }
    printf("},\"seconds\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f",
           (double)gl_time_since(gl_clock_now(), r->crowd.start) / 1e9,
           (double)gl_histogram_quantile(r->crowd.took, 0.5) / 1e3,
           (double)gl_histogram_quantile(r->crowd.took, 0.99) / 1e3);
    if (r->watched)
        printf(",\"upstream\":{\"seen\":%" PRIu64 ",\"faults\":%" PRIu64 ",\"doubled\":%" PRIu64
               ",\"never\":%" PRIu64 ",\"unseen\":%" PRIu64 ",\"ended_early\":%" PRIu64
               ",\"late\":%" PRIu64 ",\"late_most_ms\":%.1f}",
               u->seen, u->faults, u->doubled, never_seen(&r->crowd), u->unseen, u->ended_early,
               u->late_over_ms, u->late_most_ms);
    if (r->memory.pid != 0)
        printf(",\"memory_kib\":{\"first\":%" PRId64 ",\"last\":%" PRId64 ",\"most\":%" PRId64 "}",
               r->memory.first, r->memory.last, r->memory.most);
    puts("}");
}

static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static struct event_base *new_base(void)
{
    struct event_config *how = event_config_new();
    event_config_set_flag(how, EVENT_BASE_FLAG_PRECISE_TIMER);
    struct event_base *base = event_base_new_with_config(how);
    event_config_free(how);
    if (base == NULL) abort();
    return base;
}

int main(int argc, char **argv)
{
    plan p = {
        .callers = 10, .requests = 0, .seed = 1, .words = 8, .patience_us = 100000, .middle = 50
    };
    for (int i = 1; i < argc; i++) {
        if (set(&p, argv[i])) continue;
        fprintf(stderr, "glimpse-callers: %s is no NAME=NUMBER or NAME=TEXT that it knows\n",
                argv[i]);
        return 64;
    }
    if (p.port == 0 || (p.requests == 0 && p.seconds == 0)) {
        fputs("glimpse-callers: port, and requests or seconds, are needed\n", stderr);
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    allow_descriptors();
    run r = { .base = new_base(), .watched = p.mock_port != 0, .memory = { .pid = p.pid } };
    const struct timeval warm = { p.warm, 0 };
    evtimer_assign(&r.memory.due, r.base, sample, &r.memory);
    if (p.pid != 0) evtimer_add(&r.memory.due, &warm);
    crowd_open(&r.crowd, r.base, &p, crowd_done, &r);
    if (r.watched) upstream_open(&r.upstream, &r.crowd);
    event_base_dispatch(r.base);
    crowd_sum(&r.crowd);
    report(&r);
    if (r.watched) upstream_close(&r.upstream);
    crowd_close(&r.crowd);
    event_base_free(r.base);
    return 0;
}
