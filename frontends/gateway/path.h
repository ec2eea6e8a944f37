/*
 * path.h - the paths that are served: from the path of a request to its kind. Pure.
 *
 * A path is taken with and without /v1 before it, and slashes that follow each other count as one:
 * base URLs end in a slash, or in none, and clients join them either way.
 */
#ifndef GATEWAY_PATH_H
#define GATEWAY_PATH_H

#include <stdbool.h>

#include "base/slice.h"

typedef enum gateway_kind {
    GATEWAY_CHAT,
    GATEWAY_COMPLETIONS,
    GATEWAY_EMBEDDINGS,
    GATEWAY_RESPONSES,
    GATEWAY_MODELS, /* the list */
    GATEWAY_MODEL,  /* one of it */
    GATEWAY_HEALTH,
    GATEWAY_READY,
    GATEWAY_PAGE,   /* the status page */
    GATEWAY_STATUS, /* its figures */
    GATEWAY_UNKNOWN
} gateway_kind;

/* Longer paths are unknown ones. */
#define GATEWAY_PATH_MAX 512

/* Returns the kind. `room` has GATEWAY_PATH_MAX bytes; *model gets the model's name for
 * GATEWAY_MODEL, in room, with its %xx undone. A name with a control byte is none. */
gateway_kind gateway_path_read(gl_slice path, char *room, gl_slice *model);

/* Returns true for the kinds that the engine answers; their path below an endpoint's base URL. */
bool gateway_kind_is_asked(gateway_kind kind);
const char *gateway_kind_path(gateway_kind kind);

const char *gateway_kind_name(gateway_kind kind); /* "chat", ... */

/* The methods of a kind, as in Allow: "POST", or "GET, HEAD". */
const char *gateway_kind_methods(gateway_kind kind);
bool gateway_kind_takes(gateway_kind kind, gl_slice method);

/* The paths that there are, for a person. */
extern const char gateway_paths[];

#endif
