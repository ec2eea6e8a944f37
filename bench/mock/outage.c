/* outage.c - see outage.h. Pure. */
#include "mock/outage.h"

#include <stdio.h>

#include "mock/spec.h"

static bool refuse(const char *why, const char *list, char *problem, size_t problem_size)
{
    snprintf(
        problem, problem_size,
        "outage: %s in '%.60s' (FROM-TO[,FROM-TO...] since the first request, as 5s-35s; units "
        "us, ms, s; at most an hour)",
        why, list);
    return false;
}

bool mock_outages_parse(mock_outages *outages, const char *list, char *problem, size_t problem_size)
{
    *outages = (mock_outages){ 0 };
    gl_slice rest = gl_slice_str(list);
    while (rest.len != 0) {
        bool comma_last = rest.data[rest.len - 1] == ',';
        gl_slice to = mock_spec_next(&rest, ',');
        gl_slice from = mock_spec_next(&to, '-');
        double from_ns, to_ns;
        if (comma_last || !mock_spec_duration(from, &from_ns) || !mock_spec_duration(to, &to_ns))
            return refuse("not two durations", list, problem, problem_size);
        if (to_ns <= from_ns)
            return refuse("an end that is not after its start", list, problem, problem_size);
        if (outages->count == MOCK_OUTAGES)
            return refuse("more than 16 windows", list, problem, problem_size);
        outages->window[outages->count].from = (gl_time)from_ns;
        outages->window[outages->count].to = (gl_time)to_ns;
        outages->count++;
    }
    return true;
}

bool mock_outages_at(const mock_outages *outages, gl_time elapsed)
{
    for (size_t i = 0; i < outages->count; i++)
        if (elapsed >= outages->window[i].from && elapsed < outages->window[i].to) return true;
    return false;
}
