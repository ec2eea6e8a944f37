/*
 * journal.h - the last requests, as a client sent them: a ring of a fixed size, so that a day's
 * load needs no more memory than a minute's. No header and no query is kept, so no key is.
 */
#ifndef MOCK_JOURNAL_H
#define MOCK_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "base/time.h"
#include "mock/fault.h"

#define MOCK_JOURNAL_BODY 1024 /* bytes kept of a request's body */
#define MOCK_JOURNAL_PATH 128  /* of its path */

typedef struct mock_journal_entry {
    uint64_t number;     /* from 1; 0: an empty place */
    gl_time came, ended; /* ended: NEVER before */
    int status;          /* 0: not answered yet, or no answer began */
    mock_fault fault;
    bool stream, left; /* left: the client was gone first */
    char method[8], path[MOCK_JOURNAL_PATH], body[MOCK_JOURNAL_BODY];
    size_t path_len, body_len; /* kept */
    size_t body_size;          /* of the whole body */
} mock_journal_entry;

typedef struct mock_journal {
    mock_journal_entry *at; /* a ring by number; NULL: nothing is kept */
    size_t size;
    uint64_t next;  /* the number of the next one */
    uint64_t first; /* entries before this number were cleared */
} mock_journal;

/* The last `size` requests; 0 keeps none. false: out of memory. */
bool mock_journal_init(mock_journal *journal, size_t size);
void mock_journal_free(mock_journal *journal);
void mock_journal_clear(mock_journal *journal);

/* Adds a request. The entry stays until as many others have come; NULL: none is kept. */
mock_journal_entry *mock_journal_add(mock_journal *journal, gl_slice method, gl_slice path,
                                     gl_slice body, gl_time now);

/* Returns the entry of this number; NULL when another has its place. */
mock_journal_entry *mock_journal_find(const mock_journal *journal, uint64_t number);

/* {"object":"list","data":[...]}, oldest first: at most `limit`, the last ones, and only those
 * behind number `after`. */
void mock_journal_write(const mock_journal *journal, uint64_t after, size_t limit, gl_time now,
                        gl_buf *out);

#endif
