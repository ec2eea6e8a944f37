/* markup.c - see markup.h. Pure. */
#include "load/markup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

#define UNKNOWN "\xef\xbf\xbd"
#define MICRO   "\xc2\xb5s"

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (unsigned char)c < 0x20 || c == 0x7f ? UNKNOWN : NULL;
    }
}

static void valid_text(gl_buf *out, const char *text, size_t len)
{
    for (size_t from = 0, at = 0; at <= len; at++) {
        const char *instead = at < len ? entity(text[at]) : "";
        if (instead == NULL) continue;
        gl_buf_append(out, text + from, at - from);
        gl_buf_append_str(out, instead);
        from = at + 1;
    }
}

void load_html_text(gl_buf *out, const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    while (len > 0) {
        size_t valid = gl_utf8_check(text, len);
        valid_text(out, text, valid);
        if (valid == len) return;
        gl_buf_append_str(out, UNKNOWN);
        text += valid + 1;
        len -= valid + 1;
    }
}

/* With so many decimals, and commas between the thousands. */
static load_shown decimal(double value, int decimals, const char *unit)
{
    load_shown shown = { .unit = unit };
    char plain[32];
    snprintf(plain, sizeof plain, "%.*f", decimals, value);
    size_t whole = strspn(plain, "-0123456789"), sign = plain[0] == '-', len = 0;
    for (const char *at = plain; *at != '\0' && len + 2 < sizeof shown.number; at++) {
        size_t left = whole - (size_t)(at - plain);
        if ((size_t)(at - plain) > sign && (size_t)(at - plain) < whole && left % 3 == 0)
            shown.number[len++] = ',';
        shown.number[len++] = *at;
    }
    shown.number[len] = '\0';
    return shown;
}

/* Shows three digits, or all digits before the point. */
static load_shown three(double value, const char *unit)
{
    double size = fabs(value);
    int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
    if (size < 0.0005 / 1000) return decimal(0, 0, unit);
    if (size < 0.995) decimals = 2 - (int)floor(log10(size));
    return decimal(value, decimals > 8 ? 8 : decimals, unit);
}

load_shown load_show_duration(double us)
{
    if (us >= 999.5e3) return three(us / 1e6, "s");
    if (us >= 999.5) return three(us / 1e3, "ms");
    return decimal(us, 0, MICRO);
}

load_shown load_show_ms(double us)
{
    return decimal(us / 1e3, 3, "ms");
}

load_shown load_show_seconds(double s)
{
    return decimal(s, 2, "s");
}

load_shown load_show_count(double count)
{
    return decimal(count, 0, "");
}

load_shown load_show_rate(double rate, const char *unit)
{
    return rate >= 99.95 && rate < 9999.5 ? decimal(rate, 1, unit) : three(rate, unit);
}

load_shown load_show_percent(double part)
{
    return part >= 0.9995 ? decimal(100 * part, part >= 1 ? 0 : 2, "%") : three(100 * part, "%");
}

load_shown load_show_bytes(double bytes)
{
    return decimal(bytes / 1e6, 1, "MB");
}

load_shown load_show_number(double number)
{
    load_shown shown = { .unit = "" };
    snprintf(shown.number, sizeof shown.number, "%.6g", number);
    return shown;
}

void load_shown_text(load_shown shown, char *out, size_t size)
{
    bool apart = *shown.unit != '\0' && *shown.unit != '/';
    snprintf(out, size, "%s%s%s", shown.number, apart ? " " : "", shown.unit);
}

void load_html_figure(gl_buf *out, const char *path, double value, load_shown shown)
{
    gl_buf_printf(out, "<span data-figure=\"%s\" data-value=\"", path);
    gl_json_write_double(out, value);
    if (isnan(value))
        gl_buf_append_str(out, "\">\xe2\x80\x93</span>");
    else if (*shown.unit == '\0')
        gl_buf_printf(out, "\">%s</span>", shown.number);
    else
        gl_buf_printf(out, "\">%s<small>%s%s</small></span>", shown.number,
                      *shown.unit != '/' ? " " : "", shown.unit);
}

void load_table_begin(gl_buf *out, const char *kind, const char *label)
{
    gl_buf_printf(out, "<div class=\"scroll%s\" tabindex=\"0\" role=\"region\" aria-label=\"",
                  kind);
    load_html_text(out, label);
    gl_buf_append_str(out, "\"><table>");
}

void load_table_end(gl_buf *out)
{
    gl_buf_append_str(out, "</tbody></table></div>\n");
}

void load_details_begin(gl_buf *out, const char *name)
{
    gl_buf_append_str(out, "<details><summary>");
    load_html_text(out, name);
    gl_buf_append_str(out, "</summary>");
    load_table_begin(out, " data", name);
}

void load_details_end(gl_buf *out)
{
    gl_buf_append_str(out, "</tbody></table></div></details>\n");
}

void load_table_count(gl_buf *out, const char *path, uint64_t count)
{
    gl_buf_append_str(out, "<td>");
    load_html_figure(out, path, (double)count, load_show_count((double)count));
    gl_buf_append_str(out, "</td>");
}
