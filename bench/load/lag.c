/* lag.c - see lag.h. */
#include "load/lag.h"

/* A suspended laptop is late by hours: longer delays count as this, and would take as long to
 * count. */
#define LATE_MAX (600 * GL_SECOND)

void load_lag_add(gl_histogram *lag, uint64_t late, gl_time every)
{
    gl_histogram_add(lag, late / GL_US);
    if (late > LATE_MAX) late = LATE_MAX;
    while (late > every) {
        late -= every;
        gl_histogram_add(lag, late / GL_US);
    }
}
