/* workload.c - see workload.h. */
#include "load/workload.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "load/words.h"

/* Longest body: LOAD_LENGTH_MAX words of five bytes for each of LOAD_TEXTS_MAX texts would be 5 GB,
 * which is a mistake. */
#define BODY_MAX ((size_t)256 * 1024 * 1024)
/* A trace's hash id stands for so many tokens (Mooncake's traces). */
#define BLOCK 512

void load_workload_init(load_workload *workload)
{
    static const load_lengths one = { .least = 1, .most = 1 };
    memset(workload, 0, sizeof *workload);
    workload->count = 1;
    workload->max_name = "max_tokens";
    workload->kinds[0] = (load_class){ .weight = 1,
                                       .input = { .least = 512, .most = 512 },
                                       .output = { .least = 128, .most = 128 },
                                       .turns = one,
                                       .words_per_token = 1,
                                       .texts = 1 };
    gl_buf_init(&workload->body, BODY_MAX);
    gl_buf_init(&workload->messages, BODY_MAX);
}

void load_workload_free(load_workload *workload)
{
    gl_buf_free(&workload->body);
    gl_buf_free(&workload->messages);
}

bool load_workload_talks(const load_workload *workload)
{
    for (size_t i = 0; i < workload->count; i++)
        if (workload->kinds[i].turns.most > 1) return true;
    return false;
}

/* --- draws ------------------------------------------------------------------------------------ */

/* Seeds of neighbouring numbers are far apart: 2^64 by the golden ratio. */
static uint64_t seed_of(const load_workload *w, uint64_t what, uint64_t number)
{
    return w->seed ^ ((number + 1) * UINT64_C(0x9e3779b97f4a7c15) + (what << 56));
}

enum { OF_REQUEST, OF_PREFIX, OF_BLOCK, OF_TURN };

typedef struct drawn {
    size_t class;
    uint32_t input, output, turns;
    uint32_t prefix; /* number of the prefix, from 1; 0: none */
    gl_rng rng;      /* of the words */
} drawn;

static size_t draw_class(const load_workload *w, gl_rng *rng)
{
    double all = 0;
    for (size_t i = 0; i < w->count; i++) all += w->kinds[i].weight;
    double at = gl_rng_uniform(rng) * all;
    size_t kind = 0;
    while (kind + 1 < w->count && at >= w->kinds[kind].weight) at -= w->kinds[kind++].weight;
    return kind;
}

static drawn draw(const load_workload *w, uint64_t number, const load_trace_row *row)
{
    drawn d;
    gl_rng_seed(&d.rng, seed_of(w, OF_REQUEST, number));
    d.class = draw_class(w, &d.rng);
    const load_class *kind = &w->kinds[d.class];
    bool prefixed = gl_rng_uniform(&d.rng) < kind->prefix_part;
    d.prefix = prefixed ? 1 + gl_rng_below(&d.rng, kind->prefixes) : 0;
    d.input = load_lengths_draw(&kind->input, &d.rng);
    d.output = kind->limited ? load_lengths_draw(&kind->output, &d.rng) : 0;
    d.turns = load_lengths_draw(&kind->turns, &d.rng);
    if (row != NULL && row->input > 0) d.input = row->input;
    if (row != NULL && row->output > 0) d.output = row->output;
    return d;
}

/* --- texts ------------------------------------------------------------------------------------ */

static size_t words_of(const load_class *kind, double tokens)
{
    double words = round(tokens * kind->words_per_token);
    return words < 1 ? 1 : (size_t)words;
}

/* Writes the blocks that a trace names, each always with the same text; the rest of the length is
 * this request's own. */
static void write_blocks(const load_workload *w, const load_class *kind, const load_trace_row *row,
                         double tokens, gl_buf *out)
{
    size_t from = out->len;
    for (size_t i = 0; i < row->hash_count && tokens >= 1; i++) {
        gl_rng rng;
        gl_rng_seed(&rng, seed_of(w, OF_BLOCK, row->hashes[i]));
        load_words_append(out, from, words_of(kind, tokens < BLOCK ? tokens : BLOCK), &rng);
        tokens -= BLOCK;
    }
}

static void write_text(load_workload *w, drawn *d, const load_trace_row *row, bool first,
                       gl_buf *out)
{
    const load_class *kind = &w->kinds[d->class];
    double tokens = (double)d->input - (first ? kind->overhead : 0);
    if (row != NULL && row->hash_count > 0)
        write_blocks(w, kind, row, tokens, out);
    else
        load_words_append(out, out->len, words_of(kind, tokens), &d->rng);
}

static void write_prefix(const load_workload *w, const drawn *d, gl_buf *out)
{
    const load_class *kind = &w->kinds[d->class];
    gl_rng rng;
    gl_rng_seed(&rng, seed_of(w, OF_PREFIX, ((uint64_t)d->class << 32) + d->prefix));
    load_words_append(out, out->len, words_of(kind, kind->prefix_tokens), &rng);
}

static void message_begin(gl_buf *out, const char *role)
{
    if (out->len > 0) gl_buf_append_char(out, ',');
    gl_buf_printf(out, "{\"role\":\"%s\",\"content\":\"", role);
}

static void message_end(gl_buf *out)
{
    gl_buf_append_str(out, "\"}");
}

/* --- bodies ----------------------------------------------------------------------------------- */

static void write_messages(load_workload *w, drawn *d, const load_trace_row *row, load_talk *talk,
                           gl_buf *messages)
{
    bool first = talk == NULL || talk->turn == 0;
    if (first && d->prefix > 0) {
        message_begin(messages, "system");
        write_prefix(w, d, messages);
        message_end(messages);
    }
    message_begin(messages, "user");
    write_text(w, d, row, first, messages);
    message_end(messages);
    gl_buf_append_str(&w->body,
                      w->kinds[d->class].endpoint == LOAD_CHAT ? "\"messages\":[" : "\"input\":[");
    gl_buf_append(&w->body, messages->data, messages->len);
    gl_buf_append_char(&w->body, ']');
    if (messages->failed) w->body.failed = true;
}

static void write_prompt(load_workload *w, drawn *d, const load_trace_row *row)
{
    gl_buf_append_str(&w->body, "\"prompt\":\"");
    if (d->prefix > 0) {
        write_prefix(w, d, &w->body);
        gl_buf_append_char(&w->body, ' ');
    }
    write_text(w, d, row, true, &w->body);
    gl_buf_append_char(&w->body, '"');
}

static void write_texts(load_workload *w, drawn *d, const load_trace_row *row)
{
    const load_class *kind = &w->kinds[d->class];
    bool ranks = kind->endpoint == LOAD_RERANK;
    if (ranks) {
        gl_buf_append_str(&w->body, "\"query\":\"");
        load_words_append(&w->body, w->body.len, words_of(kind, LOAD_QUERY_TOKENS), &d->rng);
        gl_buf_append_str(&w->body, "\",\"documents\":[");
    } else {
        gl_buf_append_str(&w->body, "\"input\":[");
    }
    for (uint32_t i = 0; i < kind->texts; i++) {
        gl_buf_append_str(&w->body, i > 0 ? ",\"" : "\"");
        write_text(w, d, row, true, &w->body);
        gl_buf_append_char(&w->body, '"');
    }
    gl_buf_append_char(&w->body, ']');
}

static void write_limits(load_workload *w, const drawn *d)
{
    load_endpoint endpoint = w->kinds[d->class].endpoint;
    const char *name = endpoint == LOAD_CHAT        ? w->max_name
                       : endpoint == LOAD_RESPONSES ? "max_output_tokens"
                                                    : "max_tokens";
    if (d->output == 0) return;
    if (name != NULL) gl_buf_printf(&w->body, ",\"%s\":%" PRIu32, name, d->output);
    if (w->min_tokens) gl_buf_printf(&w->body, ",\"min_tokens\":%" PRIu32, d->output);
    if (w->ignore_eos) gl_buf_append_str(&w->body, ",\"ignore_eos\":true");
}

static void write_body(load_workload *w, drawn *d, const load_trace_row *row, load_talk *talk)
{
    const load_class *kind = &w->kinds[d->class];
    gl_buf *messages = talk != NULL ? &talk->messages : &w->messages;
    if (talk == NULL) gl_buf_reset(messages);
    gl_buf_reset(&w->body);
    gl_buf_append_str(&w->body, "{\"model\":");
    gl_json_write_string(&w->body, gl_slice_str(kind->model));
    gl_buf_append_char(&w->body, ',');
    if (kind->endpoint == LOAD_COMPLETIONS)
        write_prompt(w, d, row);
    else if (load_endpoint_writes(kind->endpoint))
        write_messages(w, d, row, talk, messages);
    else
        write_texts(w, d, row);
    if (load_endpoint_writes(kind->endpoint)) write_limits(w, d);
    if (kind->stream) gl_buf_append_str(&w->body, ",\"stream\":true");
    if (kind->stream && kind->endpoint != LOAD_RESPONSES)
        gl_buf_append_str(&w->body, ",\"stream_options\":{\"include_usage\":true}");
    gl_buf_append_char(&w->body, '}');
}

/* A ranker reads the query before each document, and counts it each time. */
static uint32_t tokens_asked(const load_class *kind, const drawn *d)
{
    uint32_t query = kind->endpoint == LOAD_RERANK ? LOAD_QUERY_TOKENS : 0;
    return (d->input + query) * kind->texts + (d->prefix > 0 ? kind->prefix_tokens : 0);
}

void load_workload_question(load_workload *workload, uint64_t number, const load_trace_row *row,
                            load_talk *talk, load_question *question)
{
    load_workload *w = workload;
    bool goes_on = talk != NULL && talk->turns > 0;
    if (goes_on) number = talk->number;
    drawn d = draw(w, number, row);
    const load_class *kind = &w->kinds[d.class];
    if (talk != NULL && !goes_on) {
        if (talk->messages.max == 0) gl_buf_init(&talk->messages, BODY_MAX);
        gl_buf_reset(&talk->messages);
        *talk = (load_talk){ .number = number, .turns = d.turns, .messages = talk->messages };
    }
    uint32_t turn = goes_on ? talk->turn : 0;
    if (turn > 0) { /* each turn has lengths of its own */
        gl_rng_seed(&d.rng, seed_of(w, OF_TURN, number) + turn);
        d.input = load_lengths_draw(&kind->input, &d.rng);
        if (kind->limited) d.output = load_lengths_draw(&kind->output, &d.rng);
        row = NULL;
    }
    write_body(w, &d, row, talk);
    if (talk != NULL) talk->turn++;
    if (w->body.failed) gl_buf_reset(&w->body);
    /* An engine takes no empty body; a length of 0 would mean strlen. */
    bool whole = gl_buf_terminate(&w->body);
    *question = (load_question){
        .raw = true,
        .chat = { .body = whole ? w->body.data : "",
                  .body_len = whole ? w->body.len : 0,
                  .path = load_endpoint_path(kind->endpoint) },
        .judged = true,
        .kind = d.class,
        .endpoint = kind->endpoint,
        .texts = kind->texts,
        .output_tokens = d.output,
        /* In a later turn the server also counts the earlier ones, so no length is asked. */
        .input_tokens = turn > 0 ? 0 : tokens_asked(kind, &d)
    };
}

/* --- conversations ---------------------------------------------------------------------------- */

bool load_talk_answered(load_talk *talk, bool good, gl_slice text)
{
    if (good && talk->turn < talk->turns) {
        message_begin(&talk->messages, "assistant");
        gl_json_write_text(&talk->messages, text);
        message_end(&talk->messages);
        if (!talk->messages.failed) return true;
    }
    talk->turn = talk->turns = 0;
    return false;
}

void load_talk_free(load_talk *talk)
{
    if (talk->messages.max > 0) gl_buf_free(&talk->messages);
}
