/*
 * models.c - glimpse_models: one GET at a time. Owns its loop handle, its connection and its timer.
 */
#include <glimpse/models.h>

#include "base/alloc.h"
#include "base/time.h"
#include "endpoint.h"
#include "openai/connection.h"
#include "openai/http.h"
#include "problem.h"

struct glimpse_models {
    gl_loop *loop;
    gl_connection connection;
    gl_timer *timer;
    gl_transfer *transfer; /* NULL: nothing is under way */
    glimpse_models_fn fn;
    void *arg;
};

static void tell(glimpse_models *models, const glimpse_models_answer *answer)
{
    models->transfer = NULL;
    gl_timer_set(models->timer, GL_TIME_NEVER);
    models->fn(answer, models->arg);
}

static void on_progress(void *arg, glimpse_progress progress)
{
    (void)arg;
    (void)progress;
}

static void on_done(void *arg, const gl_http_response *response)
{
    glimpse_models *models = arg;
    gl_slice body = response->body;
    glimpse_models_answer answer = { .error = response->error,
                                     .http_status = response->status,
                                     .message = response->message };
    if (response->error != GLIMPSE_OK && *response->message == '\0')
        answer.message = glimpse_error_sentence(response->error);
    if (!gl_secrets_scrub(&models->connection.secrets, &body)) {
        body = gl_slice_of("", 0);
        answer.error = GLIMPSE_ERR_OOM;
        answer.message = glimpse_error_sentence(GLIMPSE_ERR_OOM);
    }
    answer.body = body.len != 0 ? body.data : "";
    answer.body_len = body.len;
    tell(models, &answer);
    gl_secrets_recycle(&models->connection.secrets);
}

static void time_is_over(void *arg)
{
    glimpse_models *models = arg;
    const glimpse_models_answer answer = { .error = GLIMPSE_ERR_TIMEOUT,
                                           .message = glimpse_error_sentence(GLIMPSE_ERR_TIMEOUT),
                                           .body = "" };
    gl_http_cancel(models->transfer);
    tell(models, &answer);
}

glimpse_error glimpse_models_ask(glimpse_models *models, int64_t timeout_ms, glimpse_models_fn fn,
                                 void *arg)
{
    static const gl_http_observer observer = { .progress = on_progress, .done = on_done };
    if (models->transfer != NULL || timeout_ms <= 0) return GLIMPSE_ERR_INVALID;
    models->fn = fn;
    models->arg = arg;
    models->transfer =
        gl_http_start(models->connection.http, "/models", gl_slice_of(NULL, 0), &observer, models);
    if (models->transfer == NULL) return GLIMPSE_ERR_OOM;
    gl_timer_set(models->timer, gl_time_add_ms(gl_loop_now(models->loop), timeout_ms));
    return GLIMPSE_OK;
}

void glimpse_models_free(glimpse_models *models)
{
    if (models == NULL) return;
    if (models->transfer != NULL) gl_http_cancel(models->transfer);
    gl_timer_free(models->timer);
    gl_connection_close(&models->connection);
    if (models->loop != NULL) gl_loop_free(models->loop);
    gl_free(models);
}

glimpse_error glimpse_models_new(struct event_base *base, const glimpse_endpoint *endpoint,
                                 const glimpse_logger *log, glimpse_models **models,
                                 glimpse_problem *problem)
{
    gl_problem_clear(problem);
    if (base == NULL) return gl_refuse(problem, "base", "is NULL");
    if (models == NULL) return gl_refuse(problem, "models", "is NULL");
    *models = NULL;
    glimpse_endpoint room;
    endpoint = gl_endpoint_read(endpoint, &room, problem);
    if (endpoint == NULL) return GLIMPSE_ERR_INVALID;
    glimpse_models *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    const gl_log to = log != NULL ? *log : (gl_log){ .fn = NULL };
    glimpse_error error = GLIMPSE_ERR_OOM;
    made->loop = gl_loop_new(base);
    if (made->loop != NULL) made->timer = gl_timer_new(made->loop, time_is_over, made);
    if (made->timer != NULL)
        error = gl_connection_open(&made->connection, made->loop, base, endpoint, &to, problem);
    if (error == GLIMPSE_OK)
        *models = made;
    else
        glimpse_models_free(made);
    return gl_problem_of(problem, error);
}
