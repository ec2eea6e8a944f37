/*
 * fake_store.h - a store in memory that answers when the test says: inside get, later, or never.
 */
#ifndef TEST_ENGINE_FAKE_STORE_H
#define TEST_ENGINE_FAKE_STORE_H

#include "rig.h"

enum { FAKE_ENTRIES = 256, FAKE_LOOKUPS = 256 };

typedef struct fake_store {
    gl_loop *loop;
    glimpse_store *store;
    gl_timer *timer;
    gl_time delay; /* of an answer; 0: inside get, GL_TIME_NEVER: none comes */
    int64_t ttl_ms;
    struct fake_entry {
        glimpse_key key;
        glimpse_sample *sample;
        gl_time stored;
    } entries[FAKE_ENTRIES];
    int entry_count;
    struct fake_lookup {
        glimpse_key key;
        glimpse_store_got_fn got;
        void *arg;
        gl_time due;
    } lookups[FAKE_LOOKUPS];
    int under_way, gets, hits, cancels, puts;
} fake_store;

static inline struct fake_entry *fake_find(fake_store *f, const glimpse_key *key)
{
    for (int i = 0; i < f->entry_count; i++)
        if (memcmp(&f->entries[i].key, key, sizeof *key) == 0) return &f->entries[i];
    return NULL;
}

static inline void fake_answer(fake_store *f, const glimpse_key *key, glimpse_store_got_fn got,
                               void *arg)
{
    const struct fake_entry *found = fake_find(f, key);
    int64_t age_ms = found != NULL ? (int64_t)((gl_sim_now() - found->stored) / GL_MS) : 0;
    if (found == NULL || age_ms >= f->ttl_ms) {
        got(arg, NULL, 0);
        return;
    }
    f->hits++;
    got(arg, found->sample, age_ms);
}

static inline void fake_arm(fake_store *f)
{
    gl_time next = GL_TIME_NEVER;
    for (int i = 0; i < f->under_way; i++) next = gl_time_min(next, f->lookups[i].due);
    gl_timer_set(f->timer, next);
}

static inline void fake_due(void *arg)
{
    fake_store *f = arg;
    for (int i = 0; i < f->under_way;) {
        struct fake_lookup at = f->lookups[i];
        if (at.due > gl_sim_now()) {
            i++;
            continue;
        }
        f->lookups[i] = f->lookups[--f->under_way];
        fake_answer(f, &at.key, at.got, at.arg);
        i = 0;
    }
    fake_arm(f);
}

static inline void fake_get(void *self, const glimpse_key *key, glimpse_store_got_fn got, void *arg)
{
    fake_store *f = self;
    f->gets++;
    if (f->delay == 0) {
        fake_answer(f, key, got, arg);
        return;
    }
    for (int i = 0; i < f->under_way; i++) assert_ptr_not_equal(f->lookups[i].arg, arg);
    assert_true(f->under_way < FAKE_LOOKUPS);
    gl_time due = f->delay == GL_TIME_NEVER ? GL_TIME_NEVER : gl_sim_now() + f->delay;
    f->lookups[f->under_way++] = (struct fake_lookup){ *key, got, arg, due };
    fake_arm(f);
}

static inline void fake_cancel(void *self, void *arg)
{
    fake_store *f = self;
    for (int i = 0; i < f->under_way; i++) {
        if (f->lookups[i].arg != arg) continue;
        f->lookups[i] = f->lookups[--f->under_way];
        f->cancels++;
        fake_arm(f);
        return;
    }
}

static inline void fake_put(void *self, const glimpse_key *key, const glimpse_sample *sample,
                            glimpse_store_done_fn done, void *arg)
{
    fake_store *f = self;
    struct fake_entry *at = fake_find(f, key);
    if (at == NULL) {
        assert_true(f->entry_count < FAKE_ENTRIES);
        at = &f->entries[f->entry_count++];
        *at = (struct fake_entry){ .key = *key };
    }
    glimpse_sample_unref(at->sample);
    at->sample = glimpse_sample_ref(sample);
    at->stored = gl_sim_now();
    f->puts++;
    if (done != NULL) done(arg, GLIMPSE_OK);
}

static inline void fake_remove(void *self, const glimpse_key *key, glimpse_store_done_fn done,
                               void *arg)
{
    fake_store *f = self;
    struct fake_entry *at = fake_find(f, key);
    if (at != NULL) {
        glimpse_sample_unref(at->sample);
        *at = f->entries[--f->entry_count];
    }
    if (done != NULL) done(arg, GLIMPSE_OK);
}

/* The engines are gone, or let it go: nothing may be under way. */
static inline void fake_destroy(void *self)
{
    fake_store *f = self;
    assert_int_equal(f->under_way, 0);
    for (int i = 0; i < f->entry_count; i++) glimpse_sample_unref(f->entries[i].sample);
    gl_timer_free(f->timer);
    gl_loop_free(f->loop);
    f->store = NULL;
}

static inline void fake_open(fake_store *f, gl_time delay)
{
    static const glimpse_store_vtable vtable = { .size = sizeof(glimpse_store_vtable),
                                                 .name = "fake",
                                                 .get = fake_get,
                                                 .cancel = fake_cancel,
                                                 .put = fake_put,
                                                 .remove = fake_remove,
                                                 .destroy = fake_destroy };
    *f = (fake_store){ .delay = delay, .ttl_ms = INT64_MAX };
    f->loop = gl_loop_new(gl_sim_base());
    assert_non_null(f->loop);
    f->timer = gl_timer_new(f->loop, fake_due, f);
    assert_non_null(f->timer);
    assert_int_equal(glimpse_store_new(&vtable, f, &f->store, NULL), GLIMPSE_OK);
}

#endif
