/* load_phases.c - where the time of live answers went: the parts are the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answered.h"
#include "load/phases.h"

/* Meant for 1 s, sent 30 ms late, its last attempt begun 100 ms later, 40 ms of which it waited. */
static load_outcome tried_twice(void)
{
    load_outcome o = answered(GL_SECOND + 30 * GL_MS, 500 * GL_MS);
    o.intended = GL_SECOND;
    o.waited = 40 * GL_MS;
    o.started = o.sent + 100 * GL_MS;
    o.first_byte_ns = (int64_t)(150 * GL_MS);
    o.first_token_ns = (int64_t)(200 * GL_MS);
    return o;
}

static void the_parts_are_the_whole(void **state)
{
    (void)state;
    load_phases p = { 0 };
    load_outcome o = tried_twice();
    load_phases_add(&p, &o);
    assert_int_equal(p.count, 1);
    assert_int_equal(p.streamed, 1);
    assert_float_equal(load_phases_mean(&p, LOAD_PHASE_CLIENT), 70e3, 0);
    assert_float_equal(load_phases_mean(&p, LOAD_PHASE_EARLIER), 60e3, 0);
    assert_float_equal(load_phases_mean(&p, LOAD_PHASE_FIRST), 200e3, 0);
    assert_float_equal(load_phases_mean(&p, LOAD_PHASE_REST), 200e3, 0);
    assert_float_equal(load_phases_sum(&p), 530e3, 1e-9);
}

static void without_tokens_the_first_byte_parts_it(void **state)
{
    (void)state;
    load_phases p = { 0 };
    load_outcome o = tried_twice();
    o.first_token_ns = -1;
    load_phases_add(&p, &o);
    assert_int_equal(p.streamed, 0);
    assert_float_equal(load_phases_mean(&p, LOAD_PHASE_FIRST), 150e3, 0);
    assert_float_equal(load_phases_mean(&p, LOAD_PHASE_REST), 250e3, 0);
}

static void only_answers_of_the_server_have_phases(void **state)
{
    (void)state;
    load_phases p = { 0 };
    load_outcome hit = tried_twice(), failed = tried_twice(), silent = tried_twice();
    hit.source = GLIMPSE_SOURCE_CACHE;
    failed.status = GLIMPSE_STATUS_SERVER_ERROR;
    silent.first_byte_ns = silent.first_token_ns = -1;
    load_phases_add(&p, &hit);
    load_phases_add(&p, &failed);
    load_phases_add(&p, &silent);
    assert_int_equal(p.count, 0);
    assert_float_equal(load_phases_sum(&p), 0, 0);
}

/* Whatever a clock or a server says, no part is larger than the whole. */
static void times_that_contradict_each_other_stay_within_the_whole(void **state)
{
    (void)state;
    load_phases p = { 0 };
    load_outcome o = tried_twice();
    o.waited = 3600 * GL_SECOND;
    o.first_token_ns = INT64_MAX;
    load_phases_add(&p, &o);
    assert_float_equal(load_phases_sum(&p), 530e3, 1e-9);
    o = tried_twice();
    o.started = o.done + GL_SECOND;
    load_phases_add(&p, &o);
    assert_float_equal(load_phases_sum(&p), 530e3, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_are_the_whole),
        cmocka_unit_test(without_tokens_the_first_byte_parts_it),
        cmocka_unit_test(only_answers_of_the_server_have_phases),
        cmocka_unit_test(times_that_contradict_each_other_stay_within_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
