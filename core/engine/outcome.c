/* outcome.c - see outcome.h. Called where a sampler ends an attempt. */
#include "engine/outcome.h"

#include "base/layout.h"
#include "base/slice.h"
#include "base/utf8.h"
#include "sample.h"

static const glimpse_outcome usual = {
    .size = sizeof(glimpse_outcome),
    .retry_after_ms = -1,
    .should_retry = -1,
    .requests = { -1, -1, -1 },
    .tokens = { -1, -1, -1 },
    .project_tokens = { -1, -1, -1 },
    .sample = GL_SAMPLE_FIELDS_USUAL,
};

static const gl_layout layout = {
    sizeof(glimpse_outcome),
    { { offsetof(glimpse_outcome, sample), sizeof(glimpse_sample_fields) } },
    1,
};

void glimpse_outcome_defaults(glimpse_outcome *outcome)
{
    gl_layout_write(&layout, outcome, &usual);
}

static const glimpse_outcome *refuse(glimpse_outcome *room, glimpse_error error,
                                     const char *message)
{
    *room = usual;
    room->error = error;
    room->error_message = message;
    return room;
}

/* Returns true for an outcome that was set up and never filled in. */
static bool is_blank(const glimpse_outcome *outcome)
{
    const glimpse_sample_fields *sample = &outcome->sample;
    return !outcome->empty && sample->text == NULL && sample->body == NULL &&
           sample->essence == NULL && sample->delta == NULL;
}

static bool is_utf8(gl_slice text)
{
    return gl_utf8_check(text.data, text.len) == text.len;
}

const glimpse_outcome *gl_outcome_read(const glimpse_outcome *outcome, glimpse_outcome *room)
{
    const glimpse_outcome *read =
        outcome != NULL ? gl_layout_read(&layout, outcome, &usual, room) : NULL;
    if (read == NULL)
        return refuse(room, GLIMPSE_ERR_INVALID,
                      "the sampler's outcome was not set up by glimpse_outcome_init");
    if (read->error != GLIMPSE_OK) return read;
    if (is_blank(read))
        return refuse(room, GLIMPSE_ERR_INVALID,
                      "the sampler's outcome has neither an error nor a sample.text");
    const glimpse_sample_fields *sample = &read->sample;
    if (!is_utf8(gl_slice_given(sample->text, sample->text_len)) ||
        !is_utf8(gl_slice_str(sample->essence)) || !is_utf8(gl_slice_str(sample->delta)))
        return refuse(room, GLIMPSE_ERR_BAD_UTF8, "the sampler's text is not valid UTF-8");
    return read;
}
