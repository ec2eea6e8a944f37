/* refuse.c - see refuse.h. Pure. */
#include "mock/refuse.h"

#include <stdio.h>
#include <string.h>

#include "mock/spec.h"

bool mock_refusal_parse(mock_refusal *refusal, const char *spec, char *problem, size_t problem_size)
{
    *refusal = (mock_refusal){ 0 };
    gl_slice rest = gl_slice_str(spec), unit;
    if (rest.len == 0) return true;
    bool colon_last = rest.data[rest.len - 1] == ':';
    gl_slice status = mock_spec_next(&rest, ':');
    double number;
    if (status.len != 3 || !mock_spec_number(status, &number, &unit) || unit.len != 0 ||
        number < 400 || number > 599 || colon_last) {
        snprintf(
            problem, problem_size,
            "refuse: '%.60s' is no STATUS or STATUS:TEXT with a status of 400 to 599, as 401 or "
            "500:poison",
            spec);
        return false;
    }
    *refusal = (mock_refusal){ .status = (int)number, .text = rest };
    return true;
}

bool mock_refusal_meets(const mock_refusal *refusal, gl_slice body)
{
    if (refusal->status == 0) return false;
    return refusal->text.len == 0 ||
           memmem(body.data, body.len, refusal->text.data, refusal->text.len) != NULL;
}
