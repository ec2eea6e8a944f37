/* rate.c - see rate.h. */
#include "bench/rate.h"

#include <math.h>
#include <string.h>

#include "options/units.h"

#define RATE_MAX 1e7

static const char *read_stretch(char *text, load_stretch *stretch)
{
    char *time = strchr(text, ':'), *to = strchr(text, '-');
    int64_t ms;
    stretch->seconds = INFINITY;
    if (time != NULL) {
        *time++ = '\0';
        if (units_duration_ms(time, UNITS_SECOND, &ms) != NULL || ms <= 0)
            return "a time is no duration above 0";
        stretch->seconds = (double)ms / 1e3;
    }
    if (to != NULL && to < text + strlen(text)) *to++ = '\0';
    if (units_real(text, &stretch->from) != NULL) return "a rate is no number";
    stretch->to = stretch->from;
    if (to != NULL && units_real(to, &stretch->to) != NULL) return "a rate is no number";
    if (!(stretch->from >= 0 && stretch->from <= RATE_MAX && stretch->to >= 0 &&
          stretch->to <= RATE_MAX))
        return "a rate is not 0 to 10000000 a second";
    if (isinf(stretch->seconds) && stretch->from != stretch->to) return "a ramp needs a time";
    return NULL;
}

const char *rate_read(const char *text, load_stretch stretch[LOAD_STRETCHES], size_t *count,
                      double *seconds)
{
    double volume = 0;
    *count = 0;
    *seconds = 0;
    for (;;) {
        char part[64];
        size_t len = strcspn(text, ",");
        if (len == 0 || len >= sizeof part) return "is no RATE, RATE:TIME or FROM-TO:TIME";
        if (*count == LOAD_STRETCHES) return "has more than 64 stretches";
        if (isinf(*seconds)) return "only the last stretch may be without a time";
        memcpy(part, text, len);
        part[len] = '\0';
        load_stretch *next = &stretch[(*count)++];
        const char *problem = read_stretch(part, next);
        if (problem != NULL) return problem;
        *seconds += next->seconds;
        volume += next->from + next->to;
        if (text[len] == '\0') break;
        text += len + 1;
    }
    return volume > 0 ? NULL : "never sends";
}
