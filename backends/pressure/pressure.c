/*
 * pressure.c - glimpse_pressure: the kernel's descriptors in the loop, the policy's bounds in the
 * cache. Owns the descriptors, a timer for growth and for pending evictions, and a reference to the
 * cache. Called from the loop; a large cache is emptied in portions, a turn each.
 */
#include <glimpse/pressure.h>

#include <stdio.h>

#include "base/alloc.h"
#include "base/layout.h"
#include "log.h"
#include "loop.h"
#include "policy/pressure.h"
#include "pressure/kernel.h"
#include "problem.h"

/* Samples evicted in one turn of the loop; glimpse-micro-cache-shrink prints how long that
 * takes. */
enum { PORTION = 1024 };

typedef struct source {
    struct glimpse_pressure *owner;
    unsigned kind; /* GLIMPSE_PRESSURE_; 0 = none */
    gl_shortage shortage;
    gl_watch *watch;
} source;

struct glimpse_pressure {
    gl_loop *loop;
    gl_timer *timer;
    glimpse_cache *cache;
    gl_pressure policy;
    bool pending; /* the cache has not all of the policy's bounds yet */
    gl_log log;
    source sources[3];
};

static const glimpse_pressure_config usual = { .size = sizeof(glimpse_pressure_config),
                                               .quiet_ms = 30000,
                                               .step_ms = 10000,
                                               .root = "",
                                               .log_level = GLIMPSE_LOG_WARN };
static const gl_layout layout = { .size = sizeof(glimpse_pressure_config) };

void glimpse_pressure_config_defaults(glimpse_pressure_config *config)
{
    gl_layout_write(&layout, config, &usual);
}

unsigned glimpse_pressure_sources(const glimpse_pressure *pressure)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < 3; i++) kinds |= pressure->sources[i].kind;
    return kinds;
}

/* --- bounds --- */

static void say_resized(const glimpse_pressure *pressure, const char *reason)
{
    glimpse_cache_stats stats;
    glimpse_cache_stats_init(&stats);
    glimpse_cache_get_stats(pressure->cache, &stats);
    glimpse_log_field fields[] = { { "reason", reason, 0 },
                                   { "max_entries", NULL, pressure->policy.entries },
                                   { "max_bytes", NULL, pressure->policy.bytes },
                                   { "entries", NULL, (int64_t)stats.entries },
                                   { "bytes", NULL, (int64_t)stats.bytes } };
    gl_log_emit(&pressure->log, GLIMPSE_LOG_INFO, "cache_resized", fields, 5);
}

/* Evicts the next portion; sets the bounds when all portions are gone. */
static void apply(glimpse_pressure *pressure, gl_time now)
{
    const gl_pressure *policy = &pressure->policy;
    pressure->pending =
        !glimpse_cache_trim(pressure->cache, policy->entries, policy->bytes, PORTION);
    if (!pressure->pending) glimpse_cache_resize(pressure->cache, policy->entries, policy->bytes);
    gl_timer_set(pressure->timer, pressure->pending ? now : policy->grow_at);
}

static void due(void *arg)
{
    glimpse_pressure *pressure = arg;
    gl_time now = gl_loop_now(pressure->loop);
    bool grown = gl_pressure_quiet(&pressure->policy, now);
    if (grown) say_resized(pressure, "quiet");
    if (grown || pressure->pending)
        apply(pressure, now);
    else
        gl_timer_set(pressure->timer, pressure->policy.grow_at);
}

static const char *name_of(unsigned kind)
{
    if (kind == GLIMPSE_PRESSURE_EVENTS) return "limit";
    return kind == GLIMPSE_PRESSURE_CGROUP ? "cgroup" : "system";
}

static void close_source(source *from)
{
    gl_watch_free(from->watch);
    from->watch = NULL;
    from->kind = 0;
    gl_shortage_close(&from->shortage);
}

static void ready(int fd, int events, void *arg)
{
    (void)fd;
    (void)events;
    source *from = arg;
    glimpse_pressure *pressure = from->owner;
    gl_shortage_news news = gl_shortage_read(&from->shortage);
    unsigned kind = from->kind;
    if (news == GL_SHORTAGE_GONE) close_source(from);
    if (news != GL_SHORTAGE_NOW) return;
    glimpse_cache_stats stats;
    glimpse_cache_stats_init(&stats);
    gl_time now = gl_loop_now(pressure->loop);
    glimpse_cache_get_stats(pressure->cache, &stats);
    bool changed = gl_pressure_event(&pressure->policy, stats.entries, stats.bytes, now);
    if (changed || pressure->pending)
        apply(pressure, now);
    else
        gl_timer_set(pressure->timer, pressure->policy.grow_at);
    if (changed) say_resized(pressure, name_of(kind));
}

/* --- life --- */

/* false: out of memory. A file that the kernel does not have, or the loop cannot watch, is left
 * out. */
static bool add_source(glimpse_pressure *pressure, size_t at, unsigned kind, const char *path)
{
    source *added = &pressure->sources[at];
    bool open = kind == GLIMPSE_PRESSURE_EVENTS ? gl_shortage_open_events(&added->shortage, path)
                                                : gl_shortage_open_psi(&added->shortage, path);
    if (!open) return true;
    added->watch = gl_watch_new(pressure->loop, added->shortage.ready, ready, added);
    if (added->watch == NULL) return false;
    gl_watch_background(added->watch);
    added->kind = kind;
    if (!gl_watch_set(added->watch, GL_WATCH_READ)) close_source(added);
    return true;
}

static bool add_sources(glimpse_pressure *pressure, const char *root)
{
    char dir[4096], path[4096 + 32];
    int len = snprintf(path, sizeof path, "%s/proc/pressure/memory", root);
    if (len < 0 || (size_t)len >= sizeof path ||
        !add_source(pressure, 0, GLIMPSE_PRESSURE_SYSTEM, path))
        return false;
    if (!gl_own_cgroup(root, dir, sizeof dir)) return true;
    snprintf(path, sizeof path, "%s/memory.pressure", dir);
    if (!add_source(pressure, 1, GLIMPSE_PRESSURE_CGROUP, path)) return false;
    snprintf(path, sizeof path, "%s/memory.events", dir);
    return add_source(pressure, 2, GLIMPSE_PRESSURE_EVENTS, path);
}

static glimpse_error check(const glimpse_pressure_config *config, glimpse_problem *problem)
{
    if (config->quiet_ms < 0) return gl_refuse(problem, "quiet_ms", "must be 0 or more");
    if (config->step_ms < 0) return gl_refuse(problem, "step_ms", "must be 0 or more");
    if (config->root == NULL) return gl_refuse(problem, "root", "is NULL");
    return GLIMPSE_OK;
}

glimpse_error glimpse_pressure_new(struct event_base *base, glimpse_cache *cache,
                                   const glimpse_pressure_config *config, glimpse_pressure **out,
                                   glimpse_problem *problem)
{
    gl_problem_clear(problem);
    if (out == NULL) return gl_refuse(problem, "pressure", "is NULL");
    *out = NULL;
    glimpse_pressure_config room;
    config = gl_layout_read(&layout, config != NULL ? config : &usual, &usual, &room);
    if (config == NULL) return gl_refuse_size(problem, "glimpse_pressure_config_init");
    if (base == NULL) return gl_refuse(problem, "base", "is NULL");
    if (cache == NULL) return gl_refuse(problem, "cache", "is NULL");
    if (check(config, problem) != GLIMPSE_OK) return GLIMPSE_ERR_INVALID;
    glimpse_pressure *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    for (size_t i = 0; i < 3; i++)
        made->sources[i] = (source){ made, 0, { .ready = -1, .file = -1 }, NULL };
    made->cache = glimpse_cache_ref(cache);
    made->log = (gl_log){ config->log, config->log_arg, config->log_level };
    glimpse_cache_stats stats;
    glimpse_cache_stats_init(&stats);
    glimpse_cache_get_stats(cache, &stats);
    gl_pressure_init(&made->policy, (int64_t)stats.max_entries, (int64_t)stats.max_bytes,
                     config->quiet_ms, config->step_ms);
    made->loop = gl_loop_new(base);
    made->timer = made->loop != NULL ? gl_timer_new(made->loop, due, made) : NULL;
    if (made->timer == NULL || !add_sources(made, config->root)) {
        glimpse_pressure_free(made);
        return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    }
    gl_timer_background(made->timer);
    *out = made;
    return GLIMPSE_OK;
}

void glimpse_pressure_free(glimpse_pressure *pressure)
{
    if (pressure == NULL) return;
    for (size_t i = 0; i < 3; i++) close_source(&pressure->sources[i]);
    gl_timer_free(pressure->timer);
    gl_loop_free(pressure->loop);
    glimpse_cache_unref(pressure->cache);
    gl_free(pressure);
}
