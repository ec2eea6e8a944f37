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
/* No model gives more of either; above them a cost would be no number any more. */
#define TOKENS_MAX      INT64_C(1000000000)
#define ANSWERS_MAX     INT64_C(1000000)
#define DEADLINE_MAX_MS (INT64_C(365) * 24 * 3600 * 1000)

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
    BEST_OF,
    PROMPT,
    INPUT,
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
    "best_of",
    "prompt",
    "input",
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

const char *gateway_ask_twice(gl_json root)
{
    static const int priced[] = { MODEL,   MAX_TOKENS, MAX_COMPLETION, MAX_OUTPUT,
                                  ANSWERS, BEST_OF,    PROMPT,         INPUT };
    gl_json name, value;
    unsigned seen = 0;
    gl_json_iter iter = gl_json_begin(root);
    while (gl_json_next(&iter, &name, &value))
        for (size_t i = 0; i < sizeof priced / sizeof *priced; i++) {
            if (!gl_json_string_is(name, names[priced[i]])) continue;
            if ((seen >> i & 1) != 0) return names[priced[i]];
            seen |= 1U << i;
        }
    return NULL;
}

int gateway_ask_count(gl_json root, const char *wanted)
{
    gl_json name, value;
    int count = 0;
    gl_json_iter iter = gl_json_begin(root);
    while (gl_json_next(&iter, &name, &value)) count += gl_json_string_is(name, wanted);
    return count;
}

static bool refuse(gateway_refusal *refusal, const char *code, const char *param)
{
    refusal->code = code;
    refusal->param = param;
    return false;
}

static bool refuse_json(gateway_refusal *refusal, gl_json_error error, size_t at)
{
    bool form = error != GL_JSON_DEPTH && error != GL_JSON_EXPONENT;
    snprintf(refusal->message, sizeof refusal->message, "The body is %s: %s at byte %zu.",
             form ? "not JSON" : "no JSON that is taken here", gl_json_error_text(error), at);
    return refuse(refusal, "invalid_json", NULL);
}

static const char *const kinds[] = { "nothing",  "null",     "a boolean", "a boolean",
                                     "a number", "a string", "an array",  "an object" };

static bool refuse_type(gateway_refusal *refusal, const char *name, const char *expected,
                        gl_json value)
{
    snprintf(refusal->message, sizeof refusal->message,
             "Invalid type for '%s': expected %s, but got %s instead.", name, expected,
             kinds[value.kind]);
    return refuse(refusal, "invalid_type", name);
}

/* A member by which a cost is reckoned. An endpoint may take a text or a fraction for the number
 * that it looks like: then it would read another number than is read here. */
static bool check_number(const gl_json found[MEMBERS], int member, int64_t most,
                         gateway_refusal *refusal)
{
    int64_t number;
    if (!is_given(found[member])) return true;
    if (found[member].kind != GL_JSON_NUMBER)
        return refuse_type(refusal, names[member], "an integer", found[member]);
    if (gl_json_int64(found[member], &number) && number <= most) return true;
    double size;
    if (gl_json_double(found[member], &size) && size <= (double)most)
        return refuse_type(refusal, names[member], "an integer without a fraction", found[member]);
    snprintf(refusal->message, sizeof refusal->message,
             "Invalid '%s': expected a value of at most %lld.", names[member], (long long)most);
    return refuse(refusal, "integer_above_max_value", names[member]);
}

static bool check_types(const gl_json found[MEMBERS], gateway_refusal *refusal)
{
    gl_json stream = found[STREAM];
    if (is_given(stream) && stream.kind != GL_JSON_TRUE && stream.kind != GL_JSON_FALSE)
        return refuse_type(refusal, "stream", "a boolean", stream);
    for (int i = MAX_TOKENS; i <= MAX_OUTPUT; i++)
        if (!check_number(found, i, TOKENS_MAX, refusal)) return false;
    return check_number(found, ANSWERS, ANSWERS_MAX, refusal) &&
           check_number(found, BEST_OF, ANSWERS_MAX, refusal);
}

/* A number below 0 asks for as much as there is, at servers that take it. */
static int64_t answer_tokens(gateway_kind kind, const gl_json found[MEMBERS])
{
    int64_t most = -1, number;
    if (kind == GATEWAY_EMBEDDINGS) return 0;
    for (int i = MAX_TOKENS; i <= MAX_OUTPUT; i++) {
        if (!is_given(found[i]) || !gl_json_int64(found[i], &number)) continue;
        if (number < 0) return -1;
        if (number > most) most = number;
    }
    return most;
}

/* best_of answers are made, of which n are given. */
static int64_t answers(const gl_json found[MEMBERS])
{
    int64_t given = 1, made = 1;
    if (!gl_json_int64(found[ANSWERS], &given) || given < 1) given = 1;
    if (!gl_json_int64(found[BEST_OF], &made) || made < given) made = given;
    return made;
}

/* The member that may hold several prompts, or tokens. */
static gl_json prompts(gateway_kind kind, const gl_json found[MEMBERS])
{
    if (kind == GATEWAY_COMPLETIONS) return found[PROMPT];
    return kind == GATEWAY_EMBEDDINGS ? found[INPUT] : (gl_json){ .kind = GL_JSON_NONE };
}

static bool check_endpoint(const gl_json found[MEMBERS], gateway_refusal *refusal)
{
    for (int i = FIRST_REFUSED; i < MEMBERS; i++) {
        if (found[i].kind == GL_JSON_NONE) continue;
        snprintf(refusal->message, sizeof refusal->message,
                 "'%s' is not taken from a request: the endpoint is the gateway's to choose.",
                 names[i]);
        return refuse(refusal, "unsupported_parameter", names[i]);
    }
    return true;
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
    if (!check_endpoint(found, refusal) || !check_types(found, refusal)) return false;
    *ask = (gateway_ask){
        .body = body,
        .model = found[MODEL],
        .previous = found[PREVIOUS],
        .stream = found[STREAM].kind == GL_JSON_TRUE,
        .wants_usage = gl_json_get(found[STREAM_OPTIONS], "include_usage").kind == GL_JSON_TRUE,
        .unshared = is_unshared(kind, found),
        .root = root,
        .answer_tokens = answer_tokens(kind, found),
        .answers = answers(found),
        .prompts = prompts(kind, found),
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

/* RFC 9111, section 1.2.2 and 5.2: whole seconds, which may stand in quotes. What is no age allows
 * no age at all (RFC 9111, section 4.2.1): the caller wants some bound. */
static int64_t read_age(gl_slice text)
{
    if (text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"')
        text = gl_slice_of(text.data + 1, text.len - 2);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9') return 0;
    if (text.len > 10) return DEADLINE_MAX_MS; /* a very long time */
    int64_t age = read_thousandths(text, 1000);
    return age > 0 ? age : 0;
}

void gateway_caching_add(gateway_caching *wish, gl_slice line)
{
    static const char max_age[] = "max-age";
    const size_t len = sizeof max_age - 1;
    gl_slice directive;
    while (httpd_next_element(&line, &directive)) {
        wish->no_store |= httpd_same(directive, "no-store");
        wish->only |= httpd_same(directive, "only-if-cached");
        wish->no_cache |= httpd_same(directive, "no-cache");
        if (directive.len < len || strncasecmp(directive.data, max_age, len) != 0) continue;
        gl_slice rest = gl_slice_of(directive.data + len, directive.len - len);
        if (rest.len != 0 && rest.data[0] != '=') continue; /* another one */
        int64_t age = rest.len > 1 ? read_age(gl_slice_of(rest.data + 1, rest.len - 1)) : 0;
        if (wish->max_age_ms < 0 || age < wish->max_age_ms) wish->max_age_ms = age;
    }
}

glimpse_cache_control gateway_caching_control(const gateway_caching *wish)
{
    if (wish->only) return GLIMPSE_CACHE_ONLY;
    if (wish->no_store) return GLIMPSE_CACHE_BYPASS;
    return wish->no_cache ? GLIMPSE_CACHE_REFRESH : GLIMPSE_CACHE_USE;
}
