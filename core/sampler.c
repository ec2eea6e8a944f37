/*
 * sampler.c - glimpse_sampler, and what an attempt tells a sampler.
 *
 * Only reads requests, and stores times; glimpse_attempt_done, which moves them, is engine.c's.
 */
#include "sampler.h"

#include "base/alloc.h"
#include "engine.h"
#include "policy/prompt.h"
#include "request.h"

glimpse_error glimpse_sampler_new(const glimpse_sampler_vtable *vtable, void *self,
                                  glimpse_sampler **sampler)
{
    if (vtable == NULL || sampler == NULL || vtable->version != GLIMPSE_SAMPLER_VERSION ||
        vtable->name == NULL || vtable->start == NULL)
        return GLIMPSE_ERR_INVALID;
    *sampler = gl_malloc(sizeof **sampler);
    if (*sampler == NULL) return GLIMPSE_ERR_OOM;
    (*sampler)->vtable = *vtable; /* one version so far: a larger one is copied member by member */
    (*sampler)->self = self;
    (*sampler)->owners = 1;
    return GLIMPSE_OK;
}

glimpse_sampler *glimpse_sampler_ref(glimpse_sampler *sampler)
{
    sampler->owners++;
    return sampler;
}

void glimpse_sampler_unref(glimpse_sampler *sampler)
{
    if (sampler == NULL || --sampler->owners != 0) return;
    if (sampler->vtable.destroy != NULL) sampler->vtable.destroy(sampler->self);
    gl_free(sampler);
}

const char *glimpse_sampler_name(const glimpse_sampler *sampler)
{
    return sampler->vtable.name;
}

const char *glimpse_attempt_body(const glimpse_attempt *attempt, size_t *len)
{
    if (len != NULL) *len = attempt->request->body.len;
    return attempt->request->body.data;
}

const char *glimpse_attempt_path(const glimpse_attempt *attempt)
{
    return attempt->request->path.data;
}

int glimpse_attempt_number(const glimpse_attempt *attempt)
{
    return attempt->number;
}

void glimpse_attempt_words(const glimpse_attempt *attempt, glimpse_words *words)
{
    const gl_request *request = attempt->request;
    *words = (glimpse_words){ "", "", "", 0, 0, 0 };
    if (request->is_draft) {
        *words =
            (glimpse_words){ request->input.data, request->goal.data, request->constraints.data,
                             request->input.len,  request->goal.len,  request->constraints.len };
    } else if (request->has_key) { /* so the body is checked JSON */
        gl_buf *scratch = &request->engine->scratch;
        gl_buf_reset(scratch);
        gl_prompt_last_user_text((gl_json){ GL_JSON_OBJECT, request->body }, scratch);
        if (!scratch->failed && scratch->len != 0) {
            words->input = scratch->data;
            words->input_len = scratch->len;
        }
    }
}

bool glimpse_attempt_fallback(const glimpse_attempt *attempt, glimpse_status *status,
                              const char **message)
{
    if (!attempt->fallback) return false;
    if (status != NULL) *status = attempt->request->result->status;
    if (message != NULL) *message = glimpse_result_error_message(attempt->request->result);
    return true;
}

void glimpse_attempt_set_data(glimpse_attempt *attempt, void *data)
{
    attempt->data = data;
}

void *glimpse_attempt_data(const glimpse_attempt *attempt)
{
    return attempt->data;
}

void glimpse_attempt_progress(glimpse_attempt *attempt, glimpse_progress progress)
{
    gl_time now = gl_loop_now(attempt->request->engine->loop);
    switch (progress) {
    case GLIMPSE_PROGRESS_CONNECTED:
        attempt->connected = now;
        break;
    case GLIMPSE_PROGRESS_SENT:
        attempt->sent = true;
        break;
    case GLIMPSE_PROGRESS_FIRST_BYTE:
        attempt->first_byte = attempt->last_byte = now;
        break;
    case GLIMPSE_PROGRESS_BYTES:
        attempt->last_byte = now;
        break;
    }
}

void glimpse_outcome_init_version(glimpse_outcome *outcome, uint32_t version)
{
    *outcome = (glimpse_outcome){ .version = version, .retry_after_ms = -1 };
    glimpse_sample_fields_init(&outcome->sample);
}
