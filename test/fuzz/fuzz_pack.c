/*
 * fuzz_pack.c - any bytes as the answer to a pack: what is read from it is a text of its own for
 * each number, and the whole of an answer says at least what its beginning said. The first byte
 * chooses how many drafts there were, the second whether the answer was cut.
 */
#include "fuzz.h"

#include "base/utf8.h"
#include "policy/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    size_t count = 1 + data[0] % GLIMPSE_PACK_DRAFTS_MAX, ok = 0;
    bool cut = data[1] % 2 == 1;
    gl_slice text = gl_slice_of((const char *)data + 2, size - 2);
    gl_pack_item items[GLIMPSE_PACK_DRAFTS_MAX], again[GLIMPSE_PACK_DRAFTS_MAX];
    gl_buf scratch, own, scratch_again;
    gl_buf_init(&scratch, SIZE_MAX / 2);
    gl_buf_init(&scratch_again, SIZE_MAX / 2);
    gl_buf_init(&own, SIZE_MAX / 2);
    gl_pack_split split = gl_pack_read(text, cut, &scratch, items, count);
    for (size_t i = 0; i < count; i++) {
        if (items[i].verdict != GL_PACK_OK) continue;
        ok++;
        bool lone = false;
        gl_buf_reset(&own);
        gl_json_string_append(items[i].text, &own, &lone);
        claim(!lone, "half a character");
        claim(own.len != 0, "an empty answer");
        claim(gl_utf8_check(own.data, own.len) == own.len, "a text that is not UTF-8");
    }
    claim(ok == split.ok, "miscounted");
    claim(split.is_list || (ok == 0 && split.ignored == 0), "answers out of nothing");

    /* A text that is whole reads the same whether it was said to be cut or not. */
    gl_pack_split whole = gl_pack_read(text, !cut, &scratch_again, again, count);
    if (cut ? whole.is_list : split.is_list) {
        claim(whole.is_list == split.is_list && whole.ok == split.ok, "read in two ways");
        for (size_t i = 0; i < count; i++)
            claim(items[i].verdict == again[i].verdict, "judged in two ways");
    }
    gl_buf_free(&scratch);
    gl_buf_free(&scratch_again);
    gl_buf_free(&own);
    return 0;
}
