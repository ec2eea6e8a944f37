/* mock_batch_spec.c - see mock_batch_spec.h. Pure. */
#include "mock/mock_batch_spec.h"

#include <math.h>
#include <stdio.h>

#include "mock/mock_spec.h"

#define PER_PERCENT 1e4 /* of a million */

bool mock_batch_faults_parse(mock_batch_faults *faults, const char *list, char *problem,
                             size_t problem_size)
{
    *faults = (mock_batch_faults){ 0 };
    gl_slice rest = gl_slice_str(list);
    while (rest.len != 0) {
        gl_slice item = mock_spec_next(&rest, ','), value = item, unit;
        gl_slice name = mock_spec_next(&value, ':');
        double number;
        bool share = gl_slice_is(name, "expire") || gl_slice_is(name, "fail");
        bool known = share || gl_slice_is(name, "invalid") || gl_slice_is(name, "not-found");
        if (!known || !mock_spec_number(value, &number, &unit) ||
            !gl_slice_is(unit, share ? "%" : "") || number > (share ? 100.0 : 1e9)) {
            snprintf(problem, problem_size,
                     "batch-fault: '%.*s' is none of expire:P%%, fail:P%%, invalid:N, not-found:N",
                     item.len < 60 ? (int)item.len : 60, item.data);
            return false;
        }
        if (gl_slice_is(name, "expire")) faults->expire = (uint32_t)lround(number * PER_PERCENT);
        if (gl_slice_is(name, "fail")) faults->fail = (uint32_t)lround(number * PER_PERCENT);
        if (gl_slice_is(name, "invalid")) faults->invalid = (uint64_t)number;
        if (gl_slice_is(name, "not-found")) faults->not_found = (uint64_t)number;
    }
    return true;
}
