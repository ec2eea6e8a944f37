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
typedef struct api_line {
    uint64_t offset; /* place of its first byte in the input */
    uint64_t number;
    uint32_t length, slot;
} api_line;

typedef struct api_job {
    cli_pump pump;
    line_parser again; /* reads lines a second time */
    gl_buf text;       /* the bytes of a line that was read again, or of an answer */

    glimpse_sampler *sampler;
    glimpse_batch_api *api;
    gl_map items; /* api_item, by the request's id */

    api_journal journal;
    api_slots slots;
    api_bounds bounds;
    api_part **parts; /* by number - 1 */
    size_t part_count, part_capacity;
    api_line *lines;
    size_t line_count, line_capacity;

    api_part *joining;
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
} api_job;

/* --- job.c --- */

/* Whether no request of the job is at the endpoint or on its way. */
bool api_all_joined(const api_job *job);

/* Prints a line for the user, unless --quiet. */
void api_tell(api_job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define API_LIVE_MAX 512 /* requests in the engine at once: each is answered where it starts */

/* The hooks of this way. Its sampler calls no endpoint. */
extern const pump_way api_way;
glimpse_error api_make_sampler(api_job *job);

/* Reports that memory is short, and stops the job. Returns false. */
bool api_no_memory(api_job *job);

/* Deletes the files of a part that is done. */
void api_remove_files(api_job *job, api_part *part);

/* --- plan.c --- */

/* Puts a request without a slot into a part. Returns the number of its slot; SIZE_MAX after an
 * error message that stops the job. */
size_t api_plan(api_job *job, const api_id *id, const char *path, gl_slice body);

/* Closes the open parts, so that they are uploaded. Call when no more requests come. */
void api_plan_end(api_job *job);

/* Puts the requests of a part that need another attempt into new parts. false after an error
 * message. */
bool api_plan_again(api_job *job, const api_part *part);

/* Splits the requests of a part between two new ones. This is the part's last step: once `split` is
 * in the journal, its batch is never created again, and a run that finds the step there continues
 * the split. false after an error message. */
bool api_plan_split(api_job *job, api_part *part);

/* Makes a part. NULL after an error message: out of memory. */
api_part *api_plan_part(api_job *job, uint32_t number, const char *path);

/* Takes over the requests of a part that an earlier run planned. false after an error message. */
bool api_plan_load(api_job *job, api_part *part);

/* --- steps.c --- */

/* Moves each part on as far as it can go now. */
void api_steps(api_job *job);

/* Writes a step into the journal. false after an error message that stops the job. */
bool api_note(api_job *job, api_part *part, const api_entry *entry);

/* Takes an entry that an earlier run wrote. arg is the job. */
bool api_recall(const api_entry *entry, void *arg);

/* --- room.c --- */

/* Whether no other batch of ours is at work. A part that is refused then is too large, or other
 * users have the room. */
bool api_is_alone(const api_part *part);

/* Whether a part that was refused alone is too large: it was refused so often that other users are
 * not the reason, or it is no smaller than one that was. */
bool api_is_too_large(const api_part *part);
void api_halve(api_part *part);

/* Call when the batch of this part has ended: there may be room for a part that waits. */
void api_room_made(const api_part *part);

/* Call when the first part that waits was refused while no other batch of ours was at work. It is
 * tried alone, then again later, because other users may have the room, and then in halves. */
void api_wait_for_room(api_part *part);
void api_room_again(int fd, short what, void *job);

/* --- join.c --- */

/* Opens the file that came down for a part, and finds its requests in it. false after an error
 * message. */
bool api_join_open(api_job *job, api_part *part);

/* Begins to write the records of a part; the job's turn submits its lines. false: out of memory. */
bool api_join_begin(api_job *job, api_part *part);

/* Ends an attempt with the answer of its slot. */
void api_join_answer(api_job *job, const api_slot *slot, glimpse_attempt *attempt);

#endif
