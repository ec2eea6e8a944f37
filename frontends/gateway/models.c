/* models.c - see models.h. */
#include "gateway/models.h"

#include <glimpse/models.h>
#include <stdio.h>
#include <time.h>

#include "base/alloc.h"
#include "base/json.h"
#include "gateway/catalog.h"

#define KEPT_NS        (UINT64_C(60) * 1000000000)
#define TIMEOUT_MS     INT64_C(10000) /* a list is a page, not a model's work */
#define LIST_MAX_BYTES ((size_t)16 * 1024 * 1024)

struct gateway_models {
    glimpse_models *client;
    gl_buf list;        /* the pool's, or the endpoint's body; empty: none was had */
    uint64_t had_ns;    /* when */
    bool asking, fixed; /* fixed: the list is the pool's */
    gl_list callers;    /* gateway_client.asks */
};

bool gateway_models_open(gateway *gate)
{
    gateway_models *models = gl_calloc(1, sizeof *models);
    if (models == NULL) return false;
    gl_buf_init(&models->list, LIST_MAX_BYTES);
    gl_list_init(&models->callers);
    gate->models = models;
    return gateway_models_set(gate, gate->config.endpoint, gate->config.pool);
}

void gateway_models_free(gateway *gate)
{
    if (gate->models == NULL) return;
    glimpse_models_free(gate->models->client);
    gl_buf_free(&gate->models->list);
    gl_free(gate->models);
    gate->models = NULL;
}

static void forget(gateway_client *client)
{
    gl_free(client->model);
    client->model = NULL;
}

void gateway_models_gone(gateway *gate, httpd_conn *conn)
{
    gateway_client *client = httpd_user(conn);
    if (client->asks.next == NULL) return; /* it never asked */
    if (client->headed) gateway_entry_plain(gate, conn, 499, "client_left", 0, 0);
    gl_node_remove(&client->asks);
    forget(client);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void write_head(gateway *gate, bool kept)
{
    const gateway_verdict fine = { .status = 200 };
    const gateway_facts facts = { .verdict = &fine,
                                  .process = gate->process,
                                  .number = ++gate->number };
    gl_buf_reset(&gate->head);
    gateway_head_write(&facts, &gate->head);
    if (gate->config.hides_cache) return;
    gl_buf_append_str(&gate->head, kept ? "cache-status: glimpse; hit\r\n"
                                        : "cache-status: glimpse; fwd=miss; stored\r\n");
}

static bool is_named(gl_json model, gl_slice name)
{
    bool same = false;
    gl_buf id;
    gl_buf_init(&id, GATEWAY_PATH_MAX);
    gl_json_string_append(gl_json_get(model, "id"), &id, NULL);
    same = !id.failed && gl_slice_equal(gl_buf_slice(&id), name);
    gl_buf_free(&id);
    return same;
}

/* NONE: it is not there. */
static gl_json find_model(const gateway_models *models, gl_slice name)
{
    gl_json model;
    gl_json data = gl_json_get(gl_json_checked(gl_buf_slice(&models->list)), "data");
    if (data.kind == GL_JSON_ARRAY) {
        gl_json_iter iter = gl_json_begin(data);
        while (gl_json_next(&iter, NULL, &model))
            if (is_named(model, name)) return model;
    }
    return (gl_json){ .kind = GL_JSON_NONE };
}

void gateway_models_offer(const gateway *gate, const gateway_key *key, gateway_offer *offer)
{
    gl_json model;
    bool wanted = true;
    gl_json data = gl_json_get(gl_json_checked(gl_buf_slice(&gate->models->list)), "data");
    if (data.kind != GL_JSON_ARRAY) return;
    gl_json_iter iter = gl_json_begin(data);
    while (wanted && gl_json_next(&iter, NULL, &model)) {
        gl_buf id;
        gl_buf_init(&id, GATEWAY_PATH_MAX);
        gl_json_string_append(gl_json_get(model, "id"), &id, NULL);
        if (!id.failed && id.len != 0 &&
            (key == NULL || gateway_key_allows(key, gl_buf_slice(&id))))
            wanted = gateway_offer_add(offer, gl_buf_slice(&id));
        gl_buf_free(&id);
    }
}

/* Names models that the caller may ask. The file of keys may have changed meanwhile: then none. */
static void refuse_model(gateway *gate, httpd_conn *conn, gl_slice name)
{
    const gateway_client *client = httpd_user(conn);
    gateway_offer offer;
    gateway_offer_begin(
        &offer, gate->models->fixed ? "The gateway has no model" : "The endpoint has no model",
        name);
    if (gate->callers == NULL)
        gateway_models_offer(gate, NULL, &offer);
    else if (client->generation == gateway_callers_generation(gate->callers))
        gateway_models_offer(gate, client->caller->key, &offer);
    gateway_refuse_plain(gate, conn, 404, "model_not_found", gateway_offer_end(&offer), "");
    gateway_offer_free(&offer);
}

static void show_list(gateway *gate, httpd_conn *conn, gl_slice name, bool kept)
{
    gl_slice body = gl_buf_slice(&gate->models->list);
    if (name.len != 0) {
        gl_json model = find_model(gate->models, name);
        if (model.kind == GL_JSON_NONE) {
            refuse_model(gate, conn, name);
            return;
        }
        body = model.text;
    }
    write_head(gate, kept);
    gateway_entry_plain(gate, conn, 200, NULL, gate->number, body.len);
    httpd_answer(conn, 200, "application/json", gl_buf_slice(&gate->head), body);
}

static void show_failure(gateway *gate, httpd_conn *conn, const glimpse_models_answer *answer)
{
    char message[512];
    gateway_outcome outcome = { .error = answer->error,
                                .http_status = answer->http_status,
                                .sent = true };
    if (answer->error == GLIMPSE_OK) outcome.error = GLIMPSE_ERR_HTTP;
    if (answer->error == GLIMPSE_OK && answer->http_status < 400)
        outcome.error = GLIMPSE_ERR_BAD_JSON; /* no list */
    gateway_verdict verdict = gateway_judge(&outcome);
    if (verdict.code == NULL) verdict.code = "upstream_error";
    if (answer->http_status != 0)
        snprintf(message, sizeof message, "The endpoint gave no list of models: it answered %d.",
                 answer->http_status);
    else
        snprintf(message, sizeof message, "The endpoint gave no list of models: %s.",
                 glimpse_error_sentence(answer->error)); /* its message names the address */
    gateway_refuse(gate, conn, &verdict, NULL, message, "");
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool is_list(const glimpse_models_answer *answer)
{
    gl_json root;
    return answer->error == GLIMPSE_OK && answer->http_status == 200 &&
           gl_json_check(gl_slice_of(answer->body, answer->body_len), &root, NULL) == GL_JSON_OK &&
           root.kind == GL_JSON_OBJECT;
}

/* Gives the list that came, or the failure, to all that wait for it. */
static void give(gateway *gate, bool good, const glimpse_models_answer *answer)
{
    gateway_models *models = gate->models;
    gl_node *node;
    models->asking = false;
    while ((node = gl_list_pop_front(&models->callers)) != NULL) {
        gateway_client *client = GL_CONTAINER(node, gateway_client, asks);
        if (good)
            show_list(gate, client->conn, gl_slice_str(client->model), false);
        else
            show_failure(gate, client->conn, answer);
        forget(client);
    }
}

static void got(const glimpse_models_answer *answer, void *arg)
{
    gateway *gate = arg;
    gateway_models *models = gate->models;
    bool good = is_list(answer);
    if (good) {
        gl_buf_reset(&models->list);
        gl_buf_append(&models->list, answer->body, answer->body_len);
        good = !models->list.failed;
        models->had_ns = glimpse_monotonic_ns();
    }
    if (!good) gl_buf_reset(&models->list);
    give(gate, good, answer);
}

/* A list that is being asked for is asked for anew. */
bool gateway_models_set(gateway *gate, const glimpse_endpoint *endpoint, const glimpse_pool *pool)
{
    gateway_models *models = gate->models;
    glimpse_models *client;
    gl_buf list;
    gl_buf_init(&list, LIST_MAX_BYTES);
    if (pool != NULL) endpoint = &pool->endpoints[0].endpoint;
    if ((pool != NULL && !gateway_catalog_write(pool, (int64_t)time(NULL), &list)) ||
        glimpse_models_new(gate->config.base, endpoint, NULL, &client, NULL) != GLIMPSE_OK) {
        gl_buf_free(&list);
        return false;
    }
    glimpse_models_free(models->client);
    models->client = client;
    gl_buf_free(&models->list);
    models->list = list;
    models->fixed = list.len != 0;
    if (models->asking &&
        (models->fixed || glimpse_models_ask(client, TIMEOUT_MS, got, gate) != GLIMPSE_OK)) {
        const glimpse_models_answer none = { .error = GLIMPSE_ERR_OOM, .message = "", .body = "" };
        give(gate, models->fixed, &none);
    }
    return true;
}

void gateway_models_show(gateway *gate, httpd_conn *conn)
{
    gateway_models *models = gate->models;
    gateway_client *client = httpd_user(conn);
    char room[GATEWAY_PATH_MAX];
    gl_slice name;
    gateway_path_read(httpd_path(conn), room, &name);
    if (models->fixed ||
        (models->list.len != 0 && glimpse_monotonic_ns() - models->had_ns < KEPT_NS)) {
        show_list(gate, conn, name, true);
        return;
    }
    if (!models->asking &&
        glimpse_models_ask(models->client, TIMEOUT_MS, got, gate) != GLIMPSE_OK) {
        gateway_refuse_plain(gate, conn, 503, "out_of_memory", "Out of memory.",
                             "retry-after: 1\r\n");
        return;
    }
    models->asking = true;
    client->model = gl_strndup(name.data, name.len); /* without memory it asks for the list */
    client->conn = conn;
    gl_node_init(&client->asks);
    gl_list_push_back(&models->callers, &client->asks);
}
