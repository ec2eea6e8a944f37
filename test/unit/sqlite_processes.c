/*
 * The store's file among processes: kept whole when writers are killed at any instant, shared, and
 * locked by others without holding the loop. This program runs itself again for the others:
 *
 *   sqlite_processes write PATH SEED    puts and looks up until it is killed
 *   sqlite_processes lock PATH          holds the lock for writing until its input ends
 */
#include "support/store_rig.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

#include "base/rng.h"

static const char *self_path;

enum { KEYS = 2000 };

/* --- the others --- */

static void pass(uint64_t us)
{
    struct timespec wait = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };
    pselect(0, NULL, NULL, NULL, &wait, NULL);
}

static void wrong(void *arg, const glimpse_sample *sample, int64_t age_ms)
{
    (void)age_ms;
    if (sample != NULL && !store_sample_is(sample, *(uint64_t *)arg)) _exit(9);
}

static int write_for_ever(const char *path, uint64_t seed)
{
    store_rig rig = { .path = "" };
    gl_rng rng;
    gl_rng_seed(&rng, seed);
    rig.base = event_base_new();
    glimpse_sqlite_store_config_init(&rig.config);
    rig.config.path = path;
    rig.config.max_bytes = 4 << 20; /* so that it evicts, too */
    if (glimpse_sqlite_store_new(rig.base, &rig.config, &rig.store, &rig.problem) != GLIMPSE_OK) {
        fprintf(stderr, "writer: %s\n", rig.problem.sentence);
        return 8;
    }
    for (uint64_t turn = seed;; turn++) {
        for (int i = 0; i < 20; i++) {
            uint64_t which = gl_rng_next(&rng) % KEYS;
            glimpse_key key = store_key(which);
            size_t size = (size_t)(gl_rng_next(&rng) % 6000);
            if (i == 0) size *= 20;
            glimpse_store_get(rig.store, &key, wrong, &which);
            glimpse_store_cancel(rig.store, &which);
            if (i == 1)
                glimpse_store_remove(rig.store, &key, NULL, NULL);
            else
                store_put(&rig, which, turn, size, NULL);
        }
        event_base_loop(rig.base, EVLOOP_ONCE);
        pass(500); /* leaves some of the machine to the one that is tested */
    }
}

static int hold_lock(const char *path)
{
    sqlite3 *db;
    char byte = 'r';
    if (sqlite3_open(path, &db) != SQLITE_OK) return 8;
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) return 8;
    if (write(STDOUT_FILENO, &byte, 1) != 1) return 8;
    while (read(STDIN_FILENO, &byte, 1) > 0) continue;
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);
    return 0;
}

typedef struct other {
    pid_t pid;
    int in, out;
} other;

static other start(const char *what, const char *path, uint64_t seed)
{
    int to[2], from[2];
    char number[32], words[64], file[128];
    other it;
    snprintf(number, sizeof number, "%llu", (unsigned long long)seed);
    snprintf(words, sizeof words, "%s", what);
    snprintf(file, sizeof file, "%s", path);
    assert_int_equal(pipe2(to, O_CLOEXEC) + pipe2(from, O_CLOEXEC), 0);
    it.pid = fork();
    assert_true(it.pid >= 0);
    if (it.pid == 0) {
        char name[] = "sqlite_processes";
        char *argv[] = { name, words, file, number, NULL };
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        execv(self_path, argv);
        _exit(7);
    }
    close(to[0]);
    close(from[1]);
    it.in = to[1];
    it.out = from[0];
    return it;
}

/* How it ended; it is killed first when kill_it. */
static int end_process(other *it, bool kill_it)
{
    int status = 0;
    if (kill_it) kill(it->pid, SIGKILL);
    close(it->in);
    close(it->out);
    assert_int_equal(waitpid(it->pid, &status, 0), it->pid);
    return status;
}

/* --- killed at any instant --- */

static int is_ok(void *arg, int columns, char **values, char **names)
{
    (void)names;
    if (columns == 1 && strcmp(values[0], "ok") == 0) *(bool *)arg = true;
    return 0;
}

static void assert_whole(const char *path)
{
    sqlite3 *db;
    bool ok = false;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    if (sqlite3_exec(db, "PRAGMA integrity_check", is_ok, &ok, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    assert_true(ok);
    sqlite3_close(db);
}

static void killed_writers_leave_a_whole_file_and_right_values(void **state)
{
    (void)state;
    enum { WRITERS = 3, KILLS = 100 };
    store_rig rig;
    other writers[WRITERS];
    gl_rng rng;
    size_t there = 0;
    store_begin(&rig);
    gl_rng_seed(&rng, 20261);
    for (uint64_t i = 0; i < WRITERS; i++) writers[i] = start("write", rig.path, i);
    for (uint64_t i = 0; i < KILLS; i++) {
        pass(gl_rng_next(&rng) % 40000); /* from before the file is open to some commits later */
        other *victim = &writers[i % WRITERS];
        int status = end_process(victim, true);
        if (!WIFSIGNALED(status)) fail_msg("a writer ended by itself: %d", WEXITSTATUS(status));
        if (i % 10 == 9) assert_whole(rig.path); /* while the others write */
        *victim = start("write", rig.path, 1000 * (i + 1));
    }
    pass(300000);
    for (uint64_t i = 0; i < WRITERS; i++) assert_true(WIFSIGNALED(end_process(&writers[i], true)));
    assert_whole(rig.path);
    store_open(&rig);
    for (uint64_t i = 0; i < KEYS; i++) there += store_has(&rig, i); /* each that is, is right */
    print_message("%d writers killed, %zu entries left\n", KILLS + WRITERS, there);
    assert_true(there > 100);
    assert_int_equal(store_stats(&rig).damaged, 0);
    store_end(&rig);
}

/* What done has confirmed is there after a kill. The child confirms on its standard output. */
static void confirm(void *arg, glimpse_error error)
{
    uint64_t which = (uint64_t)(uintptr_t)arg;
    if (error == GLIMPSE_OK && write(STDOUT_FILENO, &which, sizeof which) != sizeof which) _exit(8);
}

static int confirm_for_ever(const char *path)
{
    store_rig rig = { .path = "" };
    rig.base = event_base_new();
    glimpse_sqlite_store_config_init(&rig.config);
    rig.config.path = path;
    if (glimpse_sqlite_store_new(rig.base, &rig.config, &rig.store, NULL) != GLIMPSE_OK) return 8;
    for (uint64_t i = 0;; i++) {
        glimpse_key key = store_key(i);
        glimpse_sample *sample = store_sample(i, 0, 2000);
        glimpse_store_put(rig.store, &key, sample, confirm, (void *)(uintptr_t)i);
        glimpse_sample_unref(sample);
        if (i % 16 == 0) event_base_loop(rig.base, EVLOOP_ONCE);
    }
}

static void what_was_confirmed_survives_the_kill(void **state)
{
    (void)state;
    size_t confirmed = 0;
    for (uint64_t round = 0; round < 10; round++) {
        store_rig rig;
        uint64_t which, last = 0;
        store_begin(&rig);
        other writer = start("confirm", rig.path, 0);
        for (uint64_t i = 0; i < 30 + 40 * round; i++) {
            assert_int_equal(read(writer.out, &which, sizeof which), sizeof which);
            last = which;
        }
        kill(writer.pid, SIGKILL);
        while (read(writer.out, &which, sizeof which) == sizeof which) last = which;
        end_process(&writer, true);
        store_open(&rig);
        for (uint64_t i = 0; i <= last; i++) assert_true(store_has(&rig, i));
        confirmed += last + 1;
        store_end(&rig);
    }
    print_message("%zu confirmed, all there\n", confirmed);
}

/* --- locked by others --- */

static void a_lock_held_elsewhere_is_waited_for_by_a_timer(void **state)
{
    (void)state;
    store_rig rig;
    char byte;
    store_count count = { 0, 0, GLIMPSE_OK };
    store_begin(&rig);
    store_open(&rig);
    store_put(&rig, 1, 0, 100, NULL);
    store_settle(&rig);
    other holder = start("lock", rig.path, 0);
    assert_int_equal(read(holder.out, &byte, 1), 1);
    for (uint64_t i = 2; i < 500; i++) store_put(&rig, i, 0, 100, &count);
    size_t turns = 0;
    for (; store_stats(&rig).busy < 5; turns++) event_base_loop(rig.base, EVLOOP_ONCE);
    assert_int_equal(count.calls, 0);
    assert_true(turns < 100);        /* it waits, and does not spin */
    assert_true(store_has(&rig, 1)); /* readers are not locked out */
    assert_true(store_has(&rig, 400));
    assert_int_equal(end_process(&holder, false), 0);
    store_settle(&rig);
    assert_int_equal(count.calls, 498);
    assert_int_equal(count.failed, 0);
    assert_string_equal(rig.events, "");
    store_end(&rig);
}

static void freeing_it_under_a_lock_ends_in_bounded_time(void **state)
{
    (void)state;
    store_rig rig;
    char byte;
    store_count count = { 0, 0, GLIMPSE_OK };
    store_begin(&rig);
    store_open(&rig);
    other holder = start("lock", rig.path, 0);
    assert_int_equal(read(holder.out, &byte, 1), 1);
    store_put(&rig, 1, 0, 100, &count);
    store_close(&rig); /* half a second of tries */
    assert_int_equal(count.failed, 1);
    assert_int_equal(end_process(&holder, false), 0);
    store_open(&rig);
    assert_false(store_has(&rig, 1));
    store_end(&rig);
}

int main(int argc, char **argv)
{
    self_path = argv[0];
    if (argc > 3) {
        if (strcmp(argv[1], "write") == 0)
            return write_for_ever(argv[2], strtoull(argv[3], NULL, 10));
        if (strcmp(argv[1], "confirm") == 0) return confirm_for_ever(argv[2]);
        return hold_lock(argv[2]);
    }
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_writers_leave_a_whole_file_and_right_values),
        cmocka_unit_test(what_was_confirmed_survives_the_kill),
        cmocka_unit_test(a_lock_held_elsewhere_is_waited_for_by_a_timer),
        cmocka_unit_test(freeing_it_under_a_lock_ends_in_bounded_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
