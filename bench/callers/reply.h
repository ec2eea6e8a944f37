/* reply.h - reads one HTTP/1.1 answer as a client does, from bytes that come in any pieces. */
#ifndef CALLERS_REPLY_H
#define CALLERS_REPLY_H

#include <stdbool.h>
#include <stddef.h>

struct evbuffer;

typedef enum reply_progress {
    REPLY_MORE,
    REPLY_WHOLE,
    REPLY_BAD /* no HTTP/1.1 */
} reply_progress;

typedef struct reply {
    struct evbuffer *head, *body; /* lines without their ends; the body without its chunks */
    enum { REPLY_HEAD, REPLY_BODY, REPLY_SIZE, REPLY_CHUNK, REPLY_CHUNK_END, REPLY_TRAILER } part;
    size_t left; /* of the body, or of the chunk */
    int status;  /* 0: not read yet */
    bool chunked, close;
} reply;

void reply_open(reply *r);
void reply_close(reply *r);
void reply_again(reply *r); /* for the next answer */

/* Takes what belongs to the answer out of `in`. */
reply_progress reply_read(reply *r, struct evbuffer *in);

/* Returns how often a text is in the body, or in the head. */
size_t reply_count(struct evbuffer *where, const char *text);

#endif
