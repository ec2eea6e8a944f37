/*
 * sampler.c - the OpenAI sampler: attempts in, HTTP requests out, outcomes back.
 *
 * Owns its loop handle, the gl_http, the decoder, and a pool of calls (one for each attempt in
 * flight, kept for the next: an attempt allocates nothing here once its peak was reached). Knows
 * the secrets, and so is the one place that can take them out of what an endpoint echoes. Called
 * by the engine through the sampler's table, and by http.c. Decides no retry.
 */
#include <glimpse/sampler.h>

#include <stdio.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"
#include "openai/azure.h"
#include "openai/decode.h"
#include "openai/http.h"
#include "openai/plain.h"
#include "openai/rate_limits.h"
#include "openai/stream.h"

#define DEFAULT_BASE_URL           "https://api.openai.com/v1"
#define DEFAULT_MAX_RESPONSE_BYTES (INT64_C(64) << 20)
#define DEFAULT_MAX_CONNECTIONS    1000

/* What is shorter is a placeholder ("none", "ollama"), not a secret, and may well be a word of an
 * answer: it is not looked for in what comes back. */
#define SECRET_MIN 8
/* A message of the decoder's, and its NUL, fit. */
#define LINE_MAX_BYTES 1024

struct openai;

/* One attempt in flight. */
typedef struct call {
    struct openai *owner;
    glimpse_attempt *attempt;
    gl_transfer *transfer;
    gl_stream *stream; /* kept from its first stream on; NULL before */
    bool streams;      /* the answer of this attempt does */
    size_t handed;     /* bytes of its text that the engine has */
    struct call *next_free;
} call;

typedef struct openai {
    gl_loop *loop;
    gl_http *http;
    gl_decoder *decoder;
    call *free_calls;
    char *scope;
    char **secrets; /* header lines; of each, the last word is secret */
    size_t secret_count;
    gl_buf scrubbed;
    char *deployment, *api_version; /* Azure's; NULL elsewhere */
    gl_buf azure_path;              /* scratch */
    size_t max_response_bytes;
} openai;

/* --- secrets --- */

/* Overwritten before it is freed, so that no later allocation finds it. */
static void free_secret(char *text)
{
    if (text != NULL) explicit_bzero(text, strlen(text));
    gl_free(text);
}

static gl_slice secret_of(const char *line)
{
    const char *blank = strrchr(line, ' '), *colon = strchr(line, ':');
    return gl_slice_str(blank != NULL ? blank + 1 : colon != NULL ? colon + 1 : line);
}

static bool names(const char *line, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(line, name, len) == 0 && line[len] == ':';
}

/* Whether a header line's name says that its value is one: Authorization, api-key, X-Auth-Token,
 * Ocp-Apim-Subscription-Key, Cookie, and what else gateways call it. */
static bool is_secret(const char *line)
{
    static const char *const words[] = { "auth", "key", "token", "secret", "cookie", "password" };
    size_t name = strcspn(line, ":");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);
        for (size_t at = 0; at + len <= name; at++)
            if (strncasecmp(line + at, words[i], len) == 0) return true;
    }
    return false;
}

/* Where a secret first occurs in text; NULL when none does. */
static const char *find_secret(const openai *self, gl_slice text, size_t *len)
{
    const char *first = NULL;
    for (size_t i = 0; i < self->secret_count; i++) {
        gl_slice secret = secret_of(self->secrets[i]);
        if (secret.len < SECRET_MIN || text.len < secret.len) continue;
        const char *at = memmem(text.data, text.len, secret.data, secret.len);
        if (at == NULL || (first != NULL && at >= first)) continue;
        first = at;
        *len = secret.len;
    }
    return first;
}

/* Asterisks over each secret in text, which holds one. */
static void cover(const openai *self, char *text, size_t text_len)
{
    const char *at;
    size_t len;
    while ((at = find_secret(self, gl_slice_of(text, text_len), &len)) != NULL)
        memset(text + (at - text), '*', len);
}

/* The body without secrets; false: out of memory for the copy that takes. */
static bool scrub_body(openai *self, gl_slice *body)
{
    size_t len;
    if (find_secret(self, *body, &len) == NULL) return true;
    gl_buf_reset(&self->scrubbed);
    gl_buf_append(&self->scrubbed, body->data, body->len);
    if (self->scrubbed.failed) return false;
    cover(self, self->scrubbed.data, self->scrubbed.len);
    *body = gl_buf_slice(&self->scrubbed);
    return true;
}

/* A short text without secrets. The body had none left, but JSON can spell one in escapes. */
static const char *scrub_line(const openai *self, const char *text, char line[LINE_MAX_BYTES])
{
    size_t len;
    if (text == NULL || find_secret(self, gl_slice_str(text), &len) == NULL) return text;
    snprintf(line, LINE_MAX_BYTES, "%s", text);
    cover(self, line, strlen(line));
    return line;
}

/* How much of a text that still grows may be shown: its end may be the beginning of a secret. */
static size_t safe_length(const openai *self, gl_slice text)
{
    size_t held = 0;
    for (size_t i = 0; i < self->secret_count; i++) {
        gl_slice secret = secret_of(self->secrets[i]);
        if (secret.len < SECRET_MIN) continue;
        size_t len = text.len < secret.len ? text.len : secret.len - 1;
        while (len > held && memcmp(text.data + text.len - len, secret.data, len) != 0) len--;
        if (len > held) held = len;
    }
    return text.len - held;
}

/* --- one call --- */

static void release(call *c)
{
    openai *self = c->owner;
    if (c->streams && c->stream != NULL) gl_stream_reset(c->stream);
    c->next_free = self->free_calls;
    self->free_calls = c;
}

static void on_progress(void *arg, glimpse_progress progress)
{
    const call *c = arg;
    glimpse_attempt_progress(c->attempt, progress);
}

/* Hands on what is new of the text, without secrets. false: out of memory. */
static bool hand_on(call *c, bool whole)
{
    openai *self = c->owner;
    gl_slice text = gl_stream_text(c->stream);
    if (text.len == c->handed) return true;
    gl_slice news = gl_slice_of(text.data + c->handed, text.len - c->handed);
    if (!whole) news.len = safe_length(self, news);
    c->handed += news.len;
    bool ok = scrub_body(self, &news) &&
              glimpse_attempt_text(c->attempt, news.data, news.len) == GLIMPSE_OK;
    gl_buf_free(&self->scrubbed);
    return ok;
}

static bool on_begin(void *arg, int status, const char *content_type)
{
    static const char type[] = "text/event-stream";
    call *c = arg;
    openai *self = c->owner;
    size_t len = sizeof type - 1;
    c->handed = 0;
    if (status < 200 || status > 299 || content_type == NULL ||
        strncasecmp(content_type, type, len) != 0 ||
        (content_type[len] != '\0' && strchr("; \t", content_type[len]) == NULL))
        return false;
    if (c->stream == NULL) c->stream = gl_stream_new(self->max_response_bytes);
    c->streams = c->stream == NULL || gl_stream_begin(c->stream, glimpse_attempt_path(c->attempt));
    return c->streams;
}

static gl_http_want on_chunk(void *arg, gl_slice bytes)
{
    call *c = arg;
    if (c->stream == NULL) return GL_HTTP_ENOUGH; /* out of memory: end_stream says so */
    bool more = gl_stream_feed(c->stream, bytes);
    if (!hand_on(c, false)) {
        gl_stream_free(c->stream);
        c->stream = NULL;
        return GL_HTTP_ENOUGH;
    }
    return more ? GL_HTTP_MORE : GL_HTTP_ENOUGH;
}

static void fail_oom(glimpse_attempt *attempt)
{
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    outcome.error = GLIMPSE_ERR_OOM;
    glimpse_attempt_done(attempt, &outcome);
}

/* How many choices a body asks for. */
static size_t choices_of(const glimpse_attempt *attempt)
{
    size_t len;
    const char *body = glimpse_attempt_body(attempt, &len);
    gl_json root = { GL_JSON_OBJECT, gl_slice_of(body, len) }; /* the engine has checked it */
    int64_t n;
    return gl_json_int64(gl_json_get(root, "n"), &n) && n > 1 ? (size_t)n : 1;
}

/* The outcome of a stream; false: out of memory. */
static bool end_stream(call *c, const gl_http_response *response, gl_decode_input *input,
                       glimpse_outcome *outcome)
{
    openai *self = c->owner;
    gl_stream_end end;
    if (c->stream == NULL) return false;
    gl_stream_finish(c->stream, response->error, choices_of(c->attempt), &end);
    input->body = end.body;
    if (end.error == GLIMPSE_ERR_OOM || !scrub_body(self, &input->body)) return false;
    if (end.error == GLIMPSE_OK) {
        gl_decode(self->decoder, input, outcome);
        outcome->no_done = end.no_done;
    } else if (end.error == GLIMPSE_ERR_STREAM_ERROR) {
        gl_decode_stream_error(self->decoder, input, outcome);
    } else {
        const char *message = end.message;
        if (message == NULL && end.error == response->error) message = response->message;
        gl_decode_broken(self->decoder, input, end.error, message, outcome);
    }
    return true;
}

/* The outcome of an answer that came whole; false: out of memory. */
static bool end_plain(openai *self, const gl_http_response *response, gl_decode_input *input,
                      glimpse_outcome *outcome)
{
    input->body = response->body;
    if (!scrub_body(self, &input->body)) return false;
    if (response->error == GLIMPSE_OK)
        gl_decode(self->decoder, input, outcome);
    else
        gl_decode_broken(self->decoder, input, response->error, response->message, outcome);
    return true;
}

static void on_done(void *arg, const gl_http_response *response)
{
    call *c = arg;
    openai *self = c->owner;
    glimpse_attempt *attempt = c->attempt;
    gl_decode_input input = {
        .status = response->status,
        .content_type = response->content_type,
        .retry_after = response->retry_after,
        .retry_after_ms = response->retry_after_ms,
        .should_retry = response->should_retry,
        .now_unix_ms = response->retry_after != NULL ? gl_clock_unix_ms() : 0,
        .request_id = response->request_id,
        .path = glimpse_attempt_path(attempt),
    };
    glimpse_outcome outcome;
    bool ok = !c->streams || c->stream == NULL || hand_on(c, true);
    if (ok)
        ok = c->streams ? end_stream(c, response, &input, &outcome)
                        : end_plain(self, response, &input, &outcome);
    if (!ok) {
        fail_oom(attempt);
        release(c);
        return;
    }
    gl_rate_limits_read(gl_http_header, response->headers, &outcome);
    char code[LINE_MAX_BYTES], message[LINE_MAX_BYTES], request_id[LINE_MAX_BYTES];
    outcome.error_code = scrub_line(self, outcome.error_code, code);
    outcome.error_message = scrub_line(self, outcome.error_message, message);
    outcome.sample.request_id = scrub_line(self, outcome.sample.request_id, request_id);
    glimpse_attempt_done(attempt, &outcome);
    release(c);
    if (self->scrubbed.len != 0) gl_buf_free(&self->scrubbed); /* rare, and it may be large */
}

/* --- the sampler's table --- */

/* Where an attempt goes, below the base URL; NULL: out of memory. */
static const char *wire_path(openai *self, const glimpse_attempt *attempt)
{
    const char *path = glimpse_attempt_path(attempt);
    if (self->deployment == NULL) return path;
    gl_buf_reset(&self->azure_path);
    gl_azure_path(self->deployment, self->api_version, path, &self->azure_path);
    return gl_buf_terminate(&self->azure_path) ? self->azure_path.data : NULL;
}

static void start(void *arg, glimpse_attempt *attempt)
{
    static const gl_http_observer plain = { .progress = on_progress, .done = on_done };
    static const gl_http_observer streaming = {
        .progress = on_progress, .begin = on_begin, .chunk = on_chunk, .done = on_done
    };
    openai *self = arg;
    call *c = self->free_calls;
    if (c != NULL)
        self->free_calls = c->next_free;
    else if ((c = gl_calloc(1, sizeof *c)) == NULL) {
        fail_oom(attempt);
        return;
    }
    c->owner = self;
    c->attempt = attempt;
    c->streams = false;
    size_t len;
    const char *body = glimpse_attempt_body(attempt, &len);
    const char *path = wire_path(self, attempt);
    c->transfer = path != NULL
                      ? gl_http_start(self->http, path, gl_slice_of(body, len),
                                      glimpse_attempt_is_stream(attempt) ? &streaming : &plain, c)
                      : NULL;
    if (c->transfer == NULL) {
        release(c);
        fail_oom(attempt);
        return;
    }
    glimpse_attempt_set_data(attempt, c);
}

static void cancel(void *self, glimpse_attempt *attempt)
{
    call *c = glimpse_attempt_data(attempt);
    gl_http_response response;
    gl_http_peek(c->transfer, &response);
    if (response.status != 0) {
        char plain[128], line[LINE_MAX_BYTES];
        gl_plain(gl_slice_str(response.request_id), plain, sizeof plain);
        glimpse_attempt_came(attempt, response.status, scrub_line(self, plain, line));
    }
    gl_http_cancel(c->transfer);
    release(c);
}

static const char *scope(void *self)
{
    const openai *o = self;
    return o->scope;
}

static void destroy(void *arg)
{
    openai *self = arg;
    if (self->http != NULL) gl_http_free(self->http);
    if (self->loop != NULL) gl_loop_free(self->loop);
    gl_decoder_free(self->decoder);
    for (call *c = self->free_calls, *next; c != NULL; c = next) {
        next = c->next_free;
        gl_stream_free(c->stream);
        gl_free(c);
    }
    for (size_t i = 0; i < self->secret_count; i++) free_secret(self->secrets[i]);
    gl_free(self->secrets);
    gl_buf_free(&self->scrubbed);
    gl_buf_free(&self->azure_path);
    gl_free(self->deployment);
    gl_free(self->api_version);
    gl_free(self->scope);
    gl_free(self);
}

/* --- setting it up --- */

void glimpse_openai_config_init_version(glimpse_openai_config *config, uint32_t version)
{
    *config = (glimpse_openai_config){
        .version = version,
        .base_url = DEFAULT_BASE_URL,
        .http_version = GLIMPSE_HTTP_AUTO,
        .max_response_bytes = DEFAULT_MAX_RESPONSE_BYTES,
        .max_connections = DEFAULT_MAX_CONNECTIONS,
        .log_level = GLIMPSE_LOG_WARN,
    };
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F) return true;
    return false;
}

static const char *headers_problem(const glimpse_openai_config *config)
{
    if (config->header_count != 0 && config->headers == NULL) return "headers: not given";
    for (size_t i = 0; i < config->header_count; i++) {
        const char *line = config->headers[i];
        if (line == NULL) return "headers: not given";
        if (has_control(line)) return "headers: contains a control byte";
        if (config->api_key != NULL && names(line, "Authorization"))
            return "headers: Authorization is given beside api_key";
        if (config->api_key != NULL && config->azure_deployment != NULL && names(line, "api-key"))
            return "headers: api-key is given beside api_key";
        /* A second length, or another framing, is how requests are smuggled past a proxy. */
        if (names(line, "Content-Length") || names(line, "Transfer-Encoding"))
            return "headers: Content-Length and Transfer-Encoding are not the caller's to set";
    }
    return NULL;
}

/* What is wrong with the fields that are not http.c's to check; NULL when nothing is. */
static const char *config_problem(const glimpse_openai_config *config)
{
    const char *key = config->api_key, *organization = config->organization,
               *project = config->project;
    if (config->version != GLIMPSE_OPENAI_CONFIG_VERSION)
        return "version: use glimpse_openai_config_init";
    if (key != NULL && key[0] == '\0') return "api_key: empty";
    if (key != NULL && has_control(key)) return "api_key: contains a control byte";
    if (key != NULL && strchr(key, ' ') != NULL) return "api_key: contains a space";
    if (organization != NULL && organization[0] == '\0') return "organization: empty";
    if (organization != NULL && has_control(organization))
        return "organization: contains a control byte";
    if (project != NULL && project[0] == '\0') return "project: empty";
    if (project != NULL && has_control(project)) return "project: contains a control byte";
    if (config->azure_deployment != NULL) {
        const char *problem = gl_azure_problem(config->azure_deployment, config->api_version);
        if (problem != NULL) return problem;
    }
    if (config->max_response_bytes <= 0) return "max_response_bytes: must be above 0";
    if (config->max_connections <= 0) return "max_connections: must be above 0";
    if ((unsigned)config->http_version > GLIMPSE_HTTP_2) return "http_version: unknown";
    return headers_problem(config);
}

/* "a" "b" in memory of its own; NULL: out of memory. */
static char *join(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    char *both = gl_malloc(a_len + b_len + 1);
    if (both == NULL) return NULL;
    memcpy(both, a, a_len);
    memcpy(both + a_len, b, b_len + 1);
    return both;
}

/* The base URL in one spelling (scheme and host in lower case, no default port, no slash at the
 * end), organization and project, and Azure's deployment, separated by a byte that none of them
 * holds. */
static char *make_scope(const char *url, const glimpse_openai_config *config)
{
    const char *parts[] = { config->organization, config->project, config->azure_deployment,
                            config->azure_deployment != NULL ? config->api_version : NULL };
    gl_buf buf;
    gl_buf_init(&buf, SIZE_MAX / 2);
    const char *authority = strstr(url, "://");
    size_t scheme = authority != NULL ? (size_t)(authority - url) + 3 : 0;
    size_t host = scheme + strcspn(url + scheme, "/");
    for (size_t i = 0; i < host; i++) {
        char c = url[i];
        gl_buf_append_char(&buf, c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c);
    }
    const char *port = scheme == strlen("https://") ? ":443" : ":80";
    size_t port_len = strlen(port);
    if (buf.len > port_len && memcmp(buf.data + buf.len - port_len, port, port_len) == 0)
        buf.len -= port_len;
    size_t end = strlen(url);
    while (end > host && url[end - 1] == '/') end--;
    gl_buf_append(&buf, url + host, end - host);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        gl_buf_append_char(&buf, '\n');
        gl_buf_append_str(&buf, parts[i] != NULL ? parts[i] : "");
    }
    char *made = buf.failed ? NULL : gl_strndup(buf.data, buf.len);
    gl_buf_free(&buf);
    return made;
}

/* Takes over a line, which may be NULL for want of memory. */
static bool keep_secret(openai *self, char *line)
{
    if (line != NULL) self->secrets[self->secret_count++] = line;
    return line != NULL;
}

/* The connection: our header lines before the caller's. */
static glimpse_error connect_http(openai *self, struct event_base *base,
                                  const glimpse_openai_config *config, const char **problem)
{
    enum { OURS = 4 }; /* authorization, organization, project, user agent */
    glimpse_error error = GLIMPSE_ERR_OOM;
    char *organization = NULL, *project = NULL;
    bool agent_given = false;
    const char **lines = gl_calloc(config->header_count + OURS, sizeof *lines);
    self->secrets = gl_calloc(config->header_count + 1, sizeof *self->secrets);
    size_t count = 0;
    if (lines == NULL || self->secrets == NULL) goto done;
    if (config->api_key != NULL) {
        const char *name = self->deployment != NULL ? "api-key: " : "Authorization: Bearer ";
        if (!keep_secret(self, join(name, config->api_key))) goto done;
        lines[count++] = self->secrets[0];
    }
    if (config->organization != NULL) {
        organization = join("OpenAI-Organization: ", config->organization);
        if ((lines[count++] = organization) == NULL) goto done;
    }
    if (config->project != NULL) {
        project = join("OpenAI-Project: ", config->project);
        if ((lines[count++] = project) == NULL) goto done;
    }
    for (size_t i = 0; i < config->header_count; i++) {
        const char *line = config->headers[i];
        lines[count++] = line;
        if (names(line, "User-Agent")) agent_given = true;
        if (is_secret(line) && !keep_secret(self, gl_strdup(line))) goto done;
    }
    if (!agent_given) lines[count++] = "User-Agent: glimpse/" GLIMPSE_VERSION;

    gl_http_config http = {
        .base_url = config->base_url != NULL ? config->base_url : DEFAULT_BASE_URL,
        .headers = lines,
        .header_count = count,
        .https_proxy = config->https_proxy,
        .http_proxy = config->http_proxy,
        .no_proxy = config->no_proxy,
        .ca_file = config->ca_file,
        .version = config->http_version,
        .max_response_bytes = (size_t)config->max_response_bytes,
        .max_connections = (size_t)config->max_connections,
        .log = { config->log, config->log_arg, config->log_level },
    };
    error = gl_http_new(self->loop, base, &http, &self->http, problem);
    if (error != GLIMPSE_OK) goto done;
    self->scope = make_scope(http.base_url, config);
    if (self->scope == NULL) error = GLIMPSE_ERR_OOM;
done:
    gl_free(lines);
    gl_free(organization);
    gl_free(project);
    return error;
}

glimpse_error glimpse_openai_sampler_new(struct event_base *base,
                                         const glimpse_openai_config *config,
                                         glimpse_sampler **sampler, const char **problem)
{
    static const glimpse_sampler_vtable vtable = {
        .version = GLIMPSE_SAMPLER_VERSION,
        .name = "openai",
        .progress = true,
        .start = start,
        .cancel = cancel,
        .scope = scope,
        .destroy = destroy,
    };
    const char *ignored;
    if (problem == NULL) problem = &ignored;
    *problem = "";
    if (base == NULL || config == NULL || sampler == NULL) {
        *problem = "an argument is NULL";
        return GLIMPSE_ERR_INVALID;
    }
    *sampler = NULL;
    const char *found = config_problem(config);
    if (found != NULL) {
        *problem = found;
        return GLIMPSE_ERR_INVALID;
    }
    openai *self = gl_calloc(1, sizeof *self);
    if (self == NULL) return GLIMPSE_ERR_OOM;
    gl_buf_init(&self->scrubbed, SIZE_MAX / 2);
    gl_buf_init(&self->azure_path, SIZE_MAX / 2);
    self->max_response_bytes = (size_t)config->max_response_bytes;
    glimpse_error error = GLIMPSE_ERR_OOM;
    self->loop = gl_loop_new(base);
    self->decoder = gl_decoder_new();
    bool kept = true;
    if (config->azure_deployment != NULL) {
        self->deployment = gl_strdup(config->azure_deployment);
        self->api_version = gl_strdup(config->api_version);
        kept = self->deployment != NULL && self->api_version != NULL;
    }
    if (kept && self->loop != NULL && self->decoder != NULL)
        error = connect_http(self, base, config, problem);
    if (error == GLIMPSE_OK) error = glimpse_sampler_new(&vtable, self, sampler);
    if (error != GLIMPSE_OK) destroy(self);
    return error;
}
