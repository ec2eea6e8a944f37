/* Every allocation of a small run of the engine fails in turn: what was accepted is told, and
 * nothing is left. */
#include "rig.h"

static size_t allowed;

static bool gate(void)
{
    if (allowed == 0) return false;
    allowed--;
    return true;
}

/* The k-th allocation and all later ones fail, then memory is back: either the call says OOM, or
 * the request gets its one result. */
static void run_starved(size_t k, bool *starved)
{
    rig r;
    callback_log t[3];
    rig_init(&r);
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    r.plans[1] = gl_sim_answer(10 * GL_MS, "x");
    r.plan_count = 2;
    rig_open(&r);
    glimpse_engine *second = NULL;
    bool accepted[3] = { false };
    char body[96];
    allowed = k;
    gl_alloc_set_gate(gate);
    for (int i = 0; i < 3; i++) {
        t[i] = (callback_log){ .rig = &r };
        glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                      .on_notice = rig_on_notice,
                                      .on_result = rig_on_result };
        glimpse_error error;
        if (i == 2) {
            glimpse_draft draft = { .input_text = "text", .goal = "goal" };
            error = glimpse_submit_draft(r.engine, &draft, NULL, &observer, &t[i], &t[i].id);
        } else {
            glimpse_chat chat = { .body = rig_body(body, i) };
            error = glimpse_submit_chat(r.engine, &chat, NULL, &observer, &t[i], &t[i].id);
        }
        assert_true(error == GLIMPSE_OK || error == GLIMPSE_ERR_OOM);
        accepted[i] = error == GLIMPSE_OK;
    }
    glimpse_error made = gl_engine_new(gl_sim_base(), &r.config, &second);
    assert_true(made == GLIMPSE_OK || made == GLIMPSE_ERR_OOM);
    gl_sim_run_for_ms(5000);
    *starved = allowed == 0;
    gl_alloc_set_gate(NULL);
    assert_true(gl_sim_run_idle(1000));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(t[i].results, accepted[i] ? 1 : 0);
        if (accepted[i] && t[i].error != GLIMPSE_OK)
            assert_true(t[i].error == GLIMPSE_ERR_OOM || t[i].error == GLIMPSE_ERR_HTTP);
        if (accepted[i] && t[i].status == GLIMPSE_STATUS_ALIGNED)
            assert_string_equal(t[i].text, "x");
    }
    glimpse_engine_free(second);
    rig_close(&r);
}

static void every_allocation_may_fail_and_every_accepted_request_is_told(void **state)
{
    (void)state;
    bool starved = true;
    size_t k = 0;
    for (; starved; k++) {
        assert_true(k < 10000);
        run_starved(k, &starved);
    }
    print_message("allocations failed in turn: %zu\n", k - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail_and_every_accepted_request_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
