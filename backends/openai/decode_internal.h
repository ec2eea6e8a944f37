/*
 * decode_internal.h - shared by decode.c and answer.c: one response on its way, and the steps that
 * reading an answer and reading an error have in common. No other file includes it.
 */
#ifndef GL_OPENAI_DECODE_INTERNAL_H
#define GL_OPENAI_DECODE_INTERNAL_H

#include <stdio.h>

#include "base/json.h"
#include "openai/decode.h"
#include "openai/plain.h"
#include "openai/root.h"

/* Bytes of it, and of a content type, that a message quotes. */
#define QUOTE_MAX 200
#define TYPE_MAX  64
/* Bytes of the endpoint's own message that are passed on. */
#define MESSAGE_MAX 500

struct gl_decoder {
    gl_buf text, scratch;
    char model[128], finish_reason[64], request_id[128], code[128];
    char message[MESSAGE_MAX + 1];
};

/* One response on its way. */
typedef struct decoding {
    gl_decoder *decoder;
    const gl_decode_input *input;
    glimpse_outcome *outcome;
} decoding;

/* The fields of a 2xx whose body is an object and no error. */
void gl_decode_answer(const decoding *d, const gl_root *root);

/* --- strings --- */

/* A string's text: a slice of the body, or of buf when it has escapes. Valid until the next call
 * with this buf. */
static inline gl_slice string_text(gl_json value, gl_buf *buf)
{
    if (value.kind != GL_JSON_STRING) return gl_slice_of("", 0);
    gl_slice inside = gl_slice_of(value.text.data + 1, value.text.len - 2);
    if (inside.len == 0 || memchr(inside.data, '\\', inside.len) == NULL) return inside;
    gl_buf_reset(buf);
    gl_json_string_append(value, buf, NULL);
    return gl_buf_slice(buf);
}

/* A short string for people and logs; "" when it is none. */
static inline const char *plain_string(gl_decoder *decoder, gl_json value, char *out, size_t size)
{
    gl_plain(string_text(value, &decoder->scratch), out, size);
    return out;
}

/* --- failures --- */

static inline const char *header(const decoding *d, const char *name)
{
    const gl_decode_input *input = d->input;
    return input->header != NULL ? input->header(input->headers, name) : NULL;
}

/* Only failures ask for it. */
static inline const char *content_type(const decoding *d)
{
    return d->input->content_type != NULL ? d->input->content_type : header(d, "content-type");
}

/* message is static, or the decoder's. */
static inline void fail(const decoding *d, glimpse_error error, const char *message)
{
    d->outcome->error = error;
    d->outcome->error_message = message;
}

/* Fails for an unexpected body: names the problem and quotes the beginning. */
static inline void fail_unexpected(const decoding *d, glimpse_error error, const char *problem)
{
    char type[TYPE_MAX + 1], quote[QUOTE_MAX + 1];
    gl_plain(gl_slice_str(content_type(d)), type, sizeof type);
    gl_plain(d->input->body, quote, sizeof quote);
    snprintf(d->decoder->message, sizeof d->decoder->message, "%s; content type %s; it begins: %s",
             problem, type[0] != '\0' ? type : "not given", quote);
    fail(d, error, d->decoder->message);
}

/* An empty text is "", because a length of 0 means strlen. */
static inline void set_text(const decoding *d, gl_slice text)
{
    d->outcome->sample.text = text.len != 0 ? text.data : "";
    d->outcome->sample.text_len = text.len;
}

static inline void set_body(const decoding *d, gl_slice body)
{
    d->outcome->sample.body = body.len != 0 ? body.data : "";
    d->outcome->sample.body_len = body.len;
}

#endif
