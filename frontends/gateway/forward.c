/* forward.c - see forward.h. */
#include "gateway/forward.h"

#include "gateway/salt.h"
#include "http/token.h"

/* The names as they are sent, and their longest values: those of OpenAI's documentation and of W3C
 * Trace Context (tracestate: 512), else 255. A list may come in several lines. */
static const struct {
    const char *small, *sent;
    size_t most;
    bool list;
} known[] = {
    { "openai-beta", "OpenAI-Beta", 512, true },
    { "idempotency-key", "Idempotency-Key", 255, false },
    { "x-client-request-id", "X-Client-Request-Id", 512, false },
    { "traceparent", "traceparent", 255, false },
    { "tracestate", "tracestate", 512, true },
};
enum { KNOWN = sizeof known / sizeof *known, GONE = KNOWN, IDEMPOTENCY_KEY = 1 };

void gateway_forward_init(gateway_forward *forward)
{
    forward->count = forward->dropped = 0;
    gl_buf_init(&forward->text, 64 * 1024);
}

void gateway_forward_free(gateway_forward *forward)
{
    gl_buf_free(&forward->text);
}

static bool is_good(gl_slice value, size_t most)
{
    if (value.len == 0 || value.len > most) return false;
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] < 0x20 || value.data[i] > 0x7e) return false;
    return true;
}

/* Of a header that is no list two lines say two things: neither passes. true: there was one. */
static bool take_back(gateway_forward *forward, size_t which)
{
    for (size_t i = 0; i < forward->count; i++) {
        if (forward->line[i].known != which) continue;
        forward->line[i].known = GONE;
        forward->dropped++;
        return true;
    }
    return false;
}

static void add(gateway_forward *forward, size_t which, gl_slice value)
{
    if (!is_good(value, known[which].most) || forward->count == GLIMPSE_REQUEST_HEADERS_MAX ||
        (!known[which].list && take_back(forward, which))) {
        forward->dropped++;
        return;
    }
    forward->line[forward->count].at = forward->text.len;
    forward->line[forward->count++].known = (unsigned char)which;
    gl_buf_append_str(&forward->text, known[which].sent);
    gl_buf_append_str(&forward->text, ": ");
    gl_buf_append(&forward->text, value.data, value.len);
    gl_buf_append_char(&forward->text, '\0');
}

void gateway_forward_add(gateway_forward *forward, gl_slice name, gl_slice value)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (httpd_same(name, known[i].small)) add(forward, i, value);
}

bool gateway_forward_part(gateway_forward *forward, gl_slice secret, const char *scope)
{
    char value[GATEWAY_SALT_SIZE];
    if (scope == NULL || forward->text.failed) return !forward->text.failed;
    for (size_t i = 0; i < forward->count; i++) {
        if (forward->line[i].known != IDEMPOTENCY_KEY) continue;
        const char *own = forward->text.data + forward->line[i].at +
                          strlen(known[IDEMPOTENCY_KEY].sent) + strlen(": ");
        if (!gateway_salt_value(secret, scope, gl_slice_str(own), value)) return false;
        forward->line[i].at = forward->text.len;
        gl_buf_printf(&forward->text, "%s: %s", known[IDEMPOTENCY_KEY].sent, value);
        gl_buf_append_char(&forward->text, '\0');
    }
    return !forward->text.failed;
}

bool gateway_forward_give(gateway_forward *forward, glimpse_options *options)
{
    size_t count = 0;
    if (forward->text.failed) return false;
    for (size_t i = 0; i < forward->count; i++)
        if (forward->line[i].known != GONE)
            forward->lines[count++] = forward->text.data + forward->line[i].at;
    options->headers = count != 0 ? forward->lines : NULL;
    options->header_count = count;
    return true;
}
