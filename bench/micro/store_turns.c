/*
 * store_turns.c - how long a store holds up the loop while other processes write to its file.
 *
 *   glimpse-micro-store-turns NEW-FILE [TURNS]
 *
 * Two other processes write to the file as fast as they can, and are killed now and then; this one
 * puts, looks up and measures each of TURNS (1500) turns of its loop: the time that passed, less
 * the time for which the scheduler ran another process. Sleeping for a lock or for the disk is
 * included. Then come as many turns that write and look up nothing, in the same process beside the
 * same others: the machine's own share. That a turn does bounded work is tested by
 * test/engine/store_turns.c.
 */
#include <event2/event.h>
#include <glimpse/store.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"

enum { KEYS = 2000, WRITERS = 2, KILLED_EVERY = 400, BOUND_MS = 5 };

static struct event_base *base;
static glimpse_store *store;
static gl_rng rng;
static char text[120000];
static const char *self_path, *path;

static void pass(long us)
{
    struct timespec wait = { 0, us * 1000 };
    pselect(0, NULL, NULL, NULL, &wait, NULL);
}

static void open_store(void)
{
    glimpse_problem problem;
    glimpse_sqlite_store_config config;
    glimpse_sqlite_store_config_init(&config);
    config.path = path;
    config.max_bytes = 4 << 20; /* so that it evicts, too */
    base = event_base_new();
    if (glimpse_sqlite_store_new(base, &config, &store, &problem) == GLIMPSE_OK) return;
    fprintf(stderr, "%s: %s\n", path, problem.sentence);
    exit(74);
}

static glimpse_key some_key(void)
{
    glimpse_key key = { { 0 } };
    gl_rng keyed;
    gl_rng_seed(&keyed, gl_rng_next(&rng) % KEYS);
    for (size_t part = 0; part < 4; part++) {
        uint64_t x = gl_rng_next(&keyed);
        memcpy(key.bytes + 8 * part, &x, 8);
    }
    return key;
}

static void put(size_t size)
{
    glimpse_sample *sample = NULL;
    glimpse_sample_fields fields;
    glimpse_key key = some_key();
    glimpse_sample_fields_init(&fields);
    fields.text = text;
    fields.text_len = size + 1;
    if (glimpse_sample_new(&fields, &sample, NULL) != GLIMPSE_OK) exit(70);
    glimpse_store_put(store, &key, sample, NULL, NULL);
    glimpse_sample_unref(sample);
}

static void ignore(void *arg, const glimpse_sample *sample, int64_t age_ms)
{
    (void)arg;
    (void)sample;
    (void)age_ms;
}

static void look_up(void)
{
    glimpse_key key = some_key();
    glimpse_store_get(store, &key, ignore, &key);
    glimpse_store_cancel(store, &key);
}

static void write_for_ever(uint64_t seed)
{
    gl_rng_seed(&rng, seed);
    open_store();
    for (;;) {
        put(gl_rng_next(&rng) % sizeof text);
        for (int i = 0; i < 18; i++) put(gl_rng_next(&rng) % 6000);
        event_base_loop(base, EVLOOP_ONCE);
        pass(500); /* leaves time of the machine to the measured process */
    }
}

static pid_t start_writer(uint64_t seed)
{
    char number[32];
    snprintf(number, sizeof number, "%llu", (unsigned long long)seed);
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        exit(71);
    }
    if (pid > 0) return pid;
    execl(self_path, self_path, "--write", path, number, (char *)NULL);
    _exit(71);
}

static void end_writer(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Nanoseconds this thread was ready to run and another ran. */
static uint64_t kept_waiting(void)
{
    unsigned long long ran = 0, waited = 0;
    FILE *file = fopen("/proc/thread-self/schedstat", "r");
    if (file == NULL) return 0;
    if (fscanf(file, "%llu %llu", &ran, &waited) != 2) waited = 0;
    fclose(file);
    return waited;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void measure(const char *what, uint64_t *held, size_t turns, bool uses)
{
    pid_t writers[WRITERS];
    size_t beyond = 0;
    for (size_t i = 0; i < WRITERS; i++) writers[i] = start_writer(i);
    for (size_t turn = 0; turn < turns; turn++) {
        for (int i = 0; i < 4 && uses; i++) put(gl_rng_next(&rng) % 20000);
        pass(200);
        uint64_t waited = kept_waiting();
        gl_time from = gl_clock_now();
        if (uses) look_up();
        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK); /* one turn: it has polled once */
        held[turn] = gl_time_since(gl_clock_now(), from);
        waited = kept_waiting() - waited;
        held[turn] = held[turn] > waited ? held[turn] - waited : 0;
        beyond += held[turn] >= BOUND_MS * GL_MS;
        if (turn % KILLED_EVERY != KILLED_EVERY - 1) continue;
        pid_t *victim = &writers[turn / KILLED_EVERY % WRITERS];
        end_writer(*victim);
        *victim = start_writer(turn);
    }
    for (size_t i = 0; i < WRITERS; i++) end_writer(writers[i]);
    qsort(held, turns, sizeof *held, by_size);
    printf(
        "%-10s median %6.3f ms, 99 %% %6.3f, 99.5 %% %6.3f, longest %6.3f; %zu of %zu turns held "
        "for %d ms or more\n",
        what, (double)held[turns / 2] * 1e-6, (double)held[turns - 1 - turns / 100] * 1e-6,
        (double)held[turns - 1 - turns / 200] * 1e-6, (double)held[turns - 1] * 1e-6, beyond, turns,
        BOUND_MS);
}

int main(int argc, char **argv)
{
    struct stat there;
    self_path = argv[0];
    memset(text, 'x', sizeof text);
    if (argc == 4 && strcmp(argv[1], "--write") == 0) {
        path = argv[2];
        write_for_ever(strtoull(argv[3], NULL, 10));
    }
    if (argc < 2 || argc > 3 || stat(argv[1], &there) == 0) {
        fputs("usage: glimpse-micro-store-turns NEW-FILE [TURNS]\n", stderr);
        return 64;
    }
    path = argv[1];
    size_t turns = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 1500;
    uint64_t *held = calloc(turns + 1, sizeof *held);
    if (held == NULL || turns == 0) return 64;
    gl_rng_seed(&rng, 5);
    open_store();
    measure("with store", held, turns, true);
    glimpse_sqlite_store_stats stats = { .size = sizeof stats };
    glimpse_sqlite_store_get_stats(store, &stats);
    glimpse_store_unref(store); /* writes the waiting puts */
    measure("without", held, turns, false);
    printf("%llu commits, %llu checkpoints, %llu locks met\n", (unsigned long long)stats.commits,
           (unsigned long long)stats.checkpoints, (unsigned long long)stats.busy);
    event_base_free(base);
    free(held);
    return 0;
}
