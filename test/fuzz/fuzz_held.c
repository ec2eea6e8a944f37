/*
 * fuzz_held.c - records that finish in any order, of any size, and end at any moment: what has been
 * put is in the output or beside it, in every turn, and the output is always in order.
 *
 * Each byte is a step: which of the window finishes, how long its record is, or a turn.
 */
#include "fuzz.h"

#include <event2/event.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "batch/ahead.h"

/* So small that the file beside is made anew often. */
enum { WINDOW = 8, MOST = 128, RENEW = 1000 };

typedef struct world {
    struct event_base *base;
    cli_output *out;
    cli_ahead *ahead;
    cli_ordered order;
    char path[64];
    bool put[MOST];
} world;

static void ready(void *arg)
{
    (void)arg;
}

static void emit(void *arg, gl_slice record)
{
    world *w = arg;
    output_add(w->out, record);
}

/* Marks the numbers of the records in a file; they rise, if it is the output. */
static void read_numbers(const char *path, bool in_order, bool *seen)
{
    char line[1024];
    int last = -1;
    FILE *file = fopen(path, "r");
    if (file == NULL) return;
    while (fgets(line, sizeof line, file) != NULL) {
        int number = (int)strtol(line, NULL, 10);
        claim(strchr(line, '\n') != NULL && number < MOST, "a record is cut");
        claim(!in_order || number > last, "out of order");
        last = number;
        seen[number] = true;
    }
    fclose(file);
}

static void turn(world *w)
{
    char beside[80];
    bool seen[MOST] = { false };
    output_flush(w->out);
    claim(ahead_flush(w->ahead, w->out, &w->order) == 0, "it cannot be written");
    snprintf(beside, sizeof beside, "%s.ahead", w->path);
    read_numbers(w->path, true, seen);
    read_numbers(beside, false, seen);
    for (int i = 0; i < MOST; i++) claim(!w->put[i] || seen[i], "a finished record is nowhere");
}

static void put(world *w, unsigned which, size_t len)
{
    char record[1024];
    uint64_t number = w->order.next + which % WINDOW;
    if (number >= MOST || w->put[number]) return;
    int head = snprintf(record, sizeof record, "%d ", (int)number);
    memset(record + head, 'x', len);
    gl_slice text = gl_slice_of(record, (size_t)head + len);
    if (number != w->order.next) ahead_add(w->ahead, text);
    w->put[number] = true;
    claim(ordered_put(&w->order, number, text), "out of memory");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const output_observer observer = { .ready = ready };
    world w = { .base = event_base_new() };
    snprintf(w.path, sizeof w.path, "/dev/shm/glimpse-held-%ld", (long)getpid());
    int fd = open(w.path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    w.out = output_new(w.base, fd, false, FSYNC_NEVER, &observer, &w);
    w.ahead = ahead_new(w.base, w.path, RENEW, FSYNC_NEVER, &observer, &w);
    claim(w.out != NULL && w.ahead != NULL && ordered_init(&w.order, WINDOW, emit, &w),
          "no memory");
    for (size_t i = 0; i < size && i < 150; i++) {
        if ((data[i] & 7) == 7)
            turn(&w);
        else
            put(&w, data[i] & 7, (size_t)(data[i] >> 3) * 20);
    }
    turn(&w);
    ordered_drain(&w.order); /* the end: gaps and all */
    turn(&w);
    cli_tally tally = { 0 };
    claim(output_verify(w.out, w.path, &tally) == 0, "the output is not what was written");
    output_close(w.out);
    ahead_free(w.ahead, true);
    ordered_free(&w.order);
    bool seen[MOST] = { false };
    read_numbers(w.path, true, seen);
    for (int i = 0; i < MOST; i++) claim(w.put[i] == seen[i], "the output is not what was put");
    event_base_free(w.base);
    unlink(w.path);
    claim(gl_alloc_live() == 0, "memory is left");
    return 0;
}
