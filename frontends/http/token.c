/* token.c - see token.h. */
#include "http/token.h"

#include <stdint.h>
#include <string.h>

enum { TOKEN = 1, VALUE = 2, TARGET = 4, HOST = 8 };

/* One row for 16 bytes. Made from the grammars: token = ALPHA DIGIT !#$%&'*+-.^_`|~; value = no
 * control but the tab; target = visible but '#'; host = unreserved, sub-delims, '%'. */
static const uint8_t kinds[256] = {
    /* clang-format off */
     0,  0,  0,  0,  0,  0,  0,  0,  0,  2,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     2, 15,  6,  3, 15, 15, 15, 15, 14, 14, 15,  7,  6, 15, 15,  6,
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6, 14,  6, 14,  6,  6,
     6, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  6,  6,  7, 15,
     7, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  7,  6, 15,  0,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,
    /* clang-format on */
};

static bool all_are(gl_slice text, uint8_t kind)
{
    uint8_t common = kind;
    for (size_t i = 0; i < text.len; i++) common &= kinds[(uint8_t)text.data[i]];
    return common != 0;
}

bool httpd_is_token(gl_slice text)
{
    return text.len != 0 && all_are(text, TOKEN);
}

/* Eight bytes at a time: values are most of a request's head. Carries between the bytes can only
 * report one byte too many, which the table then judges. */
bool httpd_is_value(gl_slice text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    size_t i = 0;
    for (; i + 8 <= text.len; i += 8) {
        uint64_t word, deleted;
        memcpy(&word, text.data + i, sizeof word);
        deleted = word ^ ones * 0x7f;
        uint64_t low = (word - ones * 0x20) & ~word, is_7f = (deleted - ones) & ~deleted;
        if (((low | is_7f) & tops) != 0 && !all_are(gl_slice_of(text.data + i, 8), VALUE))
            return false;
    }
    return all_are(gl_slice_of(text.data + i, text.len - i), VALUE);
}

bool httpd_is_target(gl_slice text)
{
    return text.len != 0 && all_are(text, TARGET);
}

/* A port of 0 to 65535; "host:" has none, which the grammar allows. */
static bool is_port(gl_slice text)
{
    unsigned port = 0;
    if (text.len > 5) return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return false;
        port = port * 10 + (unsigned)(text.data[i] - '0');
    }
    return port <= 65535;
}

static bool is_ipv6(gl_slice text)
{
    bool good = text.len != 0;
    for (size_t i = 0; good && i < text.len; i++)
        good = strchr("0123456789abcdefABCDEF:.", text.data[i]) != NULL && text.data[i] != '\0';
    return good;
}

bool httpd_is_authority(gl_slice text)
{
    if (text.len == 0) return false;
    if (text.data[0] == '[') {
        const char *end = memchr(text.data, ']', text.len);
        if (end == NULL) return false;
        size_t len = (size_t)(end - text.data), after = text.len - len - 1;
        if (!is_ipv6(gl_slice_of(text.data + 1, len - 1))) return false;
        return after == 0 || (end[1] == ':' && is_port(gl_slice_of(end + 2, after - 1)));
    }
    const char *colon = memchr(text.data, ':', text.len);
    size_t len = colon != NULL ? (size_t)(colon - text.data) : text.len;
    if (len == 0 || !all_are(gl_slice_of(text.data, len), HOST)) return false;
    return colon == NULL || is_port(gl_slice_of(colon + 1, text.len - len - 1));
}

size_t httpd_token_len(gl_slice text)
{
    size_t len = 0;
    while (len < text.len && (kinds[(uint8_t)text.data[len]] & TOKEN) != 0) len++;
    return len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

gl_slice httpd_trim(gl_slice text)
{
    while (text.len != 0 && is_blank(text.data[0])) text = gl_slice_of(text.data + 1, text.len - 1);
    while (text.len != 0 && is_blank(text.data[text.len - 1])) text.len--;
    return text;
}

bool httpd_next_element(gl_slice *rest, gl_slice *element)
{
    if (rest->data == NULL) return false;
    const char *comma = rest->len != 0 ? memchr(rest->data, ',', rest->len) : NULL;
    size_t len = comma != NULL ? (size_t)(comma - rest->data) : rest->len;
    *element = httpd_trim(gl_slice_of(rest->data, len));
    *rest = comma != NULL ? gl_slice_of(comma + 1, rest->len - len - 1) : gl_slice_of(NULL, 0);
    return true;
}
