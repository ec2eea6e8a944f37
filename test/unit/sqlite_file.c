/* The file of a store: whose it is not, what is damaged in it, and a disk that is full. */
#include "support/store_rig.h"

#include <pwd.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* --- files that are not ours --- */

static void write_file(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    fclose(file);
}

static char *read_all(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        *len = 0;
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    *len = (size_t)ftell(file);
    rewind(file);
    char *data = malloc(*len + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *len, file), *len);
    fclose(file);
    return data;
}

static void sql(const char *path, const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void assert_refused(store_rig *rig, const char *words)
{
    size_t before_len, after_len;
    char *before = read_all(rig->path, &before_len);
    assert_int_equal(glimpse_sqlite_store_new(rig->base, &rig->config, &rig->store, &rig->problem),
                     GLIMPSE_ERR_STORE);
    assert_null(rig->store);
    if (strstr(rig->problem.sentence, words) == NULL)
        fail_msg("'%s' lacks '%s'", rig->problem.sentence, words);
    char *after = read_all(rig->path, &after_len);
    assert_int_equal(before_len, after_len);
    if (before != NULL) assert_memory_equal(before, after, before_len);
    uint64_t removed;
    glimpse_sqlite_file_stats stats = { .size = sizeof stats };
    assert_int_equal(glimpse_sqlite_file_purge(rig->path, 0, &removed, &rig->problem),
                     GLIMPSE_ERR_STORE);
    assert_int_equal(glimpse_sqlite_file_inspect(rig->path, 1, &stats, NULL), GLIMPSE_ERR_STORE);
    free(before);
    free(after);
}

static void what_is_no_store_is_refused_and_left_alone(void **state)
{
    (void)state;
    store_rig rig;
    char text[5000];
    store_begin(&rig);
    memset(text, 't', sizeof text);
    write_file(rig.path, text, sizeof text);
    assert_refused(&rig, "is not a store of Glimpse's");
    write_file(rig.path, text, 10);
    assert_refused(&rig, "is not a store of Glimpse's");
    store_remove_files(&rig);
    assert_int_equal(mkdir(rig.path, 0700), 0);
    assert_int_equal(glimpse_sqlite_store_new(rig.base, &rig.config, &rig.store, &rig.problem),
                     GLIMPSE_ERR_STORE);
    assert_string_equal(rig.problem.sentence, "is not a regular file");
    rmdir(rig.path);
    sql(rig.path, "CREATE TABLE t (a); INSERT INTO t VALUES (1)"); /* somebody's database */
    assert_refused(&rig, "is not a store of Glimpse's");
    store_remove_files(&rig);
    sql(rig.path, "PRAGMA journal_mode = WAL; PRAGMA application_id = 99; CREATE TABLE sample (a)");
    assert_refused(&rig, "is not a store of Glimpse's");
    store_remove_files(&rig);
    rig.config.path = "/nowhere/at/all/store";
    assert_int_equal(glimpse_sqlite_store_new(rig.base, &rig.config, &rig.store, &rig.problem),
                     GLIMPSE_ERR_STORE);
    assert_string_equal(rig.problem.sentence, "cannot be made: no such file or directory");
    store_end(&rig);
}

static void a_newer_format_is_refused_by_its_number(void **state)
{
    (void)state;
    store_rig rig;
    store_begin(&rig);
    store_open(&rig);
    store_put(&rig, 1, 0, 10, NULL);
    store_close(&rig);
    sql(rig.path, "PRAGMA user_version = 2");
    assert_refused(&rig, "has format 2, of a newer version of Glimpse; this one reads 1");
    sql(rig.path, "PRAGMA user_version = 1");
    store_open(&rig);
    assert_true(store_has(&rig, 1));
    store_end(&rig);
}

static void what_cannot_be_made_valid_is_refused(void **state)
{
    (void)state;
    store_rig rig;
    glimpse_store *store;
    glimpse_sqlite_file_stats stats = { .size = sizeof stats };
    uint64_t removed;
    store_begin(&rig);
    glimpse_sqlite_store_config config = rig.config;
    config.ttl_ms = 0;
    assert_int_equal(glimpse_sqlite_store_new(rig.base, &config, &store, NULL),
                     GLIMPSE_ERR_INVALID);
    config = rig.config;
    config.max_bytes = (1 << 20) - 1;
    assert_int_equal(glimpse_sqlite_store_new(rig.base, &config, &store, NULL),
                     GLIMPSE_ERR_INVALID);
    config = rig.config;
    config.path = "";
    assert_int_equal(glimpse_sqlite_store_new(rig.base, &config, &store, NULL),
                     GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_sqlite_store_new(NULL, &rig.config, &store, NULL),
                     GLIMPSE_ERR_INVALID);
    /* What only looks or cleans makes no file. */
    assert_int_equal(glimpse_sqlite_file_inspect(rig.path, 1, &stats, &rig.problem),
                     GLIMPSE_ERR_STORE);
    assert_string_equal(rig.problem.sentence, "cannot be opened: no such file or directory");
    assert_int_equal(glimpse_sqlite_file_purge(rig.path, 0, &removed, NULL), GLIMPSE_ERR_STORE);
    struct stat what;
    assert_int_not_equal(stat(rig.path, &what), 0);
    store_end(&rig);
}

/* Runs in a child that is nobody: root may write everything. */
static int as_nobody(store_rig *rig, int (*test)(store_rig *rig))
{
    int status;
    struct passwd *nobody = getpwnam("nobody");
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (nobody == NULL || setuid(nobody->pw_uid) != 0)) _exit(2);
        _exit(test(rig));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* It is read: what was put last is there; it is not written, and nothing is made beside it. */
static int read_only(store_rig *rig)
{
    store_count count = { 0 };
    glimpse_sqlite_file_stats stats = { .size = sizeof stats };
    uint64_t removed;
    store_open(rig);
    if (!glimpse_sqlite_store_read_only(rig->store)) return 10;
    if (strcmp(rig->events, "store_read_only ") != 0) return 11;
    if (!store_has(rig, 1) || !store_has(rig, 2) || store_has(rig, 3)) return 12;
    store_put(rig, 3, 0, 10, &count);
    if (count.calls != 1 || count.last != GLIMPSE_ERR_STORE || store_has(rig, 3)) return 13;
    if (store_stats(rig).lost != 1) return 14;
    if (glimpse_sqlite_file_inspect(rig->path, 1, &stats, NULL) != GLIMPSE_OK || stats.entries != 2)
        return 15;
    if (glimpse_sqlite_file_purge(rig->path, 0, &removed, &rig->problem) != GLIMPSE_ERR_STORE)
        return 16;
    store_close(rig);
    return 0;
}

static int refused_for_its_log(store_rig *rig)
{
    glimpse_error error =
        glimpse_sqlite_store_new(rig->base, &rig->config, &rig->store, &rig->problem);
    if (error == GLIMPSE_ERR_STORE && strstr(rig->problem.sentence, "has a log") != NULL) return 0;
    fprintf(stderr, "%s: %s\n", glimpse_error_name(error), rig->problem.sentence);
    return 1;
}

static bool is_beside(const store_rig *rig, const char *suffix)
{
    char name[160];
    struct stat what;
    snprintf(name, sizeof name, "%s%s", rig->path, suffix);
    return stat(name, &what) == 0;
}

static void let_read(const store_rig *rig, const char *suffix)
{
    char name[160];
    snprintf(name, sizeof name, "%s%s", rig->path, suffix);
    assert_int_equal(chmod(name, 0444), 0);
}

/* One whose folder may not be written either, as on a mounted image; with characters that mean
 * something in a URI. */
static void a_file_that_may_only_be_read_is_read(void **state)
{
    (void)state;
    store_rig rig;
    store_begin(&rig);
    snprintf(rig.path, sizeof rig.path, "%s/a%%20b?c#d", rig.directory);
    store_open(&rig);
    store_put(&rig, 1, 0, 10, NULL);
    store_put(&rig, 2, 0, 10, NULL);
    store_close(&rig);
    let_read(&rig, "");
    assert_int_equal(chmod(rig.directory, 0755), 0);
    assert_int_equal(as_nobody(&rig, read_only), 0);
    assert_false(is_beside(&rig, "-wal"));
    assert_false(is_beside(&rig, "-shm"));
    assert_int_equal(chmod(rig.path, 0666), 0); /* the file may be written, its folder not */
    if (geteuid() != 0) assert_int_equal(chmod(rig.directory, 0555), 0);
    assert_int_equal(as_nobody(&rig, read_only), 0);
    assert_int_equal(chmod(rig.directory, 0755), 0);
    store_end(&rig);
}

static int write_and_die(store_rig *rig)
{
    store_open(rig);
    store_put(rig, 1, 0, 10, NULL);
    store_put(rig, 2, 0, 10, NULL);
    store_settle(rig);
    return 0;
}

/* What a killed process has written last is in the log. */
static void a_log_beside_it_is_read_or_named(void **state)
{
    (void)state;
    store_rig rig;
    int status;
    store_begin(&rig);
    pid_t writer = fork();
    if (writer == 0) _exit(write_and_die(&rig));
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_int_equal(status, 0);
    assert_true(is_beside(&rig, "-wal"));
    let_read(&rig, "");
    assert_int_equal(chmod(rig.directory, 0755), 0);
    if (geteuid() == 0) assert_int_equal(as_nobody(&rig, refused_for_its_log), 0);
    let_read(&rig, "-wal");
    let_read(&rig, "-shm");
    assert_int_equal(as_nobody(&rig, read_only), 0);
    store_end(&rig);
}

/* --- damage --- */

/* Opens what is there; each entry is right or not there; returns how many are. */
static size_t intact(store_rig *rig, uint64_t entries)
{
    size_t there = 0;
    rig->events[0] = '\0';
    if (glimpse_sqlite_store_new(rig->base, &rig->config, &rig->store, &rig->problem) !=
        GLIMPSE_OK) {
        assert_true(rig->problem.sentence[0] != '\0');
        return 0;
    }
    for (uint64_t i = 0; i < entries; i++) there += store_has(rig, i);
    store_put(rig, entries, 0, 10, NULL);
    store_settle(rig);
    store_close(rig);
    return there;
}

static void a_damaged_file_never_gives_a_wrong_answer(void **state)
{
    (void)state;
    enum { ENTRIES = 60, PAGE = 4096 };
    store_rig rig;
    size_t len, missed = 0, refused = 0, runs = 0;
    store_begin(&rig);
    store_open(&rig);
    for (uint64_t i = 0; i < ENTRIES; i++) store_put(&rig, i, 0, 100 * i, NULL);
    store_close(&rig);
    char *whole = read_all(rig.path, &len), *bad = malloc(len);
    assert_non_null(bad);
    assert_true(len > 20 * PAGE);
    /* A bit behind each page boundary, before it, and at places spread over the pages. */
    for (size_t page = 0; page * PAGE < len; page++) {
        size_t places[] = { page * PAGE + page % 8, page * PAGE + PAGE - 1,
                            page * PAGE + (page * 1103515245 + 12345) % PAGE };
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            if (places[i] >= len) continue;
            memcpy(bad, whole, len);
            bad[places[i]] ^= (char)(1 << (page + i) % 8);
            write_file(rig.path, bad, len);
            size_t there = intact(&rig, ENTRIES);
            refused += there == 0;
            missed += there > 0 && there < ENTRIES;
            runs++;
            store_remove_files(&rig);
        }
        write_file(rig.path, whole, page * PAGE); /* cut off at it */
        intact(&rig, ENTRIES);
        store_remove_files(&rig);
        if (page > 0) { /* a page that is another's: found by the digest, or by SQLite */
            memcpy(bad, whole, len);
            memcpy(bad + page * PAGE, whole + (page + 3) * PAGE % (len - PAGE), PAGE);
            write_file(rig.path, bad, len);
            intact(&rig, ENTRIES);
            store_remove_files(&rig);
        }
    }
    print_message("%zu flipped bits: %zu files refused, %zu with misses\n", runs, refused, missed);
    assert_true(missed > 20);
    assert_true(refused > 0);
    free(whole);
    free(bad);
    store_end(&rig);
}

static void a_value_moved_to_another_key_or_time_is_a_miss(void **state)
{
    (void)state;
    store_rig rig;
    store_begin(&rig);
    store_open(&rig);
    for (uint64_t i = 0; i < 3; i++) store_put(&rig, i, 0, 10, NULL);
    store_close(&rig);
    sql(rig.path, "UPDATE sample SET value = (SELECT value FROM sample WHERE id = 1),"
                  " digest = (SELECT digest FROM sample WHERE id = 1) WHERE id = 2;"
                  "UPDATE sample SET put_ms = put_ms + 1 WHERE id = 3");
    store_open(&rig);
    assert_true(store_has(&rig, 0));
    assert_false(store_has(&rig, 1));
    assert_false(store_has(&rig, 2));
    assert_int_equal(store_stats(&rig).damaged, 2);
    store_put(&rig, 1, 1, 10, NULL); /* and is put right by the next put */
    store_settle(&rig);
    assert_true(store_has(&rig, 1));
    store_end(&rig);
}

/* --- a disk that is full --- */

static void a_full_disk_loses_what_is_put_and_nothing_else(void **state)
{
    (void)state;
    store_rig rig;
    store_count count = { 0, 0, GLIMPSE_OK };
    struct rlimit limit, small;
    store_begin(&rig);
    store_open(&rig);
    for (uint64_t i = 0; i < 100; i++) store_put(&rig, i, 0, 1000, NULL);
    store_settle(&rig);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 300 << 10; /* the log is at 200 KiB or so */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (uint64_t i = 100; i < 600; i++) store_put(&rig, i, 0, 1000, &count);
    store_settle(&rig);
    assert_true(count.failed > 0);
    assert_int_equal(count.last, GLIMPSE_ERR_STORE);
    assert_non_null(strstr(rig.events, "store_not_written"));
    for (uint64_t i = 0; i < 100; i++) assert_true(store_has(&rig, i));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    store_put(&rig, 1000, 0, 1000, NULL); /* there is room again */
    store_settle(&rig);
    assert_true(store_has(&rig, 1000));
    store_close(&rig);
    store_open(&rig);
    for (uint64_t i = 0; i < 100; i++) assert_true(store_has(&rig, i));
    assert_true(store_has(&rig, 1000));
    store_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_store_is_refused_and_left_alone),
        cmocka_unit_test(a_newer_format_is_refused_by_its_number),
        cmocka_unit_test(what_cannot_be_made_valid_is_refused),
        cmocka_unit_test(a_file_that_may_only_be_read_is_read),
        cmocka_unit_test(a_log_beside_it_is_read_or_named),
        cmocka_unit_test(a_damaged_file_never_gives_a_wrong_answer),
        cmocka_unit_test(a_value_moved_to_another_key_or_time_is_a_miss),
        cmocka_unit_test(a_full_disk_loses_what_is_put_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
