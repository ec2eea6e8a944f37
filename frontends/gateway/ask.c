/*
 * ask.c - see ask.h.
 *
 * Never stored nor shared (docs/internals/serve.md): an answer that opens something at the
 * endpoint which is the caller's alone (a stored response, a conversation), and one that a tool of
 * the endpoint's made of the world as it was then.
 */
#include "gateway/ask.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/token.h"

#define PATIENCE_LESS_MS INT64_C(1000)
#define DEADLINE_MAX_MS  (INT64_C(365) * 24 * 3600 * 1000)

enum {
    MODEL,
    STREAM,
    STREAM_OPTIONS,
    TOOLS,
    STORE,
    PREVIOUS,
    CONVERSATION,
    BACKGROUND,
    SEARCH,
    MAX_TOKENS,
    MAX_COMPLETION,
    MAX_OUTPUT,
    ANSWERS,
    FIRST_REFUSED, /* members by which other gateways let a caller name the endpoint or its key */
    MEMBERS = FIRST_REFUSED + 4
};

static const char *const names[MEMBERS] = {
    "model",
    "stream",
    "stream_options",
    "tools",
    "store",
    "previous_response_id",
    "conversation",
    "background",
    "web_search_options",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "n",
    "api_base",
    "base_url",
    "api_key",
    "custom_host",
};

static bool is_given(gl_json value)
{
    return value.kind != GL_JSON_NONE && value.kind != GL_JSON_NULL;
}

/* A tool that the endpoint runs itself, such as a search of the web: its type is none of the two
 * that the client runs. */
static bool has_hosted_tool(gl_json tools)
{
    gl_json tool;
    if (tools.kind != GL_JSON_ARRAY) return false;
    gl_json_iter iter = gl_json_begin(tools);
    while (gl_json_next(&iter, NULL, &tool)) {
        gl_json type = gl_json_get(tool, "type");
        if (is_given(type) && !gl_json_string_is(type, "function") &&
            !gl_json_string_is(type, "custom"))
            return true;
    }
    return false;
}

static bool is_unshared(gateway_kind kind, const gl_json found[MEMBERS])
{
    /* A response is stored at the endpoint unless it asks not to be, and its id opens it. */
    if (kind == GATEWAY_RESPONSES && found[STORE].kind != GL_JSON_FALSE) return true;
    return found[BACKGROUND].kind == GL_JSON_TRUE || is_given(found[PREVIOUS]) ||
           is_given(found[CONVERSATION]) || is_given(found[SEARCH]) ||
           has_hosted_tool(found[TOOLS]);
}

int gateway_ask_models(gl_json root)
{
    gl_json name, value;
    int count = 0;
    gl_json_iter iter = gl_json_begin(root);
    while (gl_json_next(&iter, &name, &value)) count += gl_json_string_is(name, "model");
    return count;
}

static int64_t answer_tokens(gateway_kind kind, const gl_json found[MEMBERS])
{
    int64_t most = -1, number;
    if (kind == GATEWAY_EMBEDDINGS) return 0;
    for (int i = MAX_TOKENS; i <= MAX_OUTPUT; i++)
        if (gl_json_int64(found[i], &number) && number >= 0 && number > most) most = number;
    return most;
}

static int64_t answers(gl_json n)
{
    int64_t number;
    if (!gl_json_int64(n, &number) || number < 1) return 1;
    return number < 1000 ? number : 1000; /* no endpoint gives so many */
}

static bool refuse(gateway_refusal *refusal, const char *code, const char *param)
{
    refusal->code = code;
    refusal->param = param;
    return false;
}

static bool refuse_json(gateway_refusal *refusal, gl_json_error error, size_t at)
{
    snprintf(refusal->message, sizeof refusal->message, "The body is not JSON: %s at byte %zu.",
             gl_json_error_text(error), at);
    return refuse(refusal, "invalid_json", NULL);
}

bool gateway_ask_read(gateway_kind kind, gl_slice body, gateway_ask *ask, gateway_refusal *refusal)
{
    gl_json root, found[MEMBERS];
    size_t at = 0;
    gl_json_error error = gl_json_check_members(body, &root, &at, names, found, MEMBERS);
    if (error != GL_JSON_OK) return refuse_json(refusal, error, at);
    if (root.kind != GL_JSON_OBJECT) {
        snprintf(refusal->message, sizeof refusal->message,
                 "The body is JSON, and no object; it begins a request with {\"model\":");
        return refuse(refusal, "invalid_json", NULL);
    }
    for (int i = FIRST_REFUSED; i < MEMBERS; i++) {
        if (found[i].kind == GL_JSON_NONE) continue;
        snprintf(refusal->message, sizeof refusal->message,
                 "'%s' is not taken from a request: the endpoint is the gateway's to choose.",
                 names[i]);
        return refuse(refusal, "unsupported_parameter", names[i]);
    }
    *ask = (gateway_ask){
        .body = body,
        .model = found[MODEL],
        .stream = found[STREAM].kind == GL_JSON_TRUE,
        .wants_usage = gl_json_get(found[STREAM_OPTIONS], "include_usage").kind == GL_JSON_TRUE,
        .unshared = is_unshared(kind, found),
        .root = root,
        .answer_tokens = answer_tokens(kind, found),
        .answers = answers(found[ANSWERS]),
    };
    return true;
}

/* A number of digits and at most one point. below 0: it is none. */
static int64_t read_thousandths(gl_slice text, int64_t unit)
{
    int64_t value = 0, scale = 0;
    if (text.data == NULL || text.len == 0 || text.len > 15) return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '.' && scale == 0) {
            scale = unit;
            continue;
        }
        if (text.data[i] < '0' || text.data[i] > '9') return -1;
        int64_t digit = text.data[i] - '0';
        if (scale == 0) {
            value = value * 10 + digit * unit;
            if (value > DEADLINE_MAX_MS) return DEADLINE_MAX_MS;
        } else {
            scale /= 10;
            value += digit * scale;
            if (scale == 0) scale = 1; /* further digits are below a millisecond */
        }
    }
    return value;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a == 0 || (b > 0 && b < a) ? b : a;
}

int64_t gateway_deadline(int64_t ours_ms, gl_slice patience, gl_slice deadline)
{
    int64_t wait = read_thousandths(patience, 1000), own = read_thousandths(deadline, 1);
    if (wait > 0)
        ours_ms =
            sooner(ours_ms, wait > 2 * PATIENCE_LESS_MS ? wait - PATIENCE_LESS_MS : (wait + 1) / 2);
    if (own > 0) ours_ms = sooner(ours_ms, own);
    return ours_ms;
}

void gateway_caching_init(gateway_caching *wish)
{
    *wish = (gateway_caching){ .max_age_ms = GLIMPSE_INHERIT };
}

void gateway_caching_add(gateway_caching *wish, gl_slice line)
{
    static const char max_age[] = "max-age=";
    const size_t len = sizeof max_age - 1;
    gl_slice directive;
    while (httpd_next_element(&line, &directive)) {
        wish->no_store |= httpd_same(directive, "no-store");
        wish->only |= httpd_same(directive, "only-if-cached");
        wish->no_cache |= httpd_same(directive, "no-cache");
        if (directive.len <= len || strncasecmp(directive.data, max_age, len) != 0) continue;
        int64_t age =
            read_thousandths(gl_slice_of(directive.data + len, directive.len - len), 1000);
        if (age >= 0 && (wish->max_age_ms < 0 || age < wish->max_age_ms)) wish->max_age_ms = age;
    }
}

glimpse_cache_control gateway_caching_control(const gateway_caching *wish)
{
    if (wish->only) return GLIMPSE_CACHE_ONLY;
    if (wish->no_store) return GLIMPSE_CACHE_BYPASS;
    return wish->no_cache ? GLIMPSE_CACHE_REFRESH : GLIMPSE_CACHE_USE;
}
