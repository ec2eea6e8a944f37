/*
 * events.h - events of a stream, one behind the other in a buffer: name, data, and the bytes as
 * they came. Pure.
 *
 * Name and data are mostly parts of the bytes, and are kept once then.
 */
#ifndef GL_BASE_EVENTS_H
#define GL_BASE_EVENTS_H

#include "base/buf.h"

typedef struct gl_event {
    gl_slice name, data, bytes;
} gl_event;

/* Appends a copy. false: no memory, and the buffer is as it was. */
bool gl_events_add(gl_buf *events, const gl_event *event);

/* Gives the event at *at, an offset into the buffer, and moves *at to the next one. false: there is
 * none. The slices live until the buffer changes. */
bool gl_events_next(gl_slice events, size_t *at, gl_event *event);

#endif
