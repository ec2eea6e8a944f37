/*
 * checks.c - the rules for the texts of options. Pure but for check_readable and check_pem; called
 * by options.c through the table, and by settings.c for the key file.
 *
 * A base URL is read strictly, because a mistake in it sends a key to a stranger.
 */
#include "options/checks.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/slice.h"
#include "base/utf8.h"
#include "files/whole_file.h"
#include "options/listen_address.h"
#include "options/loopback.h"

/* All certificate authorities of the world are 250 KB. */
#define PEM_MAX ((size_t)16 * 1024 * 1024)

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

const char *check_filled(const char *text)
{
    return *text != '\0' ? NULL : "is empty";
}

const char *check_plain(const char *text)
{
    /* docker --env-file and systemd keep the quotes that a shell would take away. */
    size_t len = strlen(text);
    if (len >= 2 && (text[0] == '"' || text[0] == '\'') && text[len - 1] == text[0])
        return "stands in quotes; leave them out";
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return "holds a line break or another control character";
    return NULL;
}

const char *check_name(const char *text)
{
    const char *problem = check_filled(text);
    return problem != NULL ? problem : check_plain(text);
}

const char *check_utf8(const char *text)
{
    size_t len = strlen(text);
    return gl_utf8_check(text, len) == len ? NULL : "is not valid UTF-8";
}

const char *check_readable(const char *text)
{
    int fd = open(text, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return "names a file that cannot be read";
    close(fd);
    return NULL;
}

/* Returns true for a block of base64 between the marks of a certificate. */
static bool has_certificate(const char *text)
{
    static const char *const begins[] = { "-----BEGIN CERTIFICATE-----",
                                          "-----BEGIN TRUSTED CERTIFICATE-----",
                                          "-----BEGIN X509 CERTIFICATE-----" };
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
                                 "\r\n";
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        for (const char *at = text; (at = strstr(at, begins[i])) != NULL;) {
            at += strlen(begins[i]);
            size_t len = strspn(at, base64);
            if (len > 100 && strncmp(at + len, "-----END ", 9) == 0) return true;
        }
    return false;
}

const char *check_pem(const char *text)
{
    const char *problem;
    size_t len;
    char *all = whole_file_read(text, PEM_MAX, &len, &problem);
    if (all == NULL) return "names a file that cannot be read";
    bool good = has_certificate(all);
    gl_free(all);
    return good ? NULL : "names a file without certificates in PEM (-----BEGIN CERTIFICATE-----)";
}

const char *check_key(const char *text)
{
    const char *problem = check_name(text);
    if (problem != NULL) return problem;
    for (; *text != '\0'; text++)
        if (*text == ' ' || (unsigned char)*text > 0x7e)
            return "holds a blank or a character that no key has";
    return NULL;
}

const char *check_header(const char *text)
{
    size_t name = 0;
    while (is_alnum(text[name]) || (text[name] != '\0' && strchr("!#$%&'*+-.^_`|~", text[name])))
        name++;
    if (name == 0 || text[name] != ':') return "must have the form 'Name: value'";
    /* Headers that curl itself must write: a second length or host would corrupt every request. */
    static const char *const reserved[] = { "Content-Length", "Transfer-Encoding", "Host",
                                            "Connection" };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strlen(reserved[i]) == name && strncasecmp(text, reserved[i], name) == 0)
            return "names a header that is not the user's to set";
    return check_plain(text);
}

/* --- URLs --- */

/* As browsers write it: RFC 6454, section 6.2. */
const char *check_origin(const char *text)
{
    static const char wrong[] = "is no origin: scheme://host or scheme://host:port, without a path";
    const char *host = strstr(text, "://");
    if (strcmp(text, "*") == 0) return NULL;
    if (host == NULL || host == text || host[3] == '\0') return wrong;
    for (const char *at = text; at < host; at++)
        if (!is_alnum(*at) && strchr("+-.", *at) == NULL) return wrong;
    for (const char *at = host + 3; *at != '\0'; at++)
        if (!is_alnum(*at) && strchr("-._~%:[]", *at) == NULL) return wrong;
    return NULL;
}

const char *check_proxy(const char *text)
{
    static const char *const schemes[] = {
        "http", "https", "socks4", "socks4a", "socks5", "socks5h"
    };
    const char *end = strstr(text, "://");
    if (end == NULL) return check_plain(text);
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strlen(schemes[i]) == (size_t)(end - text) &&
            strncasecmp(text, schemes[i], (size_t)(end - text)) == 0)
            return check_plain(text);
    return "must be a proxy such as http://host:port";
}

/* Returns the host of a URL, NULL when it is neither http nor https. */
static const char *host_of(const char *url)
{
    if (strncasecmp(url, "http://", 7) == 0) return url + 7;
    if (strncasecmp(url, "https://", 8) == 0) return url + 8;
    return NULL;
}

static const char *check_port(const char *text, size_t len)
{
    unsigned long port = 0;
    if (len == 0 || len > 5) return "has a malformed port";
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return "has a malformed port";
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    return port >= 1 && port <= 65535 ? NULL : "has a port outside 1 to 65535";
}

const char *check_listen(const char *text)
{
    listen_address unused;
    return listen_address_read(text, &unused);
}

const char *check_url(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f || *at == '\\' || *at == '"')
            return "holds a blank or another character that a URL cannot have";
    const char *host = host_of(text);
    if (host == NULL) return "must begin with http:// or https://";
    if (strpbrk(text, "?#") != NULL) return "must not have a query or a fragment";
    size_t len = strcspn(host, "/");
    if (memchr(host, '@', len) != NULL) return "must not hold a user name or password";
    size_t name;
    if (host[0] == '[') {
        const char *end = memchr(host, ']', len);
        if (end == NULL || strspn(host + 1, "0123456789abcdefABCDEF:.") != (size_t)(end - host - 1))
            return "has a malformed address in brackets";
        name = (size_t)(end - host) + 1;
        if (name == 2) return "has no host";
    } else {
        name = 0;
        while (name < len && (is_alnum(host[name]) || strchr("-._", host[name]) != NULL)) name++;
        if (name == 0) return "has no host";
    }
    if (name == len) return NULL;
    if (host[name] != ':') return "has a malformed host";
    return check_port(host + name + 1, len - name - 1);
}

const char *check_store(const char *text)
{
    if (*text == '\0') return "must not be empty";
    size_t scheme =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-.0123456789");
    if (scheme > 0 && strncmp(text + scheme, "://", 3) == 0)
        return "is a URL; redis:// and others are not supported, only a file is";
    return check_plain(text);
}

bool url_is_exposed(const char *url)
{
    char own[256] = "";
    if (strncasecmp(url, "http://", 7) != 0) return false;
    gl_slice host = gl_slice_of(url + 7, strcspn(url + 7, "/"));
    if (loopback_host(host)) return false;
    size_t len = strcspn(host.data, ":/");
    if (gethostname(own, sizeof own - 1) != 0 || own[0] == '\0') return true;
    return strlen(own) != len || strncasecmp(host.data, own, len) != 0;
}
