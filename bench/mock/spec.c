/* spec.c - see spec.h. Locale independent, hence no strtod. */
#include "mock/spec.h"

#include "base/time.h"

#define DURATION_MAX_NS 3.6e12 /* one hour */

gl_slice mock_spec_next(gl_slice *rest, char separator)
{
    const char *end = rest->len != 0 ? memchr(rest->data, separator, rest->len) : NULL;
    gl_slice part = gl_slice_of(rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len);
    size_t used = part.len + (end != NULL);
    *rest = gl_slice_of(used != 0 ? rest->data + used : rest->data, rest->len - used);
    return part;
}

bool mock_spec_number(gl_slice text, double *number, gl_slice *unit)
{
    double value = 0, scale = 1;
    size_t digits = 0, at = 0;
    bool fraction = false;
    for (; at < text.len; at++) {
        char c = text.data[at];
        if (c == '.' && !fraction) {
            fraction = true;
        } else if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
            if (fraction) scale *= 10;
            digits++;
        } else {
            break;
        }
    }
    if (digits == 0 || digits > 15) return false; /* a double holds 15 digits exactly */
    *number = value / scale;
    *unit = gl_slice_of(text.data + at, text.len - at);
    return true;
}

bool mock_spec_count(gl_slice text, uint64_t *count)
{
    *count = 0;
    if (text.len == 0 || text.len > 18) return false; /* fits 64 bits */
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return false;
        *count = *count * 10 + (uint64_t)(text.data[i] - '0');
    }
    return true;
}

bool mock_spec_duration(gl_slice text, double *ns)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = { { "us", (double)GL_US }, { "ms", (double)GL_MS }, { "s", (double)GL_SECOND } };
    double number;
    gl_slice unit;
    if (!mock_spec_number(text, &number, &unit)) return false;
    if (unit.len == 0 && number == 0) {
        *ns = 0;
        return true;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!gl_slice_is(unit, units[i].name)) continue;
        *ns = number * units[i].ns;
        return *ns <= DURATION_MAX_NS;
    }
    return false;
}
