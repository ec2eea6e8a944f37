/*
 * journal.h - the steps of a job at the endpoint, kept beside its output (OUTPUT.journal): one JSON
 * object a line, appended and synced before and after each remote step.
 * docs/internals/batch_api_job.md.
 *
 *   {"glimpse_journal":1,"job":"<32 hex>","scope":"<whose answers these are>"}
 *   {"part":1,"step":"planned","path":"/chat/completions","requests":50000,"bytes":31000000,"asked":1}
 *   {"part":1,"step":"uploading"}   {"part":1,"step":"uploaded","file":"file-..."}
 *   {"part":1,"step":"creating","try":1}   {"part":1,"step":"created","batch":"batch_..."}
 *   {"part":1,"step":"ended","state":"completed","output":"file-...","errors":""}
 *     (state "gone": it, or its answers, were not to be had, and --retry-failed asks anew)
 *   {"part":1,"step":"refused","code":"...","message":"..."}
 *   {"part":1,"step":"split"}   (never created again: its requests go into smaller parts)
 *   {"part":1,"step":"downloaded"}   {"part":1,"step":"joined"}
 *
 * A last line that a kill tore is cut off; anything else that cannot be read is refused, and so is
 * a link in its place.
 */
#ifndef CLI_BATCH_API_JOURNAL_H
#define CLI_BATCH_API_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

typedef enum batch_api_step {
    BATCH_API_PLANNED,
    BATCH_API_UPLOADING,
    BATCH_API_UPLOADED,
    BATCH_API_CREATING,
    BATCH_API_CREATED,
    BATCH_API_ENDED,
    BATCH_API_REFUSAL,
    BATCH_API_SPLIT,
    BATCH_API_DOWNLOADED,
    BATCH_API_JOINED,
    BATCH_API_STEPS
} batch_api_step;

/* One line; members that a step does not have are NULL or 0. Borrowed. */
typedef struct batch_api_entry {
    uint32_t part;
    batch_api_step step;
    const char *path, *file, *batch, *state, *output, *errors, *code, *message;
    uint64_t requests, bytes;
    uint32_t asked, tries;
} batch_api_entry;

typedef struct batch_api_journal {
    int fd;
    char *path; /* of the journal */
    char job[33];
    gl_buf line;
} batch_api_journal;

/* Returns true when there is one beside this output. */
bool batch_api_journal_exists(const char *output);

/* Gets each entry of a journal in order. false, after an error message, stops it. */
typedef bool (*batch_api_entry_fn)(const batch_api_entry *entry, void *arg);

/* Opens the journal of this output: the existing one, whose entries are passed to fn, or a new one
 * with a new job. A missing journal, or one without a line, beside parts of a job is refused (73),
 * a journal of another scope is refused (78). 0, or the exit code after an error message. Close it
 * in either case. */
int batch_api_journal_open(batch_api_journal *journal, const char *output, const char *scope,
                           batch_api_entry_fn fn, void *arg);

/* Appends and syncs. 0, or an errno. */
int batch_api_journal_add(batch_api_journal *journal, const batch_api_entry *entry);

/* Removes the journal of a job that is done; with a message if it cannot. */
void batch_api_journal_remove(const batch_api_journal *journal);

void batch_api_journal_close(batch_api_journal *journal);

#endif
