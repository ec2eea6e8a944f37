/*
 * batch_spec.h - the faults of batches.
 *
 *   expire:30%,fail:1%,invalid:1,not-found:2
 *
 *   expire:P%     so many lines are left undone the first time they are asked, with batch_expired,
 *                 and their batch ends as `expired`
 *   fail:P%       so many lines are answered 500 the first time
 *   invalid:N     the first N batches fail, late, as a file that cannot be read does
 *   not-found:N   the first N creations do not find the file that was just uploaded: 400
 *
 * and the differences of others' Batch APIs from OpenAI's:
 *
 *   pending:N     a file is `pending` for its first N looks, and no batch is made of it until then
 *   lost:N        the first N requests for a file's content do not find it: 404
 *   unnamed:N     the first N looks at a batch that has ended do not say where its answers are
 *   empty-errors  a batch without failures has an error file, of no bytes
 *   capitals      statuses are written in capitals
 *   no-counts     a batch says nothing of how many are done
 *   same-page     lists show their first page for any query, and always have more
 *
 * The content of a line and the seed decide whether it is one of them, so that two runs can be
 * compared.
 */
#ifndef MOCK_BATCH_SPEC_H
#define MOCK_BATCH_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mock_batch_faults {
    uint32_t expire, fail;       /* of a million */
    uint64_t invalid, not_found; /* batches, creations */
    uint64_t pending, lost, unnamed;
    bool empty_errors, capitals, no_counts, same_page;
} mock_batch_faults;

/* NULL and "" mean none. false: problem names the fault, beginning with "batch-fault:". */
bool mock_batch_faults_parse(mock_batch_faults *faults, const char *list, char *problem,
                             size_t problem_size);

#endif
