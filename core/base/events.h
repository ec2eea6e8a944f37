/*
 * events.h - events of a stream, one behind the other: name, data, and the bytes as they came.
 * Pure.
 *
 * An event of a completion differs from the one before it in a few bytes. So what is kept of it is
 * the difference, and every sixteenth event whole: 20 bytes for a token instead of 300. Name and
 * data are mostly parts of the bytes, and then are kept as places in them.
 *
 * Several readers may be at different places. A reader behind the event read last finds the next
 * one at once; another reads on from the last whole one.
 */
#ifndef GL_BASE_EVENTS_H
#define GL_BASE_EVENTS_H

#include "base/buf.h"

typedef struct gl_event {
    gl_slice name, data, bytes;
} gl_event;

/* An event as it is kept: its text, and where the parts stand in it. */
typedef struct gl_event_place {
    size_t at, end; /* of its record; end 0: none was read */
    bool whole;     /* the text stands in the record, at text_at */
    size_t text_at, len, name_at, name_len, data_at, data_len;
} gl_event_place;

typedef struct gl_events {
    gl_buf kept;  /* the records */
    gl_buf last;  /* the text of the event that was added last */
    gl_buf text;  /* of the event that was read last, where its record is a difference */
    size_t run;   /* records since a whole one, and that one; 0: the next one is whole */
    size_t whole; /* where that one begins */
    gl_event_place read;
} gl_events;

void gl_events_init(gl_events *events);
void gl_events_free(gl_events *events);
void gl_events_reset(gl_events *events); /* empty, some memory kept */

/* Returns where the next event will be: the end of those there are. */
static inline size_t gl_events_end(const gl_events *events)
{
    return events->kept.len;
}

/* Appends a copy. false: no memory, and the events are as they were. */
bool gl_events_add(gl_events *events, const gl_event *event);

/* Gives the event at *at, a place below `end`, and moves *at to the next one. false: there is none.
 * The slices live until the next call of any of these functions. */
bool gl_events_next(gl_events *events, size_t end, size_t *at, gl_event *event);

#endif
