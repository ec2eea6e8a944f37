/*
 * fuzz_batch_object.c - any JSON as a batch and as a file of the Batch API: it is none, or its
 * texts stand for themselves, its state is one that is known or told, and what has ended is told
 * apart.
 */
#include "fuzz.h"

#include "base/alloc.h"
#include "openai/batch_object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(gl_slice_of((const char *)data, size));
    gl_json root;
    if (gl_json_check(gl_slice_of(text, size), &root, NULL) == GL_JSON_OK) {
        gl_buf words;
        glimpse_batch batch;
        gl_buf_init(&words, 1 << 20);
        if (gl_batch_read(root, &words, &batch)) {
            const char *texts[] = {
                batch.id,     batch.input_file_id, batch.output_file_id, batch.error_file_id,
                batch.status, batch.error_code,    batch.error_message
            };
            for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
                claim(texts[i] >= words.data &&
                          texts[i] + strlen(texts[i]) < words.data + words.len,
                      "a text stands elsewhere");
            claim(batch.id[0] != '\0', "a batch without an id");
            claim(batch.total >= -1 && batch.completed >= -1 && batch.failed >= -1,
                  "a count below -1");
            claim(batch.state != GLIMPSE_BATCH_UNKNOWN ||
                      strcmp(batch.status, glimpse_batch_state_name(batch.state)) != 0 ||
                      strcmp(batch.status, "unknown") == 0,
                  "a state that is known is not");
            claim(!gl_batch_lacks_output(&batch) || gl_batch_ended(batch.state),
                  "what goes on lacks its output");
            claim(!gl_batch_lacks_output(&batch) || batch.output_file_id[0] == '\0',
                  "what has its output lacks it");
        }
        gl_buf_free(&words);
        gl_batch_file_waits(root);
        gl_batch_is_named(root, "job", "1-1");
    }
    free(text);
    claim(gl_alloc_live() == 0, "memory is left");
    return 0;
}
