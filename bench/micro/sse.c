/*
 * sse.c - streamed answers on one core, from their bytes to the observer of their text.
 *
 *   glimpse-micro-sse [SECONDS [single|reads|engine|large]]
 *
 * As the sampler does it for each read of the network: events are read, checked, merged, and the
 * new text is looked through for secrets and delivered; in the end the whole answer is written.
 * Chunks have OpenAI's form and padding, 290 bytes each. Three ways: one event a read, reads of 4
 * KiB, and reads of 4 KiB through an engine (a sampler without a network, one read a turn,
 * on_text). Then one event of 4 MiB in reads of one byte against reads of 4 KiB. Times are CPU
 * times of this thread, the best of ROUNDS. Exit 1: a figure is missed.
 */
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "engine/life.h"
#include "loop.h"
#include "micro/figure.h"
#include "openai/secrets.h"
#include "openai/stream.h"

#define REQUIRED_RATE  1e6 /* events a second */
#define REQUIRED_RATIO 3   /* of one-byte reads to 4 KiB reads */
#define ROUNDS         5
#define EVENTS         500 /* of one answer */
#define READ_BYTES     4096
#define LARGE_BYTES    ((size_t)4 * 1024 * 1024)
#define MAX_EVENT      ((size_t)16 * 1024 * 1024)
#define KEY            "sk-abcdef0123456789"

typedef struct recorded {
    gl_buf bytes;
    size_t ends[EVENTS + 3], count; /* ends of the events in bytes */
    size_t text;                    /* bytes of the answer's text */
} recorded;

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *why)
{
    fprintf(stderr, "glimpse-micro-sse: %s\n", why);
    exit(EXIT_FAILURE);
}

/* --- the bytes --- */

static void add_event(recorded *r, const char *delta, const char *finish)
{
    gl_buf_printf(&r->bytes,
                  "data: {\"id\":\"chatcmpl-AZ12bcdEFghiJKlmnoPQrstUVwxy\",\"object\":"
                  "\"chat.completion.chunk\",\"created\":1764460800,\"model\":"
                  "\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":"
                  "\"fp_560af6e559\",\"choices\":[{\"index\":0,\"delta\":{%s},\"logprobs\":null,"
                  "\"finish_reason\":%s}],\"usage\":null,\"obfuscation\":\"%s\"}\n\n",
                  delta, finish, &"q7Jd0bTz3Xk9"[r->count % 11]);
    r->ends[r->count++] = r->bytes.len;
}

static void record(recorded *r)
{
    static const char *const words[] = { " the", " branch", " reports", " a risk", ",",
                                         " and", " in",     " three",   " parts",  "." };
    *r = (recorded){ .count = 0 };
    gl_buf_init(&r->bytes, SIZE_MAX / 2);
    add_event(r, "\"role\":\"assistant\",\"content\":\"\",\"refusal\":null", "null");
    for (size_t i = 0; i < EVENTS; i++) {
        char delta[64];
        const char *word = words[i * 7 % 10];
        snprintf(delta, sizeof delta, "\"content\":\"%s\"", word);
        add_event(r, delta, "null");
        r->text += strlen(word);
    }
    add_event(r, "", "\"stop\"");
    gl_buf_append_str(&r->bytes, "data: [DONE]\n\n");
    if (r->bytes.failed) fail("out of memory");
}

/* One event whose text has LARGE_BYTES, and the end. */
static void record_large(recorded *r)
{
    *r = (recorded){ .text = LARGE_BYTES };
    gl_buf_init(&r->bytes, SIZE_MAX / 2);
    gl_buf_append_str(&r->bytes, "data: {\"object\":\"chat.completion.chunk\",\"choices\":"
                                 "[{\"index\":0,\"delta\":{\"content\":\"");
    for (size_t i = 0; i < LARGE_BYTES; i++)
        gl_buf_append_char(&r->bytes, "all of these words are one event "[i % 33]);
    gl_buf_append_str(&r->bytes, "\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    if (r->bytes.failed) fail("out of memory");
}

/* --- one answer, as the sampler reads it --- */

typedef struct reader {
    gl_stream *stream;
    gl_secrets secrets;
    size_t handed, seen; /* bytes of text */
} reader;

/* Delivers the new text; of the whole answer also an end that may be the beginning of a secret. */
static void deliver(reader *r, bool whole, glimpse_attempt *attempt)
{
    gl_slice text = gl_stream_text(r->stream);
    if (text.len == r->handed) return;
    gl_slice news = gl_slice_of(text.data + r->handed, text.len - r->handed);
    if (!whole) news.len = gl_secrets_safe_length(&r->secrets, news);
    r->handed += news.len;
    if (!gl_secrets_scrub(&r->secrets, &news)) fail("out of memory");
    if (attempt == NULL)
        r->seen += news.len;
    else if (glimpse_attempt_text(attempt, news.data, glimpse_length(news.len)) != GLIMPSE_OK)
        fail("out of memory");
    gl_secrets_recycle(&r->secrets);
}

/* Returns whether more is wanted. */
static bool feed(reader *r, gl_slice bytes, glimpse_attempt *attempt)
{
    bool more = gl_stream_feed(r->stream, bytes);
    if (gl_stream_text(r->stream).len != r->handed) deliver(r, false, attempt);
    return more;
}

static void begin(reader *r)
{
    gl_stream_reset(r->stream);
    if (!gl_stream_begin(r->stream, "/chat/completions")) fail("no stream of this path");
    r->handed = r->seen = 0;
}

static void end(reader *r, const recorded *answer, glimpse_attempt *attempt, gl_stream_end *out)
{
    deliver(r, true, attempt);
    gl_stream_finish(r->stream, GLIMPSE_OK, 1, out);
    if (out->error != GLIMPSE_OK || out->body.len < answer->text || r->handed != answer->text)
        fail("the answer is not whole");
}

/* Reads of this many bytes; 0: one event each. */
static void read_answer(reader *r, const recorded *answer, size_t read)
{
    gl_stream_end out;
    begin(r);
    size_t at = 0, event = 0;
    bool more = true;
    for (size_t len; more && at < answer->bytes.len; at += len) {
        len = answer->bytes.len - at;
        if (read != 0)
            len = read < len ? read : len;
        else if (event < answer->count)
            len = answer->ends[event++] - at;
        more = feed(r, gl_slice_of(answer->bytes.data + at, len), NULL);
    }
    end(r, answer, NULL, &out);
    if (r->seen != answer->text) fail("not all text was delivered");
}

/* --- the engine's way --- */

typedef struct pipe {
    reader *reader;
    const recorded *answer;
    gl_loop *loop;
    gl_defer *next;
    glimpse_attempt *attempt;
    size_t at, seen, done;
} pipe;

static void next_read(void *arg)
{
    pipe *p = arg;
    size_t left = p->answer->bytes.len - p->at, len = left < READ_BYTES ? left : READ_BYTES;
    bool more = feed(p->reader, gl_slice_of(p->answer->bytes.data + p->at, len), p->attempt);
    p->at += len;
    if (more && p->at < p->answer->bytes.len) {
        gl_defer_next_turn(p->next);
        return;
    }
    gl_stream_end out;
    end(p->reader, p->answer, p->attempt, &out);
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    gl_slice text = gl_stream_text(p->reader->stream);
    outcome.complete = true;
    outcome.sample.http_status = 200;
    outcome.sample.text = text.data;
    outcome.sample.text_len = glimpse_length(text.len);
    outcome.sample.finish_reason = "stop";
    glimpse_attempt_done(p->attempt, &outcome);
}

static void start(void *self, glimpse_attempt *attempt)
{
    pipe *p = self;
    p->attempt = attempt;
    p->at = 0;
    begin(p->reader);
    gl_defer_next_turn(p->next);
}

static void cancel(void *self, glimpse_attempt *attempt)
{
    pipe *p = self;
    (void)attempt;
    gl_defer_cancel(p->next);
}

static void on_text(glimpse_id id, const char *text, size_t len, void *arg)
{
    pipe *p = arg;
    (void)id;
    (void)text;
    p->seen += len;
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    pipe *p = arg;
    (void)id;
    if (glimpse_result_status(result) == GLIMPSE_STATUS_ALIGNED) p->done++;
}

static void read_by_engine(struct event_base *base, glimpse_engine *engine, pipe *p)
{
    static const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                               .on_text = on_text,
                                               .on_result = on_result };
    const glimpse_chat chat = { .body = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":"
                                        "\"user\",\"content\":\"words\"}]}" };
    size_t done = p->done;
    p->seen = 0;
    if (glimpse_submit_chat(engine, &chat, NULL, &observer, p, NULL) != GLIMPSE_OK)
        fail("not submitted");
    while (p->done == done) event_base_loop(base, EVLOOP_ONCE);
    if (p->seen != p->answer->text) fail("not all text was delivered");
}

/* --- measuring --- */

typedef struct way {
    reader *reader;
    const recorded *answer;
    size_t read;
    struct event_base *base; /* NULL: without an engine */
    glimpse_engine *engine;
    pipe *pipe;
} way;

/* CPU seconds of one answer, the best of the rounds of this many seconds together. */
static double best(const way *w, double seconds)
{
    double fastest = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        size_t answers = 0;
        double start_at = cpu_seconds(), spent;
        do {
            if (w->engine != NULL)
                read_by_engine(w->base, w->engine, w->pipe);
            else
                read_answer(w->reader, w->answer, w->read);
            answers++;
            spent = cpu_seconds() - start_at;
        } while (spent < seconds / ROUNDS);
        if (spent / (double)answers < fastest) fastest = spent / (double)answers;
    }
    return fastest;
}

static double engine_best(reader *r, const recorded *answer, double seconds)
{
    static const glimpse_sampler_vtable vtable = {
        .size = sizeof(glimpse_sampler_vtable), .name = "recorded", .start = start, .cancel = cancel
    };
    struct event_base *base = event_base_new();
    pipe p = { .reader = r, .answer = answer, .loop = gl_loop_new(base) };
    p.next = gl_defer_new(p.loop, next_read, &p);
    glimpse_config config;
    glimpse_engine *engine = NULL;
    glimpse_config_init(&config);
    if (glimpse_sampler_new(&vtable, &p, &config.sampler, NULL) != GLIMPSE_OK ||
        gl_engine_new(base, &config, &engine) != GLIMPSE_OK)
        fail("no engine");
    const way w = { .base = base, .engine = engine, .pipe = &p };
    double fastest = best(&w, seconds);
    glimpse_engine_free(engine);
    glimpse_sampler_unref(config.sampler);
    gl_defer_free(p.next);
    gl_loop_free(p.loop);
    event_base_free(base);
    return fastest;
}

static bool measure_large(reader *r, const recorded *large, double seconds)
{
    const way one = { .reader = r, .answer = large, .read = 1 };
    const way many = { .reader = r, .answer = large, .read = READ_BYTES };
    double bytes = best(&one, seconds), blocks = best(&many, seconds);
    double size = (double)large->bytes.len;
    printf("an event of 4 MiB: %.2f ns a byte in reads of one byte, %.2f in reads of 4 KiB\n",
           bytes / size * 1e9, blocks / size * 1e9);
    return figure_at_most("sse_byte_reads_to_4_kib_reads", bytes / blocks, REQUIRED_RATIO);
}

/* false: another way is wanted alone, for a profiler. */
static bool wanted(const char *only, const char *name)
{
    return only == NULL || strcmp(only, name) == 0;
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
    const char *only = argc > 2 ? argv[2] : NULL;
    if (!(seconds > 0 && seconds <= 60)) {
        fputs("usage: glimpse-micro-sse [SECONDS [single|reads|engine|large]]\n", stderr);
        return 64;
    }
    static recorded answer, large;
    reader r = { .stream = gl_stream_new(MAX_EVENT) };
    gl_secrets_init(&r.secrets);
    if (r.stream == NULL || gl_secrets_add(&r.secrets, gl_slice_str(KEY)) != GLIMPSE_OK)
        fail("out of memory");
    record(&answer);
    record_large(&large);
    const way single = { .reader = &r, .answer = &answer };
    const way reads = { .reader = &r, .answer = &answer, .read = READ_BYTES };
    double events = (double)answer.count + 1; /* [DONE] */
    bool held = true;
    if (wanted(only, "single"))
        held &= figure_at_least("sse_events_a_second_one_a_read", events / best(&single, seconds),
                                REQUIRED_RATE);
    if (wanted(only, "reads"))
        held &= figure_at_least("sse_events_a_second_4_kib_reads", events / best(&reads, seconds),
                                REQUIRED_RATE);
    if (wanted(only, "engine"))
        held &= figure_at_least("sse_events_a_second_by_an_engine",
                                events / engine_best(&r, &answer, seconds), REQUIRED_RATE);
    if (wanted(only, "large")) held &= measure_large(&r, &large, seconds);
    gl_buf_free(&answer.bytes);
    gl_buf_free(&large.bytes);
    gl_secrets_free(&r.secrets);
    gl_stream_free(r.stream);
    return held ? EXIT_SUCCESS : EXIT_FAILURE;
}
