/*
 * http_upload.c - bodies that are read from a file while they are sent, so that a large one is
 * never in memory. The callback runs inside libcurl.
 *
 * A handle with an upload is not used again, because its options differ.
 */
#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "openai/http_internal.h"

struct gl_upload {
    gl_http_upload what;
    uint64_t sent;            /* of head, file and tail together */
    struct curl_slist header; /* the content type, before the lines that all requests share */
    char *line;
};

void gl_upload_free(struct gl_upload *upload)
{
    if (upload == NULL) return;
    gl_free(upload->line);
    gl_free(upload);
}

/* Copies the due bytes of a text that begins at `from` of the whole. */
static size_t give(const struct gl_upload *upload, gl_slice text, uint64_t from, char *out,
                   size_t room)
{
    if (upload->sent < from || upload->sent - from >= text.len) return 0;
    size_t at = (size_t)(upload->sent - from), len = text.len - at;
    if (len > room) len = room;
    memcpy(out, text.data + at, len);
    return len;
}

/* -1: the file cannot be read, or is shorter than its announced size. */
static ssize_t give_file(const struct gl_upload *upload, char *out, size_t room)
{
    uint64_t at = upload->sent - upload->what.head.len;
    if (at >= upload->what.size) return 0;
    if (room > upload->what.size - at) room = (size_t)(upload->what.size - at);
    ssize_t n;
    do {
        n = pread(upload->what.fd, out, room, (off_t)at);
    } while (n < 0 && errno == EINTR);
    return n > 0 ? n : -1;
}

static size_t read_body(char *out, size_t size, size_t count, void *arg)
{
    gl_transfer *transfer = arg;
    struct gl_upload *upload = transfer->upload;
    const gl_http_upload *what = &upload->what;
    size_t room = size * count, len = give(upload, what->head, 0, out, room);
    if (len == 0 && upload->sent >= what->head.len) {
        ssize_t n = give_file(upload, out, room);
        if (n < 0) {
            transfer->error = GLIMPSE_ERR_INVALID;
            return CURL_READFUNC_ABORT;
        }
        len = (size_t)n;
    }
    if (len == 0) len = give(upload, what->tail, what->head.len + what->size, out, room);
    upload->sent += len;
    if (len != 0) transfer->observer->progress(transfer->arg, GLIMPSE_PROGRESS_BYTES);
    return len;
}

bool gl_transfer_set_upload(gl_transfer *transfer, const gl_http_upload *upload)
{
    static const char name[] = "Content-Type: ";
    struct gl_upload *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return false;
    transfer->upload = made;
    made->what = *upload;
    gl_buf line;
    gl_buf_init(&line, SIZE_MAX / 2);
    gl_buf_append_str(&line, name);
    gl_buf_append_str(&line, upload->content_type);
    if (!gl_buf_terminate(&line)) {
        gl_buf_free(&line);
        return false;
    }
    made->line = line.data;
    made->header.data = made->line;
    made->header.next = transfer->http->endpoint.get_headers;
    CURL *easy = transfer->easy;
    uint64_t total = upload->head.len + upload->size + upload->tail.len;
    return curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)total) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, &made->header) == CURLE_OK;
}
