/*
 * marks.h - special times of a run, which each report's time axis shades. Pure.
 */
#ifndef LOAD_MARKS_H
#define LOAD_MARKS_H

#include "base/buf.h"
#include "load/recorder.h"

typedef enum load_mark_kind {
    LOAD_MARK_WARMUP,
    LOAD_MARK_COOLDOWN,
    LOAD_MARK_DRAIN, /* the schedule is over, and answers still come */
    LOAD_MARK_STALL, /* no byte came from the server, though requests were there */
    LOAD_MARK_STOP,  /* the client stood still */
    LOAD_MARK_ALERT,
    LOAD_MARK_KINDS
} load_mark_kind;

/* "warm-up", "cool-down", "drain", "stall", "client stop", "alert" */
const char *load_mark_name(load_mark_kind kind);

typedef struct load_mark {
    load_mark_kind kind;
    const char *what; /* of an alert its name, of a comparison the side's; the caller's; or NULL */
    gl_time from, to; /* to: GL_TIME_NEVER while an alert fires */
    size_t side;      /* of a comparison, from 1: this mark is the place-th of its report */
    size_t place;
} load_mark;

#define LOAD_MARKS 96

typedef struct load_marks {
    load_mark mark[LOAD_MARKS];
    size_t count, left_out; /* left_out: marks without room */
} load_marks;

void load_marks_add(load_marks *marks, load_mark_kind kind, gl_time from, gl_time to);

/* Records whether this alert fires now; call it again and again. */
void load_marks_alert(load_marks *marks, const char *what, bool fires, gl_time now);

/* Call when the run has ended: adds the recorder's marks, and ends open ones. cooldown: how long
 * the schedule went on after the measured time, ns. */
void load_marks_finish(load_marks *marks, const load_recorder *recorder, gl_time cooldown);

/* ,"marks":[{"kind":..,"what":..,"from_s":..,"to_s":..},...],"marks_left_out":0: seconds since
 * start. */
void load_marks_json(const load_marks *marks, gl_time start, gl_buf *out);

#endif
