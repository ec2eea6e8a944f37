/* credential.c - see credential.h. */
#include "gateway/credential.h"

#include <strings.h>

#include "http/token.h"

/* RFC 6750: the scheme in any case, and blanks. Another scheme presents no key of ours. */
static gl_slice bearer(gl_slice value)
{
    static const char scheme[] = "bearer";
    const size_t len = sizeof scheme - 1;
    if (value.len <= len || strncasecmp(value.data, scheme, len) != 0 ||
        (value.data[len] != ' ' && value.data[len] != '\t'))
        return gl_slice_of(NULL, 0);
    return httpd_trim(gl_slice_of(value.data + len, value.len - len));
}

bool gateway_credential_take(gl_slice name, gl_slice value, gl_slice *key)
{
    value = httpd_trim(value);
    if (httpd_same(name, "authorization"))
        value = bearer(value);
    else if (!httpd_same(name, "x-api-key") && !httpd_same(name, "api-key"))
        return true;
    if (value.len == 0) return true;
    if (key->len != 0) return gl_slice_equal(*key, value);
    *key = value;
    return true;
}
