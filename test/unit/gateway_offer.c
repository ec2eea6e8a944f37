/* The words about a model that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "gateway/offer.h"

static void a_name_is_shown_whole_or_with_its_end_marked(void **state)
{
    (void)state;
    char large[260], cut[260];
    memset(large, 'm', sizeof large);
    snprintf(cut, sizeof cut, "no model '%.200s....", large);
    memcpy(cut + strlen("no model '") + 200, "'....", 6);
    const struct {
        gl_slice name;
        const char *words;
    } rows[] = {
        { gl_slice_str("a/b"), "no model 'a/b'." },
        { gl_slice_of("a\0/", 3), "no model 'a\\u0000/'." },
        { gl_slice_str("a\nb"), "no model 'a\\nb'." },
        { gl_slice_str("\xff"), "no model '\xef\xbf\xbd'." },
        { gl_slice_of(NULL, 0), "no model." },
        { gl_slice_of(large, sizeof large), cut },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gateway_offer offer;
        gateway_offer_begin(&offer, "no model", rows[i].name);
        assert_string_equal(gateway_offer_end(&offer), rows[i].words);
        gateway_offer_free(&offer);
    }
}

static void eight_names_are_shown_and_more_are_hinted_at(void **state)
{
    (void)state;
    gateway_offer offer;
    gateway_offer_begin(&offer, "no model", gl_slice_str("x"));
    for (int i = 0; i < 8; i++) assert_true(gateway_offer_add(&offer, gl_slice_str("m")));
    assert_false(gateway_offer_add(&offer, gl_slice_str("m")));
    assert_string_equal(gateway_offer_end(&offer),
                        "no model 'x'; some that there are: 'm', 'm', 'm', 'm', 'm', 'm', 'm', "
                        "'m' and more.");
    gateway_offer_free(&offer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_shown_whole_or_with_its_end_marked),
        cmocka_unit_test(eight_names_are_shown_and_more_are_hinted_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
