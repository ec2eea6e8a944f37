/* fuzz_mock.c - any bytes as the form in which a file is uploaded to the mock: what is handed out
 * lies inside them, and a form ends. The first line is the content-type. */
#include "fuzz.h"

#include "mock/multipart.h"

static void claim_inside(gl_slice part, const char *data, size_t size)
{
    claim(part.len == 0 || (part.data >= data && part.data + part.len <= data + size), "outside");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    gl_slice type = fuzz_line(&in);
    mock_multipart form;
    mock_part part;
    size_t parts = 0;
    char *copy = fuzz_string(gl_slice_of((const char *)in.data, in.size));
    if (mock_multipart_begin(&form, type, gl_slice_of(copy, in.size)))
        while (mock_multipart_next(&form, &part)) {
            claim_inside(part.name, copy, in.size);
            claim_inside(part.filename, copy, in.size);
            claim_inside(part.data, copy, in.size);
            claim(++parts <= in.size, "a form without an end");
        }
    free(copy);
    return 0;
}
