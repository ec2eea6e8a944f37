/*
 * pack_answer.c - the end of a pack: its answer or its failure becomes each member's own.
 *
 * Called once for each carrier, by the turn, when the carrier has its result. The pack is gone
 * afterwards; every member has its answer, or has failed with its own fallback to come, or is asked
 * again alone. No draft fails for a fault of the list or of another draft.
 */
#include "engine/pack_answer.h"

#include "base/alloc.h"
#include "base/count.h"
#include "engine/engine.h"
#include "engine/pack.h"
#include "engine/steps.h"

/* Packs in a row that answered no draft before the engine takes it that this model cannot do lists:
 * each of them cost a request for nothing. */
#define FRUITLESS_MAX 3

/* Books the pack's attempts and waits for this member. */
static void share_history(gl_request *member, const gl_pack *pack, gl_time now)
{
    const glimpse_result *from = pack->carrier->caller.result;
    glimpse_result *to = member->caller.result;
    to->attempts += from->attempts;
    to->pack_drafts = (int)pack->count;
    /* A request that was promoted in a flight may have come later than the pack's waits. */
    int64_t left = (int64_t)gl_time_since(now, member->caller.submitted) - to->timings.queue_ns;
    int64_t queue = from->timings.queue_ns < left ? from->timings.queue_ns : left;
    int64_t backoff =
        from->timings.backoff_ns < left - queue ? from->timings.backoff_ns : left - queue;
    to->timings.queue_ns += queue;
    to->timings.backoff_ns += backoff;
    to->timings.connect_ns = from->timings.connect_ns;
    to->timings.first_byte_ns = from->timings.first_byte_ns;
    to->timings.answered_ns = from->timings.answered_ns;
    for (size_t i = 0; i < from->ledger_count; i++) {
        glimpse_sample *response = from->ledger[i].response;
        gl_result_add_attempt(to, &from->ledger[i].record,
                              response != NULL ? glimpse_sample_ref(response) : NULL);
    }
}

/* Cancels the member's caller and its followers. */
static void cancel_member(gl_request *member, gl_time now)
{
    while (member->state == GL_STATE_PACKING) gl_steps_cancel(member, now);
}

static void fail_member(gl_request *member, const gl_request *carrier, gl_time now)
{
    const glimpse_result *from = carrier->caller.result;
    glimpse_result *to = member->caller.result;
    if (from->status == GLIMPSE_STATUS_CANCELLED) {
        cancel_member(member, now);
        return;
    }
    gl_result_set_error(to, from->error, from->error_code, from->error_message);
    to->circuit_open = from->circuit_open;
    if (from->response != NULL) to->response = glimpse_sample_ref(from->response);
    gl_steps_fail(member, from->error, from->status, now);
}

/* Returns true when the pack failed for being a pack, or for one of its drafts: then its other
 * drafts need not fail. */
static bool is_packs_own(const glimpse_result *result)
{
    int status = result->response != NULL ? glimpse_sample_get(result->response)->http_status : 0;
    return result->error == GLIMPSE_ERR_CONTENT_FILTER ||
           result->error == GLIMPSE_ERR_BODY_TOO_LARGE ||
           (result->error == GLIMPSE_ERR_HTTP &&
            (result->status == GLIMPSE_STATUS_BAD_REQUEST ||
             result->status == GLIMPSE_STATUS_UNPROCESSABLE || status == 413));
}

static void ask_again(gl_request *member, gl_time now)
{
    glimpse_engine *engine = member->engine;
    if (engine->closing.on) {
        cancel_member(member, now);
    } else {
        if (gl_course_state(member->course, now) != GL_COURSE_STOPPED)
            engine->stats.packing.asked_again++;
        gl_steps_wait(member, true, now);
    }
}

/* The parts of the pack's answer that its drafts share. */
typedef struct gl_pack_answer {
    const glimpse_sample_fields *fields; /* of the pack itself */
    uint64_t mark;                       /* of the group that gave it */
    gl_json whole;
    gl_pack_item items[GLIMPSE_PACK_DRAFTS_MAX];
    glimpse_usage shares[GLIMPSE_PACK_DRAFTS_MAX]; /* of the drafts with an answer, by number */
} gl_pack_answer;

/* Weights stay within the range of gl_pack_share; no real input or text is longer. */
static uint64_t weight_of(size_t bytes)
{
    return bytes < (size_t)1 << 24 ? bytes : (size_t)1 << 24;
}

/* Divides the usage among the drafts with an answer: the prompt's by the bytes of their input and
 * an equal part of all other words, the completion's by the bytes of their text. */
static void share_usage(const gl_pack *pack, gl_pack_answer *answer)
{
    uint64_t prompts[GLIMPSE_PACK_DRAFTS_MAX] = { 0 }, texts[GLIMPSE_PACK_DRAFTS_MAX] = { 0 };
    int64_t shares[3][GLIMPSE_PACK_DRAFTS_MAX];
    const glimpse_usage *usage = &answer->fields->usage;
    size_t count = pack->count, inputs = 0;
    for (const gl_request *member = gl_pack_first(pack); member != NULL;
         member = gl_pack_next(pack, member))
        inputs += member->draft->input.len;
    size_t common = pack->carrier->body.len > inputs ? pack->carrier->body.len - inputs : 0;
    for (const gl_request *member = gl_pack_first(pack); member != NULL;
         member = gl_pack_next(pack, member)) {
        const gl_pack_item *item = &answer->items[member->number];
        if (item->verdict != GL_PACK_OK) continue;
        prompts[member->number] = weight_of(member->draft->input.len + common / count);
        texts[member->number] = weight_of(item->text.text.len);
    }
    gl_pack_share(usage->prompt_tokens, prompts, count, shares[0]);
    gl_pack_share(usage->completion_tokens, texts, count, shares[1]);
    gl_pack_share(usage->total_tokens, texts, count, shares[2]);
    bool sums = usage->prompt_tokens >= 0 && usage->completion_tokens >= 0 &&
                usage->total_tokens >= usage->prompt_tokens &&
                usage->total_tokens - usage->prompt_tokens == usage->completion_tokens;
    for (size_t i = 0; i < count; i++)
        answer->shares[i] = (glimpse_usage){ shares[0][i], shares[1][i],
                                             sums ? shares[0][i] + shares[1][i] : shares[2][i] };
}

/* The pack is billed as one; where it is, its drafts share that as they share the usage. */
static glimpse_bill share_of_bill(const glimpse_bill *whole, const glimpse_usage *share)
{
    if (whole->prompt_tokens < 0 || share->prompt_tokens < 0) return (glimpse_bill){ -1, 0, 0 };
    return (glimpse_bill){ share->prompt_tokens, 0,
                           share->completion_tokens > 0 ? share->completion_tokens : 0 };
}

/* Makes a member's own answer. NULL: out of memory. */
static glimpse_sample *own_sample(const gl_request *member, const gl_pack_answer *answer)
{
    const gl_pack_item *item = &answer->items[member->number];
    glimpse_sample_fields fields = *answer->fields;
    glimpse_sample *sample = NULL;
    gl_buf text, body;
    gl_buf_init(&text, SIZE_MAX / 2);
    gl_buf_init(&body, SIZE_MAX / 2);
    gl_json_string_append(item->text, &text, NULL);
    fields.usage = answer->shares[member->number];
    fields.bill = share_of_bill(&fields.bill, &fields.usage);
    gl_pack_part part = { answer->whole, gl_buf_slice(&text), gl_slice_str(fields.model),
                          fields.usage };
    gl_pack_write_answer(&part, &body);
    fields.text = text.data;
    fields.text_len = glimpse_length(text.len);
    fields.essence = NULL; /* NULL: made from the text */
    fields.body = body.data;
    fields.body_len = glimpse_length(body.len);
    fields.body_is_json = true;
    fields.finish_reason = "stop";
    if (!text.failed && !body.failed && glimpse_sample_new(&fields, &sample, NULL) != GLIMPSE_OK)
        sample = NULL;
    gl_buf_free(&text);
    gl_buf_free(&body);
    return sample;
}

static void answer_member(gl_request *member, const gl_pack_answer *answer, gl_time now)
{
    glimpse_sample *sample = own_sample(member, answer);
    if (sample == NULL) {
        gl_result_set_error(member->caller.result, GLIMPSE_ERR_OOM, NULL, NULL);
        gl_steps_fail(member, GLIMPSE_ERR_OOM, GLIMPSE_STATUS_ERROR, now);
        return;
    }
    member->attempt.mark = answer->mark;
    gl_steps_answer(member, sample, GLIMPSE_SOURCE_PACKED, true, now);
    glimpse_sample_unref(sample);
}

/* Books the pack in glimpse_packing_stats. */
static void book(const gl_pack *pack, const gl_pack_answer *answer, size_t answered)
{
    glimpse_packing_stats *stats = &pack->engine->stats.packing;
    double tokens = (double)answer->fields->usage.prompt_tokens, alone = 0;
    for (const gl_request *member = gl_pack_first(pack); member != NULL;
         member = gl_pack_next(pack, member)) {
        if (answer->items[member->number].verdict == GL_PACK_OK) alone += (double)member->body.len;
    }
    stats->packs++;
    if (answered == 0) stats->fruitless++;
    stats->packed += answered;
    stats->requests_saved += (int64_t)answered - 1;
    if (tokens > 0)
        stats->prompt_tokens_saved = gl_balance_add(
            stats->prompt_tokens_saved, tokens * (alone / (double)pack->carrier->body.len - 1));
}

/* Judges whether this model can do packs. A pack that answered a draft proves that it can.
 * Otherwise packs without an answer add up; one is enough where it shows that the model is
 * unable. */
static void judge(glimpse_engine *engine, bool fruitful, bool unable)
{
    gl_packing *packing = &engine->packing;
    packing->fruitless = fruitful ? 0 : packing->fruitless + 1;
    if (fruitful) packing->proven = true;
    unsigned most = unable && !packing->proven ? 1 : FRUITLESS_MAX;
    if (packing->fruitless < most || packing->stopped) return;
    packing->stopped = true;
    gl_log_emit(&engine->log, GLIMPSE_LOG_WARN, "packing_stopped", NULL, 0);
}

static void log_answered(const gl_pack *pack, const gl_pack_split *split)
{
    const gl_log *log = &pack->engine->log;
    if (!gl_log_wants(log, GLIMPSE_LOG_DEBUG)) return;
    glimpse_log_field fields[] = { { "id", NULL, (int64_t)pack->carrier->caller.id },
                                   { "drafts", NULL, (int64_t)pack->count },
                                   { "answered", NULL, (int64_t)split->ok } };
    gl_log_emit(log, GLIMPSE_LOG_DEBUG, "pack_answered", fields, sizeof fields / sizeof *fields);
}

/* Reads the list once; each member that is still there gets its element. */
static void answer_pack(gl_pack *pack, gl_pack_answer *answer, gl_buf *scratch, gl_time now)
{
    answer->fields = glimpse_sample_get(pack->carrier->caller.result->response);
    answer->mark = pack->carrier->attempt.mark;
    const glimpse_sample_fields *fields = answer->fields;
    gl_slice text = gl_slice_of(fields->text, fields->text_len);
    bool cut = strcmp(fields->finish_reason, "length") == 0;
    if (fields->delta != NULL) text.len = 0; /* a refusal is no draft's answer */
    gl_pack_split split = gl_pack_read(text, cut, scratch, answer->items, pack->count);
    gl_slice body = gl_slice_of(fields->body, fields->body_len);
    if (gl_json_check(body, &answer->whole, NULL) != GL_JSON_OK)
        answer->whole = (gl_json){ .kind = GL_JSON_NONE };
    share_usage(pack, answer);
    log_answered(pack, &split);
    judge(pack->engine, split.ok != 0, fields->delta == NULL && !cut);

    size_t answered = 0;
    for (const gl_request *member = gl_pack_first(pack); member != NULL;
         member = gl_pack_next(pack, member))
        answered += answer->items[member->number].verdict == GL_PACK_OK;
    book(pack, answer, answered);
    gl_request *taken;
    while ((taken = gl_pack_take(pack, now)) != NULL) {
        share_history(taken, pack, now);
        if (answer->items[taken->number].verdict == GL_PACK_OK)
            answer_member(taken, answer, now);
        else
            ask_again(taken, now);
    }
}

static void fail_pack(gl_pack *pack, gl_time now)
{
    const gl_request *carrier = pack->carrier;
    bool own = is_packs_own(carrier->caller.result);
    gl_request *member;
    if (own) judge(pack->engine, false, false); /* one of its drafts may be the reason */
    while ((member = gl_pack_take(pack, now)) != NULL) {
        share_history(member, pack, now);
        if (own)
            ask_again(member, now);
        else
            fail_member(member, carrier, now);
    }
}

void gl_pack_answer_take(gl_request *carrier, gl_time now)
{
    gl_pack *pack = carrier->pack;
    glimpse_engine *engine = pack->engine;
    carrier->pack = NULL;
    engine->packing.out--;
    gl_pack_answer *answer = NULL;
    if (!gl_list_empty(&pack->members) && carrier->caller.result->error == GLIMPSE_OK) {
        answer = gl_malloc(sizeof *answer);
        if (answer == NULL) {
            carrier->caller.result->status = GLIMPSE_STATUS_ERROR;
            gl_result_set_error(carrier->caller.result, GLIMPSE_ERR_OOM, NULL, NULL);
        }
    }
    if (answer != NULL) {
        gl_buf scratch;
        gl_buf_init(&scratch, SIZE_MAX / 2);
        answer_pack(pack, answer, &scratch, now);
        gl_buf_free(&scratch);
        gl_free(answer);
    } else {
        fail_pack(pack, now);
    }
    gl_free(pack);
    gl_request_move(carrier, GL_STATE_DELIVERED, NULL, false);
    gl_request_free(carrier);
    gl_steps_send_packed(engine, now);
}
