/*
 * azure.c - see azure.h. Keeps nothing.
 *
 * A deployment is a name of the caller's: unencoded, one such as "a/../../x" would lead out of the
 * path, with the key (openai-node's issue 2337).
 */
#include "openai/azure.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/slice.h"

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) return true;
    return false;
}

glimpse_error gl_azure_check(const char *deployment, const char *api_version,
                             glimpse_problem *problem)
{
    if (deployment[0] == '\0') return gl_refuse(problem, "azure_deployment", "empty");
    if (has_control(deployment))
        return gl_refuse(problem, "azure_deployment", "contains a control byte");
    /* Dots are not encoded, and a server on the way may resolve these two. */
    if (strcmp(deployment, ".") == 0 || strcmp(deployment, "..") == 0)
        return gl_refuse(problem, "azure_deployment", "must not be . or ..");
    if (api_version == NULL || api_version[0] == '\0')
        return gl_refuse(problem, "api_version",
                         "not given, and Azure needs one (OPENAI_API_VERSION)");
    if (has_control(api_version))
        return gl_refuse(problem, "api_version", "contains a control byte");
    return GLIMPSE_OK;
}

/* Encodes all characters but those that RFC 3986 calls unreserved. */
static void append_encoded(gl_buf *out, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            memchr("-._~", c, 4) != NULL) {
            gl_buf_append_char(out, (char)c);
        } else {
            gl_buf_append_char(out, '%');
            gl_buf_append_char(out, hex[c >> 4]);
            gl_buf_append_char(out, hex[c & 15]);
        }
    }
}

/* openai-python's _deployments_endpoints. */
static bool belongs_to_deployment(gl_slice path)
{
    static const char *const paths[] = { "/chat/completions",   "/completions",
                                         "/embeddings",         "/audio/transcriptions",
                                         "/audio/translations", "/audio/speech",
                                         "/images/generations", "/images/edits" };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (gl_slice_is(path, paths[i])) return true;
    return false;
}

void gl_azure_path(const char *deployment, const char *api_version, const char *path, gl_buf *out)
{
    size_t len = strcspn(path, "?");
    gl_buf_append_str(out, "/openai");
    if (belongs_to_deployment(gl_slice_of(path, len))) {
        gl_buf_append_str(out, "/deployments/");
        append_encoded(out, deployment);
    }
    gl_buf_append_str(out, path);
    gl_buf_append_str(out, path[len] == '?' ? "&api-version=" : "?api-version=");
    append_encoded(out, api_version);
}
