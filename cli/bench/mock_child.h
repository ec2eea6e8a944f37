/* mock_child.h - the mock server as a process of its own, for `glimpse bench`. */
#ifndef CLI_BENCH_MOCK_CHILD_H
#define CLI_BENCH_MOCK_CHILD_H

#include <stddef.h>
#include <sys/types.h>

typedef struct mock_child {
    pid_t pid; /* 0: none */
    char url[128];
} mock_child;

/*
 * Starts this program again as `glimpse mock` with these further arguments (NULL at the end), on
 * the last of the cores that this process may use, and takes that core away from this process, if
 * there are two; waits until it listens, 10 s at most. It ends when this process does. 0, or the
 * exit code after an error message.
 */
int mock_child_start(mock_child *child, const char *const *arguments);

/* Returns the answer of GET /__mock/stats once this process has no other connection to it (2 s at
 * most), for gl_free; NULL: there is no answer. */
char *mock_child_stats(const mock_child *child, size_t *len);

/* Ends it and waits for its end; gives the core back. Does nothing for one that was not started. */
void mock_child_stop(mock_child *child);

#endif
