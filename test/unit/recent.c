/* base/recent against a plain array in order of use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/recent.h"
#include "base/rng.h"
#include "oom.h"

enum { HASHES = 60, OPERATIONS = 20000 };

static void random_operations_match_the_model(void **state)
{
    (void)state;
    uint64_t model[HASHES];
    size_t count = 0;
    gl_recent recent;
    gl_rng rng;
    gl_recent_init(&recent);
    gl_rng_seed(&rng, 4);
    for (int n = 0; n < OPERATIONS; n++) {
        uint64_t hash = gl_rng_below(&rng, HASHES);
        uint32_t what = gl_rng_below(&rng, 100);
        size_t at = 0;
        while (at < count && model[at] != hash) at++;
        bool there = at < count;
        if (what < 3) {
            size_t most = gl_rng_below(&rng, HASHES);
            gl_recent_trim(&recent, most);
            if (count > most) count = most;
        } else if (what < 15) {
            gl_recent_remove(&recent, hash);
            if (there) memmove(&model[at], &model[at + 1], (--count - at) * sizeof *model);
        } else {
            if (what < 50)
                assert_int_equal(gl_recent_touch(&recent, hash), there);
            else
                assert_true(gl_recent_add(&recent, hash));
            if (there || what >= 50) {
                if (!there) count++;
                memmove(&model[1], &model[0], (there ? at : count - 1) * sizeof *model);
                model[0] = hash;
            }
        }
        assert_true(recent.by_hash.count == count);
    }
    while (count > 0) { /* the last used is the last to go */
        gl_recent_trim(&recent, count);
        assert_true(gl_recent_touch(&recent, model[0]));
        gl_recent_trim(&recent, --count);
        if (count > 0) assert_false(gl_recent_touch(&recent, model[count]));
    }
    gl_recent_free(&recent);
    assert_int_equal(gl_alloc_live(), 0);
}

static void add_without_memory_changes_nothing(void **state)
{
    (void)state;
    gl_recent recent;
    gl_recent_init(&recent);
    int failed = 0;
    for (uint64_t hash = 0; hash < 100; hash++) {
        for (size_t k = 1;; k++) {
            size_t live = gl_alloc_live();
            oom_fail_at(k);
            bool added = gl_recent_add(&recent, hash);
            if (!oom_end()) {
                assert_true(added);
                break;
            }
            failed++;
            assert_false(added);
            assert_true(gl_alloc_live() == live && recent.by_hash.count == hash);
            assert_false(gl_recent_touch(&recent, hash));
        }
    }
    assert_true(failed >= 100);
    gl_recent_free(&recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_match_the_model),
        cmocka_unit_test(add_without_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
