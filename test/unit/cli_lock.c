/* cli/files/lock: one process at a time, and it is named. cli/files/spool: a pipe becomes a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files/lock.h"
#include "files/spool.h"

static int open_new(char *path)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    return fd;
}

/* What a child finds when it takes the lock, and whether it names this process. */
static int state_for_a_child(const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        pid_t owner;
        int fd = open(path, O_RDWR);
        lock_state found = fd >= 0 ? lock_take(fd, path, &owner) : LOCK_FAILED;
        _exit(found == LOCK_HELD && owner != getppid() ? 99 : (int)found);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void second_process_is_told_the_first_ones_number(void **state)
{
    (void)state;
    char path[] = "/tmp/glimpse-lock-XXXXXX";
    pid_t owner;
    int fd = open_new(path);
    assert_int_equal(state_for_a_child(path), LOCK_TAKEN);
    assert_int_equal(lock_take(fd, path, &owner), LOCK_TAKEN); /* the child's went with it */
    assert_int_equal(lock_take(fd, path, &owner), LOCK_TAKEN);
    assert_int_equal(state_for_a_child(path), LOCK_HELD);
    close(fd);
    assert_int_equal(state_for_a_child(path), LOCK_TAKEN);
    unlink(path);
}

static void file_that_was_replaced_is_no_longer_the_one_to_lock(void **state)
{
    (void)state;
    char path[] = "/tmp/glimpse-lock-XXXXXX", other[] = "/tmp/glimpse-lock-XXXXXX";
    pid_t owner;
    int fd = open_new(path), newer = open_new(other);
    assert_int_equal(rename(other, path), 0);
    assert_int_equal(lock_take(fd, path, &owner), LOCK_REPLACED);
    assert_int_equal(lock_take(newer, path, &owner), LOCK_TAKEN);
    unlink(path);
    assert_int_equal(lock_take(newer, path, &owner), LOCK_REPLACED);
    close(fd);
    close(newer);
}

static void what_cannot_be_locked_is_said(void **state)
{
    (void)state;
    pid_t owner;
    int fd = open("/dev/null", O_RDONLY);
    assert_int_equal(lock_take(fd, "/dev/null", &owner), LOCK_FAILED); /* not open for writing */
    close(fd);
}

static void pipe_becomes_a_file_at_its_start(void **state)
{
    (void)state;
    enum { LEN = 50000 };
    int ends[2];
    static char sent[LEN], got[LEN + 1];
    for (int i = 0; i < LEN; i++) sent[i] = (char)('a' + i % 26);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], sent, LEN), LEN); /* a pipe holds 64 KiB */
    close(ends[1]);
    int file = spool_open(ends[0]);
    assert_true(file >= 0 && file != ends[0]);
    assert_int_equal(read(file, got, sizeof got), LEN);
    assert_memory_equal(sent, got, LEN);
    assert_int_equal(spool_open(file), file); /* a file is one already */
    struct stat status;
    assert_int_equal(fstat(file, &status), 0);
    assert_int_equal(status.st_nlink, 0);
    close(file);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_process_is_told_the_first_ones_number),
        cmocka_unit_test(file_that_was_replaced_is_no_longer_the_one_to_lock),
        cmocka_unit_test(what_cannot_be_locked_is_said),
        cmocka_unit_test(pipe_becomes_a_file_at_its_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
