/*
 * sample_bytes.c - see sample_bytes.h. Accepts any bytes, and believes none of them: they come from
 * a file. Called by the store; knows nothing of SQLite.
 */
#include "store/sample_bytes.h"

#include <stdint.h>

/* The first form has all texts but the last, which is not empty in the second: one sample has one
 * form. */
enum { FIRST = 1, SECOND = 2, IS_JSON = 1, HAS_DELTA = 2, NO_USAGE = 4, NUMBERS = 2 + 4 + 3 * 8 };
enum { TEXTS = 8, HEADERS = 7 };

/* The texts in the order of the form. */
static void texts_of(const glimpse_sample_fields *fields, gl_slice texts[TEXTS])
{
    texts[0] = gl_slice_of(fields->text, fields->text_len);
    texts[1] = gl_slice_str(fields->essence);
    texts[2] = gl_slice_str(fields->delta);
    texts[3] = gl_slice_of(fields->body, fields->body_len);
    texts[4] = gl_slice_str(fields->model);
    texts[5] = gl_slice_str(fields->finish_reason);
    texts[6] = gl_slice_str(fields->request_id);
    texts[HEADERS] = gl_slice_str(fields->headers);
}

static size_t count_of(const glimpse_sample_fields *fields)
{
    return fields->headers[0] != '\0' ? TEXTS : TEXTS - 1;
}

static void put_number(gl_buf *out, uint64_t number, size_t bytes)
{
    char little[8];
    for (size_t i = 0; i < bytes; i++) little[i] = (char)(unsigned char)(number >> (8 * i));
    gl_buf_append(out, little, bytes);
}

size_t gl_sample_bytes_size(const glimpse_sample *sample)
{
    gl_slice texts[TEXTS];
    texts_of(glimpse_sample_get(sample), texts);
    size_t size = NUMBERS;
    size_t count = count_of(glimpse_sample_get(sample));
    for (size_t i = 0; i < count; i++) {
        if (texts[i].len > UINT32_MAX || texts[i].len > SIZE_MAX - 4 - size) return SIZE_MAX;
        size += 4 + texts[i].len;
    }
    return size;
}

bool gl_sample_to_bytes(const glimpse_sample *sample, gl_buf *out)
{
    const glimpse_sample_fields *fields = glimpse_sample_get(sample);
    size_t size = gl_sample_bytes_size(sample);
    if (size == SIZE_MAX || !gl_buf_reserve(out, size)) {
        out->failed = true;
        return false;
    }
    size_t count = count_of(fields);
    put_number(out, count == TEXTS ? SECOND : FIRST, 1);
    put_number(out,
               (fields->body_is_json ? IS_JSON : 0) | (fields->delta != NULL ? HAS_DELTA : 0) |
                   (fields->usage_unasked ? NO_USAGE : 0),
               1);
    put_number(out, (uint32_t)fields->http_status, 4);
    put_number(out, (uint64_t)fields->usage.prompt_tokens, 8);
    put_number(out, (uint64_t)fields->usage.completion_tokens, 8);
    put_number(out, (uint64_t)fields->usage.total_tokens, 8);
    gl_slice texts[TEXTS];
    texts_of(fields, texts);
    for (size_t i = 0; i < count; i++) {
        put_number(out, texts[i].len, 4);
        gl_buf_append(out, texts[i].data, texts[i].len);
    }
    return !out->failed;
}

/* Takes bytes off the front of *in; 0 when it is too short, which clears *ok. */
static uint64_t take_number(gl_slice *in, size_t bytes, bool *ok)
{
    uint64_t number = 0;
    if (in->len < bytes) {
        *ok = false;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++) number |= (uint64_t)(unsigned char)in->data[i] << (8 * i);
    in->data += bytes;
    in->len -= bytes;
    return number;
}

static gl_slice take_text(gl_slice *in, bool *ok)
{
    size_t len = (size_t)take_number(in, 4, ok);
    if (len > in->len) *ok = false;
    if (!*ok) return gl_slice_of("", 0);
    gl_slice text = gl_slice_of(in->data, len);
    in->data += len;
    in->len -= len;
    return text;
}

/* Room for the texts that a sample takes as C strings, each with its NUL. */
static const char *terminated(gl_buf *strings, gl_slice text, bool *ok)
{
    if (text.len != 0 && memchr(text.data, '\0', text.len) != NULL) *ok = false;
    const char *start = strings->data + strings->len;
    gl_buf_append(strings, text.data, text.len);
    gl_buf_append_char(strings, '\0');
    return start;
}

glimpse_error gl_sample_from_bytes(gl_slice bytes, glimpse_sample **sample)
{
    *sample = NULL;
    bool ok = true;
    uint64_t version = take_number(&bytes, 1, &ok), flags = take_number(&bytes, 1, &ok);
    if (!ok || (version != FIRST && version != SECOND) || flags > (IS_JSON | HAS_DELTA | NO_USAGE))
        return GLIMPSE_ERR_STORE;
    glimpse_sample_fields fields;
    glimpse_sample_fields_init(&fields);
    uint64_t status = take_number(&bytes, 4, &ok);
    fields.http_status = (int)status;
    fields.usage_unasked = (flags & NO_USAGE) != 0;
    fields.usage.prompt_tokens = (int64_t)take_number(&bytes, 8, &ok);
    fields.usage.completion_tokens = (int64_t)take_number(&bytes, 8, &ok);
    fields.usage.total_tokens = (int64_t)take_number(&bytes, 8, &ok);
    gl_slice texts[TEXTS] = { [HEADERS] = { "", 0 } };
    size_t len = 1, count = version == SECOND ? TEXTS : TEXTS - 1;
    for (size_t i = 0; i < count; i++) {
        texts[i] = take_text(&bytes, &ok);
        if (i != 0 && i != 3) len += texts[i].len + 1;
    }
    bool has_delta = (flags & HAS_DELTA) != 0;
    if (!ok || bytes.len != 0 || status > INT32_MAX || (!has_delta && texts[2].len != 0) ||
        (version == SECOND && texts[HEADERS].len == 0))
        return GLIMPSE_ERR_STORE;

    gl_buf strings;
    gl_buf_init(&strings, len);
    glimpse_error error = GLIMPSE_ERR_OOM;
    if (!gl_buf_reserve(&strings, len)) goto done;
    fields.text = texts[0].data;
    fields.text_len = glimpse_length(texts[0].len);
    fields.body = texts[3].data;
    fields.body_len = glimpse_length(texts[3].len);
    fields.body_is_json = (flags & IS_JSON) != 0;
    fields.essence = terminated(&strings, texts[1], &ok);
    fields.delta = terminated(&strings, texts[2], &ok);
    if (!has_delta) fields.delta = NULL;
    fields.model = terminated(&strings, texts[4], &ok);
    fields.finish_reason = terminated(&strings, texts[5], &ok);
    fields.request_id = terminated(&strings, texts[6], &ok);
    fields.headers = terminated(&strings, texts[HEADERS], &ok);
    error = ok ? glimpse_sample_new(&fields, sample, NULL) : GLIMPSE_ERR_STORE;
done:
    gl_buf_free(&strings);
    return error;
}
