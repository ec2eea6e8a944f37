/* A store whose locks are held elsewhere for a moment while it is opened. */
#include "support/store_rig.h"

#include <sqlite3.h>

/* SQLite looks at a lock a hundred times, and then says SQLITE_PROTOCOL (wal.c: its limit stands
 * for ten seconds of sleep, which nothing here sleeps). */
enum { LOOKS = 300 }; /* SQLite asks for up to two locks a look */

static sqlite3_vfs *under;
static sqlite3_vfs busy_vfs;
static int opened;   /* connections to the store */
static int refusals; /* of the next locks that are asked for through connection number `through` */
static int through;

typedef struct busy_file {
    sqlite3_io_methods methods;
    const sqlite3_io_methods *real;
} busy_file;

static size_t behind(void)
{
    return ((size_t)under->szOsFile + 15) & ~(size_t)15;
}

static int busy_lock(sqlite3_file *file, int offset, int n, int flags)
{
    const busy_file *it = (const busy_file *)(const void *)((const char *)file + behind());
    if ((flags & SQLITE_SHM_LOCK) != 0 && (flags & SQLITE_SHM_SHARED) != 0 && refusals > 0) {
        refusals--;
        return SQLITE_BUSY;
    }
    return it->real->xShmLock(file, offset, n, flags);
}

static int busy_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int rc = under->xOpen(under, path, file, flags, out);
    if (rc != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0) return rc;
    if (++opened != through) return rc;
    busy_file *it = (busy_file *)(void *)((char *)file + behind());
    it->real = file->pMethods;
    it->methods = *file->pMethods;
    it->methods.xShmLock = busy_lock;
    file->pMethods = &it->methods;
    return rc;
}

static int no_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static void mount(void)
{
    under = sqlite3_vfs_find(NULL);
    busy_vfs = *under;
    busy_vfs.pNext = NULL;
    busy_vfs.zName = "busy";
    busy_vfs.szOsFile = (int)(behind() + sizeof(busy_file));
    busy_vfs.xOpen = busy_open;
    busy_vfs.xSleep = no_sleep;
    sqlite3_vfs_register(&busy_vfs, 1);
}

/* The store is opened while one of its connections finds a lock held for LOOKS looks. */
static void open_against_a_lock(int connection)
{
    store_rig rig;
    store_begin(&rig);
    store_open(&rig);
    store_put(&rig, 1, 1, 10, NULL);
    store_settle(&rig);
    store_close(&rig);
    opened = 0;
    through = connection;
    refusals = LOOKS;
    store_open(&rig);
    assert_int_equal(opened, 2);
    assert_int_equal(refusals, 0);
    through = 0;
    assert_true(store_has(&rig, 1));
    store_end(&rig);
}

static void a_lock_that_the_keeper_finds_held_for_a_moment_refuses_no_store(void **state)
{
    (void)state;
    open_against_a_lock(1);
}

static void a_lock_that_the_reader_finds_held_for_a_moment_refuses_no_store(void **state)
{
    (void)state;
    open_against_a_lock(2);
}

int main(void)
{
    mount();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_that_the_keeper_finds_held_for_a_moment_refuses_no_store),
        cmocka_unit_test(a_lock_that_the_reader_finds_held_for_a_moment_refuses_no_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
