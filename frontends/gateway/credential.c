/* credential.c - see credential.h. */
#include "gateway/credential.h"

#include <strings.h>

static gl_slice trim(gl_slice text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = gl_slice_of(text.data + 1, text.len - 1);
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static bool is(gl_slice name, const char *wanted)
{
    return name.len == strlen(wanted) && strncasecmp(name.data, wanted, name.len) == 0;
}

/* RFC 6750: the scheme in any case, and blanks. Another scheme presents no key of ours. */
static gl_slice bearer(gl_slice value)
{
    static const char scheme[] = "bearer";
    const size_t len = sizeof scheme - 1;
    if (value.len <= len || strncasecmp(value.data, scheme, len) != 0 ||
        (value.data[len] != ' ' && value.data[len] != '\t'))
        return gl_slice_of(NULL, 0);
    return trim(gl_slice_of(value.data + len, value.len - len));
}

bool gateway_credential_take(gl_slice name, gl_slice value, gl_slice *key)
{
    value = trim(value);
    if (is(name, "authorization"))
        value = bearer(value);
    else if (!is(name, "x-api-key") && !is(name, "api-key"))
        return true;
    if (value.len == 0) return true;
    if (key->len != 0) return gl_slice_equal(*key, value);
    *key = value;
    return true;
}
