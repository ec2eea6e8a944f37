/*
 * connection.c - see connection.h. Owns the gl_http, the scope and the secrets. Called by the
 * sampler and by the Batch API's client.
 */
#include "openai/connection.h"

#include <strings.h>

#include "base/alloc.h"
#include "openai/azure.h"
#include "openai/credentials.h"

#define DEFAULT_BASE_URL           "https://api.openai.com/v1"
#define DEFAULT_MAX_RESPONSE_BYTES (INT64_C(64) << 20)
#define DEFAULT_MAX_CONNECTIONS    1000

/* --- the configuration --- */

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
    if (config->max_memory_bytes < 0) return "max_memory_bytes: must be 0 (no bound) or more";
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

/* All that is sent and no answer may show. */
static glimpse_error keep_secrets(gl_secrets *secrets, const glimpse_openai_config *config,
                                  const char **problem)
{
    glimpse_error error = GLIMPSE_OK;
    if (config->api_key != NULL) error = gl_credentials_key(secrets, config->api_key);
    for (size_t i = 0; error == GLIMPSE_OK && i < config->header_count; i++)
        error = gl_credentials_header(secrets, config->headers[i]);
    if (error == GLIMPSE_OK) error = gl_credentials_proxy(secrets, config->https_proxy);
    if (error == GLIMPSE_OK) error = gl_credentials_proxy(secrets, config->http_proxy);
    if (error == GLIMPSE_ERR_INVALID) *problem = "headers: more than 255 words are secrets";
    return error;
}

/* The lines that are ours to write, in memory of their own; the caller's follow. */
typedef struct own_lines {
    char *authorization, *organization, *project;
} own_lines;

static bool write_lines(own_lines *own, const glimpse_openai_config *config)
{
    const char *key = config->azure_deployment != NULL ? "api-key: " : "Authorization: Bearer ";
    *own = (own_lines){ .project = NULL };
    if (config->api_key != NULL && (own->authorization = join(key, config->api_key)) == NULL)
        return false;
    if (config->organization != NULL &&
        (own->organization = join("OpenAI-Organization: ", config->organization)) == NULL)
        return false;
    return config->project == NULL ||
           (own->project = join("OpenAI-Project: ", config->project)) != NULL;
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
                                  const glimpse_openai_config *config, const char **problem)
{
    enum { OURS = 4 }; /* authorization, organization, project, user agent */
    glimpse_error error = GLIMPSE_ERR_OOM;
    bool agent_given = false;
    own_lines own;
    const char **lines = gl_calloc(config->header_count + OURS, sizeof *lines);
    size_t count = 0;
    if (!write_lines(&own, config) || lines == NULL) goto done;
    if (own.authorization != NULL) lines[count++] = own.authorization;
    if (own.organization != NULL) lines[count++] = own.organization;
    if (own.project != NULL) lines[count++] = own.project;
    for (size_t i = 0; i < config->header_count; i++) {
        lines[count++] = config->headers[i];
        if (names(config->headers[i], "User-Agent")) agent_given = true;
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
        .max_memory_bytes = (size_t)config->max_memory_bytes,
        .max_connections = (size_t)config->max_connections,
        .log = { config->log, config->log_arg, config->log_level },
    };
    error = gl_http_new(loop, base, &http, &self->http, problem);
    if (error != GLIMPSE_OK) goto done;
    self->scope = make_scope(http.base_url, config);
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

static bool keep_way(gl_connection *self, const glimpse_openai_config *config)
{
    return keep_text(&self->https_proxy, config->https_proxy) &&
           keep_text(&self->http_proxy, config->http_proxy) &&
           keep_text(&self->no_proxy, config->no_proxy) &&
           keep_text(&self->ca_file, config->ca_file);
}

glimpse_error gl_connection_elsewhere(const gl_connection *connection, gl_loop *loop,
                                      struct event_base *base, const char *base_url, gl_http **http,
                                      const char **problem)
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
                                 const glimpse_openai_config *config, const char **problem)
{
    *self = (gl_connection){ .http = NULL };
    gl_secrets_init(&self->secrets);
    const char *found = config_problem(config);
    if (found != NULL) {
        *problem = found;
        return GLIMPSE_ERR_INVALID;
    }
    self->max_response_bytes = (size_t)config->max_response_bytes;
    if (!keep_way(self, config)) return GLIMPSE_ERR_OOM;
    if (config->azure_deployment != NULL) {
        self->deployment = gl_strdup(config->azure_deployment);
        self->api_version = gl_strdup(config->api_version);
        if (self->deployment == NULL || self->api_version == NULL) return GLIMPSE_ERR_OOM;
    }
    glimpse_error error = keep_secrets(&self->secrets, config, problem);
    if (error != GLIMPSE_OK) return error;
    return connect_http(self, loop, base, config, problem);
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
