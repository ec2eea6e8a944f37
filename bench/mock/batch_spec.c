/* batch_spec.c - see batch_spec.h. Pure. */
#include "mock/batch_spec.h"

#include <math.h>
#include <stdio.h>

#include "mock/spec.h"

#define PER_PERCENT 1e4 /* of a million */
#define COUNT_MAX   1e9

typedef enum kind { SHARE, COUNT, HABIT } kind;

typedef struct known {
    const char *name;
    kind kind;
    size_t at; /* in the faults */
} known;

#define AT(member) offsetof(mock_batch_faults, member)
static const known names[] = {
    { "expire", SHARE, AT(expire) },       { "fail", SHARE, AT(fail) },
    { "invalid", COUNT, AT(invalid) },     { "not-found", COUNT, AT(not_found) },
    { "pending", COUNT, AT(pending) },     { "lost", COUNT, AT(lost) },
    { "unnamed", COUNT, AT(unnamed) },     { "empty-errors", HABIT, AT(empty_errors) },
    { "capitals", HABIT, AT(capitals) },   { "no-counts", HABIT, AT(no_counts) },
    { "same-page", HABIT, AT(same_page) },
};

static bool take(mock_batch_faults *faults, gl_slice item)
{
    gl_slice value = item, unit;
    gl_slice name = mock_spec_next(&value, ':');
    const known *found = NULL;
    double number;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (gl_slice_is(name, names[i].name)) found = &names[i];
    if (found == NULL) return false;
    void *place = (char *)faults + found->at;
    if (found->kind == HABIT) {
        *(bool *)place = true;
        return name.len == item.len;
    }
    bool share = found->kind == SHARE;
    if (!mock_spec_number(value, &number, &unit) || !gl_slice_is(unit, share ? "%" : "") ||
        number > (share ? 100.0 : COUNT_MAX))
        return false;
    if (share)
        *(uint32_t *)place = (uint32_t)lround(number * PER_PERCENT);
    else
        *(uint64_t *)place = (uint64_t)number;
    return true;
}

bool mock_batch_faults_parse(mock_batch_faults *faults, const char *list, char *problem,
                             size_t problem_size)
{
    *faults = (mock_batch_faults){ 0 };
    gl_slice rest = gl_slice_str(list);
    while (rest.len != 0) {
        gl_slice item = mock_spec_next(&rest, ',');
        if (take(faults, item)) continue;
        snprintf(problem, problem_size,
                 "batch-fault: '%.*s' is none of expire:P%%, fail:P%%, invalid:N, not-found:N, "
                 "pending:N, lost:N, unnamed:N, empty-errors, capitals, no-counts, same-page",
                 item.len < 60 ? (int)item.len : 60, item.data);
        return false;
    }
    return true;
}
