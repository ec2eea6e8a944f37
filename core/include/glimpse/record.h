/* SPDX-License-Identifier: MIT */
/*
 * record.h - a result as one line of JSON: the record of docs/internals/records.md.
 */
#ifndef GLIMPSE_RECORD_H
#define GLIMPSE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Members of a record that its result does not have. */
typedef struct glimpse_record {
    size_t size;           /* set by glimpse_record_init */
    const char *custom_id; /* NULL (default): null in the record */
    uint64_t line;         /* from 1; 0 (default): the record has no line number */
    const char *path; /* the request's, behind the base URL; NULL (default) and "/chat/completions",
                         which is every draft's: the record names none */
    int attempts; /* how often the endpoint was asked for this line, where the caller knows better;
                     -1 (default): as glimpse_result_attempts says */
} glimpse_record;

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   record: its size is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_record_defaults(glimpse_record *record);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   record: not NULL
 *   Since: 0.1
 */
static inline void glimpse_record_init(glimpse_record *record)
{
    record->size = sizeof *record;
    glimpse_record_defaults(record);
}

/*
 * Writes the result as one line of JSON without a line end, the record of
 * docs/internals/records.md: id, custom_id, response and error as in OpenAI's Batch output, and an
 * object "glimpse" with the status, the text ("sample"), the essence, the attempts, the times.
 *
 *   result: not NULL
 *   record: the further members, set up by glimpse_record_init; NULL = the defaults; borrowed
 *   out: gets the record, NUL terminated, NULL on an error; not NULL
 *   len: gets its bytes; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Owner: the caller's: glimpse_free
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_result_to_json(const glimpse_result *result,
                                                 const glimpse_record *record, char **out,
                                                 size_t *len);

#ifdef __cplusplus
}
#endif
#endif
