/* local.c - what the local sampler says to a draft, and as the fallback of a failed request. */
#include "base/utf8.h"
#include "policy/essence.h"
#include "rig.h"
#include "status.h"

typedef struct heard {
    int results;
    glimpse_status status;
    glimpse_source source;
    char text[512], essence[512], delta[128], model[32];
} heard;

static void hear(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    heard *h = arg;
    h->results++;
    h->status = glimpse_result_status(result);
    h->source = glimpse_result_source(result);
    size_t len;
    const char *delta = glimpse_result_delta(result), *text = glimpse_result_text(result, &len);
    assert_true(len < sizeof h->text);
    assert_int_equal(gl_utf8_check(text, len), len);
    snprintf(h->text, sizeof h->text, "%s", text);
    snprintf(h->essence, sizeof h->essence, "%s", glimpse_result_essence(result));
    snprintf(h->delta, sizeof h->delta, "%s", delta != NULL ? delta : "");
    snprintf(h->model, sizeof h->model, "%s", glimpse_result_model(result));
    assert_int_equal(gl_utf8_check(h->essence, strlen(h->essence)), strlen(h->essence));
}

static gl_sim_plan plan_of(void *arg, int number, const char *body, size_t len)
{
    (void)number;
    (void)body;
    (void)len;
    return *(const gl_sim_plan *)arg;
}

/* What comes back for a draft; plan NULL: the local sampler is asked, else it is the fallback of a
 * sampler that plays the plan. */
static heard ask(const glimpse_draft *draft, const gl_sim_plan *plan)
{
    size_t live = gl_alloc_live();
    gl_sim_reset(GL_SECOND);
    heard h = { 0 };
    gl_sim_plan copy = plan != NULL ? *plan : (gl_sim_plan){ 0 };
    gl_loop *loop = gl_loop_new(gl_sim_base());
    assert_non_null(loop);
    glimpse_config config;
    glimpse_config_init(&config);
    config.seed = 1;
    config.max_attempts = 1;
    glimpse_sampler *local = NULL, *sim = NULL;
    assert_int_equal(glimpse_local_sampler_new(&local, NULL), GLIMPSE_OK);
    assert_string_equal(glimpse_sampler_name(local), "local");
    gl_sim_config script = { .plan = plan_of, .arg = &copy };
    assert_int_equal(gl_sim_sampler_new(loop, &script, &sim, NULL), GLIMPSE_OK);
    config.sampler = plan != NULL ? sim : local;
    config.fallback = plan != NULL ? local : NULL;
    glimpse_engine *engine = NULL;
    assert_int_equal(gl_engine_new(gl_sim_base(), &config, &engine), GLIMPSE_OK);
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = hear };
    assert_int_equal(glimpse_submit_draft(engine, draft, NULL, &observer, &h, NULL), GLIMPSE_OK);
    gl_sim_run_for_ms(10);
    assert_int_equal(h.results, 1);
    glimpse_engine_free(engine);
    glimpse_sampler_unref(local);
    glimpse_sampler_unref(sim);
    gl_loop_free(loop);
    assert_int_equal(gl_alloc_live(), live);
    return h;
}

static heard ask_words(const char *input, const char *goal, const char *constraints)
{
    glimpse_draft draft = { .input_text = input, .goal = goal, .constraints = constraints };
    return ask(&draft, NULL);
}

static heard fall_back(const char *input, const char *goal, glimpse_error error, int http_status)
{
    glimpse_draft draft = { .input_text = input, .goal = goal };
    gl_sim_plan plan = { .error = error, .http_status = http_status };
    return ask(&draft, &plan);
}

static void a_short_input_is_its_own_sample(void **state)
{
    (void)state;
    heard h = ask_words("  The cat sleeps. It dreams.\n", "summarize in one sentence",
                        "at most 20 words");
    assert_int_equal(h.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(h.source, GLIMPSE_SOURCE_LOCAL);
    assert_string_equal(h.text, "The cat sleeps. It dreams.");
    assert_string_equal(h.essence,
                        "intent: summarize in one sentence; constraints: at most 20 words");
    assert_string_equal(h.delta, "");
    assert_string_equal(h.model, "local");
}

static void the_same_draft_gets_the_same_answer(void **state)
{
    (void)state;
    heard a = ask_words("Some text.", "shorten", ""), b = ask_words("Some text.", "shorten", "");
    assert_memory_equal(&a, &b, sizeof a);
}

/* `piece` as often as it takes to pass 200 bytes, then `tail`. */
static const char *repeat(char out[512], const char *piece, const char *tail)
{
    size_t len = 0;
    while (len <= 220) len += (size_t)snprintf(out + len, 512 - len, "%s", piece);
    snprintf(out + len, 512 - len, "%s", tail);
    return out;
}

static void a_long_input_ends_with_a_sentence(void **state)
{
    (void)state;
    char text[512];
    heard h = ask_words(repeat(text, "Nineteen bytes now. ", "x"), "g", "");
    /* 10 times 20 bytes; the tenth sentence ends at byte 199. */
    assert_int_equal(strlen(h.text), 199);
    assert_memory_equal(h.text, text, 199);
    h = ask_words(repeat(text, "\xE7\x8C\xAB\xE3\x80\x82", ""), "g", "");
    assert_int_equal(strlen(h.text), 198);
    /* A point inside a word ends nothing. */
    h = ask_words(repeat(text, "3.14159 is pi, ", ""), "g", "");
    assert_int_equal(h.text[strlen(h.text) - 1], ',');
}

static void without_a_sentence_a_word_and_without_a_word_a_character(void **state)
{
    (void)state;
    char text[512];
    heard h = ask_words(repeat(text, "seven77 ", ""), "g", "");
    assert_int_equal(strlen(h.text), 199);
    assert_int_equal(h.text[198], '7');
    repeat(text, "\xC3\xA9\xC3\xA9\xC3\xA9", "");
    memmove(text + 1, text, strlen(text) + 1);
    text[0] = 'x';
    h = ask_words(text, "g", "");
    assert_int_equal(strlen(h.text), 199);
}

static void an_essence_without_goal_is_made_of_the_words(void **state)
{
    (void)state;
    assert_string_equal(ask_words("The cat is on the mat", "", "").essence, "cat mat");
    assert_string_equal(ask_words("x", "", "short").essence,
                        "intent: not given; constraints: short");
    assert_string_equal(ask_words("x", "translate", " ").essence, "intent: translate");
}

static void a_long_goal_is_clipped_and_holds_no_control_bytes(void **state)
{
    (void)state;
    char goal[512];
    repeat(goal, "\xC3\xA9\xC3\xA9\n\xC3\xA9", "");
    heard h = ask_words("x", goal, goal);
    assert_true(strlen(h.essence) < GL_ESSENCE_MAX);
    assert_null(strchr(h.essence, '\n'));
    assert_non_null(strstr(h.essence, "; constraints: "));
}

static void a_draft_that_contradicts_itself_is_not_aligned(void **state)
{
    (void)state;
    static const struct {
        const char *goal, *constraints;
    } table[] = {
        { "refactor this function", "no change" },
        { "Refactoring, please", "Do NOT change anything." },
        { "rewrite it", "no changes allowed" },
        { "rewrite it without changing anything", "" },
        { "rewrite it without changing it", "" },
        { "restructure the text", "keep as is" },
        { "rework", "don't change this" },
        { "refactor", "no changes to anything" },
        { "refactor", "without change" },
        { "refactor", "be brief, no change!" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        heard h = ask_words("int f(void);", table[i].goal, table[i].constraints);
        assert_int_equal(h.status, GLIMPSE_STATUS_NOT_ALIGNED);
        assert_non_null(strstr(h.delta, "asks for a change"));
        assert_int_equal(h.source, GLIMPSE_SOURCE_LOCAL);
    }
    assert_int_equal(ask_words("please refactor this", "help", "no change").status,
                     GLIMPSE_STATUS_NOT_ALIGNED);
    assert_string_equal(ask_words("x", "Refactor", "No Change").delta,
                        "the draft asks for a change (refactor) and forbids one (no change)");
}

static void a_limited_change_is_no_contradiction(void **state)
{
    (void)state;
    static const struct {
        const char *goal, *constraints;
    } table[] = {
        { "refactor this function", "no changes to the public API" },
        { "refactor", "no change in behaviour" },
        { "rewrite it", "without changing the meaning" },
        { "do not refactor", "no change" },
        { "explain without refactoring", "no change" },
        { "summarize", "no change" },
        { "refactor", "" },
        { "refactor", "nochange" },
        { "prefactor", "no change" },
        { "refactor", "casino changes" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(ask_words("int f(void);", table[i].goal, table[i].constraints).status,
                         GLIMPSE_STATUS_ALIGNED);
}

static void the_fallback_shows_words_where_section_4_says_so(void **state)
{
    (void)state;
    static const struct {
        glimpse_error error;
        int http_status;
        const char *essence;
    } table[] = {
        { GLIMPSE_ERR_HTTP, 429, "cat sleeps mat shorten [rate_limited]" },
        { GLIMPSE_ERR_HTTP, 503, "cat sleeps mat shorten [server_error]" },
        { GLIMPSE_ERR_CONNECT, 0, "cat sleeps mat shorten [error]" },
        { GLIMPSE_ERR_BAD_JSON, 200, "cat sleeps mat shorten [error]" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        heard h =
            fall_back("The cat sleeps on the mat", "shorten", table[i].error, table[i].http_status);
        assert_string_equal(h.essence, table[i].essence);
        assert_string_equal(h.text, "");
        assert_int_equal(h.source, GLIMPSE_SOURCE_LOCAL);
        assert_int_equal(h.status, gl_status_of(table[i].error, table[i].http_status));
    }
}

static void the_fallback_only_names_the_error_elsewhere(void **state)
{
    (void)state;
    static const int statuses[] = { 401, 400, 404, 422, 403 };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        heard h = fall_back("The cat sleeps", "shorten", GLIMPSE_ERR_HTTP, statuses[i]);
        glimpse_status status = gl_status_of(GLIMPSE_ERR_HTTP, statuses[i]);
        char mark[64];
        snprintf(mark, sizeof mark, "[%s] ", glimpse_status_name(status));
        assert_memory_equal(h.essence, mark, strlen(mark));
        assert_true(strlen(h.essence) > strlen(mark));
        assert_null(strstr(h.essence, "cat"));
        assert_string_equal(h.text, "");
        assert_int_equal(h.status, status);
        assert_int_equal(h.source, GLIMPSE_SOURCE_LOCAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_input_is_its_own_sample),
        cmocka_unit_test(the_same_draft_gets_the_same_answer),
        cmocka_unit_test(a_long_input_ends_with_a_sentence),
        cmocka_unit_test(without_a_sentence_a_word_and_without_a_word_a_character),
        cmocka_unit_test(an_essence_without_goal_is_made_of_the_words),
        cmocka_unit_test(a_long_goal_is_clipped_and_holds_no_control_bytes),
        cmocka_unit_test(a_draft_that_contradicts_itself_is_not_aligned),
        cmocka_unit_test(a_limited_change_is_no_contradiction),
        cmocka_unit_test(the_fallback_shows_words_where_section_4_says_so),
        cmocka_unit_test(the_fallback_only_names_the_error_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
