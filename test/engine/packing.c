/*
 * packing.c - drafts that share a request: who does, when it goes, and what each of them gets from
 * it, whatever becomes of the request or of the others.
 */
#include "rig.h"

#include <stdlib.h>

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
enum { CALLS = 64, TEXT = 16384 };
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

static void write_answer(gl_buf *out, size_t n, gl_slice input)
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
static size_t write_list(gl_slice lines, mischief what, gl_buf *out)
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

static gl_sim_plan answer(const char *body, size_t len)
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

static bool gate(void)
{
    return ++allocations != failing;
}

/* The model is not short of memory. */
static gl_sim_plan plan(void *arg, int number, const char *body, size_t len)
{
    (void)arg;
    (void)number;
    gl_alloc_set_gate(NULL);
    gl_sim_plan p = answer(body, len);
    if (failing != 0) gl_alloc_set_gate(gate);
    return p;
}

/* An engine that packs, on this model. */
static void open_rig(rig *r)
{
    static const glimpse_sampler_vtable fallback = { .version = GLIMPSE_SAMPLER_VERSION,
                                                     .name = "fallback",
                                                     .local = true,
                                                     .start = rig_fallback_start };
    r->loop = gl_loop_new(gl_sim_base());
    gl_sim_config sim = { .plan = plan, .arg = r, .scope = "sim" };
    assert_int_equal(gl_sim_sampler_new(r->loop, &sim, &r->sampler, &r->sim), GLIMPSE_OK);
    assert_int_equal(glimpse_sampler_new(&fallback, NULL, &r->fallback), GLIMPSE_OK);
    glimpse_cache_config bounds;
    glimpse_cache_config_init(&bounds);
    assert_int_equal(glimpse_cache_new(&bounds, &r->cache), GLIMPSE_OK);
    r->config.sampler = r->sampler;
    r->config.fallback = r->fallback;
    r->config.cache = r->cache;
    const char *problem = "";
    if (glimpse_config_check(&r->config, &problem) != GLIMPSE_OK) fail_msg("%s", problem);
    assert_int_equal(gl_engine_new(gl_sim_base(), &r->config, &r->engine), GLIMPSE_OK);
}

static void init_rig(rig *r, mischief what)
{
    memset(&model, 0, sizeof model);
    model.packs = what;
    model.latency = GL_SECOND;
    rig_init(r);
    r->config.packing.on = true;
}

static void submit_draft(rig *r, told *t, const char *input, const glimpse_options *options)
{
    *t = (told){ .rig = r };
    glimpse_observer observer = { .on_notice = rig_on_notice, .on_result = rig_on_result };
    glimpse_draft draft = { .input_text = input, .goal = "sum up", .constraints = "short" };
    assert_int_equal(glimpse_submit_draft(r->engine, &draft, options, &observer, t, &t->id),
                     GLIMPSE_OK);
    assert_int_equal(t->results, 0);
}

static const char *input_of(size_t i)
{
    static char input[32];
    snprintf(input, sizeof input, "input \"%zu\"", i);
    return input;
}

static void submit_many(rig *r, told *t, size_t count)
{
    for (size_t i = 0; i < count; i++) submit_draft(r, &t[i], input_of(i), NULL);
}

static void assert_own_answer(const told *t, size_t i)
{
    char expected[64];
    snprintf(expected, sizeof expected, "<%s>", input_of(i));
    assert_int_equal(t->results, 1);
    assert_int_equal(t->status, GLIMPSE_STATUS_ALIGNED);
    assert_string_equal(t->text, expected);
}

static glimpse_packing_stats stats_of(rig *r)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r->engine, &stats), GLIMPSE_OK);
    return stats.packing;
}

/* Runs what was submitted to its end, and closes. */
static void finish(rig *r)
{
    assert_true(gl_sim_run_idle(10000));
    rig_check_books(r);
    rig_close(r);
}

/* --- who shares a request, and when it goes --- */

static void drafts_of_one_window_go_out_as_one_request(void **state)
{
    (void)state;
    rig r;
    told t[5];
    init_rig(&r, GOOD);
    open_rig(&r);
    gl_time start = gl_sim_now();
    submit_many(&r, t, 3);
    gl_sim_run_for_ms(19);
    submit_draft(&r, &t[3], input_of(3), NULL);
    assert_int_equal(model.calls, 0);
    gl_sim_run_for_ms(1);
    assert_int_equal(model.calls, 1);
    assert_int_equal(model.drafts[0], 4);
    assert_true(model.at[0] == start + 20 * GL_MS);
    submit_draft(&r, &t[4], input_of(4), NULL); /* too late for this one */
    assert_true(gl_sim_run_idle(1000));
    for (size_t i = 0; i < 4; i++) {
        assert_own_answer(&t[i], i);
        assert_int_equal(t[i].source, GLIMPSE_SOURCE_PACKED);
        assert_int_equal(t[i].attempts, 1);
        assert_int_equal(t[i].timings.queue_ns, (i < 3 ? 20 : 1) * (int64_t)GL_MS);
    }
    assert_own_answer(&t[4], 4);
    assert_int_equal(model.calls, 2);
    glimpse_packing_stats stats = stats_of(&r);
    assert_int_equal(stats.packs, 1);
    assert_int_equal(stats.packed, 4);
    assert_int_equal(stats.requests_saved, 3);
    assert_int_equal(stats.asked_again, 0);
    finish(&r);
}

static void a_pack_of_one_goes_out_as_the_draft_it_is(void **state)
{
    (void)state;
    rig r;
    told t;
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_draft(&r, &t, input_of(0), NULL);
    assert_true(gl_sim_run_idle(1000));
    assert_own_answer(&t, 0);
    assert_int_equal(t.source, GLIMPSE_SOURCE_LIVE);
    assert_int_equal(model.packs_seen, 0);
    assert_int_equal(t.timings.queue_ns, 20 * (int64_t)GL_MS);
    assert_int_equal(stats_of(&r).packs, 0);
    finish(&r);
}

static void a_full_pack_does_not_wait_for_its_window(void **state)
{
    (void)state;
    rig r;
    told t[35];
    init_rig(&r, GOOD);
    open_rig(&r);
    gl_time start = gl_sim_now();
    submit_many(&r, t, 35);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 3);
    assert_int_equal(model.drafts[0], 16);
    assert_int_equal(model.drafts[1], 16);
    assert_int_equal(model.drafts[2], 3);
    assert_true(model.at[1] == start);
    assert_true(model.at[2] == start + 20 * GL_MS);
    for (size_t i = 0; i < 35; i++) assert_own_answer(&t[i], i);
    finish(&r);
}

static void the_inputs_of_a_pack_are_fewer_than_4000_characters(void **state)
{
    (void)state;
    rig r;
    told t[4];
    static char input[4][4100];
    init_rig(&r, GOOD);
    open_rig(&r);
    /* 1,500 characters of two bytes each: it is characters that count. Two fit, not three; 4,000
     * alone are too many for any. */
    for (size_t k = 0; k < 4; k++) {
        size_t chars = k < 3 ? 1000 : 4000;
        if (k == 3) memset(input[k], 'x', chars);
        for (size_t i = 0; k < 3 && i < 1500; i++) memcpy(input[k] + 2 * i, "\xC3\xA9", 2);
        input[k][k < 3 ? 3000 : 4000] = '\0';
        input[k][0] = (char)('a' + k);
        if (k < 3) input[k][1] = 'b';
        submit_draft(&r, &t[k], input[k], NULL);
    }
    gl_sim_run_for_ms(30);
    assert_int_equal(model.calls, 3);
    assert_int_equal(model.drafts[0], 2);
    assert_int_equal(model.drafts[1], 1);
    assert_int_equal(model.drafts[2], 1);
    finish(&r);
}

static void what_differs_in_more_than_its_input_is_not_packed(void **state)
{
    (void)state;
    rig r;
    told t[9];
    init_rig(&r, GOOD);
    open_rig(&r);
    glimpse_options options[8];
    for (size_t i = 0; i < 8; i++) glimpse_options_init(&options[i]);
    options[1].model = "other";
    options[2].temperature = 0.1;
    options[3].max_tokens = 100;
    options[4].priority = GLIMPSE_PRIORITY_INTERACTIVE;
    options[5].stream = true;
    options[6].pack = 0;
    options[7].max_tokens = 3000; /* no room for two such answers */
    for (size_t i = 0; i < 8; i++) submit_draft(&r, &t[i], input_of(i), &options[i]);
    rig_submit(&r, &t[8],
               "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":"
               "\"Goal:\\nx\\n\\nInput:\\nraw\"}]}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.packs_seen, 0);
    for (size_t i = 0; i < 8; i++) assert_own_answer(&t[i], i);
    assert_string_equal(t[8].text, "<raw>");
    finish(&r);
}

static void nothing_is_packed_unless_it_is_asked_for(void **state)
{
    (void)state;
    rig r;
    told t[4];
    init_rig(&r, GOOD);
    r.config.packing.on = false;
    open_rig(&r);
    submit_many(&r, t, 2);
    glimpse_options options;
    glimpse_options_init(&options);
    options.pack = 1;
    submit_draft(&r, &t[2], input_of(2), &options);
    submit_draft(&r, &t[3], input_of(3), &options);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 3);
    assert_int_equal(model.packs_seen, 1);
    for (size_t i = 0; i < 4; i++) {
        assert_own_answer(&t[i], i);
        assert_int_equal(t[i].source, i < 2 ? GLIMPSE_SOURCE_LIVE : GLIMPSE_SOURCE_PACKED);
    }
    finish(&r);
}

/* --- what each gets from it --- */

static void only_those_without_an_answer_are_asked_again_alone(void **state)
{
    (void)state;
    static const struct {
        mischief what;
        int again; /* of 4 */
    } cases[] = { { SHORT, 1 },    { ORDER, 0 }, { DUPLICATE, 1 }, { OVERLONG, 0 },
                  { NOT_JSON, 4 }, { CUT, 3 },   { REFUSES, 4 } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        rig r;
        told t[4];
        init_rig(&r, cases[c].what);
        open_rig(&r);
        submit_many(&r, t, 4);
        assert_true(gl_sim_run_idle(1000));
        int again = 0;
        for (size_t i = 0; i < 4; i++) {
            assert_own_answer(&t[i], i);
            bool packed = t[i].source == GLIMPSE_SOURCE_PACKED;
            again += !packed;
            assert_int_equal(t[i].attempts, packed ? 1 : 2);
            if (!packed) assert_int_equal(t[i].source, GLIMPSE_SOURCE_LIVE);
        }
        assert_int_equal(again, cases[c].again);
        assert_int_equal(model.packs_seen, 1);
        assert_int_equal(model.calls, 1 + again);
        glimpse_packing_stats stats = stats_of(&r);
        assert_int_equal(stats.asked_again, again);
        assert_int_equal(stats.packed, 4 - again);
        assert_int_equal(stats.requests_saved, cases[c].what == REFUSES ? 0 : 4 - again - 1);
        finish(&r);
    }
}

static void each_draft_is_cached_by_itself(void **state)
{
    (void)state;
    rig r;
    told t[4], again[4];
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_many(&r, t, 4);
    assert_true(gl_sim_run_idle(1000));
    submit_many(&r, again, 4);
    gl_sim_run_for_ms(1);
    for (size_t i = 0; i < 4; i++) {
        assert_own_answer(&again[i], i);
        assert_int_equal(again[i].source, GLIMPSE_SOURCE_CACHE);
    }
    assert_int_equal(model.calls, 1);
    finish(&r);
}

static void a_draft_of_its_own_answers_one_that_was_packed(void **state)
{
    (void)state;
    rig r;
    told alone, packed[2];
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_draft(&r, &alone, input_of(0), NULL);
    assert_true(gl_sim_run_idle(1000));
    submit_many(&r, packed, 2);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(packed[0].source, GLIMPSE_SOURCE_CACHE);
    assert_own_answer(&packed[1], 1);
    assert_int_equal(model.packs_seen, 0);
    finish(&r);
}

static void identical_drafts_take_one_place_in_a_pack(void **state)
{
    (void)state;
    rig r;
    told t[3], same[2];
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_many(&r, t, 3);
    submit_draft(&r, &same[0], input_of(1), NULL);
    gl_sim_run_for_ms(100); /* now it is out */
    submit_draft(&r, &same[1], input_of(1), NULL);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 1);
    assert_int_equal(model.drafts[0], 3);
    for (size_t i = 0; i < 3; i++) assert_own_answer(&t[i], i);
    for (size_t i = 0; i < 2; i++) {
        assert_own_answer(&same[i], 1);
        assert_int_equal(same[i].source, GLIMPSE_SOURCE_COALESCED);
    }
    finish(&r);
}

static void a_follower_takes_the_place_of_a_member_that_leaves(void **state)
{
    (void)state;
    rig r;
    told t[2], same;
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_many(&r, t, 2);
    submit_draft(&r, &same, input_of(0), NULL);
    gl_sim_run_for_ms(100);
    glimpse_cancel(r.engine, t[0].id);
    gl_sim_run_for_ms(1);
    assert_int_equal(t[0].status, GLIMPSE_STATUS_CANCELLED);
    assert_true(gl_sim_run_idle(1000));
    assert_own_answer(&same, 0);
    assert_own_answer(&t[1], 1);
    assert_int_equal(model.calls, 1);
    finish(&r);
}

static void each_draft_hears_its_own_thresholds(void **state)
{
    (void)state;
    rig r;
    told t[2];
    init_rig(&r, GOOD);
    model.latency = 3 * GL_SECOND;
    open_rig(&r);
    glimpse_thresholds soon = { 100, 200, 300, 400 };
    glimpse_options options;
    glimpse_options_init(&options);
    options.thresholds = &soon;
    submit_draft(&r, &t[0], input_of(0), NULL);
    submit_draft(&r, &t[1], input_of(1), &options);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 1);
    assert_int_equal(t[0].crossed, 2);
    assert_int_equal(t[0].notice_total, 2);
    assert_false(t[0].stale);
    assert_int_equal(t[1].crossed, 4);
    assert_int_equal(t[1].notice_total, 4);
    assert_true(t[1].stale);
    finish(&r);
}

/* --- leaving --- */

static void a_deadline_takes_one_draft_out_and_the_pack_goes_on(void **state)
{
    (void)state;
    rig r;
    told t[3];
    init_rig(&r, GOOD);
    open_rig(&r);
    glimpse_options early, late;
    glimpse_options_init(&early);
    glimpse_options_init(&late);
    early.deadline_ms = 10; /* while it gathers */
    late.deadline_ms = 500; /* while it is out */
    submit_draft(&r, &t[0], input_of(0), &early);
    submit_draft(&r, &t[1], input_of(1), &late);
    submit_draft(&r, &t[2], input_of(2), NULL);
    gl_sim_run_for_ms(10);
    assert_int_equal(t[0].results, 1);
    assert_int_equal(t[0].error, GLIMPSE_ERR_DEADLINE);
    assert_int_equal(t[0].attempts, 0);
    assert_string_equal(t[0].essence, "essence [error]");
    gl_sim_run_for_ms(490);
    assert_int_equal(t[1].results, 1);
    assert_int_equal(t[1].error, GLIMPSE_ERR_DEADLINE);
    assert_int_equal(t[1].attempts, 1); /* it was sent for this one too */
    assert_true(gl_sim_run_idle(1000));
    assert_own_answer(&t[2], 2);
    assert_int_equal(t[2].source, GLIMPSE_SOURCE_PACKED);
    assert_int_equal(model.calls, 1);
    assert_int_equal(model.drafts[0], 2);
    finish(&r);
}

static void a_pack_that_all_have_left_is_cancelled(void **state)
{
    (void)state;
    rig r;
    told t[2], more[2];
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_many(&r, t, 2);
    glimpse_cancel(r.engine, t[0].id);
    glimpse_cancel(r.engine, t[1].id); /* nothing has gone out */
    submit_many(&r, more, 2);
    gl_sim_run_for_ms(100);
    assert_int_equal(model.calls, 1);
    assert_int_equal(gl_sim_counts_of(r.sim)->running, 1);
    glimpse_cancel(r.engine, more[1].id);
    assert_int_equal(gl_sim_counts_of(r.sim)->running, 1);
    glimpse_cancel(r.engine, more[0].id);
    assert_int_equal(gl_sim_counts_of(r.sim)->running, 0);
    gl_sim_run_for_ms(1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(t[i].status, GLIMPSE_STATUS_CANCELLED);
        assert_int_equal(more[i].status, GLIMPSE_STATUS_CANCELLED);
    }
    finish(&r);
}

/* --- a pack that fails --- */

static void a_pack_is_retried_as_a_whole(void **state)
{
    (void)state;
    rig r;
    told t[3];
    init_rig(&r, GOOD);
    model.failure = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_HTTP, 500);
    model.failures = 2;
    open_rig(&r);
    submit_many(&r, t, 3);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_own_answer(&t[i], i);
        assert_int_equal(t[i].attempts, 3);
        assert_true(t[i].timings.backoff_ns > 0);
    }
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
    assert_int_equal(stats.attempts, 3); /* requests, not drafts */
    assert_int_equal(stats.retries, 2);
    finish(&r);
}

static void when_a_pack_fails_each_draft_fails_with_an_essence_of_its_own(void **state)
{
    (void)state;
    rig r;
    told t[3];
    init_rig(&r, GOOD);
    r.config.max_attempts = 2;
    model.failure = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_HTTP, 500);
    model.failures = 100;
    open_rig(&r);
    glimpse_options options;
    glimpse_options_init(&options);
    options.fallback = 0;
    submit_many(&r, t, 2);
    submit_draft(&r, &t[2], input_of(2), &options);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 2);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(t[i].status, GLIMPSE_STATUS_SERVER_ERROR);
        assert_int_equal(t[i].error, GLIMPSE_ERR_HTTP);
        assert_int_equal(t[i].http_status, 500);
        assert_int_equal(t[i].attempts, 2);
        assert_string_equal(t[i].essence, i < 2 ? "essence [server_error]" : "");
    }
    assert_int_equal(stats_of(&r).asked_again, 0);
    finish(&r);
}

static void a_quota_stops_the_members_and_whoever_gathers(void **state)
{
    (void)state;
    rig r;
    told t[2], gathering[2], after;
    init_rig(&r, GOOD);
    model.failure = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_QUOTA, 429);
    model.failures = 100;
    open_rig(&r);
    submit_many(&r, t, 2);
    gl_sim_run_for_ms(1010);
    submit_draft(&r, &gathering[0], input_of(10), NULL);
    submit_draft(&r, &gathering[1], input_of(11), NULL);
    gl_sim_run_for_ms(11);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(t[i].error, GLIMPSE_ERR_QUOTA);
        assert_int_equal(t[i].attempts, 1);
        assert_int_equal(gathering[i].error, GLIMPSE_ERR_QUOTA);
        assert_int_equal(gathering[i].attempts, 0);
    }
    submit_draft(&r, &after, input_of(12), NULL);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(after.error, GLIMPSE_ERR_QUOTA);
    assert_int_equal(model.calls, 1);
    finish(&r);
}

static void a_model_that_cannot_do_lists_is_asked_for_no_more_of_them(void **state)
{
    (void)state;
    rig r;
    told t[10];
    init_rig(&r, NOT_JSON);
    model.after = REFUSES;
    open_rig(&r);
    for (size_t i = 0; i < 5; i++) {
        submit_draft(&r, &t[2 * i], input_of(2 * i), NULL);
        submit_draft(&r, &t[2 * i + 1], input_of(2 * i + 1), NULL);
        assert_true(gl_sim_run_idle(1000));
    }
    assert_int_equal(model.packs_seen, 3);
    assert_int_equal(model.calls, 3 + 10);
    for (size_t i = 0; i < 10; i++) assert_own_answer(&t[i], i);
    finish(&r);
}

/* --- the end --- */

static void closing_cancels_who_gathers_and_lets_a_pack_finish(void **state)
{
    (void)state;
    rig r;
    told t[3], gathering[2];
    init_rig(&r, SHORT);
    open_rig(&r);
    submit_many(&r, t, 3);
    gl_sim_run_for_ms(100);
    submit_draft(&r, &gathering[0], input_of(10), NULL);
    submit_draft(&r, &gathering[1], input_of(11), NULL);
    glimpse_engine_close(r.engine, 5000, rig_closed, &r);
    gl_sim_run_for_ms(1);
    assert_int_equal(gathering[0].status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(gathering[1].status, GLIMPSE_STATUS_CANCELLED);
    assert_true(gl_sim_run_idle(1000));
    assert_own_answer(&t[0], 0);
    assert_own_answer(&t[2], 2);
    assert_int_equal(t[1].status, GLIMPSE_STATUS_CANCELLED); /* no request of its own any more */
    assert_int_equal(r.closed, 1);
    finish(&r);
}

static void freeing_tells_everybody_wherever_their_pack_is(void **state)
{
    (void)state;
    rig r;
    told t[3], same, gathering[2];
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_many(&r, t, 3);
    submit_draft(&r, &same, input_of(0), NULL);
    gl_sim_run_for_ms(100);
    submit_draft(&r, &gathering[0], input_of(10), NULL);
    submit_draft(&r, &gathering[1], input_of(11), NULL);
    rig_close(&r);
    for (size_t i = 0; i < 3; i++) assert_int_equal(t[i].status, GLIMPSE_STATUS_CANCELLED);
    for (size_t i = 0; i < 2; i++) assert_int_equal(gathering[i].status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(same.status, GLIMPSE_STATUS_CANCELLED);
}

/* --- without memory --- */

static void whatever_allocation_fails_each_draft_has_one_result(void **state)
{
    (void)state;
    for (size_t k = 1;; k++) {
        rig r;
        told t[4];
        glimpse_observer observer = { .on_result = rig_on_result };
        init_rig(&r, SHORT);
        open_rig(&r);
        int accepted = 0;
        failing = k;
        allocations = 0;
        gl_alloc_set_gate(gate);
        for (size_t i = 0; i < 4; i++) {
            t[i] = (told){ .rig = &r };
            glimpse_draft draft = { .input_text = input_of(i), .goal = "sum up" };
            if (glimpse_submit_draft(r.engine, &draft, NULL, &observer, &t[i], &t[i].id) ==
                GLIMPSE_OK)
                accepted++;
            else
                t[i].results = -1;
        }
        while (gl_sim_step()) {
        }
        gl_alloc_set_gate(NULL);
        failing = 0;
        for (size_t i = 0; i < 4; i++) {
            if (t[i].results < 0) continue;
            assert_int_equal(t[i].results, 1);
            if (t[i].error == GLIMPSE_OK) assert_own_answer(&t[i], i);
        }
        bool done = allocations < k;
        rig_check_books(&r);
        rig_close(&r);
        if (done) break;
        assert_true(accepted >= 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drafts_of_one_window_go_out_as_one_request),
        cmocka_unit_test(a_pack_of_one_goes_out_as_the_draft_it_is),
        cmocka_unit_test(a_full_pack_does_not_wait_for_its_window),
        cmocka_unit_test(the_inputs_of_a_pack_are_fewer_than_4000_characters),
        cmocka_unit_test(what_differs_in_more_than_its_input_is_not_packed),
        cmocka_unit_test(nothing_is_packed_unless_it_is_asked_for),
        cmocka_unit_test(only_those_without_an_answer_are_asked_again_alone),
        cmocka_unit_test(each_draft_is_cached_by_itself),
        cmocka_unit_test(a_draft_of_its_own_answers_one_that_was_packed),
        cmocka_unit_test(identical_drafts_take_one_place_in_a_pack),
        cmocka_unit_test(a_follower_takes_the_place_of_a_member_that_leaves),
        cmocka_unit_test(each_draft_hears_its_own_thresholds),
        cmocka_unit_test(a_deadline_takes_one_draft_out_and_the_pack_goes_on),
        cmocka_unit_test(a_pack_that_all_have_left_is_cancelled),
        cmocka_unit_test(a_pack_is_retried_as_a_whole),
        cmocka_unit_test(when_a_pack_fails_each_draft_fails_with_an_essence_of_its_own),
        cmocka_unit_test(a_quota_stops_the_members_and_whoever_gathers),
        cmocka_unit_test(a_model_that_cannot_do_lists_is_asked_for_no_more_of_them),
        cmocka_unit_test(closing_cancels_who_gathers_and_lets_a_pack_finish),
        cmocka_unit_test(freeing_tells_everybody_wherever_their_pack_is),
        cmocka_unit_test(whatever_allocation_fails_each_draft_has_one_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
