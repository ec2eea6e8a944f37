/*
 * fuzz_record.c - any outcome as a record: one line of JSON in which our reader and json-c find
 * the same, and that gives the texts back.
 *
 * The numbers come first, then a line for each text; what is left is the endpoint's body.
 */
#include "fuzz.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "result.h"
#include "support/json_oracle.h"

/* What a text becomes in a record: bytes that are not UTF-8 are replaced. */
static void claim_text(gl_json value, gl_slice text, const char *what)
{
    gl_buf written;
    gl_json again;
    gl_buf_init(&written, SIZE_MAX / 2);
    gl_json_write_string(&written, text);
    claim(gl_json_check(gl_buf_slice(&written), &again, NULL) == GL_JSON_OK, "a string is no JSON");
    claim(value.kind == GL_JSON_STRING && gl_slice_equal(value.text, again.text), what);
    gl_buf_free(&written);
}

static void check_record(const char *record, size_t len, const char *id, gl_slice text)
{
    gl_json root;
    const char *differs = oracle_differs(record, len);
    claim(differs == NULL, differs);
    claim(memchr(record, '\n', len) == NULL && memchr(record, '\r', len) == NULL,
          "a record is more than a line");
    gl_json_error error = gl_json_check(gl_slice_of(record, len), &root, NULL);
    if (error == GL_JSON_DEPTH) return; /* a body at the bound, two levels further in */
    claim(error == GL_JSON_OK && root.kind == GL_JSON_OBJECT, "a record is no JSON");
    claim_text(gl_json_get(root, "custom_id"), gl_slice_str(id), "another custom_id");
    gl_json sample = gl_json_get(gl_json_get(root, "glimpse"), "sample");
    if (sample.kind != GL_JSON_NULL) claim_text(sample, text, "another sample");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    glimpse_sample_fields fields;
    glimpse_sample_fields_init(&fields);
    glimpse_result *result = gl_result_new();
    claim(result != NULL, "out of memory");
    glimpse_error error = (glimpse_error)(fuzz_byte(&in) % GLIMPSE_ERROR_COUNT);
    result->status = (glimpse_status)(fuzz_byte(&in) % GLIMPSE_STATUS_COUNT);
    result->source = (glimpse_source)(fuzz_byte(&in) % GLIMPSE_SOURCE_COUNT);
    result->thresholds_crossed = fuzz_byte(&in) % 5;
    result->stale = result->thresholds_crossed == 4;
    result->attempts = (int)(fuzz_number(&in) >> 1);
    result->timings.total_ns = (int64_t)fuzz_number(&in) << (fuzz_byte(&in) % 31);
    fields.http_status = (int)(fuzz_number(&in) % 1000);
    fields.usage.prompt_tokens = (int64_t)(int32_t)fuzz_number(&in);
    fields.usage.completion_tokens = (int64_t)(int32_t)fuzz_number(&in) * 4000000000;
    fields.usage.total_tokens = fuzz_byte(&in) - 1;

    enum { ID, TEXT, ESSENCE, DELTA, MODEL, REASON, REQUEST, CODE, MESSAGE, COUNT };
    char *words[COUNT];
    gl_slice text = { 0 };
    for (int i = 0; i < COUNT; i++) {
        gl_slice line = fuzz_line(&in);
        words[i] = fuzz_string(line);
        if (i == TEXT) text = gl_slice_of(words[i], line.len);
    }
    fields.text = text.data;
    fields.text_len = text.len;
    fields.essence = words[ESSENCE][0] != '\0' ? words[ESSENCE] : NULL;
    fields.delta = words[DELTA][0] != '\0' ? words[DELTA] : NULL;
    fields.model = words[MODEL];
    fields.finish_reason = words[REASON];
    fields.request_id = words[REQUEST];
    char *body = fuzz_string(gl_slice_of((const char *)in.data, in.size));
    gl_json root;
    fields.body = body;
    fields.body_len = in.size;
    fields.body_is_json = gl_json_check(gl_slice_of(body, in.size), &root, NULL) == GL_JSON_OK;

    claim(glimpse_sample_new(&fields, &result->sample, NULL) == GLIMPSE_OK, "no sample");
    result->response = glimpse_sample_ref(result->sample);
    gl_result_set_error(result, error, words[CODE], words[MESSAGE]);
    char *record = NULL;
    size_t len = 0;
    glimpse_record as;
    glimpse_record_init(&as);
    as.custom_id = words[ID];
    as.line = fuzz_byte(&in);
    claim(glimpse_result_to_json(result, &as, &record, &len) == GLIMPSE_OK, "no record");
    claim(strlen(record) == len, "another length");
    check_record(record, len, words[ID], text);
    glimpse_free(record);
    glimpse_result_unref(result);
    free(body);
    for (int i = 0; i < COUNT; i++) free(words[i]);
    claim(gl_alloc_live() == 0, "memory is left");
    return 0;
}
