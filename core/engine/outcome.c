/* outcome.c - see outcome.h. Called where a sampler ends an attempt. */
#include "engine/outcome.h"

#include "base/layout.h"
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

const glimpse_outcome *gl_outcome_read(const glimpse_outcome *outcome, glimpse_outcome *room)
{
    const glimpse_outcome *read = gl_layout_read(&layout, outcome, &usual, room);
    if (read != NULL) return read;
    *room = usual;
    room->error = GLIMPSE_ERR_INVALID;
    room->error_message = "the sampler's outcome was not set up by glimpse_outcome_init";
    return room;
}
