/* reply.c - see reply.h. */
#include "reply.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void reply_open(reply *r)
{
    *r = (reply){ .head = evbuffer_new(), .body = evbuffer_new() };
    if (r->head == NULL || r->body == NULL) abort();
}

void reply_close(reply *r)
{
    evbuffer_free(r->head);
    evbuffer_free(r->body);
}

void reply_again(reply *r)
{
    struct evbuffer *head = r->head, *body = r->body;
    evbuffer_drain(head, evbuffer_get_length(head));
    evbuffer_drain(body, evbuffer_get_length(body));
    *r = (reply){ .head = head, .body = body };
}

static const char *value_of(const char *line, const char *name)
{
    size_t len = strlen(name);
    if (strncasecmp(line, name, len) != 0 || line[len] != ':') return NULL;
    return line + len + 1 + strspn(line + len + 1, " ");
}

static bool take_line(reply *r, const char *line)
{
    const char *value;
    evbuffer_add_printf(r->head, "%s\n", line);
    if (r->status == 0) {
        if (strncmp(line, "HTTP/1.1 ", 9) != 0) return false;
        r->status = (int)strtol(line + 9, NULL, 10);
        return r->status >= 200 && r->status < 600;
    }
    if ((value = value_of(line, "content-length")) != NULL) r->left = strtoul(value, NULL, 10);
    if ((value = value_of(line, "transfer-encoding")) != NULL)
        r->chunked = strcasecmp(value, "chunked") == 0;
    if ((value = value_of(line, "connection")) != NULL) r->close = strcasecmp(value, "close") == 0;
    return strchr(line, ':') != NULL;
}

/* One line, in the parts that are lines. */
static reply_progress read_line(reply *r, const char *line)
{
    char *end;
    switch (r->part) {
    case REPLY_HEAD:
        if (*line != '\0') return take_line(r, line) ? REPLY_MORE : REPLY_BAD;
        r->part = r->chunked ? REPLY_SIZE : REPLY_BODY;
        return r->status != 0 ? REPLY_MORE : REPLY_BAD;
    case REPLY_SIZE:
        r->left = strtoul(line, &end, 16);
        if (end == line || *end != '\0') return REPLY_BAD;
        r->part = r->left != 0 ? REPLY_CHUNK : REPLY_TRAILER;
        return REPLY_MORE;
    case REPLY_CHUNK_END:
        r->part = REPLY_SIZE;
        return *line == '\0' ? REPLY_MORE : REPLY_BAD;
    default:
        return *line == '\0' ? REPLY_WHOLE : REPLY_MORE;
    }
}

reply_progress reply_read(reply *r, struct evbuffer *in)
{
    for (;;) {
        if (r->part == REPLY_BODY || r->part == REPLY_CHUNK) {
            int moved = evbuffer_remove_buffer(in, r->body, r->left);
            if (moved > 0) r->left -= (size_t)moved;
            if (r->left != 0) return REPLY_MORE;
            if (r->part == REPLY_BODY) return REPLY_WHOLE;
            r->part = REPLY_CHUNK_END;
        }
        char *line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF_STRICT);
        if (line == NULL) return REPLY_MORE;
        reply_progress progress = read_line(r, line);
        free(line);
        if (progress != REPLY_MORE) return progress;
    }
}

size_t reply_count(struct evbuffer *where, const char *text)
{
    size_t count = 0, len = strlen(text);
    struct evbuffer_ptr at = evbuffer_search(where, text, len, NULL);
    while (at.pos >= 0) {
        count++;
        if (evbuffer_ptr_set(where, &at, len, EVBUFFER_PTR_ADD) != 0) break;
        at = evbuffer_search(where, text, len, &at);
    }
    return count;
}
