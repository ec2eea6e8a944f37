/*
 * sampler.c - the OpenAI sampler: attempts in, HTTP requests out, outcomes back.
 *
 * Owns its loop handle, the gl_http, the decoder, and a pool of calls (one for each attempt in
 * flight, kept for the next: an attempt allocates nothing here once its peak was reached). Knows
 * the secrets (secrets.c) that are taken out of what an endpoint echoes. Called
 * by the engine through the sampler's table, and by http.c. Decides no retry.
 */
#include <glimpse/sampler.h>

#include <stdio.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/time.h"
#include "openai/azure.h"
#include "openai/decode.h"
#include "openai/http.h"
#include "openai/plain.h"
#include "openai/rate_limits.h"
#include "openai/secrets.h"
#include "openai/stream.h"

#define DEFAULT_BASE_URL           "https://api.openai.com/v1"
#define DEFAULT_MAX_RESPONSE_BYTES (INT64_C(64) << 20)
#define DEFAULT_MAX_CONNECTIONS    1000

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
    gl_secrets secrets;
    size_t max_response_bytes;
    char *deployment, *api_version; /* Azure's; NULL elsewhere */
    gl_buf azure_path;              /* scratch */
} openai;

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
    if (!whole) news.len = gl_secrets_safe_length(&self->secrets, news);
    c->handed += news.len;
    bool ok = gl_secrets_scrub(&self->secrets, &news) &&
              glimpse_attempt_text(c->attempt, news.data, news.len) == GLIMPSE_OK;
    gl_secrets_recycle(&self->secrets);
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

/* The outcome of a stream; false: out of memory. */
static bool end_stream(call *c, const gl_http_response *response, gl_decode_input *input,
                       glimpse_outcome *outcome)
{
    openai *self = c->owner;
    gl_stream_end end;
    if (c->stream == NULL) return false;
    size_t len;
    const char *body = glimpse_attempt_body(c->attempt, &len);
    size_t choices = gl_stream_choices(gl_slice_of(body, len));
    gl_stream_finish(c->stream, response->error, choices, &end);
    input->body = end.body;
    if (end.error == GLIMPSE_ERR_OOM || !gl_secrets_scrub(&self->secrets, &input->body))
        return false;
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
    if (!gl_secrets_scrub(&self->secrets, &input->body)) return false;
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
    const gl_secrets *secrets = &self->secrets;
    outcome.error_code = gl_secrets_scrub_line(secrets, outcome.error_code, code, sizeof code);
    outcome.error_message =
        gl_secrets_scrub_line(secrets, outcome.error_message, message, sizeof message);
    outcome.sample.request_id =
        gl_secrets_scrub_line(secrets, outcome.sample.request_id, request_id, sizeof request_id);
    glimpse_attempt_done(attempt, &outcome);
    release(c);
    gl_secrets_recycle(&self->secrets);
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
    const gl_http_observer *observer = glimpse_attempt_is_stream(attempt) ? &streaming : &plain;
    c->transfer =
        path != NULL ? gl_http_start(self->http, path, gl_slice_of(body, len), observer, c) : NULL;
    if (c->transfer == NULL) {
        release(c);
        fail_oom(attempt);
        return;
    }
    glimpse_attempt_set_data(attempt, c);
}

static void cancel(void *arg, glimpse_attempt *attempt)
{
    openai *self = arg;
    call *c = glimpse_attempt_data(attempt);
    gl_http_response response;
    gl_http_peek(c->transfer, &response);
    if (response.status != 0) {
        char plain[128], line[LINE_MAX_BYTES];
        gl_plain(gl_slice_str(response.request_id), plain, sizeof plain);
        glimpse_attempt_came(attempt, response.status,
                             gl_secrets_scrub_line(&self->secrets, plain, line, sizeof line));
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
    gl_secrets_free(&self->secrets);
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

static bool names(const char *line, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(line, name, len) == 0 && line[len] == ':';
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

/* The connection: our header lines before the caller's. */
static glimpse_error connect_http(openai *self, struct event_base *base,
                                  const glimpse_openai_config *config, const char **problem)
{
    enum { OURS = 4 }; /* authorization, organization, project, user agent */
    glimpse_error error = GLIMPSE_ERR_OOM;
    char *organization = NULL, *project = NULL;
    bool agent_given = false;
    const char **lines = gl_calloc(config->header_count + OURS, sizeof *lines);
    size_t count = 0;
    if (lines == NULL || !gl_secrets_reserve(&self->secrets, config->header_count + 1)) goto done;
    if (config->api_key != NULL) {
        const char *name = self->deployment != NULL ? "api-key: " : "Authorization: Bearer ";
        if (!gl_secrets_keep(&self->secrets, join(name, config->api_key))) goto done;
        lines[count++] = self->secrets.lines[0];
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
        if (gl_secrets_is_one(line) && !gl_secrets_keep(&self->secrets, gl_strdup(line))) goto done;
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
    gl_secrets_init(&self->secrets);
    self->max_response_bytes = (size_t)config->max_response_bytes;
    gl_buf_init(&self->azure_path, SIZE_MAX / 2);
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
