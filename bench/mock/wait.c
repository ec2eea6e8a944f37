/* wait.c - see wait.h. Pure. */
#include "mock/wait.h"

#include <stdio.h>

#include "mock/spec.h"

static bool read_one(gl_slice text, gl_time *time)
{
    double ns;
    gl_slice unit;
    if (mock_spec_number(text, &ns, &unit) && unit.len == 0 && ns <= 3600) {
        *time = (gl_time)(ns * (double)GL_SECOND);
        return true;
    }
    if (!mock_spec_duration(text, &ns)) return false;
    *time = (gl_time)ns;
    return true;
}

bool mock_wait_parse(mock_wait *wait, const char *spec, char *problem, size_t problem_size)
{
    *wait = (mock_wait){ 0, 0 };
    gl_slice to = gl_slice_str(spec);
    if (to.len == 0) return true;
    gl_slice from = mock_spec_next(&to, '-');
    bool one = from.len == strlen(spec);
    if (read_one(from, &wait->from) && read_one(one ? from : to, &wait->to) &&
        wait->to >= wait->from)
        return true;
    snprintf(
        problem, problem_size,
        "retry-after: '%.60s' is no TIME and no FROM-TO, as 1500ms or 1s-30s (us, ms, s; bare, "
        "seconds; at most an hour)",
        spec);
    return false;
}

gl_time mock_wait_draw(const mock_wait *wait, gl_rng *rng)
{
    uint32_t ms = (uint32_t)((wait->to - wait->from) / GL_MS);
    return ms != 0 ? wait->from + gl_rng_below(rng, ms + 1) * GL_MS : wait->from;
}
