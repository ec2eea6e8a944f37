/*
 * fuzz_key.c - any body: its canonical form is JSON, sorting its pieces again changes nothing, and
 * a body made from the form has that form (so none is lost in it).
 */
#include "fuzz.h"

#include "base/alloc.h"
#include "base/json.h"
#include "policy/key.h"
#include "support/key_body.h"

static void check_form(gl_keyer *keyer, gl_slice form)
{
    gl_json root, body;
    gl_slice again;
    gl_buf text;
    gl_json_error error = gl_json_check(form, &root, NULL);
    /* A form may be one level deeper than its body, and an exponent one digit longer: still JSON,
     * but beyond the bounds of our reader. */
    if (error == GL_JSON_DEPTH || error == GL_JSON_EXPONENT) return;
    claim(error == GL_JSON_OK && root.kind == GL_JSON_ARRAY, "the form is no array");

    gl_buf_init(&text, SIZE_MAX);
    key_body_of_form(root, &text);
    claim(gl_json_check(gl_buf_slice(&text), &body, NULL) == GL_JSON_OK, "no body of the form");
    claim(gl_keyer_canonical(keyer, body, &again) == GLIMPSE_OK, "no form of the body");
    claim(gl_slice_equal(form, again), "the body of the form has another form");
    gl_buf_reset(&text);

    gl_buf_append_str(&text, "[null,null,null,null,{\"x\":");
    gl_buf_append(&text, form.data, form.len);
    gl_buf_append_str(&text, "}]");
    gl_slice inner = gl_slice_of(text.data + 21, text.len - 22);
    if (gl_json_check(inner, &body, NULL) == GL_JSON_OK) {
        claim(gl_keyer_canonical(keyer, body, &again) == GLIMPSE_OK, "no form of the form");
        claim(gl_slice_equal(gl_buf_slice(&text), again), "a form is not its own form");
    }
    gl_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static gl_keyer *keyer; /* kept, so that its memory is used again as in an engine */
    if (keyer == NULL) keyer = gl_keyer_new();
    gl_json body;
    gl_slice form;
    /* Memory of its own, so that the sanitizer sees a byte read behind the end. */
    char *text = malloc(size > 0 ? size : 1);
    if (text == NULL || keyer == NULL) goto done;
    if (size > 0) memcpy(text, data, size);
    if (gl_json_check(gl_slice_of(text, size), &body, NULL) != GL_JSON_OK) goto done;
    if (body.kind != GL_JSON_OBJECT) {
        claim(gl_keyer_canonical(keyer, body, &form) == GLIMPSE_ERR_BAD_JSON, "a key of no object");
        goto done;
    }
    claim(gl_keyer_canonical(keyer, body, &form) == GLIMPSE_OK, "no form");
    char *copy = gl_strndup(form.data, form.len);
    if (copy != NULL) check_form(keyer, gl_slice_of(copy, form.len));
    gl_free(copy);
done:
    free(text);
    return 0;
}
