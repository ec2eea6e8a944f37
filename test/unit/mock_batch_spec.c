/* The list of what goes wrong with batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mock/batch_spec.h"

static void each_name_sets_its_own(void **state)
{
    (void)state;
    mock_batch_faults faults;
    char problem[200] = "";
    assert_true(mock_batch_faults_parse(&faults, "expire:30%,fail:0.5%,invalid:2,not-found:3",
                                        problem, sizeof problem));
    assert_int_equal(faults.expire, 300000);
    assert_int_equal(faults.fail, 5000);
    assert_int_equal(faults.invalid, 2);
    assert_int_equal(faults.not_found, 3);
    assert_true(mock_batch_faults_parse(
        &faults, "pending:4,lost:5,unnamed:6,empty-errors,capitals,no-counts,same-page", problem,
        sizeof problem));
    assert_int_equal(faults.pending, 4);
    assert_int_equal(faults.lost, 5);
    assert_int_equal(faults.unnamed, 6);
    assert_true(faults.empty_errors && faults.capitals && faults.no_counts && faults.same_page);
    assert_true(mock_batch_faults_parse(&faults, NULL, problem, sizeof problem));
    assert_int_equal(faults.expire + faults.fail + faults.invalid + faults.not_found, 0);
}

static void a_bad_list_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const lists[] = { "expire",       "expire:30",   "invalid:2%",
                                         "late:1",       "expire:101%", "fail:x%",
                                         "not-found:-1", "capitals:1",  "pending" };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        mock_batch_faults faults;
        char problem[200] = "";
        assert_false(mock_batch_faults_parse(&faults, lists[i], problem, sizeof problem));
        assert_int_equal(strncmp(problem, "batch-fault: ", 13), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_sets_its_own),
        cmocka_unit_test(a_bad_list_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
