/* stall.c - see stall.h. Pure. */
#include "mock/stall.h"

#include <stdio.h>

#include "mock/spec.h"

static bool refuse(const char *why, const char *list, char *problem, size_t problem_size)
{
    snprintf(problem, problem_size,
             "stall: %s in '%.200s' (START+LENGTH,... such as 10s+1400ms; units us, ms, s)", why,
             list);
    return false;
}

bool mock_stalls_parse(mock_stalls *stalls, const char *list, char *problem, size_t problem_size)
{
    *stalls = (mock_stalls){ 0 };
    gl_slice rest = gl_slice_str(list);
    while (rest.len != 0) {
        bool comma_last = rest.data[rest.len - 1] == ',';
        gl_slice length = mock_spec_next(&rest, ',');
        gl_slice start = mock_spec_next(&length, '+');
        double start_ns, length_ns;
        if (comma_last || !mock_spec_duration(start, &start_ns) ||
            !mock_spec_duration(length, &length_ns))
            return refuse("not two durations", list, problem, problem_size);
        if (!(length_ns > 0)) return refuse("a length of 0", list, problem, problem_size);
        if (stalls->count == MOCK_STALLS)
            return refuse("more than 16 windows", list, problem, problem_size);
        stalls->window[stalls->count].from = (gl_time)start_ns;
        stalls->window[stalls->count].to = (gl_time)(start_ns + length_ns);
        stalls->count++;
    }
    return true;
}

gl_time mock_stalls_until(const mock_stalls *stalls, gl_time elapsed)
{
    bool moved = stalls->count != 0;
    while (moved) { /* one window's end may lie in another; each pass leaves one behind for good */
        moved = false;
        for (size_t i = 0; i < stalls->count; i++) {
            if (elapsed < stalls->window[i].from || elapsed >= stalls->window[i].to) continue;
            elapsed = stalls->window[i].to;
            moved = true;
        }
    }
    return elapsed;
}
