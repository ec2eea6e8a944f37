/*
 * connection.c - see connection.h. Owns the gl_http, the scope and the secrets. Called by the
 * sampler and by the Batch API's client.
 */
#include "openai/connection.h"

#include <strings.h>

#include "base/alloc.h"
#include "endpoint.h"
#include "openai/azure.h"
#include "openai/credentials.h"
#include "problem.h"

#define DEFAULT_MAX_CONNECTIONS 1000

/* --- the endpoint's members --- */

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

static glimpse_error check_headers(const glimpse_endpoint *endpoint, glimpse_problem *problem)
{
    if (endpoint->header_count != 0 && endpoint->headers == NULL)
        return gl_refuse(problem, "headers", "not given");
    for (size_t i = 0; i < endpoint->header_count; i++) {
        const char *line = endpoint->headers[i];
        if (line == NULL) return gl_refuse(problem, "headers", "not given");
        if (has_control(line)) return gl_refuse(problem, "headers", "contains a control byte");
        if (gl_endpoint_key(endpoint) != NULL && names(line, "Authorization"))
            return gl_refuse(problem, "headers", "Authorization is given beside api_key");
        if (gl_endpoint_key(endpoint) != NULL && endpoint->azure_deployment != NULL &&
            names(line, "api-key"))
            return gl_refuse(problem, "headers", "api-key is given beside api_key");
        /* A second length, or another framing, is how requests are smuggled past a proxy. */
        if (names(line, "Content-Length") || names(line, "Transfer-Encoding"))
            return gl_refuse(problem, "headers",
                             "Content-Length and Transfer-Encoding are not the caller's to set");
    }
    return GLIMPSE_OK;
}

static glimpse_error check_text(const char *text, const char *field, glimpse_problem *problem)
{
    if (text == NULL) return GLIMPSE_OK;
    if (text[0] == '\0') return gl_refuse(problem, field, "empty");
    if (has_control(text)) return gl_refuse(problem, field, "contains a control byte");
    return GLIMPSE_OK;
}

/* Checks the fields that http.c does not check. */
static glimpse_error check(const glimpse_endpoint *endpoint, glimpse_problem *problem)
{
    const char *key = gl_endpoint_key(endpoint);
    if (check_text(key, "api_key", problem) != GLIMPSE_OK ||
        check_text(endpoint->organization, "organization", problem) != GLIMPSE_OK ||
        check_text(endpoint->project, "project", problem) != GLIMPSE_OK)
        return GLIMPSE_ERR_INVALID;
    if (key != NULL && strchr(key, ' ') != NULL)
        return gl_refuse(problem, "api_key", "contains a space");
    if (endpoint->azure_deployment != NULL &&
        gl_azure_check(endpoint->azure_deployment, endpoint->api_version, problem) != GLIMPSE_OK)
        return GLIMPSE_ERR_INVALID;
    if (endpoint->max_response_bytes <= 0)
        return gl_refuse(problem, "max_response_bytes", "must be above 0");
    if (endpoint->max_memory_bytes < 0)
        return gl_refuse(problem, "max_memory_bytes", "must be 0 (no bound) or more");
    if (endpoint->max_connections < 0)
        return gl_refuse(problem, "max_connections", "must be 0 or more");
    if ((unsigned)endpoint->http_version > GLIMPSE_HTTP_2)
        return gl_refuse(problem, "http_version", "unknown");
    return check_headers(endpoint, problem);
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

/* Makes the scope: the base URL in one spelling (scheme and host in lower case, no default port, no
 * slash at the end), organization and project, and Azure's deployment, separated by a byte that
 * none of them holds. */
static char *make_scope(const char *url, const glimpse_endpoint *endpoint)
{
    const char *parts[] = { endpoint->organization, endpoint->project, endpoint->azure_deployment,
                            endpoint->azure_deployment != NULL ? endpoint->api_version : NULL };
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

/* Keeps every sent secret, so that no answer may show one. */
static glimpse_error keep_secrets(gl_secrets *secrets, const glimpse_endpoint *endpoint,
                                  glimpse_problem *problem)
{
    glimpse_error error = GLIMPSE_OK;
    const char *key = gl_endpoint_key(endpoint);
    if (key != NULL) error = gl_credentials_key(secrets, key);
    for (size_t i = 0; error == GLIMPSE_OK && i < endpoint->header_count; i++)
        error = gl_credentials_header(secrets, endpoint->headers[i]);
    if (error == GLIMPSE_OK) error = gl_credentials_proxy(secrets, endpoint->https_proxy);
    if (error == GLIMPSE_OK) error = gl_credentials_proxy(secrets, endpoint->http_proxy);
    if (error == GLIMPSE_ERR_INVALID)
        gl_refuse(problem, "headers", "more than 255 words are secrets");
    return error;
}

/* The header lines that we write, in memory of their own; the caller's follow. */
typedef struct own_lines {
    char *authorization, *organization, *project;
} own_lines;

static bool write_lines(own_lines *own, const glimpse_endpoint *endpoint)
{
    const char *name = endpoint->azure_deployment != NULL ? "api-key: " : "Authorization: Bearer ";
    const char *key = gl_endpoint_key(endpoint);
    *own = (own_lines){ .project = NULL };
    if (key != NULL && (own->authorization = join(name, key)) == NULL) return false;
    if (endpoint->organization != NULL &&
        (own->organization = join("OpenAI-Organization: ", endpoint->organization)) == NULL)
        return false;
    return endpoint->project == NULL ||
           (own->project = join("OpenAI-Project: ", endpoint->project)) != NULL;
}

static void free_lines(own_lines *own)
{
    if (own->authorization != NULL) explicit_bzero(own->authorization, strlen(own->authorization));
    gl_free(own->authorization);
    gl_free(own->organization);
    gl_free(own->project);
}

/* The connection: our header lines before the caller's. */
static glimpse_error connect_http(gl_connection *self, gl_loop *loop, struct event_base *base,
                                  const glimpse_endpoint *endpoint, const gl_log *log,
                                  glimpse_problem *problem)
{
    enum { OURS = 4 }; /* authorization, organization, project, user agent */
    glimpse_error error = GLIMPSE_ERR_OOM;
    bool agent_given = false;
    own_lines own;
    const char **lines = gl_calloc(endpoint->header_count + OURS, sizeof *lines);
    size_t count = 0;
    if (!write_lines(&own, endpoint) || lines == NULL) goto done;
    if (own.authorization != NULL) lines[count++] = own.authorization;
    if (own.organization != NULL) lines[count++] = own.organization;
    if (own.project != NULL) lines[count++] = own.project;
    for (size_t i = 0; i < endpoint->header_count; i++) {
        lines[count++] = endpoint->headers[i];
        if (names(endpoint->headers[i], "User-Agent")) agent_given = true;
    }
    if (!agent_given) lines[count++] = "User-Agent: glimpse/" GLIMPSE_VERSION;

    gl_http_config http = {
        .base_url = gl_endpoint_url(endpoint),
        .headers = lines,
        .header_count = count,
        .https_proxy = endpoint->https_proxy,
        .http_proxy = endpoint->http_proxy,
        .no_proxy = endpoint->no_proxy,
        .ca_file = endpoint->ca_file,
        .version = endpoint->http_version,
        .max_response_bytes = (size_t)endpoint->max_response_bytes,
        .max_memory_bytes = (size_t)endpoint->max_memory_bytes,
        .max_connections = endpoint->max_connections != 0 ? (size_t)endpoint->max_connections
                                                          : DEFAULT_MAX_CONNECTIONS,
        .log = *log,
    };
    error = gl_http_new(loop, base, &http, &self->http, problem);
    if (error != GLIMPSE_OK) goto done;
    self->scope = make_scope(http.base_url, endpoint);
    if (self->scope == NULL) error = GLIMPSE_ERR_OOM;
done:
    gl_free(lines);
    free_lines(&own);
    return error;
}

static bool keep_text(char **copy, const char *text)
{
    *copy = text != NULL ? gl_strdup(text) : NULL;
    return text == NULL || *copy != NULL;
}

static bool keep_way(gl_connection *self, const glimpse_endpoint *endpoint)
{
    return keep_text(&self->https_proxy, endpoint->https_proxy) &&
           keep_text(&self->http_proxy, endpoint->http_proxy) &&
           keep_text(&self->no_proxy, endpoint->no_proxy) &&
           keep_text(&self->ca_file, endpoint->ca_file);
}

glimpse_error gl_connection_elsewhere(const gl_connection *connection, gl_loop *loop,
                                      struct event_base *base, const char *base_url, gl_http **http,
                                      glimpse_problem *problem)
{
    static const char *const lines[] = { "User-Agent: glimpse/" GLIMPSE_VERSION };
    const gl_http_config config = { .base_url = base_url,
                                    .headers = lines,
                                    .header_count = 1,
                                    .https_proxy = connection->https_proxy,
                                    .http_proxy = connection->http_proxy,
                                    .no_proxy = connection->no_proxy,
                                    .ca_file = connection->ca_file,
                                    .version = GLIMPSE_HTTP_1_1,
                                    .max_response_bytes = connection->max_response_bytes,
                                    .max_connections = 1 };
    return gl_http_new(loop, base, &config, http, problem);
}

glimpse_error gl_connection_open(gl_connection *self, gl_loop *loop, struct event_base *base,
                                 const glimpse_endpoint *endpoint, const gl_log *log,
                                 glimpse_problem *problem)
{
    *self = (gl_connection){ .http = NULL };
    gl_secrets_init(&self->secrets);
    if (check(endpoint, problem) != GLIMPSE_OK) return GLIMPSE_ERR_INVALID;
    self->max_response_bytes = (size_t)endpoint->max_response_bytes;
    if (!keep_way(self, endpoint)) return GLIMPSE_ERR_OOM;
    if (endpoint->azure_deployment != NULL) {
        self->deployment = gl_strdup(endpoint->azure_deployment);
        self->api_version = gl_strdup(endpoint->api_version);
        if (self->deployment == NULL || self->api_version == NULL) return GLIMPSE_ERR_OOM;
    }
    glimpse_error error = keep_secrets(&self->secrets, endpoint, problem);
    if (error != GLIMPSE_OK) return error;
    return connect_http(self, loop, base, endpoint, log, problem);
}

void gl_connection_close(gl_connection *self)
{
    gl_http_free(self->http);
    gl_secrets_free(&self->secrets);
    gl_free(self->deployment);
    gl_free(self->api_version);
    gl_free(self->scope);
    gl_free(self->https_proxy);
    gl_free(self->http_proxy);
    gl_free(self->no_proxy);
    gl_free(self->ca_file);
    *self = (gl_connection){ .http = NULL };
}
