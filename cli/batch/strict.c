/* strict.c - the check before a strict job. */
#include "batch/strict.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/job_line.h"
#include "batch/line_reader.h"
#include "exits.h"
#include "say.h"

/* More of them a person does not read at once. */
#define SAID_MAX 10

/* Reads to the end; *bad counts the lines that cannot be used. 0 or an errno. */
static int look_through(line_reader *reader, line_parser *parser, const char *name, uint64_t *bad)
{
    for (;;) {
        gl_slice text;
        uint64_t number;
        job_line line;
        int error;
        switch (line_reader_next(reader, &text, &number)) {
        case LINE_END:
            return 0;
        case LINE_EMPTY:
            error = line_reader_fill(reader);
            if (error != 0) return error;
            continue;
        case LINE_TOO_LONG:
            line_parser_too_long(number, reader->max, &line);
            break;
        case LINE_READY:
            line_parser_read(parser, text, number, &line);
            break;
        }
        if (line.error_code == NULL) continue;
        if (++*bad <= SAID_MAX)
            say("%s:%" PRIu64 ": %s: %s", name, number, line.error_code, line.error_message);
    }
}

int strict_check(int input, const char *name, size_t max_line)
{
    struct stat status;
    line_reader reader;
    line_parser parser;
    uint64_t bad = 0;
    off_t start = lseek(input, 0, SEEK_CUR);
    if (start < 0 || fstat(input, &status) != 0 || !S_ISREG(status.st_mode)) {
        say("--strict reads the input twice, and %s is not a file", name);
        return EXIT_USAGE;
    }
    if (!line_reader_init(&reader, input, max_line)) {
        say("out of memory");
        return EXIT_OS_LIMIT;
    }
    line_parser_init(&parser);
    int error = look_through(&reader, &parser, name, &bad);
    line_parser_free(&parser);
    line_reader_free(&reader);
    if (error != 0 || lseek(input, start, SEEK_SET) != start) {
        say("%s: cannot read: %s", name, strerror(error));
        return EXIT_IO;
    }
    if (bad == 0) return 0;
    if (bad > SAID_MAX) say("... and %" PRIu64 " more", bad - SAID_MAX);
    say("%s: %" PRIu64 " bad line%s; nothing was sent (--strict)", name, bad, bad == 1 ? "" : "s");
    return EXIT_BAD_INPUT;
}
