/*
 * fuzz_sample.c - any bytes as a stored sample: refused, or a sample whose bytes are these and no
 * others, and whose strings end where they say.
 */
#include "fuzz.h"

#include "store/sample_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    glimpse_sample *sample = NULL;
    /* In memory of its own size, so that a sanitizer sees what is read past it. */
    char *copy = malloc(size + 1);
    claim(copy != NULL, "out of memory");
    if (size != 0) memcpy(copy, data, size);
    glimpse_error error = gl_sample_from_bytes(gl_slice_of(copy, size), &sample);
    claim((error == GLIMPSE_OK) == (sample != NULL), "an error and a sample, or neither");
    claim(error == GLIMPSE_OK || error == GLIMPSE_ERR_STORE, "another error");
    if (sample != NULL) {
        const glimpse_sample_fields *fields = glimpse_sample_get(sample);
        gl_buf again;
        gl_buf_init(&again, SIZE_MAX / 2);
        claim(fields->text[fields->text_len] == '\0', "a text without an end");
        claim(fields->body[fields->body_len] == '\0', "a body without an end");
        claim(fields->http_status >= 0, "a status below 0");
        claim(gl_sample_bytes_size(sample) == size, "another size");
        claim(gl_sample_to_bytes(sample, &again), "out of memory");
        claim(gl_slice_equal(gl_buf_slice(&again), gl_slice_of(copy, size)), "other bytes");
        gl_buf_free(&again);
        glimpse_sample_unref(sample);
    }
    free(copy);
    return 0;
}
