/* marks.c - see marks.h. */
#include "load/marks.h"

#include <string.h>

#include "base/json.h"

const char *load_mark_name(load_mark_kind kind)
{
    static const char *const names[] = { "warm-up", "cool-down",   "drain",
                                         "stall",   "client stop", "alert" };
    return names[kind];
}

static void add(load_marks *marks, load_mark mark)
{
    if (mark.to <= mark.from) return;
    if (marks->count < LOAD_MARKS)
        marks->mark[marks->count++] = mark;
    else
        marks->left_out++;
}

void load_marks_add(load_marks *marks, load_mark_kind kind, gl_time from, gl_time to)
{
    add(marks, (load_mark){ .kind = kind, .from = from, .to = to });
}

void load_marks_alert(load_marks *marks, const char *what, bool fires, gl_time now)
{
    for (size_t i = 0; i < marks->count; i++) {
        load_mark *mark = &marks->mark[i];
        if (mark->kind != LOAD_MARK_ALERT || mark->to != GL_TIME_NEVER ||
            strcmp(mark->what, what) != 0)
            continue;
        if (!fires) mark->to = now;
        return;
    }
    if (fires)
        add(marks,
            (load_mark){ .kind = LOAD_MARK_ALERT, .what = what, .from = now, .to = GL_TIME_NEVER });
}

/* Returns the usual time between two signs of life of one request. */
static gl_time usual(const load_recorder *r)
{
    uint64_t us = gl_histogram_quantile(r->metrics[LOAD_SERVICE], 0.5);
    if (gl_histogram_count(r->metrics[LOAD_TTFT_SERVICE]) > 0) {
        uint64_t gap = gl_histogram_quantile(r->metrics[LOAD_CHUNK_GAP], 0.5);
        us = gl_histogram_quantile(r->metrics[LOAD_TTFT_SERVICE], 0.5);
        if (gap > us) us = gap;
    }
    return us * GL_US;
}

static void add_stalls(load_marks *marks, const load_recorder *r, gl_time until)
{
    load_stall stall[LOAD_MARKS];
    size_t count = load_activity_stalls(r->activity, usual(r), until, stall, LOAD_MARKS);
    for (size_t i = 0; i < count && i < LOAD_MARKS; i++)
        load_marks_add(marks, LOAD_MARK_STALL, stall[i].from, stall[i].to);
    if (count > LOAD_MARKS) marks->left_out += count - LOAD_MARKS;
}

void load_marks_finish(load_marks *marks, const load_recorder *recorder, gl_time cooldown)
{
    const load_recorder *r = recorder;
    gl_time over = r->over, last = r->end;
    load_marks_add(marks, LOAD_MARK_WARMUP, r->timeline->start, r->from);
    if (r->to != GL_TIME_NEVER && cooldown > 0) {
        gl_time to = gl_time_min(r->to + cooldown, last);
        load_marks_add(marks, LOAD_MARK_COOLDOWN, r->to, to);
        over = to;
    }
    if (over != GL_TIME_NEVER) load_marks_add(marks, LOAD_MARK_DRAIN, over, last);
    add_stalls(marks, r, over);
    for (size_t i = 0; i < marks->count; i++)
        if (marks->mark[i].to == GL_TIME_NEVER) marks->mark[i].to = last;
}

void load_marks_json(const load_marks *marks, gl_time start, gl_buf *out)
{
    gl_buf_append_str(out, ",\"marks\":[");
    for (size_t i = 0; i < marks->count; i++) {
        const load_mark *mark = &marks->mark[i];
        gl_buf_printf(out, "%s{\"kind\":\"%s\",\"what\":", i > 0 ? "," : "",
                      load_mark_name(mark->kind));
        if (mark->what != NULL)
            gl_json_write_string(out, gl_slice_str(mark->what));
        else
            gl_buf_append_str(out, "null");
        gl_buf_append_str(out, ",\"from_s\":");
        gl_json_write_double(out, (double)gl_time_since(mark->from, start) / 1e9);
        gl_buf_append_str(out, ",\"to_s\":");
        gl_json_write_double(out, (double)gl_time_since(mark->to, start) / 1e9);
        gl_buf_append_char(out, '}');
    }
    gl_buf_printf(out, "],\"marks_left_out\":%zu", marks->left_out);
}
