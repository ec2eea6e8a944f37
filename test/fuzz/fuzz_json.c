/*
 * fuzz_json.c - any bytes: our reader does not read outside them, and agrees with json-c where
 * json-c is right (test/support/json_oracle.h lists where it is not). What is valid stays so, and
 * means the same, when it is written again.
 */
#include "fuzz.h"

#include "base/json.h"
#include "support/json_oracle.h"
#include "support/wanted_oracle.h"

/* Writing a scalar again gives a spelling that writing again does not change. */
static void rewrite_twice(gl_slice token, void (*rewrite)(gl_buf *, gl_slice))
{
    gl_buf once, twice;
    gl_json root;
    gl_buf_init(&once, SIZE_MAX);
    gl_buf_init(&twice, SIZE_MAX);
    rewrite(&once, token);
    claim(gl_json_check(gl_buf_slice(&once), &root, NULL) == GL_JSON_OK, "rewritten, not valid");
    rewrite(&twice, root.text);
    claim(gl_slice_equal(gl_buf_slice(&once), gl_buf_slice(&twice)), "rewriting is not stable");
    gl_buf_free(&once);
    gl_buf_free(&twice);
}

/* The check leaves behind the members that a walk of the checked text finds. */
static void find_members_twice(gl_slice text, gl_json root)
{
    static const char *const names[] = { "a", "id", "model", "" };
    gl_json again, found[4], walked[4];
    claim(gl_json_check_members(text, &again, NULL, names, found, 4) == GL_JSON_OK,
          "not valid when members are asked for");
    claim(gl_slice_equal(root.text, again.text), "another value");
    gl_json_get_many(root, names, walked, 4);
    for (size_t i = 0; i < 4; i++)
        claim(found[i].kind == walked[i].kind &&
                  (found[i].kind == GL_JSON_NONE || (found[i].text.data == walked[i].text.data &&
                                                     found[i].text.len == walked[i].text.len)),
              "another member");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL) return 0;
    if (size > 0) memcpy(text, data, size);
    text[size] = '\0';
    const char *differs = oracle_differs(text, size);
    claim(differs == NULL, differs);

    /* Once more with nothing readable behind the end, for the sanitizer to see. */
    gl_json root;
    size_t at = 0;
    char *exact = malloc(size > 0 ? size : 1);
    if (exact != NULL) {
        if (size > 0) memcpy(exact, data, size);
        if (gl_json_check(gl_slice_of(exact, size), &root, &at) == GL_JSON_OK) {
            find_members_twice(gl_slice_of(exact, size), root);
            claim(wanted_is_found(gl_slice_of(exact, size), root), "what is wanted is not found");
            gl_json_iter iter = gl_json_tokens(root);
            gl_slice token;
            for (char c; (c = gl_json_token(&iter, &token)) != '\0';) {
                if (c == '"') rewrite_twice(token, gl_json_rewrite_string);
                if (c == '-' || (c >= '0' && c <= '9'))
                    rewrite_twice(token, gl_json_rewrite_number);
            }
        } else {
            claim(at <= size, "the error is outside the text");
        }
    }
    free(exact);
    free(text);
    return 0;
}
