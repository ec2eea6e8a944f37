/*
 * ledger.h - whether a result's ledger is what the endpoint saw of its ticket, and whether it had
 * exactly the attempts it may have: a failed probe costs none, but where an answer had begun.
 */
#ifndef TEST_ENGINE_LEDGER_H
#define TEST_ENGINE_LEDGER_H

#include "world.h"

static inline int ledger_probes(const ticket *t)
{
    int probes = 0;
    for (int i = 0; i < t->start_count && i < STARTS; i++) probes += t->starts[i].probe;
    return probes;
}

/* The endpoint's own failure: of a probe, the one that keeps the circuit open. */
static inline bool ledger_down(const glimpse_attempt_record *record, const start *began)
{
    int status = began->named != 0 && record->error == GLIMPSE_ERR_STREAM_ERROR
                     ? began->named
                     : record->http_status;
    switch (record->error) {
    case GLIMPSE_ERR_HTTP:
    case GLIMPSE_ERR_STREAM_ERROR:
        return status >= 500 && status != 501 && status != 505;
    case GLIMPSE_ERR_CONNECT:
    case GLIMPSE_ERR_DNS:
    case GLIMPSE_ERR_TLS:
    case GLIMPSE_ERR_TIMEOUT_CONNECT:
    case GLIMPSE_ERR_TIMEOUT_FIRST_BYTE:
    case GLIMPSE_ERR_TIMEOUT_IDLE:
    case GLIMPSE_ERR_TIMEOUT:
    case GLIMPSE_ERR_RESET:
    case GLIMPSE_ERR_STREAM_TRUNCATED:
    case GLIMPSE_ERR_PROTOCOL:
        return true;
    default:
        return false;
    }
}

/* Whether it is sure that others were answered since this ticket was first refused as in an outage,
 * when its attempt i began. */
static inline bool ledger_others(const ticket *t, const glimpse_result *result, int i)
{
    for (int k = 0; k < i; k++) {
        const glimpse_attempt_record *record = glimpse_result_attempt(result, (size_t)k);
        bool sent = record->http_status != 0;
        if (sent && ledger_down(record, &t->starts[k]))
            return t->starts[i].answered > t->starts[k + 1].number;
    }
    return false;
}

/* The endpoint cannot have seen it. */
static inline bool ledger_unsent(glimpse_error error, const start *began)
{
    if (error == GLIMPSE_ERR_TIMEOUT) return began->late;
    return error == GLIMPSE_ERR_CONNECT || error == GLIMPSE_ERR_DNS || error == GLIMPSE_ERR_TLS ||
           error == GLIMPSE_ERR_TIMEOUT_CONNECT;
}

/* The key failed, and not the request. */
static inline bool ledger_key(const glimpse_attempt_record *record, const start *began)
{
    bool refused = record->http_status == 401 || record->http_status == 402 ||
                   (record->error == GLIMPSE_ERR_STREAM_ERROR && began->named == 401);
    return record->error == GLIMPSE_ERR_QUOTA || refused;
}

/* Sending again cannot change it, there or elsewhere. */
static inline bool ledger_hopeless(const glimpse_attempt_record *record)
{
    int status = record->http_status;
    return record->error == GLIMPSE_ERR_HTTP &&
           (status == 400 || status == 403 || status == 404 || status == 413 || status == 422);
}

/* What costs its request nothing: a dead connection, or a probe that says nothing of its line. */
static inline bool ledger_may_spare(const ticket *t, const glimpse_result *result, int i)
{
    const glimpse_attempt_record *record = glimpse_result_attempt(result, (size_t)i);
    const start *began = &t->starts[i];
    /* What it names within a 200 counts once it has said so, not when its time passed before. */
    bool said = record->error == GLIMPSE_ERR_HTTP || record->error == GLIMPSE_ERR_STREAM_ERROR;
    int status = said && began->named != 0 ? began->named : record->http_status;
    if (record->error == GLIMPSE_ERR_RESET && began->reused && record->http_status == 0)
        return i == 0 || t->starts[i].spared == t->starts[i - 1].spared || began->probe ||
               !t->starts[i - 1].reused; /* not twice running */
    if (began->probe && ledger_unsent(record->error, began)) return true;
    if (t->house->config.pool != NULL && ledger_key(record, began)) return true;
    if (record->error == GLIMPSE_ERR_TIMEOUT_FIRST_BYTE ||
        record->error == GLIMPSE_ERR_TIMEOUT_IDLE)
        return false;
    bool begun = record->http_status == 200 && began->named == 0;
    return began->probe && !begun && status != 500 && ledger_down(record, began) &&
           !ledger_others(t, result, i);
}

/* Attempts that cost the request none of its own, each of which may: but the last, which nobody
 * knows of. */
static inline int ledger_free(const ticket *t, const glimpse_result *result)
{
    for (int i = 0; i + 1 < t->start_count; i++) {
        int more = t->starts[i + 1].spared - t->starts[i].spared;
        assert_in_range(more, 0, 1);
        if (more == 1) assert_true(ledger_may_spare(t, result, i));
    }
    return t->start_count > 0 ? t->starts[t->start_count - 1].spared : 0;
}

/* Whether nothing but the number of its attempts can have ended it. */
static inline bool ledger_tried_all(const ticket *t, const glimpse_result *result)
{
    const house *h = t->house;
    if (t->start_count == 0 || t->heard_len + t->seen_len != 0 || t->cancelled ||
        t->deadline_ms > 0 || h->closing || h->engine->stats.key_stops != 0 ||
        glimpse_result_circuit_open(result))
        return false;
    size_t last = (size_t)t->start_count - 1;
    const glimpse_attempt_record *record = glimpse_result_attempt(result, last);
    int named = record->error == GLIMPSE_ERR_STREAM_ERROR ? t->starts[last].named : 0;
    int status = named != 0 ? named : record->http_status;
    return record->error == glimpse_result_error(result) &&
           t->starts[last].asked_wait_ms <= h->config.max_retry_after_ms &&
           gl_backoff_retryable(record->error, status) == 1;
}

/* All that was told is what the result has, or the part of it that came. */
static inline void ledger_check_text(const ticket *t, const glimpse_result *result)
{
    const char *partial = glimpse_result_partial(result, NULL);
    if (t->house->world->short_memory != 0) return;
    if (glimpse_result_error(result) == GLIMPSE_OK) {
        const char *text = glimpse_result_text(result, NULL);
        if (!t->bad) assert_string_equal(t->heard, t->streams && t->hears ? text : "");
        assert_string_equal(partial, "");
    } else {
        assert_true(strncmp(partial, t->heard, t->heard_len) == 0);
        assert_true(t->streams || t->house->config.coalesce || partial[0] == '\0');
    }
}

static inline void ledger_check(const ticket *t, const glimpse_result *result)
{
    const glimpse_config *config = &t->house->config;
    size_t listed = glimpse_result_attempt_count(result);
    ledger_check_text(t, result);
    if (!t->tagged || config->coalesce || t->house->world->short_memory != 0 ||
        t->start_count > STARTS)
        return;
    assert_int_equal(listed, t->start_count);
    for (size_t i = 0; i + 1 < listed; i++)
        assert_false(ledger_hopeless(glimpse_result_attempt(result, i)));
    assert_true(glimpse_result_attempts(result) <= t->start_count);
    if (config->breaker == GLIMPSE_BREAKER_LOCAL)
        return; /* there a late answer is a failed probe */
    int paid = t->start_count - ledger_free(t, result);
    assert_true(paid <= config->max_attempts + 1); /* the last may have cost nothing */
    if (ledger_tried_all(t, result)) assert_int_equal(paid, config->max_attempts);
}

#endif
