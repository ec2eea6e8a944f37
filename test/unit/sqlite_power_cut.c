/*
 * The store's file after a power cut. A store is written to on a disk (support/power_disk.h) that
 * loses, tears and reorders what no fsync has brought to it; the power is cut at moments drawn from
 * a seed, while the file is made, written, moved, closed, and opened again after an earlier cut.
 */
#include "support/store_rig.h"

#include "support/power_disk.h"

enum { KEYS = 120, SEEDS = 8, CUTS = 12 };

/* The changes in the order in which they were put; turn 0 is a removal, else 1 + its place. */
typedef struct change {
    uint32_t key, turn;
} change;

/* The files of one cut, and how many of the changes they have to hold: at least, at most. */
typedef struct cut {
    disk_bytes files[DISK_NAMES];
    size_t at_least, at_most;
} cut;

/* One store, from its opening to its end, and the cuts in that time. */
typedef struct life {
    store_rig rig;
    change *changes;
    size_t count;
    size_t before; /* of these, those of earlier lives */
    store_count done;
    size_t safe; /* as many are on the disk */
    cut cuts[CUTS];
    size_t cut_count, cut_most;
} life;

/* What was found after the cuts. */
typedef struct tally {
    size_t cuts, refused, not_a_prefix, lost_some, kept_more, checkpoints;
} tally;

static life *alive; /* the one on the disk */

/* --- cutting --- */

static void maybe_cut(bool rare)
{
    life *it = alive;
    if (it->cut_most == 0 || gl_rng_below(&disk.rng, rare ? 4 : 200) != 0) return;
    cut *into =
        &it->cuts[it->cut_count < it->cut_most ? it->cut_count++
                                               : gl_rng_below(&disk.rng, (uint32_t)it->cut_most)];
    for (int name = 0; name < DISK_NAMES; name++) free(into->files[name].data);
    disk_cut(into->files);
    into->at_least = it->safe;
    into->at_most = it->count;
}

static size_t confirmed(void)
{
    return alive->before + alive->done.calls;
}

static void on_the_disk(size_t count)
{
    if (count > alive->safe) alive->safe = count;
}

/* --- looking --- */

/* Which turn of each key the store holds; each value is, to the byte, one that was put. */
static void look(life *it, uint32_t held[KEYS])
{
    for (uint32_t i = 0; i < KEYS; i++) {
        glimpse_key key = store_key(i);
        store_answer answer;
        unsigned long long whose, turn = 0;
        store_look(&it->rig, &key, &answer);
        if (answer.sample != NULL) {
            assert_true(store_sample_is(answer.sample, i));
            const char *text = glimpse_sample_get(answer.sample)->text;
            assert_int_equal(sscanf(text, "%llu.%llu ", &whose, &turn), 2);
            assert_true(turn >= 1 && turn <= it->count);
            assert_int_equal(it->changes[turn - 1].key, i);
            assert_int_equal(it->changes[turn - 1].turn, turn);
        }
        glimpse_sample_unref(answer.sample);
        held[i] = (uint32_t)turn;
    }
}

/* How many of the first changes, made one after another, lead to what is held: between least and
 * most, the most that do. SIZE_MAX: no number does. */
static size_t prefix(const life *it, const uint32_t held[KEYS], size_t least, size_t most)
{
    uint32_t state[KEYS] = { 0 };
    size_t different = 0, found = SIZE_MAX;
    for (uint32_t i = 0; i < KEYS; i++) different += held[i] != 0;
    for (size_t n = 0;; n++) {
        if (different == 0 && n >= least) found = n;
        if (n == most) return found;
        const change *next = &it->changes[n];
        different -= state[next->key] != held[next->key];
        state[next->key] = next->turn;
        different += state[next->key] != held[next->key];
    }
}

static void assert_whole(const char *path)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* --- a life --- */

static void change_some(life *it, size_t count)
{
    const size_t end = it->count + count;
    while (it->count < end) {
        for (uint32_t n = 1 + gl_rng_below(&disk.rng, 60); n > 0 && it->count < end; n--) {
            change *now = &it->changes[it->count++];
            now->key = gl_rng_below(&disk.rng, KEYS);
            now->turn = gl_rng_below(&disk.rng, 10) != 0 ? (uint32_t)it->count : 0;
            glimpse_key key = store_key(now->key);
            if (now->turn == 0)
                glimpse_store_remove(it->rig.store, &key, store_done, &it->done);
            else
                store_put(&it->rig, now->key, now->turn, 10 + gl_rng_below(&disk.rng, 6000),
                          &it->done);
        }
        for (uint32_t turns = gl_rng_below(&disk.rng, 6); turns > 0; turns--)
            event_base_loop(it->rig.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
}

/* What a cut has left is opened. false: it was refused, which only a bad disk excuses. */
static bool wake(life *it, const cut *from, tally *found)
{
    uint32_t held[KEYS];
    glimpse_error error =
        glimpse_sqlite_store_new(it->rig.base, &it->rig.config, &it->rig.store, &it->rig.problem);
    if (error != GLIMPSE_OK) {
        if (disk.kind == DISK_HONEST) fail_msg("refused: %s", it->rig.problem.sentence);
        assert_int_equal(error, GLIMPSE_ERR_STORE);
        found->refused++;
        return false;
    }
    look(it, held);
    size_t there = prefix(it, held, from->at_least, from->at_most);
    if (there == SIZE_MAX) {
        if (disk.kind == DISK_HONEST)
            fail_msg("not what %zu to %zu changes lead to", from->at_least, from->at_most);
        found->not_a_prefix++;
        return true;
    }
    found->lost_some += there < from->at_most;
    found->kept_more += there > from->at_least;
    it->count = it->before = it->safe = there;
    for (size_t i = 0; i < it->cut_count; i++) /* cut while it was opened: just as much is there */
        it->cuts[i].at_least = it->cuts[i].at_most = there;
    return true;
}

static const struct {
    size_t changes, cuts;
} depths[] = { { 1200, CUTS }, { 60, 2 }, { 0, 0 } };

static void live(const cut *from, const change *changes, size_t depth, tally *found)
{
    life *it = calloc(1, sizeof *it);
    assert_non_null(it);
    const bool honest = disk.kind == DISK_HONEST;
    it->changes = calloc(from->at_most + depths[depth].changes + 1, sizeof *it->changes);
    assert_non_null(it->changes);
    if (changes != NULL) memcpy(it->changes, changes, from->at_most * sizeof *changes);
    it->count = from->at_most;
    it->safe = from->at_least;
    it->cut_most = honest || depth == 0 ? depths[depth].cuts : 0;
    alive = it;
    store_begin(&it->rig);
    disk_mount(it->rig.path, from->files);
    if (wake(it, from, found) && (honest || depth == 0)) {
        change_some(it, depths[depth].changes);
        store_settle(&it->rig);
        assert_int_equal(it->done.failed, 0);
        found->checkpoints += store_stats(&it->rig).checkpoints;
    }
    store_close(&it->rig);
    disk_unmount();
    if (honest) assert_whole(it->rig.path);
    store_end(&it->rig);
    for (size_t i = 0; i < it->cut_count; i++) {
        found->cuts++;
        live(&it->cuts[i], it->changes, depth + 1, found);
        for (int name = 0; name < DISK_NAMES; name++) free(it->cuts[i].files[name].data);
    }
    free(it->changes);
    free(it);
}

static tally cut_power_on(disk_kind kind)
{
    tally found = { 0 };
    const cut nothing = { .at_most = 0 };
    disk = (disk_state){
        .kind = kind, .moment = maybe_cut, .written = confirmed, .log_safe = on_the_disk
    };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        gl_rng_seed(&disk.rng, seed);
        live(&nothing, NULL, 0, &found);
    }
    print_message(
        "%zu cuts, %zu checkpoints, %zu logs begun over: %zu files refused, %zu not what "
        "some first changes lead to, %zu lacked the last, %zu held more than was synced\n",
        found.cuts, found.checkpoints, disk.log_cuts, found.refused, found.not_a_prefix,
        found.lost_some, found.kept_more);
    return found;
}

/* --- claims --- */

static void after_a_power_cut_it_opens_and_holds_what_was_put_first(void **state)
{
    (void)state;
    tally found = cut_power_on(DISK_HONEST);
    assert_true(found.cuts > SEEDS * CUTS);
    assert_true(found.checkpoints > SEEDS);
    assert_true(disk.log_cuts > SEEDS);
    assert_true(found.lost_some > 0);
    assert_true(found.kept_more > 0);
}

/* That it does damage here shows that the cuts above would show a wrong order. */
static void a_disk_that_lies_loses_order_and_never_gives_a_wrong_value(void **state)
{
    (void)state;
    tally found = cut_power_on(DISK_LYING);
    assert_true(found.cuts > SEEDS);
    assert_true(found.refused + found.not_a_prefix > 0);
}

static void without_asynchronous_fsync_it_never_gives_a_wrong_value(void **state)
{
    (void)state;
    tally found = cut_power_on(DISK_WITHOUT);
    assert_true(found.cuts > SEEDS);
}

static void a_while_after_a_commit_it_is_on_the_disk(void **state)
{
    (void)state;
    const disk_bytes nothing[DISK_NAMES] = { { .len = 0 } };
    life it = { .changes = calloc(100, sizeof(change)) };
    assert_non_null(it.changes);
    disk = (disk_state){ .moment = maybe_cut, .written = confirmed, .log_safe = on_the_disk };
    gl_rng_seed(&disk.rng, 1);
    alive = &it;
    store_begin(&it.rig);
    disk_mount(it.rig.path, nothing);
    store_open(&it.rig);
    change_some(&it, 100);
    store_settle(&it.rig);
    assert_int_equal(store_stats(&it.rig).checkpoints, 0);
    assert_true(it.safe < 100);
    gl_time until = gl_clock_now() + 100 * GL_SECOND;
    while (it.safe < 100) {
        assert_true(gl_clock_now() < until);
        event_base_loop(it.rig.base, EVLOOP_ONCE);
    }
    store_close(&it.rig);
    disk_unmount();
    store_end(&it.rig);
    free(it.changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_power_cut_it_opens_and_holds_what_was_put_first),
        cmocka_unit_test(a_disk_that_lies_loses_order_and_never_gives_a_wrong_value),
        cmocka_unit_test(without_asynchronous_fsync_it_never_gives_a_wrong_value),
        cmocka_unit_test(a_while_after_a_commit_it_is_on_the_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
