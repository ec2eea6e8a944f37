/* Bytes to and from a descriptor, whole or with an errno. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static int open_new(void)
{
    char path[] = "/tmp/glimpse-file-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

static void what_is_written_is_read_at_its_place(void **state)
{
    (void)state;
    char text[8] = "";
    int fd = open_new();
    assert_int_equal(gl_file_write(fd, "0123456789", 10), 0);
    assert_int_equal(gl_file_write(fd, "", 0), 0);
    assert_int_equal(gl_file_read_at(fd, text, 4, 6), 0);
    assert_string_equal(text, "6789");
    assert_int_equal(gl_file_read_at(fd, text, 0, 100), 0);
    close(fd);
}

static void a_file_that_is_shorter_is_an_error_and_so_is_none(void **state)
{
    (void)state;
    char text[8];
    int fd = open_new();
    assert_int_equal(gl_file_write(fd, "0123", 4), 0);
    assert_int_equal(gl_file_read_at(fd, text, 5, 0), EIO);
    close(fd);
    assert_int_equal(gl_file_write(fd, "0", 1), EBADF);
    assert_int_equal(gl_file_read_at(fd, text, 1, 0), EBADF);
    assert_int_equal(gl_file_sync(fd), EBADF);
    assert_int_equal(gl_file_sync_data(fd), EBADF);
}

/* More than a pipe takes at once, with a reader that takes a little: the write goes on. */
static void a_short_write_is_gone_on_with(void **state)
{
    (void)state;
    enum { LEN = 300000 };
    static char sent[LEN], got[LEN];
    int ends[2];
    for (size_t i = 0; i < LEN; i++) sent[i] = (char)(i * 7);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        _exit(gl_file_write(ends[1], sent, LEN) == 0 ? 0 : 1);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t n; (n = read(ends[0], got + len, LEN - len < 1000 ? LEN - len : 1000)) > 0;)
        len += (size_t)n;
    assert_int_equal(len, LEN);
    assert_memory_equal(got, sent, LEN);
    close(ends[0]);
}

static void what_has_nothing_to_sync_is_synced(void **state)
{
    (void)state;
    int ends[2], fd = open_new();
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(gl_file_sync(ends[1]), 0); /* EINVAL */
    assert_int_equal(gl_file_sync_data(ends[1]), 0);
    assert_int_equal(gl_file_sync(fd), 0);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_at_its_place),
        cmocka_unit_test(a_file_that_is_shorter_is_an_error_and_so_is_none),
        cmocka_unit_test(a_short_write_is_gone_on_with),
        cmocka_unit_test(what_has_nothing_to_sync_is_synced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
