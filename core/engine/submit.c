/*
 * submit.c - the door: checks and copies a caller's request, and works out its key (step 1).
 * Returns the errors of the call itself; a fault of the request arrives as its result.
 */
#include <glimpse/engine.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/siphash.h"
#include "base/utf8.h"
#include "engine/admission.h"
#include "engine/body.h"
#include "engine/engine.h"
#include "engine/options.h"
#include "engine/steps.h"
#include "engine/turn.h"
#include "policy/latency.h"
#include "policy/prompt.h"
#include "problem.h"
#include "sampler.h"

/* Works out the key, and the identity under which an answer is stored. */
static glimpse_error find_key(gl_request *request, const char *caller)
{
    glimpse_engine *engine = request->engine;
    gl_json body;
    glimpse_key *key = &request->caller.result->key;
    glimpse_error error = gl_body_read(request, &body);
    if (error == GLIMPSE_OK) error = gl_keyer_key(engine->keyer, body, key);
    if (error != GLIMPSE_OK) return error;
    request->has_key = request->caller.result->has_key = true;
    request->identity = *key;
    if (engine->cache == NULL && engine->store == NULL) return GLIMPSE_OK;
    return gl_lookup_identify(request, caller);
}

static uint64_t hash_of_caller(const char *caller)
{
    return caller != NULL ? gl_hash(0, caller, strlen(caller)) : 0;
}

static glimpse_error submit(glimpse_engine *engine, const gl_request_parts *parts,
                            const glimpse_options *options, bool is_draft, glimpse_id *id)
{
    if (!gl_map_reserve(&engine->requests, engine->requests.count + 1) ||
        !gl_map_reserve(&engine->flights, engine->flights.count + 1) ||
        !gl_clockwork_reserve(engine, 1))
        return GLIMPSE_ERR_OOM;
    gl_request *request = gl_request_new(parts);
    if (request == NULL) return GLIMPSE_ERR_OOM;
    if (options->header_count != 0) {
        request->headers = gl_headers_new(options->headers, options->header_count);
        if (request->headers == NULL) {
            gl_request_free(request);
            return GLIMPSE_ERR_OOM;
        }
    }
    gl_time now = gl_clockwork_now(&engine->clock);
    request->engine = engine;
    gl_caller *caller = &request->caller;
    caller->id = caller->result->id = ++engine->last_id;
    caller->submitted = now;
    caller->result->timings.submitted_ns = (int64_t)now;
    caller->own_thresholds = !gl_thresholds_inherit(&options->thresholds);
    caller->thresholds = caller->own_thresholds ? options->thresholds : gl_model_before(engine);
    caller->arrivals = options->arrivals != 0;
    caller->fallback_on = options->fallback != 0;
    caller->fallback_always = options->fallback == GLIMPSE_FALLBACK_ALWAYS;
    caller->deadline =
        options->deadline_ms > 0 ? gl_time_add_ms(now, options->deadline_ms) : GL_TIME_NEVER;
    request->is_draft = is_draft;
    request->cache_control = (glimpse_cache_control)options->cache_control;
    request->max_age_ms = options->max_age_ms;
    bool shares = request->cache_control == GLIMPSE_CACHE_USE ||
                  request->cache_control == GLIMPSE_CACHE_REFRESH;
    request->may_fly = options->coalesce != 0 && shares &&
                       (engine->cache != NULL || engine->store != NULL) &&
                       !engine->sampler->vtable.local;
    request->priority = (glimpse_priority)options->priority;
    request->of_caller = hash_of_caller(options->caller);
    request->max_attempts = options->max_attempts;
    gl_map_add(&engine->requests, caller->id, request);
    engine->stats.submitted++;
    if (id != NULL) *id = caller->id;

    bool yield = engine->clock.yield;
    gl_clockwork_enter(&engine->clock);
    engine->clock.yield = true;
    gl_steps_take(request, find_key(request, options->scope), now);
    engine->clock.yield = yield;
    gl_clockwork_leave(&engine->clock);
    return GLIMPSE_OK;
}

/* --- refusals --- */

static glimpse_error check_draft(const glimpse_draft *draft, glimpse_problem *problem)
{
    if (draft == NULL) return gl_refuse(problem, "draft", "is NULL");
    if (draft->input_text == NULL) return gl_refuse(problem, "draft.input_text", "is NULL");
    const struct {
        gl_slice text;
        const char *field;
    } texts[] = {
        { gl_slice_given(draft->input_text, draft->input_text_len), "draft.input_text" },
        { gl_slice_given(draft->goal, draft->goal_len), "draft.goal" },
        { gl_slice_given(draft->constraints, draft->constraints_len), "draft.constraints" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (gl_utf8_check(texts[i].text.data, texts[i].text.len) != texts[i].text.len)
            return gl_refuse(problem, texts[i].field, "is not valid UTF-8");
    return GLIMPSE_OK;
}

/* A path can stand in a request line as it is: a line of data must never be able to send the key to
 * another place. */
static bool valid_path(gl_slice path)
{
    if (gl_slice_is(path, "/chat/completions")) return true; /* as most are */
    if (path.len < 2 || path.data[0] != '/' || path.data[1] == '/') return false;
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.data[i];
        if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#') return false;
        if (c == '.' && i + 1 < path.len && path.data[i + 1] == '.') return false;
    }
    return true;
}

static gl_slice path_of(const glimpse_chat *chat)
{
    return gl_slice_str(chat->path != NULL ? chat->path : "/chat/completions");
}

static glimpse_error check_chat(const glimpse_chat *chat, glimpse_problem *problem)
{
    if (chat == NULL) return gl_refuse(problem, "chat", "is NULL");
    if (chat->body == NULL) return gl_refuse(problem, "chat.body", "is NULL");
    if (!valid_path(path_of(chat)))
        return gl_refuse(
            problem, "chat.path",
            "must begin with one slash, and hold no \"..\", \"#\", backslash, blank or "
            "control byte");
    return GLIMPSE_OK;
}

/* Checks the arguments that a draft and a chat have in common. Each may be NULL. */
static glimpse_error check_rest(const glimpse_options *options, const glimpse_observer *observer,
                                glimpse_problem *problem)
{
    glimpse_observer room;
    if (options != NULL && glimpse_options_check(options, problem) != GLIMPSE_OK) {
        gl_problem_within(problem, "options");
        return GLIMPSE_ERR_INVALID;
    }
    if (gl_observer_read(observer, &room) != NULL) return GLIMPSE_OK;
    gl_refuse_size(problem, "glimpse_observer_init");
    gl_problem_within(problem, "observer");
    return GLIMPSE_ERR_INVALID;
}

glimpse_error glimpse_draft_check(const glimpse_draft *draft, const glimpse_options *options,
                                  const glimpse_observer *observer, glimpse_problem *problem)
{
    gl_problem_clear(problem);
    glimpse_error error = check_draft(draft, problem);
    return error == GLIMPSE_OK ? check_rest(options, observer, problem) : error;
}

glimpse_error glimpse_chat_check(const glimpse_chat *chat, const glimpse_options *options,
                                 const glimpse_observer *observer, glimpse_problem *problem)
{
    gl_problem_clear(problem);
    glimpse_error error = check_chat(chat, problem);
    return error == GLIMPSE_OK ? check_rest(options, observer, problem) : error;
}

/* --- drafts --- */

/* A draft that wants a stream is not packed, because its caller wants to see its own text come; one
 * with a scope or headers, because a pack's drafts share one request. A local or recorded sampler
 * has no answer to a pack. */
static bool may_pack(const glimpse_engine *engine, const glimpse_options *options)
{
    const glimpse_sampler_vtable *vtable = &engine->sampler->vtable;
    return !vtable->local && !vtable->recorded && options->stream == 0 && options->pack != 0 &&
           options->scope == NULL && options->header_count == 0;
}

/* Writes the body of a draft into the engine's scratch; *prompt gets the parts it was made of. */
static glimpse_error write_draft(glimpse_engine *engine, const glimpse_draft *draft,
                                 const glimpse_options *options, gl_prompt *prompt)
{
    if (check_draft(draft, NULL) != GLIMPSE_OK) return GLIMPSE_ERR_INVALID;
    *prompt = (gl_prompt){
        .input = gl_slice_given(draft->input_text, draft->input_text_len),
        .goal = gl_slice_given(draft->goal, draft->goal_len),
        .constraints = gl_slice_given(draft->constraints, draft->constraints_len),
        .model = options->model != NULL ? options->model : engine->model,
        .temperature = options->temperature,
        .max_tokens = options->max_tokens,
        .stream = options->stream != 0,
    };
    gl_model_parameters(engine, prompt);
    gl_buf_reset(&engine->scratch);
    gl_prompt_write(prompt, &engine->scratch);
    return engine->scratch.failed ? GLIMPSE_ERR_OOM : GLIMPSE_OK;
}

glimpse_error glimpse_draft_body(glimpse_engine *engine, const glimpse_draft *draft,
                                 const glimpse_options *options, char **body, size_t *len)
{
    gl_prompt prompt;
    glimpse_options whole;
    if (engine == NULL || draft == NULL || draft->input_text == NULL || body == NULL)
        return GLIMPSE_ERR_INVALID;
    glimpse_error error = gl_options_read(&engine->config, options, &whole, NULL);
    if (error == GLIMPSE_OK) error = write_draft(engine, draft, &whole, &prompt);
    if (error != GLIMPSE_OK) return error;
    *body = gl_strndup(engine->scratch.data, engine->scratch.len);
    if (*body == NULL) return GLIMPSE_ERR_OOM;
    if (len != NULL) *len = engine->scratch.len;
    return GLIMPSE_OK;
}

glimpse_error glimpse_chat_key(glimpse_engine *engine, const char *body, size_t len,
                               glimpse_key *key)
{
    if (engine == NULL || body == NULL || key == NULL) return GLIMPSE_ERR_INVALID;
    return gl_keyer_key_of_text(engine->keyer, gl_slice_given(body, len), key);
}

glimpse_error glimpse_submit_draft(glimpse_engine *engine, const glimpse_draft *draft,
                                   const glimpse_options *options, const glimpse_observer *observer,
                                   void *arg, glimpse_id *id)
{
    gl_prompt prompt;
    glimpse_options whole;
    glimpse_observer room;
    if (engine == NULL || draft == NULL || draft->input_text == NULL) return GLIMPSE_ERR_INVALID;
    if (engine->closing.on) return GLIMPSE_ERR_CLOSING;
    observer = gl_observer_read(observer, &room);
    if (observer == NULL) return GLIMPSE_ERR_INVALID;
    glimpse_error error = gl_options_read(&engine->config, options, &whole, NULL);
    if (error == GLIMPSE_OK) error = write_draft(engine, draft, &whole, &prompt);
    if (error != GLIMPSE_OK) return error;
    const gl_draft_parts draft_parts = { .input = prompt.input,
                                         .goal = prompt.goal,
                                         .constraints = prompt.constraints,
                                         .model = gl_slice_str(prompt.model),
                                         .temperature = prompt.temperature,
                                         .max_tokens = prompt.max_tokens };
    gl_request_parts parts = { .body = gl_buf_slice(&engine->scratch),
                               .path = gl_slice_str("/chat/completions"),
                               .draft = &draft_parts,
                               .may_pack = may_pack(engine, &whole),
                               .observer = observer,
                               .arg = arg };
    return submit(engine, &parts, &whole, true, id);
}

/* --- raw bodies --- */

glimpse_error glimpse_submit_chat(glimpse_engine *engine, const glimpse_chat *chat,
                                  const glimpse_options *options, const glimpse_observer *observer,
                                  void *arg, glimpse_id *id)
{
    glimpse_options whole;
    glimpse_observer room;
    if (engine == NULL || chat == NULL || chat->body == NULL) return GLIMPSE_ERR_INVALID;
    if (engine->closing.on) return GLIMPSE_ERR_CLOSING;
    observer = gl_observer_read(observer, &room);
    if (observer == NULL || check_chat(chat, NULL) != GLIMPSE_OK ||
        gl_options_read(&engine->config, options, &whole, NULL) != GLIMPSE_OK)
        return GLIMPSE_ERR_INVALID;
    gl_request_parts parts = { .body = gl_slice_given(chat->body, chat->body_len),
                               .path = path_of(chat),
                               .observer = observer,
                               .arg = arg };
    return submit(engine, &parts, &whole, false, id);
}

size_t glimpse_engine_waiting(const glimpse_engine *engine, const char *caller)
{
    return gl_queue_waiting(&engine->queue, hash_of_caller(caller));
}

bool glimpse_request_waits(const glimpse_engine *engine, glimpse_id id)
{
    const gl_request *request = gl_map_get(&engine->requests, id);
    if (request != NULL && request->leader != NULL) request = request->leader;
    return request != NULL && request->state == GL_STATE_WAITING && request->sent == 0;
}

int64_t glimpse_request_held_ns(const glimpse_engine *engine, glimpse_id id)
{
    const gl_request *request = gl_map_get(&engine->requests, id);
    if (request != NULL && request->leader != NULL) request = request->leader;
    if (request == NULL || request->state != GL_STATE_WAITING) return 0;
    uint64_t held = gl_admission_held(request, gl_clockwork_now(&engine->clock));
    return held < INT64_MAX ? (int64_t)held : INT64_MAX;
}

void glimpse_cancel(glimpse_engine *engine, glimpse_id id)
{
    if (gl_map_get(&engine->requests, id) == NULL) return;
    gl_time now = gl_clockwork_now(&engine->clock);
    bool yield = engine->clock.yield;
    gl_clockwork_enter(&engine->clock);
    engine->clock.yield = true;
    gl_turn_unpack(engine, now); /* it may have its answer, and its id be another's */
    gl_steps_cancel(gl_map_get(&engine->requests, id), now);
    engine->clock.yield = yield;
    gl_clockwork_leave(&engine->clock);
}
