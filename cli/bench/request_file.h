/* request_file.h - the file with a line for each request of a load test. Used by command.c and
 * run.c. */
#ifndef CLI_BENCH_REQUEST_FILE_H
#define CLI_BENCH_REQUEST_FILE_H

#include "load/request_line.h"
#include "options/settings.h"

typedef struct request_file {
    const char *path;
    int fd; /* below 0: it is not open */
    bool csv;
    int error; /* errno of the first failed write; nothing is written after it */
    gl_buf buffer;
} request_file;

/* Reads the values of --requests: a number is the most that are sent (0: any number), a name that
 * ends in .jsonl or .csv is the file (NULL: none). NULL, or the fault. */
const char *request_words(const text_list *values, uint64_t *count, const char **path);

/* Makes the file, or empties an existing one. 0, or the exit code after an error message. */
int request_file_open(request_file *file, const char *path);

/* Adds a line; lines are kept in memory up to 256 KiB. A full disk is reported at once, once. */
void request_file_add(request_file *file, const load_request_line *line);

/* Writes the rest. 0, or the exit code: also when an earlier write failed. Does nothing to a file
 * that is not open. */
int request_file_close(request_file *file);

#endif
