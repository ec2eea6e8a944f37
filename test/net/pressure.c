/*
 * backends/pressure on the real loop. A directory stands in for the root of the file system: in it
 * a file is our cgroup's memory.events, and a link to the kernel's own file for the processor,
 * which works as the one for memory does and takes no memory to make busy, is the PSI file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glimpse/glimpse.h>

#include "base/alloc.h"
#include "oom.h"
#include "pressure/kernel.h"

static char root[64];
static struct event_base *base;
static glimpse_cache *cache;
static size_t live_before;
static char said[4096];

static const char *in_root(const char *path)
{
    static char whole[256];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    return whole;
}

static void write_file(const char *path, const char *text)
{
    int fd = open(in_root(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static const char *const dirs[] = { "/proc", "/proc/self", "/proc/pressure", "/cg", "/cg/job" };
static const char *const files[] = { "/proc/self/cgroup", "/proc/self/mountinfo",
                                     "/proc/pressure/memory", "/cg/job/memory.events",
                                     "/cg/memory.events" };
enum { DIRS = sizeof dirs / sizeof dirs[0], FILES = sizeof files / sizeof files[0] };

static int setup(void **state)
{
    (void)state;
    live_before = gl_alloc_live();
    said[0] = '\0';
    snprintf(root, sizeof root, "/tmp/glimpse-pressure-XXXXXX");
    base = event_base_new();
    if (base == NULL || mkdtemp(root) == NULL) return -1;
    for (size_t i = 0; i < DIRS; i++) mkdir(in_root(dirs[i]), 0700);
    write_file("/proc/self/cgroup", "4:memory:/elsewhere\n0::/tree/job\n");
    write_file("/proc/self/mountinfo",
               "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
               "41 31 0:38 /tree /cg rw,relatime shared:9 - cgroup2 cgroup2 rw\n");
    write_file("/cg/job/memory.events", "low 7\nhigh 2\nmax 0\noom 0\noom_kill 0\n");
    glimpse_cache_config config;
    glimpse_cache_config_init(&config);
    config.max_entries = 160;
    return glimpse_cache_new(&config, &cache, NULL) == GLIMPSE_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    glimpse_cache_unref(cache);
    event_base_free(base);
    for (size_t i = 0; i < FILES; i++) unlink(in_root(files[i]));
    for (size_t i = DIRS; i-- > 0;) rmdir(in_root(dirs[i]));
    rmdir(root);
    assert_int_equal(gl_alloc_live(), live_before);
    return 0;
}

static void fill(int entries)
{
    glimpse_sample_fields fields;
    glimpse_sample *sample;
    glimpse_sample_fields_init(&fields);
    fields.text = fields.essence = "";
    assert_int_equal(glimpse_sample_new(&fields, &sample, NULL), GLIMPSE_OK);
    for (int i = 0; i < entries; i++) {
        glimpse_key key = { { 0 } };
        memcpy(key.bytes, &i, sizeof i);
        assert_int_equal(glimpse_cache_put(cache, &key, sample, 0), GLIMPSE_OK);
    }
    glimpse_sample_unref(sample);
}

static glimpse_cache_stats stats_of(void)
{
    glimpse_cache_stats stats = { .size = sizeof stats };
    glimpse_cache_get_stats(cache, &stats);
    return stats;
}

static void write_down(const glimpse_log_event *event, void *arg)
{
    (void)arg;
    char line[512];
    glimpse_log_format_text(event, 0, line, sizeof line);
    size_t len = strlen(said);
    snprintf(said + len, sizeof said - len, "%s\n", strstr(line, "cache_"));
}

static glimpse_pressure *watch(int64_t quiet_ms)
{
    glimpse_pressure_config config;
    glimpse_pressure *pressure;
    glimpse_pressure_config_init(&config);
    config.root = root;
    config.quiet_ms = quiet_ms;
    config.step_ms = 1;
    config.log = write_down;
    config.log_level = GLIMPSE_LOG_INFO;
    assert_int_equal(glimpse_pressure_new(base, cache, &config, &pressure, NULL), GLIMPSE_OK);
    return pressure;
}

/* What is ready now; nothing in the background is waited for. */
static void turn(void)
{
    assert_true(event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY) >= 0);
}

/* --- claims --- */

static void limit_of_our_cgroup_that_is_reached_halves_the_cache(void **state)
{
    (void)state;
    glimpse_pressure *pressure = watch(60000);
    assert_int_equal(glimpse_pressure_sources(pressure), GLIMPSE_PRESSURE_EVENTS);
    fill(160);
    write_file("/cg/job/memory.events", "low 8\nhigh 2\nmax 0\noom 0\noom_kill 0\n");
    turn();
    assert_true(stats_of().entries == 160 && stats_of().shrunk == 0); /* low is no shortage */
    write_file("/cg/job/memory.events", "low 8\nhigh 3\nmax 0\noom 0\noom_kill 0\n");
    turn();
    glimpse_cache_stats stats = stats_of();
    assert_true(stats.entries == 80 && stats.max_entries == 80 && stats.shrunk == 1);
    assert_non_null(strstr(said, "cache_resized reason=limit max_entries=80 max_bytes="));
    glimpse_pressure_free(pressure);
    fill(160);
    assert_true(stats_of().entries == 80); /* it keeps the bounds it has */
}

static void cache_grows_back_when_it_is_quiet(void **state)
{
    (void)state;
    glimpse_pressure *pressure = watch(1);
    fill(160);
    int64_t bytes = (int64_t)stats_of().max_bytes;
    write_file("/cg/job/memory.events", "max 3\n");
    for (int i = 0; i < 5000 && (stats_of().shrunk == 0 || (int64_t)stats_of().max_bytes < bytes);
         i++) {
        turn();
        struct timeval ms = { 0, 1000 };
        event_base_loopexit(base, &ms);
        event_base_dispatch(base);
    }
    assert_true(stats_of().shrunk == 1 && stats_of().max_entries == 160);
    assert_true((int64_t)stats_of().max_bytes == bytes);
    assert_non_null(strstr(said, "reason=limit"));
    assert_non_null(strstr(said, "reason=quiet max_entries=160"));
    glimpse_pressure_free(pressure);
}

/* What somebody else sees who has something to do in every turn of the loop. */
typedef struct onlooker {
    struct event *event;
    uint64_t left, most;
    int portions;
} onlooker;

static void look(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval at_once = { 0, 0 };
    (void)fd;
    (void)what;
    onlooker *seen = arg;
    uint64_t gone = seen->left - stats_of().entries;
    if (gone > 0) seen->portions++;
    if (gone > seen->most) seen->most = gone;
    seen->left -= gone;
    if (stats_of().shrunk == 0) evtimer_add(seen->event, &at_once);
}

static void large_cache_is_emptied_in_portions(void **state)
{
    (void)state;
    assert_int_equal(glimpse_cache_resize(cache, 10000, INT64_MAX), GLIMPSE_OK);
    fill(10000);
    glimpse_pressure *pressure = watch(60000);
    onlooker seen = { .left = 10000 };
    seen.event = evtimer_new(base, look, &seen);
    write_file("/cg/job/memory.events", "high 9\n");
    look(-1, 0, &seen);
    assert_int_equal(event_base_dispatch(base), 1);
    assert_true(stats_of().max_entries == 5000 && seen.left == 5000);
    assert_true(seen.most == 1024 && seen.portions == 5);
    event_free(seen.event);
    glimpse_pressure_free(pressure);
}

static void what_is_watched_does_not_keep_the_loop_running(void **state)
{
    (void)state;
    glimpse_pressure *pressure = watch(60000);
    assert_int_equal(event_base_dispatch(base), 1); /* nothing to wait for */
    write_file("/cg/job/memory.events", "high 9\n");
    turn();
    assert_true(stats_of().shrunk == 1);
    assert_int_equal(event_base_dispatch(base), 1); /* nor with growth ahead */
    glimpse_pressure_free(pressure);
}

static void kernel_that_offers_nothing_leaves_the_bounds(void **state)
{
    (void)state;
    for (int missing = 0; missing < 4; missing++) {
        if (missing == 0) unlink(in_root("/cg/job/memory.events"));
        if (missing == 1) write_file("/proc/self/cgroup", "0::/../other\n");
        if (missing == 2) write_file("/proc/self/cgroup", "4:memory:/job\n");
        if (missing == 3) unlink(in_root("/proc/self/mountinfo"));
        glimpse_pressure *pressure = watch(1);
        assert_int_equal(glimpse_pressure_sources(pressure), 0);
        turn();
        assert_true(stats_of().max_entries == 160);
        glimpse_pressure_free(pressure);
    }
    /* A file that takes no trigger is no source, and not waited for. */
    write_file("/proc/pressure/memory", "");
    glimpse_pressure *pressure = watch(1);
    assert_int_equal(glimpse_pressure_sources(pressure), 0);
    glimpse_pressure_free(pressure);
}

static void own_cgroup_is_found_below_its_mount(void **state)
{
    (void)state;
    char dir[512];
    assert_true(gl_own_cgroup(root, dir, sizeof dir));
    assert_string_equal(dir, in_root("/cg/job"));
    write_file("/proc/self/cgroup", "0::/tree\n");
    assert_true(gl_own_cgroup(root, dir, sizeof dir));
    assert_string_equal(dir, in_root("/cg"));
    write_file("/proc/self/mountinfo", "41 31 0:38 / /cg rw - cgroup2 none rw\n");
    write_file("/proc/self/cgroup", "0::/\n");
    assert_true(gl_own_cgroup(root, dir, sizeof dir));
    assert_string_equal(dir, in_root("/cg"));
    write_file("/proc/self/mountinfo", "41 31 0:38 / /c\\040g rw - cgroup2 none rw\n");
    assert_false(gl_own_cgroup(root, dir, sizeof dir));
}

static void memory_there_is_what_the_cgroup_allows(void **state)
{
    (void)state;
    uint64_t machine = gl_memory_there(root); /* no memory.max, as in the root of a tree */
    assert_true(machine > (uint64_t)64 << 20);
    write_file("/cg/job/memory.max", "max\n");
    assert_true(gl_memory_there(root) == machine);
    write_file("/cg/job/memory.max", "33554432\n");
    assert_true(gl_memory_there(root) == (uint64_t)32 << 20);
    write_file("/cg/job/memory.max", "18446744073709551615\n");
    assert_true(gl_memory_there(root) == machine);
    unlink(in_root("/cg/job/memory.max"));
}

/* One that we may run on. */
static int first_cpu(void)
{
    cpu_set_t ours;
    int cpu = 0;
    assert_int_equal(sched_getaffinity(0, sizeof ours, &ours), 0);
    while (!CPU_ISSET((size_t)cpu, &ours)) cpu++;
    return cpu;
}

/* Two processes that want the same processor: one of them always waits. */
static void make_busy(pid_t *children)
{
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] != 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET((size_t)first_cpu(), &one);
        sched_setaffinity(0, sizeof one, &one);
        alarm(100); /* they end whatever becomes of us */
        for (;;) {
        }
    }
}

static void trigger_of_the_kernel_arrives_in_the_loop(void **state)
{
    (void)state;
    gl_shortage probe;
    if (!gl_shortage_open_psi(&probe, "/proc/pressure/cpu")) {
        print_message("skipped: this kernel takes no PSI trigger from us (/proc/pressure)\n");
        skip();
    }
    gl_shortage_close(&probe);
    assert_int_equal(symlink("/proc/pressure/cpu", in_root("/proc/pressure/memory")), 0);
    glimpse_pressure *pressure = watch(60000);
    assert_int_equal(glimpse_pressure_sources(pressure),
                     GLIMPSE_PRESSURE_SYSTEM | GLIMPSE_PRESSURE_EVENTS);
    fill(160);
    pid_t children[2];
    make_busy(children);
    for (int i = 0; i < 600 && stats_of().shrunk == 0; i++) {
        struct timeval tenth = { 0, 100000 };
        event_base_loopexit(base, &tenth);
        event_base_dispatch(base);
    }
    for (int i = 0; i < 2; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    assert_true(stats_of().shrunk == 1 && stats_of().max_entries == 80);
    assert_non_null(strstr(said, "cache_resized reason=system max_entries=80"));
    turn(); /* the event was taken: the loop does not spin on it */
    glimpse_pressure_free(pressure);
}

static void engine_shrinks_its_own_cache_unless_told_not_to(void **state)
{
    (void)state;
    for (int dynamic = 0; dynamic < 2; dynamic++) {
        glimpse_config config;
        glimpse_engine *engine;
        int before = dup(STDIN_FILENO), after; /* the lowest free descriptor tells what is open */
        close(before);
        glimpse_config_init(&config);
        config.use_openai = GLIMPSE_USE_OPENAI_NEVER;
        config.cache_dynamic = dynamic == 1;
        assert_int_equal(glimpse_engine_new(base, &config, &engine, NULL), GLIMPSE_OK);
        after = dup(STDIN_FILENO);
        close(after);
        if (dynamic == 0) assert_int_equal(after, before);
        gl_shortage probe;
        if (dynamic == 1 && gl_shortage_open_psi(&probe, "/proc/pressure/memory")) {
            gl_shortage_close(&probe);
            assert_true(after > before);
        }
        assert_int_equal(event_base_dispatch(base), 1);
        glimpse_engine_free(engine);
        after = dup(STDIN_FILENO);
        close(after);
        assert_int_equal(after, before);
    }
}

static void want_of_memory_is_an_error_that_leaves_nothing(void **state)
{
    (void)state;
    glimpse_pressure *pressure;
    glimpse_pressure_config config;
    glimpse_pressure_config_init(&config);
    config.root = root;
    for (size_t k = 1;; k++) {
        size_t live = gl_alloc_live();
        oom_fail_at(k);
        glimpse_error error = glimpse_pressure_new(base, cache, &config, &pressure, NULL);
        if (!oom_end()) {
            assert_int_equal(error, GLIMPSE_OK);
            assert_true(k > 3);
            break;
        }
        assert_int_equal(error, GLIMPSE_ERR_OOM);
        assert_null(pressure);
        assert_int_equal(gl_alloc_live(), live);
    }
    glimpse_pressure_free(pressure);
    glimpse_pressure_free(NULL);
    config.step_ms = -1;
    assert_int_equal(glimpse_pressure_new(base, cache, &config, &pressure, NULL),
                     GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_pressure_new(NULL, cache, NULL, &pressure, NULL), GLIMPSE_ERR_INVALID);
}

#define T(claim) cmocka_unit_test_setup_teardown(claim, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(limit_of_our_cgroup_that_is_reached_halves_the_cache),
        T(cache_grows_back_when_it_is_quiet),
        T(large_cache_is_emptied_in_portions),
        T(what_is_watched_does_not_keep_the_loop_running),
        T(kernel_that_offers_nothing_leaves_the_bounds),
        T(own_cgroup_is_found_below_its_mount),
        T(memory_there_is_what_the_cgroup_allows),
        T(trigger_of_the_kernel_arrives_in_the_loop),
        T(engine_shrinks_its_own_cache_unless_told_not_to),
        T(want_of_memory_is_an_error_that_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
