/*
 * store_rig.h - a store in a file of a fresh directory, on a real loop, with a calendar that the
 * test moves: gl_clock_unix_ms is this file's, so include it once.
 */
#ifndef TEST_SUPPORT_STORE_RIG_H
#define TEST_SUPPORT_STORE_RIG_H

#include <event2/event.h>
#include <fcntl.h>
#include <glimpse/store.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/time.h"

#define STORE_DAY (INT64_C(24) * 3600 * 1000)

static int64_t store_calendar = INT64_C(1700000000000);
int64_t gl_clock_unix_ms(void)
{
    return store_calendar;
}

typedef struct store_rig {
    struct event_base *base;
    glimpse_store *store;
    glimpse_sqlite_store_config config;
    char directory[64], path[96], events[2000];
    glimpse_problem problem;
    size_t live;
} store_rig;

static void store_logged(const glimpse_log_event *event, void *arg)
{
    store_rig *rig = arg;
    size_t used = strlen(rig->events);
    snprintf(rig->events + used, sizeof rig->events - used, "%s ", event->name);
}

static inline void store_open(store_rig *rig)
{
    glimpse_error error =
        glimpse_sqlite_store_new(rig->base, &rig->config, &rig->store, &rig->problem);
    if (error != GLIMPSE_OK) fail_msg("%s: %s", glimpse_error_name(error), rig->problem.sentence);
}

static inline void store_close(store_rig *rig)
{
    glimpse_store_unref(rig->store);
    rig->store = NULL;
}

/* A directory and a configuration; no store yet. */
static inline void store_begin(store_rig *rig)
{
    memset(rig, 0, sizeof *rig);
    rig->live = gl_alloc_live();
    snprintf(rig->directory, sizeof rig->directory, "/tmp/glimpse-store-XXXXXX");
    assert_non_null(mkdtemp(rig->directory));
    snprintf(rig->path, sizeof rig->path, "%s/store", rig->directory);
    rig->base = event_base_new();
    glimpse_sqlite_store_config_init(&rig->config);
    rig->config.path = rig->path;
    rig->config.log = store_logged;
    rig->config.log_arg = rig;
}

static inline void store_remove_files(store_rig *rig)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
    char name[160];
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", rig->path, suffixes[i]);
        unlink(name);
    }
}

static inline void store_end(store_rig *rig)
{
    store_close(rig);
    event_base_free(rig->base);
    store_remove_files(rig);
    rmdir(rig->path);
    assert_int_equal(rmdir(rig->directory), 0);
    assert_int_equal(gl_alloc_live(), rig->live);
}

/* Spread as digests are. */
static inline glimpse_key store_key(uint64_t i)
{
    glimpse_key key;
    uint64_t x = i;
    for (size_t part = 0; part < 4; part++) {
        x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9) + UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
        memcpy(key.bytes + 8 * part, &x, 8);
    }
    return key;
}

/* The sample of a key and a turn: its text says whose it is, over and over, for `size` bytes. */
static inline glimpse_sample *store_sample(uint64_t i, uint64_t turn, size_t size)
{
    gl_buf text;
    glimpse_sample *sample = NULL;
    glimpse_sample_fields fields;
    gl_buf_init(&text, (size_t)1 << 30);
    do gl_buf_printf(&text, "%llu.%llu ", (unsigned long long)i, (unsigned long long)turn);
    while (text.len < size && !text.failed);
    glimpse_sample_fields_init(&fields);
    fields.text = text.data;
    fields.text_len = text.len;
    fields.model = "m";
    fields.http_status = 200;
    fields.usage.total_tokens = (int64_t)i;
    if (text.failed || glimpse_sample_new(&fields, &sample, NULL) != GLIMPSE_OK) sample = NULL;
    gl_buf_free(&text);
    return sample;
}

/* Whether this is, to the byte, a sample that store_sample makes for i, of whichever turn. */
static inline bool store_sample_is(const glimpse_sample *sample, uint64_t i)
{
    const glimpse_sample_fields *fields = glimpse_sample_get(sample);
    unsigned long long whose = 0, turn = 0;
    if (sscanf(fields->text, "%llu.%llu ", &whose, &turn) != 2 || whose != i) return false;
    glimpse_sample *right = store_sample(i, turn, fields->text_len);
    const glimpse_sample_fields *wanted = glimpse_sample_get(right);
    bool same = fields->text_len == wanted->text_len &&
                memcmp(fields->text, wanted->text, wanted->text_len) == 0 &&
                strcmp(fields->essence, wanted->essence) == 0 && strcmp(fields->model, "m") == 0 &&
                fields->http_status == 200 && fields->usage.total_tokens == (int64_t)i &&
                fields->usage.prompt_tokens == -1 && fields->delta == NULL;
    glimpse_sample_unref(right);
    return same;
}

/* How often done was called, and with what. */
typedef struct store_count {
    size_t calls, failed;
    glimpse_error last;
} store_count;

static inline void store_done(void *arg, glimpse_error error)
{
    store_count *count = arg;
    count->calls++;
    count->last = error;
    if (error != GLIMPSE_OK) count->failed++;
}

static inline void store_put(store_rig *rig, uint64_t i, uint64_t turn, size_t size,
                             store_count *count)
{
    glimpse_key key = store_key(i);
    glimpse_sample *sample = store_sample(i, turn, size);
    assert_non_null(sample);
    glimpse_store_put(rig->store, &key, sample, count != NULL ? store_done : NULL, count);
    glimpse_sample_unref(sample);
}

/* Turns until all that waits is on file. */
static inline void store_settle(store_rig *rig)
{
    glimpse_sqlite_store_stats stats = { .size = sizeof stats };
    gl_time until = gl_clock_now() + 100 * GL_SECOND;
    for (;;) {
        glimpse_sqlite_store_get_stats(rig->store, &stats);
        if (stats.waiting == 0) return;
        assert_true(gl_clock_now() < until);
        event_base_loop(rig->base, EVLOOP_ONCE);
    }
}

typedef struct store_answer {
    size_t calls;
    glimpse_sample *sample;
    int64_t age_ms;
} store_answer;

static inline void store_got(void *arg, const glimpse_sample *sample, int64_t age_ms)
{
    store_answer *answer = arg;
    answer->calls++;
    answer->sample = sample != NULL ? glimpse_sample_ref(sample) : NULL;
    answer->age_ms = age_ms;
}

/* Looks one up and waits for the answer. */
static inline void store_look(store_rig *rig, const glimpse_key *key, store_answer *answer)
{
    *answer = (store_answer){ 0, NULL, -1 };
    glimpse_store_get(rig->store, key, store_got, answer);
    while (answer->calls == 0) event_base_loop(rig->base, EVLOOP_ONCE);
    assert_int_equal(answer->calls, 1);
}

/* The same by number. Whether it was there; what it is must be right. */
static inline bool store_has(store_rig *rig, uint64_t i)
{
    glimpse_key key = store_key(i);
    store_answer answer;
    store_look(rig, &key, &answer);
    if (answer.sample == NULL) return false;
    assert_true(store_sample_is(answer.sample, i));
    assert_true(answer.age_ms >= 0);
    glimpse_sample_unref(answer.sample);
    return true;
}

static inline glimpse_sqlite_store_stats store_stats(store_rig *rig)
{
    glimpse_sqlite_store_stats stats = { .size = sizeof stats };
    glimpse_sqlite_store_get_stats(rig->store, &stats);
    return stats;
}

#endif
