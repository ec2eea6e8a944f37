/*
 * private.h - what the files of this folder share: the job.
 *
 * job.c      lines in, records out, through an engine whose sampler answers from files
 * life.c     set up, run, ended
 * plan.c     requests into parts
 * steps.c    a part's way: uploaded, created, watched, downloaded
 * room.c     parts that the endpoint has no room for
 * join.c     what came down, found again request by request
 * mode.c     whether a job goes this way
 * slots.c, part.c, journal.c   what is known of requests and parts
 */
#ifndef CLI_BATCH_API_PRIVATE_H
#define CLI_BATCH_API_PRIVATE_H

#include "base/map.h"
#include "batch/pump.h"
#include "batch_api/job.h"
#include "batch_api/part.h"

/* A line of the input whose request is in a part. */
typedef struct api_line {
    uint64_t offset; /* of its bytes in the input */
    uint64_t number;
    uint32_t length, slot;
} api_line;

typedef struct api_job {
    cli_pump pump;
    line_parser again; /* of lines that are read a second time */
    gl_buf text;       /* a line that was read again, or an answer */

    glimpse_sampler *sampler;
    glimpse_batch_api *api;
    gl_map items; /* by the request's id */

    api_journal journal;
    api_slots slots;
    api_bounds bounds;
    api_part **parts; /* by number - 1 */
    size_t part_count, part_capacity;
    api_line *lines;
    size_t line_count, line_capacity;

    api_part *joining;
    uint32_t *join_lines; /* of the part that is joined, by slot */
    size_t join_count, join_next;
    size_t joined_lines;        /* recorded, of lines */
    uint64_t left;              /* lines of batches that were cancelled */
    uint64_t attempts, retries; /* of the records of this run: docs/internals/batch_api.md */
    struct event *room;
    uint64_t room_wait_ms;
    uint64_t room_bytes; /* a part of so many had no room, though alone; 0: none is known */
    bool connected;
    bool files_left; /* a file of a part that is done could not be removed: the journal stays too */
    bool hopeless;   /* the first answers are a failure of which no line can be the reason: no more
                        is sent; what has come down gets its records */
    uint64_t looked_twice; /* lines in the cache: before they are asked, and when joined */
    bool no_batch_api;     /* the endpoint has none: there is nothing to resume */
} api_job;

/* --- job.c --- */

/* Nothing of it is at the endpoint or on its way. */
bool api_all_joined(const api_job *job);

/* Tells the user a line, if anything is to be told. */
void api_tell(api_job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define API_LIVE_MAX 512 /* requests in the engine at once: each is answered where it starts */

/* What this way does differently, and its sampler, which asks nobody. */
extern const pump_way api_way;
glimpse_error api_make_sampler(api_job *job);

/* Says so, and the job stops. false. */
bool api_no_memory(api_job *job);

/* Deletes the files of a part that is done with. */
void api_remove_files(api_job *job, api_part *part);

/* --- plan.c --- */

/* Puts a request that has no slot into a part. The slot's number; SIZE_MAX, said: it cannot be, and
 * the job stops. */
size_t api_plan(api_job *job, const api_id *id, const char *path, gl_slice body);

/* No more requests come: what is open is closed, and goes its way. */
void api_plan_end(api_job *job);

/* Puts what is to be asked again of a part into others. false, said: it cannot. */
bool api_plan_again(api_job *job, const api_part *part);

/* Puts what a part asks into two parts instead, of which it is the last step: once `split` is in
 * the journal its batch is never made again, and a run that finds it there goes on here. false,
 * said: it cannot. */
bool api_plan_split(api_job *job, api_part *part);

/* A new part. NULL, said: out of memory. */
api_part *api_plan_part(api_job *job, uint32_t number, const char *path);

/* Takes over the requests of a part that an earlier run planned. false, said: it cannot. */
bool api_plan_load(api_job *job, api_part *part);

/* --- steps.c --- */

/* Lets each part do what it can do now. */
void api_steps(api_job *job);

/* Writes a step into the journal. false, said: it cannot, and the job stops. */
bool api_note(api_job *job, api_part *part, const api_entry *entry);

/* An entry that an earlier run wrote. arg is the job. */
bool api_recall(const api_entry *entry, void *arg);

/* --- room.c --- */

/* No other batch of ours is at work: what has no room now is too large, or others use it. */
bool api_is_alone(const api_part *part);

/* Refused alone as often as shows that it is not others who use the room for a moment, or no
 * smaller than one that was. */
bool api_is_too_large(const api_part *part);
void api_halve(api_part *part);

/* The batch of this part came to an end: there may be room for one of those that wait. */
void api_room_made(const api_part *part);

/* Nothing of ours is at work, and still there was no room for this one, the first that waits: it is
 * tried alone, then again later, for others may use the room, then in halves. */
void api_wait_for_room(api_part *part);
void api_room_again(int fd, short what, void *job);

/* --- join.c --- */

/* Opens what came down for a part and finds its requests in it. false, said: it cannot. */
bool api_join_open(api_job *job, api_part *part);

/* Begins to write the records of a part; the job's turn submits its lines. false: out of memory. */
bool api_join_begin(api_job *job, api_part *part);

/* Ends an attempt with the answer of its slot. */
void api_join_answer(api_job *job, const api_slot *slot, glimpse_attempt *attempt);

#endif
