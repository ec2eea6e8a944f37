/*
 * http_endpoint.c - the configuration of a gl_http, checked once and made ready for libcurl: the
 * base URL, the proxy that applies, header lines, the certificates, the HTTP version.
 *
 * Everything here is immutable afterwards but `multiplex`. Called by gl_http_new; sends nothing.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "openai/http_internal.h"
#include "problem.h"

#define CURL_VERSION(major, minor, patch) ((major) << 16 | (minor) << 8 | (patch))

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) return true;
    return false;
}

/* --- the base URL --- */

/* Copies a part of a URL: NULL when it is absent; *oom is set when memory was short. */
static char *part(CURLU *url, CURLUPart what, unsigned flags, bool *oom)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(url, what, &text, flags);
    if (code == CURLUE_OUT_OF_MEMORY) *oom = true;
    if (code != CURLUE_OK) return NULL;
    char *copy = gl_strdup(text);
    curl_free(text);
    if (copy == NULL) *oom = true;
    return copy;
}

static bool has_part(CURLU *url, CURLUPart what)
{
    char *text = NULL;
    bool there = curl_url_get(url, what, &text, 0) == CURLUE_OK;
    curl_free(text);
    return there;
}

struct origin {
    char *scheme, *host, *port;
};

static glimpse_error check_base_url(CURLU *url, const char *text, const struct origin *origin,
                                    glimpse_problem *problem)
{
    static const char field[] = "base_url";
    const char *scheme = origin->scheme, *host = origin->host;
    if (scheme == NULL || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return gl_refuse(problem, field, "the scheme must be http or https");
    /* libcurl accepts one slash or three, and takes the text behind them for the host. */
    const char *slashes = text + strlen(scheme);
    if (strncmp(slashes, "://", 3) != 0 || slashes[3] == '/')
        return gl_refuse(problem, field, "there is no host");
    if (host == NULL || host[0] == '\0')
        return gl_refuse(problem, field,
                         "there is no host, or one that is not written as DNS has it (xn--...)");
    if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
        return gl_refuse(problem, field, "a user or password does not belong there");
    /* Looked for in the text: curl_url ignores an empty query, but the path would go into it. */
    if (strchr(text, '?') != NULL)
        return gl_refuse(problem, field, "a query does not belong there");
    if (strchr(text, '#') != NULL)
        return gl_refuse(problem, field, "a fragment does not belong there");
    return GLIMPSE_OK;
}

static void origin_free(struct origin *origin)
{
    gl_free(origin->scheme);
    gl_free(origin->host);
    gl_free(origin->port);
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80) return false;
    return true;
}

/* NULL when there is no host, or none in ASCII: libcurl would convert it by the locale of the
 * process, which is not ours to rely on (and 7.88.1 leaks the name when it cannot). */
static char *host_part(CURLU *url, bool *oom)
{
    char *host = part(url, CURLUPART_HOST, 0, oom);
    if (host == NULL || is_ascii(host)) return host;
    gl_free(host);
    return NULL;
}

static glimpse_error take_base_url(gl_endpoint *endpoint, struct origin *origin, const char *text,
                                   glimpse_problem *problem)
{
    if (text == NULL || text[0] == '\0') return gl_refuse(problem, "base_url", "it is empty");
    if (has_control(text) || strchr(text, ' ') != NULL)
        return gl_refuse(problem, "base_url", "spaces and control characters do not belong there");
    CURLU *url = curl_url();
    if (url == NULL) return GLIMPSE_ERR_OOM;
    glimpse_error error = GLIMPSE_OK;
    bool oom = false;
    CURLUcode code = curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_OK) {
        origin->scheme = part(url, CURLUPART_SCHEME, 0, &oom);
        origin->host = host_part(url, &oom);
        origin->port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, &oom);
        if (!oom) error = check_base_url(url, text, origin, problem);
        size_t len = strlen(text);
        while (len > 0 && text[len - 1] == '/') len--;
        endpoint->base_url = gl_strndup(text, len);
        oom = oom || endpoint->base_url == NULL;
    } else if (code == CURLUE_OUT_OF_MEMORY) {
        oom = true;
    } else if (code == CURLUE_BAD_PORT_NUMBER) {
        error = gl_refuse(problem, "base_url", "the port must be a number, at most 65535");
    } else {
        error = gl_refuse(problem, "base_url",
                          "not a URL such as https://host/v1 or http://host:8000/v1");
    }
    curl_url_cleanup(url);
    return oom ? GLIMPSE_ERR_OOM : error;
}

/* --- the proxy --- */

/* Returns true when one entry of no_proxy names this host or a domain above it. */
static bool entry_covers(const char *entry, size_t len, const char *host)
{
    while (len > 0 && entry[0] == '.') entry++, len--;
    while (len > 0 && entry[len - 1] == '.') len--;
    size_t host_len = strlen(host);
    while (host_len > 0 && host[host_len - 1] == '.') host_len--;
    if (len == 0 || host_len < len) return false;
    if (strncasecmp(host + host_len - len, entry, len) != 0) return false;
    return host_len == len || host[host_len - len - 1] == '.';
}

/* An IP address: its bytes, the highest first, and their number of bits; 0 for none. */
typedef struct address {
    unsigned char bytes[16];
    unsigned bits;
} address;

/* With or without the brackets that an IPv6 address has in a URL. */
static address read_address(const char *text, size_t len)
{
    address read = { .bits = 0 };
    char bare[INET6_ADDRSTRLEN];
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') text++, len -= 2;
    if (len >= sizeof bare) return read;
    memcpy(bare, text, len);
    bare[len] = '\0';
    if (inet_pton(AF_INET, bare, read.bytes) == 1)
        read.bits = 32;
    else if (inet_pton(AF_INET6, bare, read.bytes) == 1)
        read.bits = 128;
    return read;
}

/* Returns true when one entry of no_proxy is this address, or a network (10.0.0.0/8) that contains
 * it. */
static bool entry_covers_address(const char *entry, size_t len, const address *host)
{
    size_t slash = 0;
    while (slash < len && entry[slash] != '/') slash++;
    address network = read_address(entry, slash);
    unsigned bits = network.bits;
    if (slash < len) {
        if (slash + 1 == len) return false;
        bits = 0;
        for (size_t i = slash + 1; i < len; i++) {
            if (!isdigit((unsigned char)entry[i])) return false;
            bits = bits * 10 + (unsigned)(entry[i] - '0');
            if (bits > network.bits) return false;
        }
    }
    if (network.bits != host->bits || memcmp(network.bytes, host->bytes, bits / 8) != 0)
        return false;
    unsigned rest = bits % 8;
    return rest == 0 || (network.bytes[bits / 8] ^ host->bytes[bits / 8]) >> (8 - rest) == 0;
}

static bool bypasses_proxy(const char *no_proxy, const char *host)
{
    static const char separators[] = ", ";
    const address numeric = read_address(host, strlen(host));
    for (const char *at = no_proxy; at != NULL && *at != '\0';) {
        at += strspn(at, separators);
        size_t entry = strcspn(at, separators);
        if (entry == 1 && at[0] == '*') return true;
        if (numeric.bits != 0 ? entry_covers_address(at, entry, &numeric)
                              : entry != 0 && entry_covers(at, entry, host))
            return true;
        at += entry;
    }
    return false;
}

/* Takes the proxy as libcurl reads it, with its own default ports; *to is the address it connects
 * to. */
static glimpse_error take_proxy(gl_endpoint *endpoint, struct origin *to, const char *text,
                                const char *field, glimpse_problem *problem)
{
    static const char bad[] = "not a proxy such as http://host:port";
    if (has_control(text)) return gl_refuse(problem, field, bad);
    CURLU *url = curl_url();
    if (url == NULL) return GLIMPSE_ERR_OOM;
    glimpse_error error = GLIMPSE_ERR_INVALID;
    bool oom = false;
    /* Without a scheme it is http, whatever the host's name is. */
    bool bare = strstr(text, "://") == NULL;
    CURLUcode code = curl_url_set(url, CURLUPART_URL, text,
                                  CURLU_NON_SUPPORT_SCHEME | (bare ? CURLU_GUESS_SCHEME : 0));
    if (code == CURLUE_OK && bare) code = curl_url_set(url, CURLUPART_SCHEME, "http", 0);
    if (code != CURLUE_OK) goto done;
    to->scheme = part(url, CURLUPART_SCHEME, 0, &oom);
    to->host = host_part(url, &oom);
    to->port = part(url, CURLUPART_PORT, 0, &oom);
    if (oom || to->scheme == NULL || to->host == NULL) goto done;
    /* A SOCKS proxy resolves the server's name too: libcurl would start a thread for it. */
    const char *scheme = to->scheme;
    if (strcmp(scheme, "socks5") == 0) scheme = "socks5h";
    if (strcmp(scheme, "socks4") == 0) scheme = "socks4a";
    if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0 &&
        strcmp(scheme, "socks5h") != 0 && strcmp(scheme, "socks4a") != 0)
        goto done;
    if (to->port == NULL) to->port = gl_strdup(strcmp(scheme, "https") == 0 ? "443" : "1080");
    oom = to->port == NULL;
    if (oom) goto done;
    code = curl_url_set(url, CURLUPART_SCHEME, scheme, CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_OK) code = curl_url_set(url, CURLUPART_PORT, to->port, 0);
    if (code != CURLUE_OK) goto done;
    gl_free(endpoint->proxy);
    endpoint->proxy = part(url, CURLUPART_URL, CURLU_NON_SUPPORT_SCHEME, &oom);
    gl_buf name;
    gl_buf_init(&name, SIZE_MAX);
    gl_buf_printf(&name, "%s:%s", to->host, to->port);
    if (gl_buf_terminate(&name)) endpoint->proxy_name = gl_strdup(name.data);
    gl_buf_free(&name);
    oom = oom || endpoint->proxy_name == NULL;
    if (endpoint->proxy == NULL || oom) goto done;
    error = GLIMPSE_OK;
done:
    curl_url_cleanup(url);
    if (oom || code == CURLUE_OUT_OF_MEMORY) return GLIMPSE_ERR_OOM;
    return error == GLIMPSE_OK ? error : gl_refuse(problem, field, bad);
}

/* Notes the name that libcurl will need, and the key under which it looks for it in its cache. */
static bool note_name(gl_endpoint *endpoint, const struct origin *to)
{
    if (gl_resolve_is_literal(to->host)) return true;
    endpoint->resolve_name = gl_strdup(to->host);
    gl_buf prefix;
    gl_buf_init(&prefix, SIZE_MAX);
    gl_buf_printf(&prefix, "%s:%s:", to->host, to->port);
    if (gl_buf_terminate(&prefix)) endpoint->resolve_prefix = gl_strdup(prefix.data);
    gl_buf_free(&prefix);
    return endpoint->resolve_name != NULL && endpoint->resolve_prefix != NULL;
}

struct curl_slist *gl_endpoint_resolve_list(const gl_endpoint *endpoint,
                                            const gl_addresses *addresses)
{
    gl_buf line;
    gl_buf_init(&line, SIZE_MAX);
    gl_buf_append_str(&line, endpoint->resolve_prefix);
    gl_buf_append_str(&line, addresses->text);
    struct curl_slist *list = gl_buf_terminate(&line) ? curl_slist_append(NULL, line.data) : NULL;
    gl_buf_free(&line);
    return list;
}

/* --- headers --- */

static size_t name_length(const char *line)
{
    return strcspn(line, ":");
}

static bool names(const char *line, const char *name)
{
    size_t len = strlen(name);
    return name_length(line) == len && strncasecmp(line, name, len) == 0;
}

static glimpse_error check_header(const char *line, glimpse_problem *problem)
{
    if (has_control(line))
        return gl_refuse(problem, "headers", "control characters do not belong in a header line");
    size_t name = name_length(line);
    if (name == 0 || line[name] != ':')
        return gl_refuse(problem, "headers", "a line must be \"Name: value\"");
    if (strcspn(line, " ;") < name)
        return gl_refuse(problem, "headers", "a name with a space or a semicolon");
    return GLIMPSE_OK;
}

static bool append_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer != NULL) *list = longer;
    return longer != NULL;
}

static bool append_header(struct curl_slist **list, const char *line)
{
    size_t name = name_length(line);
    if (line[name + 1 + strspn(line + name + 1, " ")] != '\0') return append_line(list, line);
    /* libcurl spells an empty value "Name;"; "Name:" would remove a header. */
    char *empty = gl_strndup(line, name + 1);
    if (empty == NULL) return false;
    empty[name] = ';';
    bool ok = append_line(list, empty);
    gl_free(empty);
    return ok;
}

static bool given(const gl_http_config *config, const char *name)
{
    for (size_t i = 0; i < config->header_count; i++)
        if (names(config->headers[i], name)) return true;
    return false;
}

static glimpse_error take_headers(gl_endpoint *endpoint, const gl_http_config *config,
                                  glimpse_problem *problem)
{
    for (size_t i = 0; i < config->header_count; i++)
        if (check_header(config->headers[i], problem) != GLIMPSE_OK) return GLIMPSE_ERR_INVALID;
    struct curl_slist **list = &endpoint->post_headers;
    bool ok = true, typed = given(config, "Content-Type");
    if (!typed) ok = append_line(list, "Content-Type: application/json");
    if (!given(config, "Accept")) ok = ok && append_line(list, "Accept: application/json");
    /* Without this libcurl asks for 100-continue above 1 MB and waits a second for it. */
    if (!given(config, "Expect")) ok = ok && append_line(list, "Expect:");
    if (!given(config, "Accept-Encoding")) ok = ok && append_line(list, "Accept-Encoding:");
    for (size_t i = 0; i < config->header_count; i++)
        ok = ok && append_header(list, config->headers[i]);
    if (!ok) return GLIMPSE_ERR_OOM;
    endpoint->get_headers = typed ? *list : (*list)->next;
    return GLIMPSE_OK;
}

/* --- certificates --- */

/* Returns true for a directory with OpenSSL's look-up by hash: names such as 5ed36f99.0. */
static bool is_hashed(const char *path)
{
    DIR *directory = path != NULL ? opendir(path) : NULL;
    if (directory == NULL) return false;
    bool hashed = false;
    const struct dirent *entry;
    while (!hashed && (entry = readdir(directory)) != NULL)
        hashed = strlen(entry->d_name) == 10 && strspn(entry->d_name, "0123456789abcdef") == 8 &&
                 entry->d_name[8] == '.';
    closedir(directory);
    return hashed;
}

static bool take_certificates(gl_endpoint *endpoint, const char *ca_file)
{
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
    /* The directory: OpenSSL opens the one file it needs, whereas parsing Debian's bundle of 144
     * takes 14 ms of the loop's time, once for each shard at best. */
    if (ca_file == NULL && is_hashed(version->capath)) {
        endpoint->ca_path = version->capath;
        return true;
    }
    if (ca_file == NULL) ca_file = version->cainfo;
    if (ca_file == NULL) return true; /* a TLS library with a store of its own */
    endpoint->ca_file = gl_strdup(ca_file);
    return endpoint->ca_file != NULL;
}

/* --- the HTTP version --- */

/* Releases whose multiplexing is sound under multi_socket: 8.10.0 no longer polls for each stream;
 * up to 8.11.0 the timer callback was sometimes not called (fixed by 4cded6deac); 8.21.0 leaks
 * sockets (issue 22306). 8.14.0 to 8.15.x wake all handles that wait within libcurl for each free
 * slot (issue 18017), but our requests wait in our admission: with 8.14.1 and 1,000 in flight 4,000
 * answers over TLS took 0.4 s of CPU, and 1.5 s over HTTP/1.1. */
static bool multiplexes_soundly(unsigned version)
{
    if (version < CURL_VERSION(8, 11, 1)) return false;
    return version != CURL_VERSION(8, 21, 0);
}

glimpse_http2 glimpse_http2_support(void)
{
    const curl_version_info_data *library = curl_version_info(CURLVERSION_NOW);
    if ((library->features & CURL_VERSION_HTTP2) == 0) return GLIMPSE_HTTP2_NONE;
    return multiplexes_soundly(library->version_num) ? GLIMPSE_HTTP2_SOUND : GLIMPSE_HTTP2_UNSOUND;
}

static glimpse_error take_version(gl_endpoint *endpoint, glimpse_http_version wanted, bool tls,
                                  glimpse_problem *problem)
{
    unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
    glimpse_http2 support = glimpse_http2_support();
    /* Before 8.10.0 every stream of a connection polls at each event: 25 polls a response at 32. */
    endpoint->max_streams = version < CURL_VERSION(8, 10, 0) ? 32 : 100;
    /* Before 8.7.0 each handle has the copy, 16 KiB, until its transfer ends. */
    endpoint->copies = version < CURL_VERSION(8, 7, 0);
    endpoint->http_version = CURL_HTTP_VERSION_1_1;
    if (wanted == GLIMPSE_HTTP_1_1) return GLIMPSE_OK;
    if (wanted == GLIMPSE_HTTP_AUTO && !(tls && support == GLIMPSE_HTTP2_SOUND)) return GLIMPSE_OK;
    if (support == GLIMPSE_HTTP2_NONE)
        return gl_refuse(problem, "http_version", "this libcurl has no HTTP/2");
    if (!tls && version < CURL_VERSION(8, 0, 0)) /* issue 10634: fails at the first reuse */
        return gl_refuse(problem, "http_version",
                         "HTTP/2 without TLS needs libcurl 8.0.0 or later");
    endpoint->multiplex = true;
    endpoint->http_version = tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    return GLIMPSE_OK;
}

/* --- all of it --- */

glimpse_error gl_endpoint_init(gl_endpoint *endpoint, const gl_http_config *config,
                               glimpse_problem *problem)
{
    struct origin server = { 0 }, proxy = { 0 };
    endpoint->max_response_bytes = config->max_response_bytes;
    endpoint->max_memory_bytes =
        config->max_memory_bytes != 0 ? config->max_memory_bytes : SIZE_MAX;
    glimpse_error error = take_base_url(endpoint, &server, config->base_url, problem);
    if (error == GLIMPSE_OK) error = take_headers(endpoint, config, problem);
    if (error != GLIMPSE_OK) goto done;
    bool tls = strcmp(server.scheme, "https") == 0;
    error = take_version(endpoint, config->version, tls, problem);
    if (error != GLIMPSE_OK) goto done;
    const char *wanted = tls ? config->https_proxy : config->http_proxy;
    bool proxied =
        wanted != NULL && wanted[0] != '\0' && !bypasses_proxy(config->no_proxy, server.host);
    endpoint->proxy = gl_strdup("");
    if (endpoint->proxy != NULL && proxied) {
        error = take_proxy(endpoint, &proxy, wanted, tls ? "https_proxy" : "http_proxy", problem);
        if (error != GLIMPSE_OK) goto done;
    }
    if (endpoint->proxy == NULL || !note_name(endpoint, proxied ? &proxy : &server) ||
        !take_certificates(endpoint, config->ca_file))
        error = GLIMPSE_ERR_OOM;
done:
    origin_free(&server);
    origin_free(&proxy);
    return error;
}

void gl_endpoint_free(gl_endpoint *endpoint)
{
    gl_free(endpoint->base_url);
    gl_free(endpoint->proxy);
    gl_free(endpoint->proxy_name);
    gl_free(endpoint->ca_file);
    gl_free(endpoint->resolve_name);
    gl_free(endpoint->resolve_prefix);
    /* One of the lines holds the key. */
    for (struct curl_slist *line = endpoint->post_headers; line != NULL; line = line->next)
        explicit_bzero(line->data, strlen(line->data));
    curl_slist_free_all(endpoint->post_headers);
}
