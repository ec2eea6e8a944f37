/* mock_usage.c - see mock_usage.h. Pure. */
#include "mock/mock_usage.h"

#include <stdbool.h>
#include <string.h>

#define BRACES 12 /* objects looked at from the end: usage stands in the last few */

/* Whether the text goes on so; takes it off the front. */
static bool take(gl_slice *rest, const char *what)
{
    size_t len = strlen(what);
    if (rest->len < len || memcmp(rest->data, what, len) != 0) return false;
    *rest = gl_slice_of(rest->data + len, rest->len - len);
    return true;
}

static uint64_t take_number(gl_slice *rest)
{
    uint64_t number = 0;
    while (rest->len != 0 && rest->data[0] >= '0' && rest->data[0] <= '9' &&
           number < UINT64_MAX / 16) {
        number = number * 10 + (uint64_t)(rest->data[0] - '0');
        *rest = gl_slice_of(rest->data + 1, rest->len - 1);
    }
    return number;
}

mock_usage mock_usage_of(gl_slice answer)
{
    static const char name[] = "\"usage\":";
    const size_t len = sizeof name - 1;
    mock_usage usage = { 0, 0, 0 };
    const char *brace = answer.len != 0 ? answer.data + answer.len : NULL;
    for (int i = 0; i < BRACES && brace != NULL; i++) {
        brace = memrchr(answer.data, '{', (size_t)(brace - answer.data));
        if (brace == NULL || (size_t)(brace - answer.data) < len) break;
        if (memcmp(brace - len, name, len) != 0) continue;
        gl_slice rest = gl_slice_of(brace + 1, answer.len - (size_t)(brace + 1 - answer.data));
        if (take(&rest, "\"prompt_tokens\":") || take(&rest, "\"input_tokens\":"))
            usage.prompt = take_number(&rest);
        if (take(&rest, ",\"completion_tokens\":") || take(&rest, ",\"output_tokens\":"))
            usage.completion = take_number(&rest);
        break;
    }
    return usage;
}
