/*
 * fate.c - the fate of a good request: how late its answer is, and whether an outage, a limit or a
 * fault takes the answer's place. Sends nothing.
 */
#include "mock/error.h"
#include "mock/pack.h"
#include "mock/server.h"
#include "mock/spec.h"

#define PREFILL_LONGEST 3.6e12 /* ns: an hour, as of a latency */

static const struct refusal_text {
    int status;
    const char *code, *message;
} refusals[] = {
    { 401, "invalid_api_key", "Incorrect API key provided (simulated)." },
    { 404, "model_not_found",
      "The model does not exist or you do not have access to it (simulated)." },
    { 413, "request_too_large", "The request is too large (simulated)." },
    { 429, "rate_limit_exceeded", "Rate limit reached for requests (simulated)." },
    { 503, "server_is_overloaded",
      "The engine is currently overloaded, please try again later (simulated)." },
    { 500, NULL, "The server had an error while processing your request (simulated)." },
    { 400, NULL, "Refused (simulated)." },
};

/* Returns the row of a status; a status without a row is like the last but one, or the last. */
static const struct refusal_text *refusal_of(int status)
{
    const size_t last = sizeof refusals / sizeof refusals[0] - 1;
    for (size_t i = 0; i < last; i++)
        if (refusals[i].status == status) return &refusals[i];
    return &refusals[status >= 500 ? last - 1 : last];
}

/* Replaces the written answer by an error of the server. */
static void refuse_with(struct mock_server *server, int status, mock_reply *reply)
{
    const struct refusal_text *text = refusal_of(status);
    gl_buf_reset(&server->body);
    reply->status = mock_answer_error(status, NULL, text->code, text->message, &server->body);
}

void mock_fate_apply(struct mock_server *server, const mock_mishap *mishap, mock_reply *reply)
{
    mock_fault fault = mishap->fault;
    int status = mock_fault_status(fault);
    reply->mishap = *mishap;
    if (fault == MOCK_FAULT_NONE) return;
    server->stats.by_fault[mock_mishap_counted(mishap)]++;
    if (mock_fault_is_of_pack(fault) && reply->spoken) mock_pack_spoil(fault, &server->answer);
    if (status != 0) refuse_with(server, status, reply);
    if (status != 429 && status != 503) return;
    gl_time wait = mock_wait_draw(&server->rules.retry_after, &server->wait_rng);
    if (wait != 0) mock_limit_write_wait(wait, &server->headers);
}

/* Replaces the answer during an outage, over the quota, or over a rate limit. Else takes the
 * request out of its budgets; out of the quota only a request that gets its answer. */
static void check_limits(struct mock_server *server, const mock_mishap *mishap, gl_time now,
                         mock_reply *reply)
{
    gl_time wait;
    mock_stats *stats = &server->stats;
    if (mock_outages_at(&server->rules.outages, gl_time_since(now, server->windows_from))) {
        stats->outage_requests++;
        refuse_with(server, 503, reply);
        return;
    }
    if (server->rules.quota != 0 && server->quota_used >= server->rules.quota) {
        stats->quota_requests++;
        gl_buf_reset(&server->body);
        reply->status =
            mock_answer_limit("insufficient_quota", "insufficient_quota",
                              "You exceeded your current quota, please check your plan and billing "
                              "details (simulated).",
                              &server->body);
        return;
    }
    uint64_t tokens = reply->usage.prompt + reply->usage.completion;
    mock_limited limited = mock_limits_take(&server->limits, tokens, now, &wait);
    if (limited != MOCK_LIMITED_NOT) {
        bool of_tokens = limited == MOCK_LIMITED_TOKENS;
        stats->limited_requests++;
        gl_buf_reset(&server->body);
        reply->status = mock_answer_limit(
            of_tokens ? "tokens" : "requests", "rate_limit_exceeded",
            of_tokens ? "Rate limit reached on tokens per min (TPM) (simulated)."
                      : "Rate limit reached on requests per min (RPM) (simulated).",
            &server->body);
        mock_limit_write_wait(wait, &server->headers);
        return;
    }
    if (mock_capacity_full(&server->capacity)) {
        stats->queue_refused++;
        refuse_with(server, 503, reply);
        mock_limit_write_wait(GL_SECOND, &server->headers);
        return;
    }
    if (mock_fault_answers(mishap->fault)) server->quota_used++;
    mock_fate_apply(server, mishap, reply);
}

static void refuse_header(struct mock_server *server, const char *message, mock_reply *reply)
{
    gl_buf_reset(&server->body);
    reply->status = mock_answer_error(400, NULL, "bad_mock_header", message, &server->body);
}

/* Drops a fault of packs for other requests. */
static void spare_others(const struct mock_server *server, mock_mishap *mishap)
{
    const mock_answer *answer = &server->answer;
    if (!mock_fault_is_of_pack(mishap->fault)) return;
    if (answer->count == 0 || !mock_pack_is(mock_answer_slice(answer, answer->choice[0].text)))
        *mishap = (mock_mishap){ .fault = MOCK_FAULT_NONE };
}

/* Draws in any case, so that a header changes no other request's latency. */
static gl_time draw_delay(struct mock_server *server, const mock_reply *reply)
{
    const mock_rules *rules = &server->rules;
    gl_time delay = mock_latency_draw(&server->rules.latency, &server->latency_rng);
    if (rules->has_ttft && server->answer.ask.stream)
        delay = mock_latency_draw(&server->rules.ttft, &server->ttft_rng);
    double prefill = rules->prefill * (double)reply->usage.prompt;
    return delay + (gl_time)(prefill < PREFILL_LONGEST ? prefill : PREFILL_LONGEST);
}

/* Takes the script's error or fault for the request, in place of the drawn one. false: it has none.
 * An error of the script is written here, and has no further fault. */
static bool take_line(struct mock_server *server, mock_mishap *mishap, mock_reply *reply)
{
    const mock_line *line = server->answer.line;
    if (line == NULL || (line->status == 0 && !line->has_mishap)) return false;
    *mishap = line->mishap;
    if (!line->has_mishap) mishap->fault = MOCK_FAULT_NONE;
    if (line->status != 0) {
        gl_buf_reset(&server->body);
        reply->status = mock_line_error(line, &server->body);
    }
    if (line->retry_after != 0) mock_limit_write_wait(line->retry_after, &server->headers);
    return true;
}

void mock_fate_decide(struct mock_server *server, const mock_asked *asked, mock_reply *reply)
{
    gl_slice fault_header = asked->fault, latency_header = asked->latency, body = asked->body;
    const mock_line *line = server->answer.line;
    gl_time now = gl_clock_now(), delay = draw_delay(server, reply);
    mock_mishap mishap =
        mock_faults_choose(&server->rules.faults, &server->fault_rng, ++server->good, body);
    if (latency_header.data != NULL) {
        double ns;
        if (!mock_spec_duration(latency_header, &ns)) {
            refuse_header(server, "x-mock-latency is a duration: 0, 50ms, 1.5s.", reply);
            return;
        }
        delay = (gl_time)ns;
    } else if (line != NULL && line->has_latency) {
        delay = line->latency;
    }
    if (fault_header.data != NULL && !mock_mishap_read(fault_header, &mishap)) {
        refuse_header(server, "x-mock-fault is 'none' or what stands before WHEN in --fault.",
                      reply);
        return;
    }
    bool scripted = fault_header.data == NULL && take_line(server, &mishap, reply);
    spare_others(server, &mishap);
    if (fault_header.data != NULL || scripted)
        mock_fate_apply(server, &mishap, reply);
    else if (mock_refusal_meets(&server->rules.refusal, body))
        refuse_with(server, server->rules.refusal.status, reply);
    else
        check_limits(server, &mishap, now, reply);
    bool has_own_delay = line != NULL && line->has_latency; /* also to an error */
    reply->delay = reply->status != 200 && !has_own_delay ? delay / MOCK_ERROR_DELAY_PART : delay;
    if (mock_limits_any(&server->limits)) mock_limits_write(&server->limits, now, &server->headers);
}
