/*
 * private.h - the job, which the files of this folder share.
 *
 * job.c      lines in, records out, through an engine whose sampler answers from files
 * life.c     set up, run, ended
 * plan.c     requests into parts
 * steps.c    a part's way: uploaded, created, watched, downloaded
 * room.c     parts for which the endpoint has no room
 * join.c     a file that came down, read request by request
 * mode.c     decides whether a job is sent as batches
 * slots.c, part.c, journal.c   tables of requests and parts, and their journal
 */
#ifndef CLI_BATCH_API_PRIVATE_H
#define CLI_BATCH_API_PRIVATE_H

#include "base/map.h"
#include "batch/pump.h"
#include "batch_api/job.h"
#include "batch_api/part.h"

/* A line of the input whose request is in a part. */
typedef struct batch_api_line {
    uint64_t offset; /* place of its first byte in the input */
    uint64_t number;
    uint32_t length, slot;
} batch_api_line;

typedef struct batch_api_job {
    cli_pump pump;
    line_parser again; /* reads lines a second time */
    gl_buf text;       /* the bytes of a line that was read again, or of an answer */

    glimpse_sampler *sampler;
    glimpse_batch_api *api;
    gl_map items; /* batch_api_item, by the request's id */

    batch_api_journal journal;
    batch_api_slots slots;
    batch_api_bounds bounds;
    batch_api_part **parts; /* by number - 1 */
    size_t part_count, part_capacity;
    batch_api_line *lines;
    size_t line_count, line_capacity;

    batch_api_part *joining;
    uint32_t *join_lines; /* the lines of the part that is joined, by slot */
    size_t join_count, join_next;
    size_t joined_lines;        /* lines that have a record of an answer */
    uint64_t left;              /* lines of batches that were cancelled */
    uint64_t attempts, retries; /* in the records of this run: docs/internals/batch_api_job.md */
    struct event *room;
    uint64_t room_wait_ms;
    uint64_t room_bytes; /* of the smallest part refused while alone; 0: none was */
    bool connected;
    bool files_left; /* a file of a part that is done is left, so the journal stays too */
    bool hopeless;   /* the first answers are one failure that no line can have caused: nothing more
                        is sent, and answers that have come down get their records */
    uint64_t looked_twice; /* cache look-ups that repeat one: before the plan, and at the join */
    bool no_batch_api;     /* the endpoint has no Batch API: there is nothing to resume */
} batch_api_job;

/* --- job.c --- */

/* Whether no request of the job is at the endpoint or on its way. */
bool batch_api_all_joined(const batch_api_job *job);

/* Prints a line for the user, unless --quiet. */
void batch_api_tell(batch_api_job *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define BATCH_API_LIVE_MAX                                                                         \
    512 /* requests in the engine at once: each is answered where it starts */

/* The hooks of this way. Its sampler calls no endpoint. */
extern const pump_way batch_api_way;
glimpse_error batch_api_make_sampler(batch_api_job *job);

/* Reports that memory is short, and stops the job. Returns false. */
bool batch_api_no_memory(batch_api_job *job);

/* Deletes the files of a part that is done. */
void batch_api_remove_files(batch_api_job *job, batch_api_part *part);

/* --- plan.c --- */

/* Puts a request without a slot into a part. Returns the number of its slot; SIZE_MAX after an
 * error message that stops the job. */
size_t batch_api_plan(batch_api_job *job, const batch_api_id *id, const char *path, gl_slice body);

/* Closes the open parts, so that they are uploaded. Call when no more requests come. */
void batch_api_plan_end(batch_api_job *job);

/* Puts the requests of a part that need another attempt into new parts. false after an error
 * message. */
bool batch_api_plan_again(batch_api_job *job, const batch_api_part *part);

/* Splits the requests of a part between two new ones. This is the part's last step: once `split` is
 * in the journal, its batch is never created again, and a run that finds the step there continues
 * the split. false after an error message. */
bool batch_api_plan_split(batch_api_job *job, batch_api_part *part);

/* Makes a part. NULL after an error message: out of memory. */
batch_api_part *batch_api_plan_part(batch_api_job *job, uint32_t number, const char *path);

/* Takes over the requests of a part that an earlier run planned. false after an error message. */
bool batch_api_plan_load(batch_api_job *job, batch_api_part *part);

/* --- steps.c --- */

/* Moves each part on as far as it can go now. */
void batch_api_steps(batch_api_job *job);

/* Writes a step into the journal. false after an error message that stops the job. */
bool batch_api_note(batch_api_job *job, batch_api_part *part, const batch_api_entry *entry);

/* Takes an entry that an earlier run wrote. arg is the job. */
bool batch_api_recall(const batch_api_entry *entry, void *arg);

/* --- room.c --- */

/* Whether no other batch of ours is at work. A part that is refused then is too large, or other
 * users have the room. */
bool batch_api_is_alone(const batch_api_part *part);

/* Whether a part that was refused alone is too large: it was refused so often that other users are
 * not the reason, or it is no smaller than one that was. */
bool batch_api_is_too_large(const batch_api_part *part);
void batch_api_halve(batch_api_part *part);

/* Call when the batch of this part has ended: there may be room for a part that waits. */
void batch_api_room_made(const batch_api_part *part);

/* Call when the first part that waits was refused while no other batch of ours was at work. It is
 * tried alone, then again later, because other users may have the room, and then in halves. */
void batch_api_wait_for_room(batch_api_part *part);
void batch_api_room_again(int fd, short what, void *job);

/* --- join.c --- */

/* Opens the file that came down for a part, and finds its requests in it. false after an error
 * message. */
bool batch_api_join_open(batch_api_job *job, batch_api_part *part);

/* Begins to write the records of a part; the job's turn submits its lines. false: out of memory. */
bool batch_api_join_begin(batch_api_job *job, batch_api_part *part);

/* Ends an attempt with the answer of its slot. */
void batch_api_join_answer(batch_api_job *job, const batch_api_slot *slot,
                           glimpse_attempt *attempt);

#endif
