/* number.c - see number.h. Pure. */
#include "load/number.h"

#include <string.h>

static const char blanks[] = " \t";

/* A decimal number without sign; its end behind blanks, or NULL. */
static const char *read_number(const char *at, double *value)
{
    at += strspn(at, blanks);
    size_t len = strspn(at, "0123456789.");
    char digits[32], *end;
    if (strspn(at, ".") == len || len >= sizeof digits) return NULL;
    memcpy(digits, at, len);
    digits[len] = '\0';
    *value = 0;
    double scale = 1;
    bool dot = false;
    for (end = digits; *end != '\0'; end++) {
        if (*end == '.') {
            if (dot) return NULL;
            dot = true;
        } else if (dot) {
            *value += (*end - '0') * (scale /= 10);
        } else {
            *value = *value * 10 + (*end - '0');
        }
    }
    at += len;
    return at + strspn(at, blanks);
}

gl_slice load_trim(gl_slice text)
{
    while (text.len > 0 && strchr(blanks, text.data[0]) != NULL)
        text = gl_slice_of(text.data + 1, text.len - 1);
    while (text.len > 0 && strchr(blanks, text.data[text.len - 1]) != NULL) text.len--;
    return text;
}

bool load_read_duration(gl_slice text, double *us)
{
    static const struct {
        const char *unit;
        double us;
    } units[] = { { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "m", 60e6 }, { "h", 3600e6 } };
    char copy[40];
    if (text.len >= sizeof copy) return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    const char *end = read_number(copy, us);
    for (size_t i = 0; end != NULL && i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0) {
            *us *= units[i].us;
            return true;
        }
    return false;
}

bool load_read_plain(const char *text, double *number)
{
    const char *end = read_number(text, number);
    return end != NULL && *end == '\0';
}

bool load_read_part(const char *text, double *part)
{
    const char *end = read_number(text, part);
    if (end != NULL && strcmp(end, "%") == 0)
        *part /= 100;
    else if (end == NULL || *end != '\0')
        return false;
    return *part <= 1;
}
