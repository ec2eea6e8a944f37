/*
 * result.c - glimpse_result: its memory, its accessors.
 *
 * The engine fills a result in while its request lives and never touches it after delivery. Text is
 * shared with the samples, not copied.
 */
#include "result.h"

#include <glimpse/pool.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/slice.h"
#include "base/utf8.h"

glimpse_result *gl_result_new(void)
{
    glimpse_result *result = gl_malloc(sizeof *result);
    if (result == NULL) return NULL;
    *result = (glimpse_result){ .owners = 1, .source = GLIMPSE_SOURCE_LIVE, .age_ms = -1 };
    result->timings.connect_ns = result->timings.first_byte_ns = -1;
    result->timings.answered_ns = -1;
    result->timings.first_token_ns = -1;
    result->timings.token_gap_mean_ns = result->timings.token_gap_max_ns = -1;
    result->timings.sent_ns = result->timings.started_ns = -1;
    result->timings.first_chunk_ns = result->timings.first_answer_ns = -1;
    result->ledger = &result->first;
    result->ledger_capacity = 1;
    return result;
}

gl_buf *gl_result_buf_new(size_t max)
{
    gl_buf *buf = gl_malloc(sizeof *buf);
    if (buf != NULL) gl_buf_init(buf, max);
    return buf;
}

void gl_result_buf_free(gl_buf *buf)
{
    if (buf == NULL) return;
    gl_buf_free(buf);
    gl_free(buf);
}

static void drop(gl_ledger_entry *entry)
{
    glimpse_sample_unref(entry->response);
    gl_free(entry->message);
    gl_endpoint_name_unref(entry->endpoint);
}

static void destroy(glimpse_result *result)
{
    for (size_t i = 0; i < result->ledger_count; i++) drop(&result->ledger[i]);
    if (result->ledger != &result->first) gl_free(result->ledger);
    glimpse_sample_unref(result->sample);
    glimpse_sample_unref(result->response);
    gl_free(result->error_code);
    gl_endpoint_name_unref(result->endpoint);
    gl_endpoint_name_unref(result->left_out);
    gl_result_buf_free(result->partial);
    gl_result_buf_free(result->arrivals);
    gl_free(result);
}

static bool grow(glimpse_result *result)
{
    if (result->ledger_capacity == GL_LEDGER_MAX) return false;
    bool inside = result->ledger == &result->first;
    size_t capacity = inside ? 0 : result->ledger_capacity;
    gl_ledger_entry *ledger = gl_array_room(inside ? NULL : result->ledger, &capacity,
                                            result->ledger_count + 1, 4, sizeof *ledger);
    if (ledger == NULL) return false;
    if (inside) ledger[0] = result->first;
    result->ledger = ledger;
    result->ledger_capacity = (unsigned)capacity; /* GL_LEDGER_MAX at most, and some */
    return true;
}

/* Returns a copy, cut between characters. NULL: an empty message, or no memory. */
static char *beginning_of(const char *message)
{
    if (message == NULL || *message == '\0') return NULL;
    size_t len = strlen(message);
    return gl_strndup(message, gl_utf8_clip(message, len, GL_LEDGER_WORDS_MAX));
}

void gl_result_add_attempt(glimpse_result *result, const glimpse_attempt_record *record,
                           glimpse_sample *response)
{
    if (result->ledger_count == result->ledger_capacity && !grow(result)) {
        drop(&result->ledger[0]);
        memmove(result->ledger, result->ledger + 1,
                (result->ledger_count - 1) * sizeof *result->ledger);
        result->ledger_count--;
    }
    gl_ledger_entry *entry = &result->ledger[result->ledger_count++];
    entry->record = *record;
    entry->record.request_id = response != NULL ? glimpse_sample_get(response)->request_id : "";
    entry->response = response;
    entry->message = beginning_of(record->message);
    entry->record.message = entry->message != NULL ? entry->message : "";
    entry->endpoint = NULL;
    entry->record.endpoint = NULL;
}

static void name_endpoint(glimpse_result *result, gl_endpoint_name *endpoint)
{
    gl_endpoint_name *before = result->endpoint;
    result->endpoint = gl_endpoint_name_ref(endpoint);
    gl_endpoint_name_unref(before);
}

void gl_result_set_endpoint(glimpse_result *result, gl_endpoint_name *endpoint)
{
    gl_ledger_entry *last = &result->ledger[result->ledger_count - 1];
    if (endpoint == NULL) return;
    last->endpoint = gl_endpoint_name_ref(endpoint);
    last->record.endpoint = endpoint->text;
    name_endpoint(result, endpoint);
}

const char *gl_result_last_words(const glimpse_result *result)
{
    return result->ledger_count != 0 ? result->ledger[result->ledger_count - 1].record.message : "";
}

void gl_result_set_error(glimpse_result *result, glimpse_error error, const char *code,
                         const char *message)
{
    gl_free(result->error_code);
    result->error_code = result->error_message = NULL;
    result->error = error;
    if (code == NULL && message == NULL) return;
    if (code == NULL) code = glimpse_error_name(error);
    if (message == NULL) message = glimpse_error_sentence(error);
    size_t code_size = strlen(code) + 1, message_size = strlen(message) + 1;
    char *block = gl_malloc(code_size + message_size);
    if (block == NULL) return;
    memcpy(block, code, code_size);
    memcpy(block + code_size, message, message_size);
    result->error_code = block;
    result->error_message = block + code_size;
}

static void share_sample(glimpse_sample **to, const glimpse_sample *from)
{
    glimpse_sample_unref(*to);
    *to = from != NULL ? glimpse_sample_ref(from) : NULL;
}

void gl_result_share(glimpse_result *to, const glimpse_result *from)
{
    to->status = from->status;
    if (from->source == GLIMPSE_SOURCE_CACHE) to->source = from->source;
    to->no_done = from->no_done;
    to->age_ms = from->age_ms;
    to->kept = from->kept;
    to->empty = from->empty;
    to->circuit_open = from->circuit_open;
    name_endpoint(to, from->endpoint);
    share_sample(&to->sample, from->sample);
    share_sample(&to->response, from->response);
    gl_result_set_error(to, from->error, from->error_code, from->error_message);
}

glimpse_status glimpse_result_status(const glimpse_result *result)
{
    return result->status;
}

glimpse_error glimpse_result_error(const glimpse_result *result)
{
    return result->error;
}

const char *glimpse_result_error_code(const glimpse_result *result)
{
    if (result->error == GLIMPSE_OK) return "";
    return result->error_code != NULL ? result->error_code : glimpse_error_name(result->error);
}

const char *glimpse_result_error_message(const glimpse_result *result)
{
    if (result->error == GLIMPSE_OK) return "";
    return result->error_message != NULL ? result->error_message
                                         : glimpse_error_sentence(result->error);
}

const char *glimpse_result_endpoint(const glimpse_result *result)
{
    return result->endpoint != NULL ? result->endpoint->text : NULL;
}

const char *glimpse_result_left_out(const glimpse_result *result)
{
    return result->left_out != NULL ? result->left_out->text : NULL;
}

glimpse_source glimpse_result_source(const glimpse_result *result)
{
    return result->source;
}

static const glimpse_sample_fields nothing = { .text = "",
                                               .essence = "",
                                               .body = "",
                                               .model = "",
                                               .finish_reason = "",
                                               .request_id = "",
                                               .usage = { -1, -1, -1 },
                                               .bill = { -1, 0, 0 } };

static const glimpse_sample_fields *shown(const glimpse_result *result)
{
    return result->sample != NULL ? glimpse_sample_get(result->sample) : &nothing;
}

static const glimpse_sample_fields *came(const glimpse_result *result)
{
    return result->response != NULL ? glimpse_sample_get(result->response) : &nothing;
}

const char *glimpse_result_text(const glimpse_result *result, size_t *len)
{
    if (len != NULL) *len = shown(result)->text_len;
    return shown(result)->text;
}

const char *glimpse_result_partial(const glimpse_result *result, size_t *len)
{
    gl_slice partial = gl_result_held(result->partial);
    if (len != NULL) *len = partial.len;
    return partial.data;
}

bool glimpse_result_no_done(const glimpse_result *result)
{
    return result->no_done;
}

bool glimpse_result_empty(const glimpse_result *result)
{
    return result->empty;
}

const char *glimpse_result_essence(const glimpse_result *result)
{
    return shown(result)->essence;
}

const char *glimpse_result_delta(const glimpse_result *result)
{
    return shown(result)->delta;
}

bool glimpse_result_stale(const glimpse_result *result)
{
    return result->stale;
}

bool glimpse_result_circuit_open(const glimpse_result *result)
{
    return result->circuit_open;
}

int glimpse_result_thresholds_crossed(const glimpse_result *result)
{
    return result->thresholds_crossed;
}

int glimpse_result_attempts(const glimpse_result *result)
{
    return result->attempts;
}

int glimpse_result_pack_drafts(const glimpse_result *result)
{
    return result->pack_drafts;
}

size_t glimpse_result_attempt_count(const glimpse_result *result)
{
    return result->ledger_count;
}

const glimpse_attempt_record *glimpse_result_attempt(const glimpse_result *result, size_t i)
{
    return i < result->ledger_count ? &result->ledger[i].record : NULL;
}

int glimpse_result_http_status(const glimpse_result *result)
{
    return came(result)->http_status;
}

const char *glimpse_result_request_id(const glimpse_result *result)
{
    return came(result)->request_id;
}

const char *glimpse_result_headers(const glimpse_result *result)
{
    return result->response != NULL ? glimpse_sample_get(result->response)->headers : "";
}

int64_t glimpse_result_age_ms(const glimpse_result *result)
{
    return result->age_ms;
}

bool glimpse_result_kept(const glimpse_result *result)
{
    return result->kept;
}

const char *glimpse_result_model(const glimpse_result *result)
{
    return shown(result)->model;
}

const char *glimpse_result_finish_reason(const glimpse_result *result)
{
    return came(result)->finish_reason;
}

const glimpse_usage *glimpse_result_usage(const glimpse_result *result)
{
    return &came(result)->usage;
}

const glimpse_bill *glimpse_result_bill(const glimpse_result *result)
{
    return &came(result)->bill;
}

const int64_t *glimpse_result_arrivals(const glimpse_result *result, size_t *count)
{
    const gl_buf *arrivals = result->arrivals;
    if (count != NULL) *count = arrivals != NULL ? arrivals->len / sizeof(int64_t) : 0;
    return arrivals != NULL ? (const int64_t *)(const void *)arrivals->data : NULL;
}

const glimpse_timings *glimpse_result_timings(const glimpse_result *result)
{
    return &result->timings;
}

const char *glimpse_result_body(const glimpse_result *result, size_t *len)
{
    if (len != NULL) *len = came(result)->body_len;
    return came(result)->body;
}

bool glimpse_result_body_is_json(const glimpse_result *result)
{
    return came(result)->body_is_json;
}

const unsigned char *glimpse_result_key(const glimpse_result *result)
{
    return result->has_key ? result->key.bytes : NULL;
}

/* The count of owners is the one member of a delivered result that changes. */
static glimpse_result *counted(const glimpse_result *result)
{
    union {
        const glimpse_result *shared;
        glimpse_result *owned;
    } same = { result };
    return same.owned;
}

glimpse_result *glimpse_result_ref(const glimpse_result *result)
{
    counted(result)->owners++;
    return counted(result);
}

void glimpse_result_unref(const glimpse_result *result)
{
    if (result == NULL || --counted(result)->owners != 0) return;
    destroy(counted(result));
}
