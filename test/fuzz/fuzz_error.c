/*
 * fuzz_error.c - any words in every envelope that endpoints put their errors in: the decoder finds
 * them, passes the message and the code on as plain text, and shows no key.
 *
 * The first byte chooses the status, the second the envelope; the lines behind them are the
 * message, the code and the type.
 */
#include "fuzz.h"

#include <ctype.h>

#include "base/buf.h"
#include "base/json.h"
#include "openai/decode.h"
#include "openai/plain.h"

/* M, C and T stand for the message, the code and the type, as JSON strings. */
static const struct {
    const char *form;
    bool has_code, has_type;
} envelopes[] = {
    { "{\"error\":{\"message\":M,\"type\":T,\"param\":null,\"code\":C}}", true, true },
    { " [ {\"error\":{\"code\":C,\"message\":M,\"status\":T,\"details\":[{\"retryDelay\":T}]}} ] ",
      true, false },
    { "{\"object\":\"error\",\"message\":M,\"type\":T,\"param\":null,\"code\":C}", true, true },
    { "{\"detail\":M}", false, false },
    { "{\"detail\":{\"message\":M,\"type\":T}}", false, true },
    { "{\"detail\":[{\"loc\":[\"body\",0],\"msg\":M,\"type\":T}]}", false, false },
    { "{\"error\":M}", false, false },
    { "{\"message\":M,\"code\":C}", true, false },
    { "{\"error\":null,\"errors\":[{\"message\":M}]}", false, false },
};

static void write_envelope(gl_buf *out, const char *form, const gl_slice words[3])
{
    for (; *form != '\0'; form++) {
        const char *which = strchr("MCT", *form);
        if (which != NULL)
            gl_json_write_string(out, words[which - "MCT"]);
        else
            gl_buf_append_char(out, *form);
    }
}

static void claim_clean(const char *text)
{
    if (text == NULL) return;
    claim_plain_line(text, strlen(text));
    for (const char *at = text; (at = strstr(at, "sk-")) != NULL; at++)
        claim((at > text && isalnum((unsigned char)at[-1])) || at[3] == '*' ||
                  !isalnum((unsigned char)at[3]),
              "a key in a message");
}

/* The text as it may be shown; "" when nothing of it may. */
static const char *plain(gl_slice text, char *out, size_t size)
{
    gl_plain(text, out, size);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {
        200, 400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503, 529
    };
    static char message[501], code[128];
    fuzz_input in = { data, size };
    int status = statuses[fuzz_byte(&in) % (sizeof statuses / sizeof *statuses)];
    size_t shape = fuzz_byte(&in) % (sizeof envelopes / sizeof *envelopes);
    gl_slice words[3];
    bool sound = true;
    for (int i = 0; i < 3; i++) {
        words[i] = fuzz_line(&in);
        if (gl_utf8_check(words[i].data, words[i].len) != words[i].len) sound = false;
    }
    gl_buf body;
    gl_buf_init(&body, SIZE_MAX / 2);
    write_envelope(&body, envelopes[shape].form, words);
    claim(!body.failed, "out of memory");

    gl_decoder *decoder = gl_decoder_new();
    claim(decoder != NULL, "out of memory");
    gl_decode_input input = { .status = status,
                              .body = gl_buf_slice(&body),
                              .content_type = "application/json",
                              .path = "/chat/completions" };
    glimpse_outcome outcome;
    gl_decode(decoder, &input, &outcome);
    claim(outcome.error != GLIMPSE_OK && !outcome.complete, "an error taken for an answer");
    claim(outcome.sample.http_status == status, "another status");
    claim(outcome.sample.body_is_json, "the envelope is JSON");
    claim(outcome.error_message != NULL && outcome.error_message[0] != '\0', "no message");
    claim(outcome.retry_after_ms == -1 || outcome.retry_after_ms > 0, "a wait that is none");
    claim_clean(outcome.error_message);
    claim_clean(outcome.error_code);

    /* The endpoint's words come first, whatever advice stands behind them; a long message may end
     * earlier for it. */
    if (sound && status != 200 && *plain(words[0], message, sizeof message) != '\0') {
        size_t len = strlen(message);
        if (len > 400) len = 396; /* whole characters stay whole */
        claim(strncmp(outcome.error_message, message, len) == 0, "another message");
    }
    gl_slice given = envelopes[shape].has_code && words[1].len != 0 ? words[1]
                     : envelopes[shape].has_type                    ? words[2]
                                                                    : gl_slice_of("", 0);
    if (sound && status != 200 && outcome.error == GLIMPSE_ERR_HTTP &&
        *plain(given, code, sizeof code) != '\0')
        claim(outcome.error_code != NULL && strcmp(outcome.error_code, code) == 0, "another code");
    gl_decoder_free(decoder);
    gl_buf_free(&body);
    return 0;
}
