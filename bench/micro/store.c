/*
 * store.c - the cost of a store in a SQLite file: puts, lookups, and the time that it holds up the
 * loop.
 *
 *   glimpse-micro-store FILE [ENTRIES [BYTES]]
 *
 * Puts ENTRIES samples (20000) with answers of BYTES (2000) into FILE, which must not be there, as
 * fast as they are taken; then looks each up, and as many that are not there. Prints operations a
 * second, microseconds each, and the longest time the store held the loop in one turn.
 */
#include <event2/event.h>
#include <glimpse/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"

/* Operations under way at once: the puts that may wait are bounded. */
static size_t window = 1024;

static struct event_base *base;
static glimpse_store *store;
static glimpse_sample *sample;
static size_t entries = 20000, next, done, found;
static bool absent;

static glimpse_key key_of(size_t i)
{
    /* Spread as digests are. */
    glimpse_key key = { { 0 } };
    uint64_t x = (uint64_t)i + (absent ? UINT64_C(1) << 40 : 0);
    for (size_t part = 0; part < 4; part++) {
        x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9) + UINT64_C(0x9e3779b97f4a7c15);
        memcpy(key.bytes + 8 * part, &x, 8);
    }
    return key;
}

static void put_more(void);

static void was_put(void *arg, glimpse_error error)
{
    (void)arg;
    if (error != GLIMPSE_OK) {
        fprintf(stderr, "lost: %s\n", glimpse_error_sentence(error));
        exit(1);
    }
    done++;
    put_more();
}

static void put_more(void)
{
    while (next < entries && next - done < window) {
        glimpse_key key = key_of(next++);
        glimpse_store_put(store, &key, sample, was_put, NULL);
    }
}

static void got(void *arg, const glimpse_sample *what, int64_t age_ms)
{
    (void)arg;
    (void)age_ms;
    done++;
    if (what != NULL) found++;
}

static void get_more(void)
{
    while (next < entries && next - done < window) {
        glimpse_key key = key_of(next++);
        glimpse_store_get(store, &key, got, (void *)(uintptr_t)next);
    }
}

static void run(const char *what, void (*more)(void))
{
    glimpse_sqlite_store_stats stats = { .size = sizeof stats };
    next = done = 0;
    gl_time from = gl_clock_now();
    while (done < entries) {
        more();
        event_base_loop(base, EVLOOP_ONCE);
    }
    double seconds = (double)(gl_clock_now() - from) * 1e-9;
    glimpse_sqlite_store_get_stats(store, &stats);
    printf("%-14s %9.0f /s %8.2f us each; longest turn so far %.2f ms\n", what,
           (double)entries / seconds, seconds * 1e6 / (double)entries,
           (double)stats.longest_turn_ns * 1e-6);
}

int main(int argc, char **argv)
{
    struct stat there;
    glimpse_problem problem;
    if (argc < 2 || stat(argv[1], &there) == 0) {
        fputs("usage: glimpse-micro-store NEW-FILE [ENTRIES [BYTES]]\n", stderr);
        return 64;
    }
    if (argc > 2) entries = (size_t)strtoul(argv[2], NULL, 10);
    size_t bytes = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 2000;
    if (window > ((size_t)16 << 20) / (bytes + 1)) window = ((size_t)16 << 20) / (bytes + 1);
    glimpse_sqlite_store_config config;
    glimpse_sqlite_store_config_init(&config);
    config.path = argv[1];
    base = event_base_new();
    glimpse_error error = glimpse_sqlite_store_new(base, &config, &store, &problem);
    char *text = calloc(1, bytes + 1);
    if (error != GLIMPSE_OK || text == NULL) {
        fprintf(stderr, "%s: %s\n", argv[1], problem.sentence);
        return 74;
    }
    memset(text, 'x', bytes);
    glimpse_sample_fields fields;
    glimpse_sample_fields_init(&fields);
    fields.text = text;
    fields.text_len = bytes;
    glimpse_sample_new(&fields, &sample, NULL);
    run("puts", put_more);
    run("hits", get_more);
    if (found != entries) {
        fprintf(stderr, "found %zu of %zu\n", found, entries);
        return 1;
    }
    absent = true;
    run("misses", get_more);
    glimpse_sqlite_store_stats stats = { .size = sizeof stats };
    glimpse_sqlite_store_get_stats(store, &stats);
    printf("%llu commits, %llu checkpoints\n", (unsigned long long)stats.commits,
           (unsigned long long)stats.checkpoints);
    glimpse_sample_unref(sample);
    glimpse_store_unref(store);
    event_base_free(base);
    free(text);
    return found == entries ? 0 : 1;
}
