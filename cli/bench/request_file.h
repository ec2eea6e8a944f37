/* request_file.h - the file that has a line for each request of a load test. Used by command.c and
 * run.c. */
#ifndef CLI_BENCH_REQUEST_FILE_H
#define CLI_BENCH_REQUEST_FILE_H

#include "load/request_line.h"
#include "options/settings.h"

typedef struct request_file {
    const char *path;
    int fd; /* below 0: it is not open */
    bool csv;
    int error; /* errno of the first write that failed; nothing is written after it */
    gl_buf buffer;
} request_file;

/* The values of --requests: a number is the most that are sent (0: any number), what ends in .jsonl
 * or .csv is the file (NULL: none). NULL, or what is wrong. */
const char *request_words(const text_list *values, uint64_t *count, const char **path);

/* Makes it, or empties what is there. 0, or the exit code, said. */
int request_file_open(request_file *file, const char *path);

/* Kept in memory until there are 256 KiB; a disk that is full is said at once, once. */
void request_file_add(request_file *file, const load_request_line *line);

/* Writes what is left. 0, or the exit code: also when an earlier write failed. Nothing happens to
 * what is not open. */
int request_file_close(request_file *file);

#endif
