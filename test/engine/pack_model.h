/*
 * pack_model.h - an engine that packs, on a model that answers packs, for packing.c and
 * pack_answer.c.
 */
#ifndef TEST_ENGINE_PACK_MODEL_H
#define TEST_ENGINE_PACK_MODEL_H

#include "rig.h"

#include "base/json.h"
#include "policy/prompt.h"

/* What the model does to the list of a pack. */
typedef enum mischief {
    GOOD,
    SHORT,     /* leaves out the second */
    ORDER,     /* backwards */
    DUPLICATE, /* says the second twice */
    OVERLONG,  /* one more than was asked for */
    NOT_JSON,
    CUT,    /* the answer breaks off within the second */
    REFUSES /* 400 */
} mischief;

/* The model: answers a plain draft with "<its input>", a pack with a list of the same. Remembers
 * what it was asked. */
enum { CALLS = 128, TEXT = 16384 };
static struct {
    mischief packs, after; /* `after`: from the second pack on */
    gl_time latency;
    gl_sim_plan failure; /* of packs, when its error is set */
    int failures;        /* how often */
    int calls, packs_seen;
    size_t drafts[CALLS]; /* of each call; 1 for a plain one */
    gl_time at[CALLS];
    char texts[CALLS][TEXT];
} model;

static inline void write_answer(gl_buf *out, size_t n, gl_slice input)
{
    gl_buf text;
    gl_buf_init(&text, TEXT);
    gl_buf_append_char(&text, '<');
    gl_buf_append(&text, input.data, input.len);
    gl_buf_append_char(&text, '>');
    gl_buf_append_str(out, "{\"n\":");
    gl_buf_append_u64(out, n);
    gl_buf_append_str(out, ",\"text\":");
    gl_json_write_string(out, gl_buf_slice(&text));
    gl_buf_append_char(out, '}');
    gl_buf_free(&text);
}

/* The elements of the list, with `what` done to them. Returns how many drafts there were. */
static inline size_t write_list(gl_slice lines, mischief what, gl_buf *out)
{
    gl_buf elements[GLIMPSE_PACK_DRAFTS_MAX], input;
    size_t count = 0;
    gl_buf_init(&input, TEXT);
    while (lines.len != 0) {
        const char *end = memchr(lines.data, '\n', lines.len);
        size_t len = end != NULL ? (size_t)(end - lines.data) : lines.len;
        gl_json line;
        assert_int_equal(gl_json_check(gl_slice_of(lines.data, len), &line, NULL), GL_JSON_OK);
        gl_buf_reset(&input);
        gl_json_string_append(gl_json_get(line, "input"), &input, NULL);
        gl_buf_init(&elements[count], TEXT);
        write_answer(&elements[count], count + 1, gl_buf_slice(&input));
        count++;
        len = end != NULL ? len + 1 : len;
        lines = gl_slice_of(lines.data + len, lines.len - len);
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = what == ORDER ? count - 1 - i : i;
        if (what == SHORT && at == 1) continue;
        if (out->data[out->len - 1] != '[') gl_buf_append_char(out, ',');
        size_t len = what == CUT && at == 1 ? elements[at].len - 2 : elements[at].len;
        gl_buf_append(out, elements[at].data, len);
        if (what == CUT && at == 1) break;
        if (what != DUPLICATE || at != 1) continue;
        gl_buf_append_char(out, ',');
        gl_buf_append(out, elements[at].data, elements[at].len);
    }
    if (what == OVERLONG) {
        gl_buf_append_char(out, ',');
        write_answer(out, count + 1, gl_slice_str("nobody's"));
    }
    for (size_t i = 0; i < count; i++) gl_buf_free(&elements[i]);
    gl_buf_free(&input);
    return count;
}

static inline gl_sim_plan answer(const char *body, size_t len)
{
    int call = model.calls++;
    assert_true(call < CALLS);
    gl_json root;
    gl_buf user, text;
    gl_buf_init(&user, SIZE_MAX / 2);
    gl_buf_init(&text, TEXT - 1);
    assert_int_equal(gl_json_check(gl_slice_of(body, len), &root, NULL), GL_JSON_OK);
    gl_prompt_last_user_text(root, &user);
    assert_true(gl_buf_terminate(&user));
    const char *inputs = strstr(user.data, "\nInputs:\n"), *input = strstr(user.data, "\nInput:\n");
    mischief what = model.packs_seen == 0 ? model.packs : model.after;
    gl_sim_plan p = gl_sim_answer(model.latency, model.texts[call]);
    model.at[call] = gl_sim_now();
    model.drafts[call] = 1;
    if (inputs != NULL) {
        model.packs_seen++;
        gl_buf_append_str(&text, what == NOT_JSON ? "Of course! [" : "{\"answers\":[");
        model.drafts[call] = write_list(gl_slice_str(inputs + strlen("\nInputs:\n")), what, &text);
        if (what != CUT) gl_buf_append_str(&text, "]}");
        p.complete = what != CUT;
        if (what == REFUSES) p = gl_sim_failure(model.latency, GLIMPSE_ERR_HTTP, 400);
        if (model.failure.error != GLIMPSE_OK && model.failures-- > 0) p = model.failure;
    } else {
        assert_non_null(input);
        gl_buf_printf(&text, "<%s>", input + strlen("\nInput:\n"));
    }
    assert_true(gl_buf_terminate(&text));
    memcpy(model.texts[call], text.data, text.len + 1);
    gl_buf_free(&text);
    gl_buf_free(&user);
    return p;
}

static size_t failing, allocations; /* which allocation fails; 0 = none */

static inline bool gate(void)
{
    return ++allocations != failing;
}

/* The model is not short of memory. */
static inline gl_sim_plan plan(void *arg, int number, const char *body, size_t len)
{
    (void)arg;
    (void)number;
    gl_alloc_set_gate(NULL);
    gl_sim_plan p = answer(body, len);
    if (failing != 0) gl_alloc_set_gate(gate);
    return p;
}

/* An engine that packs, on this model. */
static inline void open_rig(rig *r)
{
    static const glimpse_sampler_vtable fallback = { .size = sizeof(glimpse_sampler_vtable),
                                                     .name = "fallback",
                                                     .local = true,
                                                     .start = rig_fallback_start };
    r->loop = gl_loop_new(gl_sim_base());
    gl_sim_config sim = { .plan = plan, .arg = r, .scope = "sim" };
    assert_int_equal(gl_sim_sampler_new(r->loop, &sim, &r->sampler, &r->sim), GLIMPSE_OK);
    assert_int_equal(glimpse_sampler_new(&fallback, NULL, &r->fallback, NULL), GLIMPSE_OK);
    glimpse_cache_config bounds;
    glimpse_cache_config_init(&bounds);
    assert_int_equal(glimpse_cache_new(&bounds, &r->cache, NULL), GLIMPSE_OK);
    r->config.sampler = r->sampler;
    r->config.fallback = r->fallback;
    r->config.cache = r->cache;
    glimpse_problem problem;
    if (glimpse_config_check(&r->config, &problem) != GLIMPSE_OK)
        fail_msg("%s: %s", problem.field, problem.sentence);
    assert_int_equal(gl_engine_new(gl_sim_base(), &r->config, &r->engine), GLIMPSE_OK);
}

static inline void init_rig(rig *r, mischief what)
{
    memset(&model, 0, sizeof model);
    model.packs = what;
    model.latency = GL_SECOND;
    rig_init(r);
    r->config.packing.on = true;
}

static inline void submit_draft(rig *r, callback_log *t, const char *input,
                                const glimpse_options *options)
{
    *t = (callback_log){ .rig = r };
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_notice = rig_on_notice,
                                  .on_result = rig_on_result };
    glimpse_draft draft = { .input_text = input, .goal = "sum up", .constraints = "short" };
    assert_int_equal(glimpse_submit_draft(r->engine, &draft, options, &observer, t, &t->id),
                     GLIMPSE_OK);
    assert_int_equal(t->results, 0);
}

static inline const char *input_of(size_t i)
{
    static char input[32];
    snprintf(input, sizeof input, "input \"%zu\"", i);
    return input;
}

static inline void submit_many(rig *r, callback_log *t, size_t count)
{
    for (size_t i = 0; i < count; i++) submit_draft(r, &t[i], input_of(i), NULL);
}

static inline void assert_own_answer(const callback_log *t, size_t i)
{
    char expected[64];
    snprintf(expected, sizeof expected, "<%s>", input_of(i));
    assert_int_equal(t->results, 1);
    assert_int_equal(t->status, GLIMPSE_STATUS_ALIGNED);
    assert_string_equal(t->text, expected);
}

static inline glimpse_packing_stats stats_of(rig *r)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r->engine, &stats), GLIMPSE_OK);
    return stats.packing;
}

/* Runs what was submitted to its end, and closes. */
static inline void finish(rig *r)
{
    assert_true(gl_sim_run_idle(10000));
    rig_check_books(r);
    rig_close(r);
}

#endif
