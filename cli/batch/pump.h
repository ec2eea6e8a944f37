/*
 * pump.h - the machine of a job: it takes lines from the input while there is room, makes a request
 * of each, and writes each result as a record to the output. Two ways of a job use it: online
 * (job.c) and through the Batch API (batch_api/). A way's own struct begins with the pump, and its
 * table of hooks has the differences.
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

/* Milliseconds that requests in flight get to finish when a job stops early. */
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
    /* Whether another request may be in flight. */
    bool (*has_room)(const cli_pump *pump);
    /* Takes a good line. Its pointers are borrowed. `order` is its number from 0, `text` the whole
     * line. */
    void (*send)(cli_pump *pump, uint64_t order, job_line *line, gl_slice text);
    /* Takes the result of an item; the item is freed afterwards. */
    void (*ended)(pump_item *item, const glimpse_result *result);
    /* Runs before lines are taken. true: the way has work of its own in flight, so the job is not
     * over. */
    bool (*turn)(cli_pump *pump);
    /* No more lines are taken; work in flight may take this long. */
    void (*stop)(cli_pump *pump, int64_t grace_ms);
    /* Prints which work goes on, or for how long. Called after a signal, or, with late, at the
     * job's deadline. */
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
    const resume_state *resume; /* NULL: no earlier run has done a line */

    int input;
    off_t input_start, input_size; /* size 0: not a regular file */
    line_reader reader;
    line_parser parser;
    uint64_t lines; /* taken from the input: the order number of the next one */
    size_t live;    /* submitted, not ended */
    bool waits_for_input, input_ended;
    bool stopping; /* no more lines are taken */
    int exit_code; /* why it stops; 0: it does not */

    cli_output *out;
    int output; /* owned by out */
    const char *out_name;
    cli_ordered order; /* the order of the records, with --ordered */
    cli_ahead *ahead;  /* its held records on disk; NULL: the output is no file */
    gl_buf scratch;    /* the text of one record */
    bool output_gone;  /* the output is gone, and this was printed */

    cli_tally tally;
    cli_failures failures;
    cli_progress progress;
    cli_signals signals;
    uint64_t started;    /* glimpse_monotonic_ns */
    int64_t deadline_ms; /* when the job is stopped for --job-deadline; 0: never */
    int64_t last_ms;     /* time that work in flight gets at the deadline */
    /* turn: something changed in this turn of the loop; later: goes on in the next turn; readable:
     * a slow input has bytes. */
    struct event *turn, *later, *readable, *deadline;
};

/* Takes over the input and the output of the parts. With --ordered, `window` records may wait for
 * their turn. false: out of memory. Free it either way. */
bool pump_init(cli_pump *pump, const pump_way *way, const job_parts *parts, size_t window);
void pump_free(cli_pump *pump);

/* Runs the job until every line is read or the job was stopped, and nothing is in flight. *report
 * is the work done so far; call pump_verdict for the final one. */
void pump_run(cli_pump *pump, cli_report *report);

/* Completes the tally of the report, and returns the exit code. */
int pump_verdict(const cli_pump *pump, cli_report *report);

/* Fills in a report of the work done so far. */
void pump_look(void *pump, cli_report *report);

/* Counts the lines that were not taken, as far as this needs no waiting. */
void pump_count_rest(cli_pump *pump);

/* Prints a line for the user, and draws the progress again behind it. */
void pump_say(cli_pump *pump, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Call after a change: the turn runs after the events that are ready now. */
void pump_changed(cli_pump *pump);

/* Has the turn run again in the next turn of the loop. */
void pump_again(cli_pump *pump);

/* Whether one more request may be sent now. */
bool pump_has_room(const cli_pump *pump);

/* Stops taking lines; requests in flight go on. The exit code of the first reason is kept, but a
 * write error replaces any other. */
void pump_stop_reading(cli_pump *pump, int exit_code);

/* The same, and requests in flight get grace_ms to finish. */
void pump_stop(cli_pump *pump, int exit_code, int64_t grace_ms);

/* Prints why the job cannot go on, and stops it at once. */
void pump_fail(cli_pump *pump, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Gives a line to the engine. Returns its item, of `size` bytes; set the way's own members in it
 * now. NULL: the line was refused, and has its record. */
void *pump_submit(cli_pump *pump, size_t size, uint64_t order, job_line *line,
                  const glimpse_options *options);

/* --- pump_records.c --- */

/* Takes over the output. false: out of memory. */
bool pump_open_records(cli_pump *pump, int output, size_t window);

/* Writes the record of a result. attempts: as in glimpse_record. false: out of memory; an error
 * message was printed and the job stops. */
bool pump_put_result(const pump_item *item, const glimpse_result *result, int attempts);

/* Writes the record of a line that cannot be sent. */
void pump_put_bad_line(cli_pump *pump, uint64_t order, const job_line *line);

/* Ends a line without a record: it was not sent, or an earlier run has its record. */
void pump_leave_out(cli_pump *pump, uint64_t order);
void pump_pass_over(cli_pump *pump, uint64_t order);

/* Reports a failure that the user should see. true, after a message: the first answers are all one
 * failure that no line can have caused, and more lines would be sent. */
bool pump_note_result(const pump_item *item, const glimpse_result *result, bool has_more);

/* Writes as much as the output takes without waiting. A failure prints an error message and stops
 * the job. */
void pump_flush_records(cli_pump *pump);

/* Whether every finished record is in the output, on disk, and the output is still at its path.
 * Otherwise prints an error message and stops the job. */
bool pump_records_stand(cli_pump *pump);

/* Call before the process ends early: writes the finished records, gaps and all. */
void pump_leave_records(cli_pump *pump);

/* Does the same at the end of the job, and closes the output; with --resume and --ordered it also
 * puts the records in the input's order. A failure prints an error message, and sets the job's exit
 * code. */
void pump_close_records(cli_pump *pump);
void pump_free_records(cli_pump *pump);

#endif
