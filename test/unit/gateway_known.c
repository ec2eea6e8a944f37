/* What the gateway remembers: in bounded memory, of the newest; ids by their scope, bodies by their
 * Idempotency-Key; addresses of wrong keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "gateway/known.h"
#include "gateway/strangers.h"
#include "oom.h"

#define SECOND UINT64_C(1000000000)

/* --- recall ----------------------------------------------------------------------------------- */

static void the_newest_are_remembered_and_no_more(void **state)
{
    (void)state;
    gateway_recall recall;
    uint64_t value;
    size_t live = gl_alloc_live();
    gateway_recall_init(&recall, 100);
    for (uint64_t i = 1; i <= 1000; i++) {
        gateway_recall_put(&recall, i, 10 * i);
        for (uint64_t old = i > 99 ? i - 99 : 1; old <= i; old++) {
            assert_true(gateway_recall_get(&recall, old, &value));
            assert_int_equal(value, 10 * old);
        }
        if (i > 100) assert_false(gateway_recall_get(&recall, i - 100, &value));
    }
    gateway_recall_put(&recall, 1000, 7);
    assert_true(gateway_recall_get(&recall, 1000, &value));
    assert_int_equal(value, 7);
    assert_true(gateway_recall_get(&recall, 901, &value)); /* nothing made room for it */
    gateway_recall_free(&recall);
    assert_int_equal(gl_alloc_live(), live);
}

static void texts_are_hashed_apart(void **state)
{
    (void)state;
    gateway_recall recall;
    gateway_recall_init(&recall, 1);
    const gl_slice one[] = { gl_slice_str("ab"), gl_slice_str("c") };
    const gl_slice other[] = { gl_slice_str("a"), gl_slice_str("bc") };
    assert_true(gateway_recall_hash(&recall, one, 2) != gateway_recall_hash(&recall, other, 2));
    assert_true(gateway_recall_hash(&recall, one, 1) != gateway_recall_hash(&recall, one, 2));
    gateway_recall_free(&recall);
}

static void without_memory_less_is_remembered(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    for (size_t k = 1;; k++) {
        gateway_recall recall;
        uint64_t value;
        gateway_recall_init(&recall, 1000);
        oom_fail_at(k);
        for (uint64_t i = 1; i <= 300; i++) gateway_recall_put(&recall, i, i);
        bool failed = oom_end();
        for (uint64_t i = 1; i <= 300; i++)
            if (gateway_recall_get(&recall, i, &value)) assert_int_equal(value, i);
        gateway_recall_free(&recall);
        assert_int_equal(gl_alloc_live(), live);
        if (!failed) break;
    }
}

/* --- ids and bodies --------------------------------------------------------------------------- */

/* The status of a refusal; 200: it is none, and the request is under way. */
static int check(gateway_known *known, const char *scope, const char *body, const char *repeat,
                 gateway_trace *trace)
{
    gateway_ask ask;
    gateway_refusal refusal;
    int status;
    assert_true(gateway_ask_read(GATEWAY_RESPONSES, gl_slice_str(body), &ask, &refusal));
    if (!gateway_known_check(known, &ask, GATEWAY_RESPONSES, scope, gl_slice_str(repeat), trace,
                             &status, &refusal)) {
        assert_true(refusal.message[0] != '\0' && refusal.code != NULL);
        return status;
    }
    gateway_known_sent(known, trace);
    return 200;
}

static void an_id_of_another_scope_is_not_there_however_it_is_spelled(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int own, others;
    } rows[] = {
        { "{\"previous_response_id\":\"resp_1\"}", 200, 404 },
        { "{\"previous_response_id\":\"\\u0072esp_1\"}", 200, 404 },
        { "{\"previous_response_id\":\"resp_2\"}", 200, 200 }, /* of nobody that is known */
        { "{\"previous_response_id\":\"\"}", 200, 200 },
        { "{\"previous_response_id\":7}", 200, 200 },
        { "{\"previous_response_id\":\"resp_1\",\"previous_response_id\":\"x\"}", 400, 400 },
        { "{\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]}", 200, 404 },
        { "{\"input\":[{\"id\":\"m\\u0073g_1\"},1,\"a\",[]]}", 200, 404 },
        { "{\"input\":[{\"id\":\"msg_1\"}],\"input\":[]}", 400, 400 },
        { "{\"input\":\"msg_1\"}", 200, 200 },
    };
    gateway_known known;
    gateway_trace trace;
    gateway_known_init(&known);
    assert_int_equal(check(&known, "name:a", "{}", NULL, &trace), 200);
    gateway_known_answered(&known, &trace,
                           gl_slice_str("{\"id\":\"resp_1\",\"output\":[{\"id\":\"msg_1\"},{}]}"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(check(&known, "name:a", rows[i].body, NULL, &trace), rows[i].own);
        assert_int_equal(check(&known, "name:b", rows[i].body, NULL, &trace), rows[i].others);
        assert_int_equal(check(&known, NULL, rows[i].body, NULL, &trace), rows[i].others);
    }
    /* An endpoint that gives an id again does not give it away. */
    assert_int_equal(check(&known, "name:b", "{}", NULL, &trace), 200);
    gateway_known_answered(&known, &trace, gl_slice_str("{\"id\":\"resp_1\"}"));
    assert_int_equal(check(&known, "name:b", rows[0].body, NULL, &trace), 404);
    gateway_known_answered(&known, &trace, gl_slice_str("no JSON"));
    gateway_known_free(&known);
}

static void an_idempotency_key_has_one_body_in_a_scope(void **state)
{
    (void)state;
    gateway_known known;
    gateway_trace trace;
    gateway_known_init(&known);
    assert_int_equal(check(&known, "name:a", "{\"n\":1}", "k", &trace), 200);
    assert_int_equal(check(&known, "name:a", "{\"n\":1}", "k", &trace), 200);
    assert_int_equal(check(&known, "name:a", "{\"n\":2}", "k", &trace), 409);
    assert_int_equal(check(&known, "name:a", "{\"n\":2}", "l", &trace), 200);
    assert_int_equal(check(&known, "name:b", "{\"n\":2}", "k", &trace), 200);
    assert_int_equal(check(&known, "name:a", "{\"n\":3}", NULL, &trace), 200);
    gateway_known_free(&known);
}

/* --- addresses -------------------------------------------------------------------------------- */

static int64_t came(gateway_strangers *strangers, const char *address, double s)
{
    return gateway_strangers_came(strangers, gl_slice_str(address), (uint64_t)(s * 1e9));
}

static void wrong_keys_of_an_address_are_looked_at_ever_less_often(void **state)
{
    (void)state;
    static gateway_strangers strangers;
    gateway_strangers_init(&strangers);
    for (int i = 0; i < 10; i++) assert_int_equal(came(&strangers, "192.0.2.1", 1000), 0);
    assert_int_equal(came(&strangers, "192.0.2.1", 1000), 1);
    assert_int_equal(came(&strangers, "192.0.2.2", 1000), 0); /* another's is another's */
    assert_int_equal(came(&strangers, "192.0.2.1", 1000.5), 1);
    double at = 1001, waits[] = { 2, 4, 8, 16, 32, 60, 60, 60 };
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        assert_int_equal(came(&strangers, "192.0.2.1", at), 0);
        assert_int_equal(came(&strangers, "192.0.2.1", at), (int64_t)waits[i]);
        at += waits[i];
    }
    assert_int_equal(came(&strangers, "192.0.2.1", at + 601), 0); /* forgotten */
    assert_int_equal(came(&strangers, "192.0.2.1", at + 601), 0);
    /* A hundred a second for an hour: 10 at first, then one a minute. */
    int looked = 0;
    for (int i = 0; i < 360000; i++) looked += came(&strangers, "", 5000 + i / 100.0) == 0;
    assert_in_range(looked, 60, 80);
}

static void a_network_of_ipv6_is_one_address(void **state)
{
    (void)state;
    static gateway_strangers strangers;
    gateway_strangers_init(&strangers);
    for (int i = 0; i < 10; i++) {
        char address[46];
        snprintf(address, sizeof address, "2001:db8:1:2:%x::%x", i, i * 7);
        assert_int_equal(came(&strangers, address, 1), 0);
    }
    assert_int_equal(came(&strangers, "2001:db8:1:2::ffff", 1), 1);
    assert_int_equal(came(&strangers, "2001:db8:1:3::ffff", 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_are_remembered_and_no_more),
        cmocka_unit_test(texts_are_hashed_apart),
        cmocka_unit_test(without_memory_less_is_remembered),
        cmocka_unit_test(an_id_of_another_scope_is_not_there_however_it_is_spelled),
        cmocka_unit_test(an_idempotency_key_has_one_body_in_a_scope),
        cmocka_unit_test(wrong_keys_of_an_address_are_looked_at_ever_less_often),
        cmocka_unit_test(a_network_of_ipv6_is_one_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
