/*
 * fuzz_relay.c - any bytes as a stream, through the engine to two requests that share it: however
 * they are cut, whenever the second comes and whoever pauses meanwhile, both get the same events,
 * each whole, and all of them if and only if the stream is an answer. The first three bytes choose
 * the path and the cuts, when the follower comes, and who pauses when.
 */
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/rng.h"
#include "gateway/replay.h"
#include "openai/sse.h"
#include "openai/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EVENT_MAX = 4096, TURNS_MAX = 1000 };

static void claim(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "fuzz_relay: %s\n", what);
    abort();
}

/* --- what should come: the events of the whole bytes ------------------------------------------ */

typedef struct expected {
    gl_buf bytes;  /* of all events but the last, with LF for each line end */
    gl_buf ending; /* of the event that announces the end */
    size_t count;
    bool output, whole;
} expected;

/* Appends bytes with LF for each line end: where a read ends between CR and LF, the LF may go with
 * either event. */
static void append_lines(gl_buf *to, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool after_cr = i != 0 && bytes[i - 1] == '\r';
        if (bytes[i] == '\r')
            gl_buf_append_char(to, '\n');
        else if (bytes[i] != '\n' || !after_cr)
            gl_buf_append_char(to, bytes[i]);
    }
}

static bool note_expected(void *arg, const glimpse_event *event, unsigned part)
{
    expected *e = arg;
    bool last = (part & GLIMPSE_EVENT_LAST) != 0;
    append_lines(last ? &e->ending : &e->bytes, event->bytes, event->len);
    e->output |= (part & GLIMPSE_EVENT_OUTPUT) != 0;
    e->count++;
    return true;
}

static void expect(expected *e, const char *path, gl_slice bytes)
{
    gl_stream_end end;
    gl_stream *stream = gl_stream_new(EVENT_MAX);
    *e = (expected){ .count = 0 };
    gl_buf_init(&e->bytes, SIZE_MAX / 2);
    gl_buf_init(&e->ending, SIZE_MAX / 2);
    claim(stream != NULL && gl_stream_begin(stream, path), "no stream");
    gl_stream_watch(stream, note_expected, e);
    (void)gl_stream_feed(stream, bytes);
    gl_stream_finish(stream, GLIMPSE_OK, 1, &end);
    e->whole = end.error == GLIMPSE_OK;
    gl_stream_free(stream);
}

/* --- the requests ----------------------------------------------------------------------------- */

typedef struct reader {
    glimpse_engine *engine;
    glimpse_id id;
    gl_buf bytes; /* as they came */
    bool asked, paused, ended, whole;
} reader;

typedef struct parsed {
    gl_slice name, data;
    size_t count;
} parsed;

static bool compare(void *arg, gl_slice name, gl_slice data)
{
    parsed *wanted = arg;
    claim(gl_slice_equal(name, wanted->name) && gl_slice_equal(data, wanted->data),
          "an event's bytes are another event");
    wanted->count++;
    return true;
}

/* Its bytes alone are this event. One whose blank line was lost has no end of its own. */
static void check_boundary(const glimpse_event *event)
{
    static const char mark[] = "\xEF\xBB\xBF";
    gl_sse sse;
    gl_slice bytes = gl_slice_of(event->bytes, event->len);
    parsed wanted = { gl_slice_of(event->name, event->name_len),
                      gl_slice_of(event->data, event->data_len), 0 };
    gl_sse_init(&sse, EVENT_MAX);
    if (bytes.len >= 3 && memcmp(bytes.data, mark, 3) == 0) {
        gl_sse_free(&sse);
        return;
    }
    sse.first_line = false;
    claim(gl_sse_feed(&sse, bytes, compare, &wanted) == GL_SSE_MORE, "an event is too large");
    claim(wanted.count == 1 ||
              (wanted.count == 0 && gl_slice_equal(gl_sse_pending(&sse), wanted.data)),
          "an event's bytes are not one event");
    gl_sse_free(&sse);
}

static void got_event(glimpse_id id, const glimpse_event *event, void *arg)
{
    reader *r = arg;
    claim(id == r->id && !r->paused && !r->ended, "an event that must not come now");
    check_boundary(event);
    (void)gateway_is_usage(gl_slice_of(event->data, event->data_len));
    gl_buf_append(&r->bytes, event->bytes, event->len);
}

static void got_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    reader *r = arg;
    claim(id == r->id && !r->ended, "a result that must not come now");
    r->ended = true;
    r->whole = glimpse_result_error(result) == GLIMPSE_OK;
}

static void ask(reader *r, glimpse_engine *engine, const char *path)
{
    static const char body[] = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
    const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                        .on_event = got_event,
                                        .on_result = got_result };
    const glimpse_chat chat = { .body = body, .path = path };
    *r = (reader){ .engine = engine, .asked = true };
    gl_buf_init(&r->bytes, SIZE_MAX / 2);
    claim(glimpse_submit_chat(engine, &chat, NULL, &observer, r, &r->id) == GLIMPSE_OK,
          "a request is refused");
}

static void set_paused(reader *r, bool paused)
{
    if (!r->asked || r->paused == paused) return;
    r->paused = paused;
    if (paused)
        glimpse_request_pause(r->engine, r->id, 0);
    else
        glimpse_request_go_on(r->engine, r->id);
}

/* --- the endpoint ----------------------------------------------------------------------------- */

typedef struct endpoint {
    glimpse_attempt *attempt;
    bool paused;
} endpoint;

static void start(void *self, glimpse_attempt *attempt)
{
    ((endpoint *)self)->attempt = attempt;
}

static void cancel(void *self, glimpse_attempt *attempt)
{
    (void)attempt;
    ((endpoint *)self)->attempt = NULL;
}

static bool pause_attempt(void *self, glimpse_attempt *attempt, bool paused)
{
    (void)attempt;
    ((endpoint *)self)->paused = paused;
    return true;
}

static bool hand_on(void *arg, const glimpse_event *event, unsigned part)
{
    return glimpse_attempt_event(((endpoint *)arg)->attempt, event, part) == GLIMPSE_OK;
}

static void end_attempt(endpoint *self, gl_stream *stream)
{
    gl_stream_end end;
    glimpse_outcome outcome;
    gl_stream_finish(stream, GLIMPSE_OK, 1, &end);
    glimpse_outcome_init(&outcome);
    outcome.error = end.error;
    outcome.sample.http_status = 200;
    if (end.error == GLIMPSE_OK) outcome.sample.text = "an answer";
    glimpse_attempt_done(self->attempt, &outcome);
}

/* --- one run ---------------------------------------------------------------------------------- */

typedef struct run {
    struct event_base *base;
    glimpse_engine *engine;
    glimpse_sampler *sampler;
    endpoint endpoint;
    reader leader, follower;
    gl_rng rng;
} run;

static void turn(run *r)
{
    for (int i = 0; i < 3; i++) event_base_loop(r->base, EVLOOP_NONBLOCK);
}

static void open_run(run *r, const char *path)
{
    static const glimpse_sampler_vtable table = { .size = sizeof(glimpse_sampler_vtable),
                                                  .name = "relay",
                                                  .start = start,
                                                  .cancel = cancel,
                                                  .pause = pause_attempt };
    glimpse_config config;
    r->base = event_base_new();
    glimpse_config_init(&config);
    config.fallback_on = false;
    config.max_attempts = 1;
    claim(r->base != NULL &&
              glimpse_sampler_new(&table, &r->endpoint, &r->sampler, NULL) == GLIMPSE_OK,
          "no sampler");
    config.sampler = r->sampler;
    claim(glimpse_engine_new(r->base, &config, &r->engine, NULL) == GLIMPSE_OK, "no engine");
    ask(&r->leader, r->engine, path);
    for (int i = 0; i < TURNS_MAX && r->endpoint.attempt == NULL; i++) turn(r);
    claim(r->endpoint.attempt != NULL, "nothing is sent");
}

static void close_run(run *r)
{
    glimpse_engine_free(r->engine);
    glimpse_sampler_unref(r->sampler);
    event_base_loop(r->base, EVLOOP_NONBLOCK);
    event_base_free(r->base);
    gl_buf_free(&r->leader.bytes);
    gl_buf_free(&r->follower.bytes);
}

static void relay(run *r, const char *path, gl_slice bytes, size_t step, size_t joins_at)
{
    bool more = true;
    gl_stream *stream = gl_stream_new(EVENT_MAX);
    claim(stream != NULL && gl_stream_begin(stream, path), "no stream");
    gl_stream_watch(stream, hand_on, &r->endpoint);
    for (size_t at = 0; at < bytes.len && more; at += step) {
        size_t len = bytes.len - at < step ? bytes.len - at : step;
        char *copy = malloc(len);
        claim(copy != NULL, "out of memory");
        memcpy(copy, bytes.data + at, len);
        if (at <= joins_at && joins_at < at + len) ask(&r->follower, r->engine, path);
        more = gl_stream_feed(stream, gl_slice_of(copy, len));
        free(copy);
        set_paused(&r->leader, gl_rng_uniform(&r->rng) < 0.2);
        set_paused(&r->follower, gl_rng_uniform(&r->rng) < 0.2);
        bool all = r->leader.paused && (!r->follower.asked || r->follower.paused);
        claim(r->endpoint.paused == all, "the endpoint waits for the wrong readers");
        turn(r);
    }
    if (!r->follower.asked) ask(&r->follower, r->engine, path);
    turn(r);
    end_attempt(&r->endpoint, stream);
    gl_stream_free(stream);
    turn(r);
    set_paused(&r->leader, false);
    set_paused(&r->follower, false);
    for (int i = 0; i < TURNS_MAX && !(r->leader.ended && r->follower.ended); i++) turn(r);
}

static void check(const reader *r, const expected *e)
{
    gl_buf lines;
    gl_buf_init(&lines, SIZE_MAX / 2);
    append_lines(&lines, r->bytes.data, r->bytes.len);
    claim(r->ended && r->whole == e->whole, "the wrong end");
    size_t most = e->whole || e->output ? e->bytes.len : 0;
    size_t ending = e->whole ? e->ending.len : 0;
    claim(lines.len == most + ending, "more or less than the events");
    claim(most == 0 || memcmp(lines.data, e->bytes.data, most) == 0, "other bytes");
    claim(ending == 0 || memcmp(lines.data + most, e->ending.data, ending) == 0, "another ending");
    gl_buf_free(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = { "/chat/completions", "/completions", "/responses" };
    if (size < 4) return 0;
    const char *path = paths[data[0] % 3];
    size_t step = 1 + data[0] / 3;
    gl_slice bytes = gl_slice_of((const char *)data + 3, size - 3);
    size_t joins_at = data[1] * bytes.len / 255;
    expected e;
    run r = { .engine = NULL };
    expect(&e, path, bytes);
    gl_rng_seed(&r.rng, data[2]);
    open_run(&r, path);
    relay(&r, path, bytes, step, joins_at);
    check(&r.leader, &e);
    check(&r.follower, &e);
    claim(r.leader.bytes.len == r.follower.bytes.len &&
              (r.leader.bytes.len == 0 ||
               memcmp(r.leader.bytes.data, r.follower.bytes.data, r.leader.bytes.len) == 0),
          "the follower had others than its leader");
    close_run(&r);
    gl_buf_free(&e.bytes);
    gl_buf_free(&e.ending);
    return 0;
}
