/*
 * batch_file.c - the content of a file that comes down: its address, its length limit, and the
 * local file.
 *
 * The content goes to PATH.tmp, which is made anew: a link or a file that somebody put there is not
 * written to. Content longer than the endpoint announced is cut at the first byte too many.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "openai/batch_internal.h"

/* The file is begun anew by each attempt. */
static bool begin_file(gl_batch_call *call)
{
    if (call->fd >= 0) close(call->fd);
    call->bytes = 0;
    call->too_long = false;
    if (unlink(call->temporary) != 0 && errno != ENOENT) {
        call->failed_errno = errno;
        return false;
    }
    call->fd = open(call->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (call->fd < 0) call->failed_errno = errno;
    return call->fd >= 0;
}

gl_transfer *gl_batch_fetch(gl_batch_call *call, const gl_http_observer *observer)
{
    char path[320];
    gl_slice none = gl_slice_of(NULL, 0);
    if (!begin_file(call)) return NULL;
    if (call->elsewhere != NULL)
        return gl_http_start(call->elsewhere, call->elsewhere_path, none, observer, call);
    snprintf(path, sizeof path, "/files/%s/content", call->id);
    return gl_http_start(call->api->connection.http, path, none, observer, call);
}

gl_http_want gl_batch_file_chunk(gl_batch_call *call, gl_slice bytes)
{
    uint64_t most = call->is_announced ? call->announced : (uint64_t)GLIMPSE_BATCH_MAX_DOWNLOAD;
    if (bytes.len > most - call->bytes) {
        call->too_long = true;
        return GL_HTTP_ENOUGH;
    }
    call->failed_errno = gl_file_write(call->fd, bytes.data, bytes.len);
    if (call->failed_errno != 0) return GL_HTTP_ENOUGH;
    call->bytes += bytes.len;
    return GL_HTTP_MORE;
}

static glimpse_error wrong_length(gl_batch_call *call)
{
    if (call->too_long)
        gl_batch_refuse(call, "file_too_long", "more came than the %llu bytes that the file %s",
                        (unsigned long long)(call->is_announced
                                                 ? call->announced
                                                 : (uint64_t)GLIMPSE_BATCH_MAX_DOWNLOAD),
                        call->is_announced ? "has" : "may have");
    else
        gl_batch_refuse(call, "reset", "%llu bytes came of a file that has %llu",
                        (unsigned long long)call->bytes, (unsigned long long)call->announced);
    call->refused_again = call->is_announced;
    return GLIMPSE_ERR_RESET;
}

glimpse_error gl_batch_file_finish(gl_batch_call *call)
{
    int failed = call->failed_errno;
    if (failed == 0 && (call->too_long || (call->is_announced && call->bytes != call->announced)))
        return wrong_length(call);
    if (failed == 0) failed = gl_file_sync(call->fd);
    if (close(call->fd) != 0 && failed == 0) failed = errno;
    call->fd = -1;
    if (failed == 0 && rename(call->temporary, call->file_path) != 0) failed = errno;
    if (failed == 0) return GLIMPSE_OK;
    unlink(call->temporary);
    gl_batch_refuse(call, "local_file", "%s: %s", call->file_path, strerror(failed));
    return GLIMPSE_ERR_INVALID;
}

void gl_batch_file_close(gl_batch_call *call)
{
    if (call->fd >= 0) close(call->fd);
    if (call->fd >= 0 && call->kind == GL_BATCH_DOWNLOAD) unlink(call->temporary);
    call->fd = -1;
    gl_http_free(call->elsewhere);
    gl_free(call->elsewhere_path);
    call->elsewhere = NULL;
    call->elsewhere_path = NULL;
}

/* --- content at another address --- */

/* Writes the whole address of a Location into `url`. A path of the endpoint's own host, or an
 * address without a scheme, gets the missing parts of the base URL. */
static void write_address(const gl_batch_call *call, const char *location, gl_buf *url)
{
    const char *base = call->api->connection.scope;
    size_t scheme = strcspn(base, ":") + 1, host = scheme + 2;
    if (strncmp(location, "//", 2) == 0)
        gl_buf_append(url, base, scheme);
    else if (location[0] == '/')
        gl_buf_append(url, base, host + strcspn(base + host, "/\n"));
    gl_buf_append(url, location, strcspn(location, "#"));
    gl_buf_terminate(url);
}

/* Names the host alone: the parts around it are a secret for as long as the address is signed. */
static glimpse_error refuse_address(gl_batch_call *call, const char *url, const char *why)
{
    const char *scheme = strstr(url, "://"), *host = scheme != NULL ? scheme + 3 : "";
    size_t len = strcspn(host, "/?");
    const char *user = memchr(host, '@', len);
    if (user != NULL) {
        len -= (size_t)(user + 1 - host);
        host = user + 1;
    }
    size_t word = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    bool shown = scheme == url + word && len != 0;
    if (!shown) len = 0;
    gl_batch_refuse(call, "redirect", "the file's content is redirected to %.*s%s%.*s: %s",
                    shown ? (int)word : 0, url, shown ? "://" : "what is no address",
                    len < 200 ? (int)len : 200, host, why);
    return GLIMPSE_ERR_REDIRECT;
}

static glimpse_error go_to(gl_batch_call *call, const char *url)
{
    glimpse_problem problem = { .field = "" };
    size_t origin = strlen("https://") + strcspn(url + strlen("https://"), "/?");
    char *base = gl_strndup(url, origin);
    call->elsewhere_path = gl_strdup(url + origin);
    if (base == NULL || call->elsewhere_path == NULL) {
        gl_free(base);
        return GLIMPSE_ERR_OOM;
    }
    glimpse_error error = gl_connection_elsewhere(
        &call->api->connection, call->api->loop, call->api->base, base, &call->elsewhere, &problem);
    gl_free(base);
    return error == GLIMPSE_ERR_INVALID ? refuse_address(call, url, problem.sentence) : error;
}

glimpse_error gl_batch_follow(gl_batch_call *call, const char *location)
{
    gl_buf url;
    glimpse_error error = GLIMPSE_ERR_OOM;
    gl_buf_init(&url, 64 * 1024); /* far above the 2 KiB of a signed address */
    write_address(call, location != NULL ? location : "", &url);
    if (!url.failed) {
        if (call->elsewhere != NULL)
            error = refuse_address(call, url.data, "it was redirected once already");
        else if (strncasecmp(url.data, "https://", strlen("https://")) != 0)
            error = refuse_address(call, url.data, "only https is followed");
        else
            error = go_to(call, url.data);
    }
    gl_buf_free(&url);
    return error;
}
