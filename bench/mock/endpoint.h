/*
 * endpoint.h - the table of the served endpoints: a row is a method, a path and the function that
 * answers it. endpoint.c has the rows, route.c looks them up.
 */
#ifndef MOCK_ENDPOINT_H
#define MOCK_ENDPOINT_H

#include "base/buf.h"
#include "base/slice.h"

struct mock_server;
struct mock_reply;

typedef enum mock_endpoint_kind {
    MOCK_OF_MODEL, /* counted; with latency, faults and limits */
    MOCK_STORED,   /* files and batches: latency and faults, no limits; not counted */
    MOCK_AT_ONCE,  /* without any of them; not counted */
    MOCK_ADMIN     /* of the mock itself: not in the journal either */
} mock_endpoint_kind;

/* One request, as its function gets it. The slices are valid until it returns. */
typedef struct mock_call {
    gl_slice path, query, type, body; /* type: the content-type */
    gl_slice id;                      /* the segment that '*' stands for */
    const unsigned char *digest;      /* MOCK_OF_MODEL: 32 bytes over path and body; else NULL */
} mock_call;

typedef struct mock_endpoint {
    const char *method; /* "GET" serves HEAD too */
    const char *path;   /* "/v1/..." is found without "/v1" too; one segment may be '*' */
    mock_endpoint_kind kind;
    /* Appends the body to server->body and returns the status. */
    int (*answer)(struct mock_server *server, const mock_call *call, struct mock_reply *reply);
} mock_endpoint;

/* Returns the row of a method and path; NULL: there is none. `id` gets the text for '*'. */
const mock_endpoint *mock_endpoint_find(gl_slice method, gl_slice path, gl_slice *id);

/* Appends the methods of the path, "GET, HEAD, OPTIONS". false: there is no such path. */
bool mock_endpoint_methods(gl_slice path, gl_buf *out);

#endif
