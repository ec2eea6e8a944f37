/*
 * admit.c - who asks, and whether the caller may: its key, its models, its rates and its budget.
 * What a request may cost is taken before it is sent, and settled when it has ended.
 */
#include <stdio.h>
#include <time.h>

#include "gateway/credential.h"
#include "gateway/offer.h"
#include "gateway/spend.h"
#include "gateway/state.h"

/* --- the key ---------------------------------------------------------------------------------- */

/* One answer for a key that is missing, unknown or expired: it tells nothing about the others. An
 * address from which many came is held back, its right keys are not. */
static bool refuse_key(gateway *gate, httpd_conn *conn)
{
    char peer[46], headers[64];
    const gl_slice address = gl_slice_str(httpd_peer(conn, peer, sizeof peer));
    int64_t wait_s = gateway_strangers_came(gate->strangers, address, glimpse_monotonic_ns());
    if (wait_s > 0) {
        const gateway_verdict verdict = { .status = 429,
                                          .code = "too_many_wrong_keys",
                                          .no_retry = true };
        snprintf(headers, sizeof headers, "retry-after: %lld\r\n", (long long)wait_s);
        httpd_last(conn);
        gateway_refuse(gate, conn, &verdict, NULL,
                       "Too many wrong keys came from this address. A right one still passes.",
                       headers);
        return false;
    }
    gateway_refuse_plain(gate, conn, 401, "invalid_api_key",
                         "This gateway knows no such key. Present yours as Authorization: Bearer, "
                         "x-api-key or api-key.",
                         "www-authenticate: Bearer\r\n");
    return false;
}

bool gateway_identify(gateway *gate, httpd_conn *conn)
{
    gateway_client *client = httpd_user(conn);
    gl_slice name, value, key = gl_slice_of(NULL, 0);
    client->caller = NULL;
    if (gate->callers == NULL) return true;
    for (size_t i = 0; httpd_header_at(conn, i, &name, &value); i++) {
        if (gateway_credential_take(name, value, &key)) continue;
        gateway_refuse_plain(gate, conn, 400, "ambiguous_api_key",
                             "Two headers present two different keys.", "");
        return false;
    }
    client->caller = gateway_callers_find(gate->callers, key);
    client->generation = gateway_callers_generation(gate->callers);
    return client->caller != NULL || refuse_key(gate, conn);
}

/* The file may have changed while the body came. */
static bool is_known(gateway *gate, httpd_conn *conn)
{
    const gateway_client *client = httpd_user(conn);
    return client->generation == gateway_callers_generation(gate->callers) ||
           gateway_identify(gate, conn);
}

/* --- the model -------------------------------------------------------------------------------- */

static bool refuse_model(gateway *gate, httpd_conn *conn, gl_slice model, const gateway_key *key)
{
    gateway_offer offer;
    gateway_offer_begin(&offer,
                        model.len != 0 ? "This key may not ask the model"
                                       : "The request names no model that this key may ask",
                        model);
    for (size_t i = 0; i < key->model_count; i++)
        if (!gateway_offer_add(&offer, gl_slice_str(key->models[i]))) break;
    gateway_refuse_plain(gate, conn, 404, "model_not_found", gateway_offer_end(&offer), "");
    gateway_offer_free(&offer);
    return false;
}

/* *model gets the name, NUL terminated, in `room`. */
static bool check_model(gateway *gate, httpd_conn *conn, const gateway_ask *ask,
                        const gateway_key *key, gl_buf *room)
{
    gl_json_string_append(ask->model, room, NULL);
    if (!gl_buf_terminate(room)) gl_buf_reset(room); /* too long for a model, or none is given */
    gl_slice model = gl_buf_slice(room);
    return gateway_key_allows(key, model) || refuse_model(gate, conn, model, key);
}

/* What is read of a body holds only where all readers read the same. */
static bool check_once(gateway *gate, httpd_conn *conn, const gateway_ask *ask,
                       const gateway_key *key)
{
    char message[80];
    if (key->models == NULL && key->limits.tpm <= 0 && key->limits.budget_usd <= 0) return true;
    const char *twice = gateway_ask_twice(ask->root);
    if (twice == NULL) return true;
    const gateway_verdict verdict = { .status = 400, .code = "invalid_request" };
    snprintf(message, sizeof message, "The body names '%s' twice.", twice);
    gateway_refuse(gate, conn, &verdict, twice, message, "");
    return false;
}

/* --- rates and money -------------------------------------------------------------------------- */

/* What is taken before a request is sent is the longest answer that it allows. */
#define LESS                                                                                       \
    " A smaller max_tokens (max_output_tokens of /v1/responses), or a shorter prompt, may help."

static bool refuse_grant(gateway *gate, httpd_conn *conn, gateway_grant grant,
                         int64_t retry_after_s)
{
    static const struct {
        const char *code, *message;
    } words[] = {
        [GATEWAY_NO_PLACE] = { "caller_rate",
                               "As many requests of this key are under way as may be." },
        [GATEWAY_NO_REQUESTS] = { "caller_rate", "This key has made its requests of a minute." },
        [GATEWAY_NO_TOKENS] = { "caller_rate", "This key has used its tokens of a minute." },
        [GATEWAY_FEW_TOKENS] = { "caller_rate", "This request may take more tokens than this key "
                                                "has left of its minute." LESS },
        [GATEWAY_NO_MONEY] = { "insufficient_quota", "The budget of this key is used up." },
        [GATEWAY_LITTLE_MONEY] = { "insufficient_quota", "This request may cost more than what is "
                                                         "left of this key's budget." LESS },
        [GATEWAY_TOO_DEAR] = { "insufficient_quota", "This request may cost more than the whole "
                                                     "budget of this key." LESS },
    };
    char header[64] = "";
    const gateway_verdict verdict = { .status = 429,
                                      .code = words[grant].code,
                                      .no_retry = grant >= GATEWAY_NO_MONEY };
    if (retry_after_s > 0)
        snprintf(header, sizeof header, "retry-after: %lld\r\n", (long long)retry_after_s);
    gateway_refuse(gate, conn, &verdict, NULL, words[grant].message, header);
    return false;
}

/* A body may be 64 MiB: it is not read for a caller that has nothing left to ask it with. */
bool gateway_may_send(gateway *gate, httpd_conn *conn)
{
    static const gateway_cost nothing = { 0, 0 };
    gateway_caller *caller = ((gateway_client *)httpd_user(conn))->caller;
    int64_t retry_after_s;
    if (caller == NULL) return true;
    gateway_grant grant = gateway_allowance_ask(
        &caller->allowance, &nothing, glimpse_monotonic_ns(), (int64_t)time(NULL), &retry_after_s);
    return grant == GATEWAY_GRANTED || refuse_grant(gate, conn, grant, retry_after_s);
}

static bool refuse_waiting(gateway *gate, httpd_conn *conn)
{
    char header[64];
    snprintf(header, sizeof header, "retry-after: %lld\r\n", (long long)gateway_wait_s(gate, 0));
    gateway_refuse_plain(gate, conn, 429, "caller_queue",
                         "As many requests of this key wait as may. Come again later.", header);
    return false;
}

static bool take(gateway *gate, httpd_conn *conn, gateway_caller *caller,
                 gateway_exchange *exchange)
{
    int64_t retry_after_s;
    if (caller->key->limits.budget_usd > 0 && exchange->price == NULL) {
        gateway_refuse_plain(gate, conn, 404, "model_not_found",
                             "This key has a budget, and this model has no price (--profiles).",
                             "");
        return false;
    }
    if (gateway_caller_waits_enough(gate, caller)) return refuse_waiting(gate, conn);
    gateway_grant grant =
        gateway_allowance_take(&caller->allowance, &exchange->may_cost, glimpse_monotonic_ns(),
                               (int64_t)time(NULL), &retry_after_s);
    if (grant != GATEWAY_GRANTED) return refuse_grant(gate, conn, grant, retry_after_s);
    gateway_caller_ref(caller);
    exchange->caller = caller;
    return true;
}

bool gateway_admit(gateway *gate, httpd_conn *conn, const gateway_ask *ask,
                   gateway_exchange *exchange)
{
    if (gate->callers == NULL) return true;
    if (!is_known(gate, conn)) return false;
    gateway_caller *caller = ((gateway_client *)httpd_user(conn))->caller;
    gl_buf model;
    glimpse_profile profile;
    gl_buf_init(&model, 1024);
    bool good = check_once(gate, conn, ask, caller->key) &&
                check_model(gate, conn, ask, caller->key, &model);
    glimpse_profile_init(&profile);
    if (good && model.len != 0 &&
        glimpse_profiles_find(gate->config.profiles, model.data, model.len, &profile) == GLIMPSE_OK)
        exchange->price = profile.price;
    gl_buf_free(&model);
    if (!good) return false;
    exchange->may_cost =
        gateway_may_cost(ask, exchange->body_len, exchange->price, &exchange->prompt_tokens);
    return take(gate, conn, caller, exchange);
}

void gateway_settle(gateway_exchange *exchange, const glimpse_result *result)
{
    if (exchange->caller == NULL) return;
    gateway_cost cost = { 0, 0 };
    if (result != NULL) cost = gateway_did_cost(result, exchange->prompt_tokens, exchange->price);
    gateway_allowance_settle(&exchange->caller->allowance, &exchange->may_cost, &cost,
                             glimpse_monotonic_ns(), (int64_t)time(NULL));
    gateway_caller_unref(exchange->caller);
    exchange->caller = NULL;
}
