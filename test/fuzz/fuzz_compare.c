/*
 * fuzz_compare.c - any text as a report of a load test: it is refused with a reason, or a side of a
 * comparison, in which a report compared with itself has not changed.
 */
#include <math.h>

#include "fuzz.h"

#include "base/alloc.h"
#include "load/compare.h"

static void compare_with_itself(const load_reports *reports)
{
    load_change change[LOAD_COMPARED];
    const load_side *side = load_reports_side(reports);
    size_t count = load_difference(side, side, change);
    claim(count > 0 && count <= LOAD_COMPARED, "no metric, or more than there are");
    load_difference_judge(change, count);
    for (size_t i = 0; i < count; i++) {
        claim(change[i].verdict != LOAD_BETTER && change[i].verdict != LOAD_WORSE,
              "a report differs from itself");
        claim(change[i].p == 1, "a difference of nothing is not by chance");
    }
    const load_compared_side sides[] = { { "a", reports, NULL, 0 },
                                         { "b", reports, change, count } };
    gl_buf page;
    gl_buf_init(&page, SIZE_MAX / 2);
    load_compare_html(sides, 2, false, &page);
    claim(!page.failed, "no page");
    gl_buf_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t live = gl_alloc_live();
    char *text = gl_strndup((const char *)data, size);
    load_reports *reports = load_reports_new();
    if (text != NULL && reports != NULL) {
        load_report_is_invalid(text);
        if (load_reports_add(reports, text) == NULL) compare_with_itself(reports);
    }
    load_reports_free(reports);
    gl_free(text);
    claim(gl_alloc_live() == live, "memory is left");
    return 0;
}
