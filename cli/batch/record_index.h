/*
 * record_index.h - the records of an earlier run, found again by their requests: 64 bytes each and
 * up to 16 in each of two indexes, so that a million take 72 to 80 MB.
 *
 * A record is known by its request (the key, and the path where that is not /chat/completions) and
 * by its custom_id. Of the request all 32 bytes are kept. Of the custom_id a hash of 64 bits is
 * kept: the caller compares the custom_id itself in the file (record_index_confirm, or
 * record_index_fetch).
 */
#ifndef CLI_BATCH_RECORD_INDEX_H
#define CLI_BATCH_RECORD_INDEX_H

#include "base/index.h"
#include "base/sha256.h"
#include "base/siphash.h"
#include "batch/record.h"

/* The request: the key of a body, or the SHA-256 of key and path. */
typedef struct request_identity {
    unsigned char bytes[32];
} request_identity;

typedef struct indexed_record {
    request_identity identity;
    uint64_t id; /* hash of its custom_id */
    uint64_t offset;
    uint64_t line;     /* 0: it names none */
    uint32_t length;   /* at most 1 GiB */
    uint8_t status;    /* a glimpse_status */
    uint8_t source;    /* a glimpse_source; GLIMPSE_SOURCE_COUNT: not known to this version */
    bool answered : 1; /* aligned or not_aligned: may serve other lines too */
    bool beside : 1;   /* it is in the second file */
} indexed_record;

/* Selects records; the others count as missing. */
typedef struct record_wish {
    bool failed;
    bool local; /* answers for which no model was asked */
} record_wish;

typedef struct record_index {
    int fds[2];       /* of the file, and of the second file; -1: none */
    const char *name; /* for messages: of the file that is being read */
    gl_sha256 *sha;
    gl_siphash_seed seed; /* ids and bodies come from strangers */
    indexed_record *records;
    size_t count, capacity;
    gl_index by_both;     /* numbers of the records, by request and custom_id */
    gl_index by_identity; /* of the answered ones, by request: one each */
    uint64_t dropped;     /* whole records that are not selected */
    uint64_t local;       /* of them, answers for which no model was asked */
    uint64_t torn;        /* lines that a kill or a power cut broke */
    uint64_t bytes;       /* bytes of the files */
    uint64_t indexed;     /* of them, of records in the array, line ends included */
    gl_buf text, id;      /* of the last fetched record */
    gl_buf window;        /* bytes of a file from window_at on, of fds[window_of] */
    uint64_t window_at;
    int window_of;
} record_index;

/*
 * Reads the file from its start; the descriptor stays the caller's. A line that a kill (without an
 * end) or a power cut (NUL bytes) broke is counted and passed over; any other line that is not a
 * record of ours is refused. 0, or the exit code after an error message. Free it in either case.
 */
int record_index_read(record_index *index, int fd, const char *name, const record_wish *wish);

/* Reads a second file into the same index. */
int record_index_read_more(record_index *index, int fd, const char *name, const record_wish *wish);
void record_index_free(record_index *index);

/* false: SHA-256 failed. path NULL: /chat/completions. */
bool request_identify(gl_sha256 *sha, const glimpse_key *key, const char *path,
                      request_identity *identity);

/* Returns the record of this custom_id for this request; NULL: none. */
const indexed_record *record_index_own(const record_index *index, const char *custom_id,
                                       const request_identity *identity);

/* Returns the record that was read behind `before` (NULL: the first) where it is of this line and
 * for this request; NULL: it is not. Its custom_id may be another one. No table is searched: the
 * records of a job that ended stand about in the order of its lines. */
const indexed_record *record_index_next(const record_index *index, const indexed_record *before,
                                        uint64_t line, const request_identity *identity);

/* Returns an answered record of any custom_id for this request, or NULL. */
const indexed_record *record_index_same(const record_index *index,
                                        const request_identity *identity);

/* Returns true when there is one file, and it holds the records of the array, each with its line
 * end, and not one byte besides. */
bool record_index_is_all(const record_index *index);

/* Reads the beginning of the record again and looks whether its custom_id is this one, byte by
 * byte. *is_its false: it is not, or the record is not in the form that this program writes, which
 * record_index_fetch reads too. 0, or an errno. */
int record_index_confirm(record_index *index, const indexed_record *record, const char *custom_id,
                         bool *is_its);

/* Reads the record from the file again; *view and *custom_id (NULL: null) are valid until the next
 * call. 0, or an errno. */
int record_index_fetch(record_index *index, const indexed_record *record, record_view *view,
                       const char **custom_id);

#endif
