/*
 * What a store does in one turn of the loop, in virtual time on a disk that counts
 * (support/counted_disk.h). Another user of the file, here another connection, has its locks, its
 * long looks and its commits, moves the log, and dies in the middle of a commit.
 */
#include "support/store_rig.h"

#include "base/rng.h"
#include "support/counted_disk.h"

enum { KEYS = 2000, SEEDS = 2, TURNS = 600 };

/* What a turn may do. A transaction logs 32 entries or 256 KiB, which is 64 pages and 32 that are
 * not full; of the tree, two pages for each entry, and one for each of those that it replaces and
 * of the 120 that it deletes for room at most. That is below 512; 322 were seen. The log is moved
 * when it has 512 pages. While somebody's long look keeps it, no more is written at 2,048; a commit
 * of each user's may go beyond that. As much as the log has is read when it is moved, and when its
 * index is made again after a death. */
enum { LOGGED_MOST = 512, MOVED_MOST = 2048 + 2 * LOGGED_MOST, READ_MOST = 2 * MOVED_MOST };

typedef struct life {
    store_rig rig;
    gl_rng rng;
    sqlite3 *other;
    sqlite3_stmt *look; /* of the other's: while it is under way the log stays as it is */
    disk_work most;     /* of any turn */
    size_t steps, turns;
    size_t asked, deaths;
} life;

static size_t answers; /* of lookups; each has an arg of its own, its number */

static void answered(void *arg, const glimpse_sample *sample, int64_t age_ms)
{
    (void)arg;
    (void)sample;
    (void)age_ms;
    answers++;
}

/* --- the other user --- */

/* Not an error: what is locked by the store is done another time. */
static void other_runs(life *it, const char *sql)
{
    sqlite3_exec(it->other, sql, NULL, NULL, NULL);
}

static void other_opens(life *it)
{
    assert_int_equal(sqlite3_open(it->rig.path, &it->other), SQLITE_OK);
    other_runs(it, "PRAGMA wal_autocheckpoint = 0");
    assert_int_equal(sqlite3_prepare_v2(it->other, "SELECT id FROM sample", -1, &it->look, NULL),
                     SQLITE_OK);
}

/* The index of the log as a process leaves it that is killed while it writes the header: whoever is
 * next reads the whole log again. */
static void other_dies(life *it)
{
    sqlite3_file *file = NULL;
    void volatile *index = NULL;
    sqlite3_file_control(it->other, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (file->pMethods->xShmMap(file, 0, 32 << 10, 0, &index) != SQLITE_OK || index == NULL) return;
    ((uint32_t volatile *)index)[2]++;
    it->deaths++;
}

static void other_acts(life *it)
{
    bool locked = sqlite3_get_autocommit(it->other) == 0;
    switch (gl_rng_below(&it->rng, 60)) {
    case 0:
        other_runs(it, locked ? "COMMIT" : "BEGIN IMMEDIATE");
        break;
    case 1:
        if (sqlite3_stmt_busy(it->look))
            sqlite3_reset(it->look);
        else
            sqlite3_step(it->look);
        break;
    case 2:
        other_runs(it, "INSERT INTO sample (key, put_ms, digest, value) "
                       "VALUES (randomblob(32), 0, x'00', randomblob(250000))");
        break;
    case 3:
        other_runs(it, "PRAGMA wal_checkpoint(PASSIVE)");
        break;
    case 4:
        if (!locked && !sqlite3_stmt_busy(it->look)) other_dies(it);
        break;
    default:
        break;
    }
}

/* --- a turn --- */

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void note(life *it, uint64_t steps)
{
    const disk_work *now = &counted.work;
    disk_work *most = &it->most;
    it->steps = larger(it->steps, (size_t)steps);
    most->pages_read = larger(most->pages_read, now->pages_read);
    most->pages_logged = larger(most->pages_logged, now->pages_logged);
    most->pages_moved = larger(most->pages_moved, now->pages_moved);
    most->syncs = larger(most->syncs, now->syncs);
    most->sleeps = larger(most->sleeps, now->sleeps);
    it->turns++;
}

static uint64_t steps_of(life *it)
{
    glimpse_sqlite_store_stats stats = store_stats(&it->rig);
    return stats.commits + stats.checkpoints;
}

static void one_turn(life *it)
{
    gl_time next = gl_sim_next();
    if (next == GL_TIME_NEVER) return;
    gl_sim_advance(next - gl_sim_now()); /* the loop sleeps: nobody is held */
    uint64_t steps = steps_of(it);
    counted.work = (disk_work){ .syncs = 0 };
    counted.counting = true;
    gl_sim_step();
    counted.counting = false;
    note(it, steps_of(it) - steps);
}

static size_t some_size(life *it)
{
    return gl_rng_below(&it->rng, 40) == 0 ? gl_rng_below(&it->rng, 260000)
                                           : gl_rng_below(&it->rng, 20000);
}

static void use_it(life *it)
{
    uint32_t burst = gl_rng_below(&it->rng, 20) == 0 ? 100 : 6;
    for (uint32_t n = gl_rng_below(&it->rng, burst); n > 0; n--) {
        uint64_t which = gl_rng_below(&it->rng, KEYS);
        store_put(&it->rig, which, it->turns, some_size(it), NULL);
    }
    for (uint32_t n = gl_rng_below(&it->rng, burst); n > 0; n--) {
        glimpse_key key = store_key(gl_rng_below(&it->rng, KEYS));
        it->asked++;
        glimpse_store_get(it->rig.store, &key, answered, (void *)(uintptr_t)it->asked);
    }
}

static void live(life *it, uint64_t seed, int64_t max_bytes)
{
    answers = 0;
    gl_rng_seed(&it->rng, seed);
    counted_disk_mount();
    store_begin(&it->rig);
    struct event_base *base = it->rig.base;
    it->rig.base = gl_sim_base();
    it->rig.config.max_bytes = max_bytes;
    store_open(&it->rig);
    other_opens(it);
    for (size_t turn = 0; turn < TURNS; turn++) {
        other_acts(it);
        use_it(it);
        one_turn(it);
    }
    sqlite3_finalize(it->look);
    sqlite3_close(it->other);
    while (store_stats(&it->rig).waiting > 0 || answers < it->asked) one_turn(it);
    glimpse_sqlite_store_stats stats = store_stats(&it->rig);
    print_message("at most in a turn: %zu steps, %zu pages logged, %zu moved, %zu read, %zu syncs, "
                  "%zu sleeps; %llu commits, %llu checkpoints, %llu locks met, %zu deaths\n",
                  it->steps, it->most.pages_logged, it->most.pages_moved, it->most.pages_read,
                  it->most.syncs, it->most.sleeps, (unsigned long long)stats.commits,
                  (unsigned long long)stats.checkpoints, (unsigned long long)stats.busy,
                  it->deaths);
    assert_true(stats.commits > 20);
    assert_true(stats.checkpoints > 5);
    assert_true(stats.busy > 5);
    assert_true(it->deaths > 0);
    store_close(&it->rig);
    it->rig.base = base;
    store_end(&it->rig);
}

static void a_turn_of_the_loop_does_bounded_work_and_waits_for_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        life it = { .asked = 0 };
        gl_sim_reset(GL_SECOND);
        live(&it, seed, seed % 2 ? INT64_C(4) << 20 : INT64_C(64) << 20);
        assert_int_equal(it.most.sleeps, 0);
        assert_int_equal(it.most.syncs, 0);
        assert_int_equal(it.steps, 1); /* a commit, or what a checkpoint does in a turn */
        assert_in_range(it.most.pages_logged, 32, LOGGED_MOST);
        assert_in_range(it.most.pages_moved, 512, MOVED_MOST);
        assert_in_range(it.most.pages_read, 512, READ_MOST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_of_the_loop_does_bounded_work_and_waits_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
