/*
 * pump.h - the machine of a job: lines are taken from the input while there is room, each becomes a
 * request, and each result a record of the output. Two ways of a job stand on it: online (job.c)
 * and through the Batch API (batch_api/). A way's own struct begins with the pump, and says in a
 * table of hooks what it does differently.
 */
#ifndef CLI_BATCH_PUMP_H
#define CLI_BATCH_PUMP_H

#include "batch/ahead.h"
#include "batch/failures.h"
#include "batch/job.h"
#include "batch/job_line.h"
#include "batch/line_reader.h"
#include "batch/ordered.h"
#include "batch/output.h"
#include "batch/progress.h"
#include "signals.h"

/* What stops early lets requests in flight finish in, in milliseconds. */
#define GRACE_MS 5000
/* Lines taken in one turn, so that a file of bad lines does not hold up the loop. */
#define LINES_A_TURN 256

typedef struct cli_pump cli_pump;

/* A line whose request is under way. A way's own item begins with it; the texts stand behind that.
 */
typedef struct pump_item {
    cli_pump *pump;
    glimpse_id id;
    uint64_t line, order;
    const char *custom_id, *path; /* path NULL: /chat/completions */
} pump_item;

typedef struct pump_way {
    /* Whether one more request may be under way. */
    bool (*has_room)(const cli_pump *pump);
    /* A good line; what it points to is borrowed. `order` is its number from 0, text all of it. */
    void (*send)(cli_pump *pump, uint64_t order, job_line *line, gl_slice text);
    /* The result of an item, which is freed then. */
    void (*ended)(pump_item *item, const glimpse_result *result);
    /* Before lines are taken. true: it has work of its own under way, so the job is not over. */
    bool (*turn)(cli_pump *pump);
    /* No line is taken any more; what is under way may take so long. */
    void (*stop)(cli_pump *pump, int64_t grace_ms);
    /* Says what goes on, or for how long: after a signal, or late, by the job's deadline. */
    void (*tell_stop)(cli_pump *pump, int64_t grace_ms, bool late);
    /* Puts the way's own figures into a report; may be NULL. */
    void (*correct)(const cli_pump *pump, cli_report *report);
    /* Before a second signal ends the process; may be NULL. */
    void (*leave)(int number, void *pump);
} pump_way;

struct cli_pump {
    const pump_way *way;
    cli_session *session;
    const cli_settings *settings;
    glimpse_engine *engine; /* makes the records; the session's, unless the way sets another */
    cli_cost *cost;
    const resume_state *resume; /* NULL: nothing has been done before */

    int input;
    off_t input_start, input_size; /* size 0: not a regular file */
    line_reader reader;
    line_parser parser;
    uint64_t lines; /* taken from the input, the number of the next in order */
    size_t live;    /* submitted, not ended */
    bool waits_for_input, input_ended;
    bool stopping; /* no line is taken any more */
    int exit_code; /* why it stops, 0 = it does not */

    cli_output *out;
    int output; /* owned by out */
    const char *out_name;
    cli_ordered order; /* used with --ordered */
    cli_ahead *ahead;  /* the same on disk; NULL: the output is no file */
    gl_buf scratch;    /* of a record */
    bool output_gone;  /* it was said */

    cli_tally tally;
    cli_failures failures;
    cli_progress progress;
    cli_signals signals;
    uint64_t started;    /* glimpse_monotonic_ns */
    int64_t deadline_ms; /* when the job is stopped for --job-deadline; 0: never */
    int64_t last_ms;     /* what is under way may take so long then */
    /* turn: something changed in this turn of the loop; later: go on in the next; readable: a slow
     * input has bytes. */
    struct event *turn, *later, *readable, *deadline;
};

/* Takes over the input and the output of the parts; of --ordered `window` records may wait. false:
 * out of memory. Free it either way. */
bool pump_init(cli_pump *pump, const pump_way *way, const job_parts *parts, size_t window);
void pump_free(cli_pump *pump);

/* Runs it to its end: all is read, or it was stopped, and nothing is under way. *report is what it
 * has done; pump_verdict has the last word. */
void pump_run(cli_pump *pump, cli_report *report);

/* The last of it: the report's tally, and the exit code. */
int pump_verdict(const cli_pump *pump, cli_report *report);

/* What it has done by now. */
void pump_look(void *pump, cli_report *report);

/* Counts the lines that were not taken, where that needs no waiting. */
void pump_count_rest(cli_pump *pump);

/* A line for the user, past what is drawn of the progress. */
void pump_say(cli_pump *pump, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Something changed: the turn runs when what is ready now has been looked at. */
void pump_changed(cli_pump *pump);

/* The turn runs again, after what the loop has to do. */
void pump_again(cli_pump *pump);

/* Whether one more request may be sent now. */
bool pump_has_room(const cli_pump *pump);

/* Stops taking lines; what is in flight goes on. The first reason is kept, but a write error beats
 * all. */
void pump_stop_reading(cli_pump *pump, int exit_code);

/* The same; what is in flight gets grace_ms to finish. */
void pump_stop(cli_pump *pump, int exit_code, int64_t grace_ms);

/* The job cannot go on: says why, and stops it at once. */
void pump_fail(cli_pump *pump, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Gives a line to the engine. Returns its item, of `size` bytes: what is the way's own in it is to
 * be set now. NULL: the line was refused, and has its record. */
void *pump_submit(cli_pump *pump, size_t size, uint64_t order, job_line *line,
                  const glimpse_options *options);

/* --- pump_records.c --- */

/* Takes over the output. false: out of memory. */
bool pump_open_records(cli_pump *pump, int output, size_t window);

/* The record of a result. attempts: as in glimpse_record. false, said, and the job stops: out of
 * memory. */
bool pump_put_result(const pump_item *item, const glimpse_result *result, int attempts);

/* The record of a line that cannot be sent. */
void pump_put_bad_line(cli_pump *pump, uint64_t order, const job_line *line);

/* A line that ends without a record: nothing was sent, or an earlier run did it. */
void pump_leave_out(cli_pump *pump, uint64_t order);
void pump_pass_over(cli_pump *pump, uint64_t order);

/* Says what a person must hear of how a line ended. true, said: the first answers are all a failure
 * of which no line can be the reason, and there is more to ask. */
bool pump_note_result(const pump_item *item, const glimpse_result *result, bool has_more);

/* Writes what can be written without waiting; what fails stops the job, said. */
void pump_flush_records(cli_pump *pump);

/* Whether all that is finished is in the output, on disk, and the output is where it was. Else the
 * job stops, said. */
bool pump_records_stand(cli_pump *pump);

/* The process is about to end: what is finished is written, gaps and all. */
void pump_leave_records(cli_pump *pump);

/* The same at the end of the job, and closes; with --resume and --ordered in the input's order.
 * What fails is said, and is the job's exit code. */
void pump_close_records(cli_pump *pump);
void pump_free_records(cli_pump *pump);

#endif
