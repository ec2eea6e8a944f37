/*
 * packing.c - see packing.h. Owns the packs; their members and carriers are requests of the engine.
 *
 * Invariants: a pack has a member as long as it lives; a request is PACKING exactly while it is a
 * member, except while it is being taken out; `going` is empty except while the engine takes
 * requests from it. Without memory for a pack every draft goes alone. Starts and ends no request.
 */
#include "engine/packing.h"

#include <assert.h>

#include "base/alloc.h"
#include "engine/body.h"
#include "engine/engine.h"
#include "engine/pack.h"
#include "engine/price.h"
#include "policy/prompt.h"

/* The longest time that packs are held for the first one's answer: ten times the 95th percentile of
 * an answer and more (docs/playbook.md section 1), so that one pack that hangs does not hold up a
 * job. */
#define HOLD_MS 30000

void gl_packing_init(gl_packing *packing)
{
    *packing = (gl_packing){ .fruitless = 0 };
    gl_map_init(&packing->open);
    gl_list_init(&packing->gathering);
    gl_list_init(&packing->held);
    gl_list_init(&packing->going);
    gl_list_init(&packing->ended);
    gl_heap_entry_init(&packing->timer);
}

void gl_packing_free(gl_packing *packing)
{
    assert(gl_list_empty(&packing->gathering) && gl_list_empty(&packing->held) &&
           gl_list_empty(&packing->going) && gl_list_empty(&packing->ended) && packing->out == 0);
    gl_map_free(&packing->open);
}

static gl_pack_terms terms_of(const gl_request *request)
{
    const gl_draft_parts *draft = request->draft;
    gl_pack_terms terms = { draft->goal,        draft->constraints, draft->model,
                            draft->temperature, draft->max_tokens,  (unsigned)request->priority };
    return terms;
}

static size_t chars_of(gl_slice text)
{
    size_t chars = 0;
    for (size_t i = 0; i < text.len; i++)
        chars += ((unsigned char)text.data[i] & 0xC0) != 0x80; /* a code point's first byte */
    return chars;
}

static gl_pack *first_of(const gl_list *packs)
{
    gl_node *node = gl_list_first(packs);
    return node != NULL ? GL_CONTAINER(node, gl_pack, node) : NULL;
}

static gl_time first_due(const gl_list *packs)
{
    const gl_pack *first = first_of(packs);
    return first != NULL ? first->until : GL_TIME_NEVER;
}

static void set_timer(glimpse_engine *engine)
{
    gl_packing *packing = &engine->packing;
    gl_heap_set(&engine->clock.heap, &packing->timer,
                gl_time_min(first_due(&packing->gathering), first_due(&packing->held)));
    gl_clockwork_arm(&engine->clock);
}

/* Ends the pack's gathering. */
static void close_pack(gl_pack *pack)
{
    if (!pack->closed) gl_map_remove(&pack->engine->packing.open, pack->hash);
    pack->closed = true;
    gl_node_remove(&pack->node);
    set_timer(pack->engine);
}

/* --- sending --- */

gl_request *gl_pack_take(gl_pack *pack, gl_time now)
{
    gl_node *node = gl_list_pop_front(&pack->members);
    if (node == NULL) return NULL;
    gl_request *request = GL_CONTAINER(node, gl_request, node);
    gl_request_book_wait(request, now);
    request->pack = NULL;
    request->gathers = false;
    return request;
}

/* Makes the carrier, the request that goes for all members; NULL: out of memory. */
static gl_request *new_carrier(gl_pack *pack)
{
    glimpse_engine *engine = pack->engine;
    gl_slice inputs[GLIMPSE_PACK_DRAFTS_MAX];
    const gl_request *first = gl_pack_first(pack);
    const gl_draft_parts *draft = first->draft;
    gl_prompt prompt = { .goal = draft->goal,
                         .constraints = draft->constraints,
                         .model = draft->model.data,
                         .temperature = draft->temperature,
                         .max_tokens = gl_pack_max_tokens(pack->load.drafts, draft->max_tokens) };
    size_t count = 0;
    gl_model_parameters(engine, &prompt);
    for (const gl_request *member = first; member != NULL; member = gl_pack_next(pack, member))
        inputs[count++] = member->draft->input;
    gl_buf_reset(&engine->scratch);
    gl_prompt_write_pack(&prompt, inputs, count, &engine->scratch);
    if (engine->scratch.failed || !gl_clockwork_reserve(engine, 1)) return NULL;
    gl_request_parts parts = { .body = gl_buf_slice(&engine->scratch), .path = first->path };
    return gl_request_new(&parts);
}

static void log_sent(const gl_pack *pack)
{
    const gl_log *log = &pack->engine->log;
    if (!gl_log_wants(log, GLIMPSE_LOG_DEBUG)) return;
    glimpse_log_field fields[] = { { "id", NULL, (int64_t)pack->carrier->caller.id },
                                   { "drafts", NULL, (int64_t)pack->count } };
    gl_log_emit(log, GLIMPSE_LOG_DEBUG, "pack_sent", fields, sizeof fields / sizeof *fields);
}

/* Gives the pack its carrier, and marks it as out. NULL: out of memory. */
static gl_request *load(gl_pack *pack, gl_time now)
{
    glimpse_engine *engine = pack->engine;
    gl_request *carrier = new_carrier(pack);
    if (carrier == NULL) return NULL;
    const gl_request *first = gl_pack_first(pack);
    carrier->engine = engine;
    carrier->caller.id = carrier->caller.result->id = ++engine->last_id;
    carrier->pack = pack;
    carrier->carries = true;
    carrier->priority = first->priority;
    carrier->course = gl_course_ref(first->course);
    carrier->caller.thresholds = first->caller.thresholds;
    carrier->caller.submitted = now;
    carrier->caller.deadline = GL_TIME_NEVER;
    pack->carrier = carrier;
    for (gl_request *member = gl_pack_first(pack); member != NULL;
         member = gl_pack_next(pack, member)) {
        member->number = pack->count++;
        gl_request_book_wait(member, now);
        member->gathers = false;
    }
    /* Many answers take longer to write, which is no sign of an endpoint that degrades. */
    carrier->caller.thresholds.t4_ms *= (int64_t)pack->count;
    engine->packing.out++;
    gl_node_remove(&pack->node);
    log_sent(pack);
    gl_json body;
    (void)gl_body_read(carrier, &body);
    (void)gl_price(carrier); /* its course is there */
    return carrier;
}

static bool is_stopped(const glimpse_engine *engine)
{
    return gl_gates_stopped(&engine->gates, gl_clockwork_now(&engine->clock));
}

/* Returns true while it is not known that the model can do packs, and one is out. */
static bool must_wait(const glimpse_engine *engine)
{
    const gl_packing *packing = &engine->packing;
    return !packing->proven && !packing->stopped && packing->out != 0 && !is_stopped(engine);
}

/* Ends the pack's gathering, and lets it go or holds it. */
static void send_pack(gl_pack *pack, gl_time now)
{
    glimpse_engine *engine = pack->engine;
    close_pack(pack);
    if (pack->load.drafts == 1 || !must_wait(engine)) {
        gl_list_push_back(&engine->packing.going, &pack->node);
        return;
    }
    pack->until = gl_time_add_ms(now, HOLD_MS);
    gl_list_push_back(&engine->packing.held, &pack->node);
    set_timer(engine);
}

/* Lets a pack of `held` go. */
static void let_go(gl_pack *pack)
{
    close_pack(pack);
    gl_list_push_back(&pack->engine->packing.going, &pack->node);
}

/* A pack with one member goes as that draft. */
gl_request *gl_packing_next(glimpse_engine *engine, gl_time now)
{
    gl_packing *packing = &engine->packing;
    if (gl_list_empty(&packing->going) && !gl_list_empty(&packing->held) && !must_wait(engine))
        let_go(first_of(&packing->held));
    gl_pack *pack = first_of(&packing->going);
    if (pack == NULL) return NULL;
    if (!pack->apart && pack->load.drafts > 1 && !packing->stopped && !is_stopped(engine)) {
        gl_request *carrier = load(pack, now);
        if (carrier != NULL) return carrier;
    }
    pack->apart = true;
    gl_request *request = gl_pack_take(pack, now);
    if (gl_list_empty(&pack->members)) {
        gl_node_remove(&pack->node);
        gl_free(pack);
    }
    return request;
}

/* --- gathering --- */

static gl_pack *open_pack(gl_request *request, uint64_t hash, gl_time now)
{
    glimpse_engine *engine = request->engine;
    gl_packing *packing = &engine->packing;
    if (!gl_map_reserve(&packing->open, packing->open.count + 1)) return NULL;
    gl_pack *pack = gl_malloc(sizeof *pack);
    if (pack == NULL) return NULL;
    *pack = (gl_pack){ .engine = engine, .hash = hash };
    pack->until = gl_time_add_ms(now, engine->config.packing.window_ms);
    gl_list_init(&pack->members);
    gl_node_init(&pack->node);
    gl_list_push_back(&packing->gathering, &pack->node);
    gl_map_add(&packing->open, hash, pack);
    set_timer(engine);
    return pack;
}

bool gl_packing_join(gl_request *request, gl_time now)
{
    static const gl_pack_load none = { 0 };
    glimpse_engine *engine = request->engine;
    const glimpse_packing *rules = &engine->config.packing;
    if (!request->may_pack || engine->packing.stopped) return false;
    size_t chars = chars_of(request->draft->input);
    if (!gl_pack_takes(rules, none, chars, request->draft->max_tokens)) return false;
    gl_pack_terms terms = terms_of(request);
    uint64_t hash = gl_pack_hash(&terms);
    gl_pack *pack = gl_map_get(&engine->packing.open, hash);
    if (pack != NULL) {
        gl_pack_terms theirs = terms_of(gl_pack_first(pack));
        if (!gl_pack_same(&terms, &theirs)) return false; /* one hash for two terms: rare */
        if (!gl_pack_takes(rules, pack->load, chars, request->draft->max_tokens)) {
            send_pack(pack, now);
            pack = NULL;
        }
    }
    if (pack == NULL) pack = open_pack(request, hash, now);
    if (pack == NULL) return false;
    gl_request_move(request, GL_STATE_PACKING, &pack->members, false);
    request->pack = pack;
    request->gathers = true;
    request->since = now;
    pack->load.drafts++;
    pack->load.chars += chars;
    if (!gl_pack_takes(rules, pack->load, 1, request->draft->max_tokens)) send_pack(pack, now);
    return true;
}

bool gl_packing_expired(glimpse_engine *engine, gl_time now)
{
    gl_packing *packing = &engine->packing;
    bool any = true;
    if (first_due(&packing->gathering) <= now)
        send_pack(first_of(&packing->gathering), now);
    else if (first_due(&packing->held) <= now)
        let_go(first_of(&packing->held));
    else
        any = false;
    set_timer(engine);
    return any;
}

gl_request *gl_packing_any(const gl_packing *packing)
{
    gl_pack *pack = first_of(&packing->gathering);
    if (pack == NULL) pack = first_of(&packing->held);
    return pack != NULL ? gl_pack_first(pack) : NULL;
}

gl_request *gl_packing_left(gl_request *request)
{
    gl_pack *pack = request->pack;
    if (pack == NULL) return NULL;
    gl_node_remove(&request->node);
    request->pack = NULL;
    request->gathers = false;
    gl_request *carrier = pack->carrier;
    if (carrier != NULL) {
        bool sent = carrier->state == GL_STATE_RUNNING && carrier->attempt.sent != GL_TIME_NEVER;
        request->caller.result->attempts += carrier->caller.result->attempts + (sent ? 1 : 0);
        return gl_list_empty(&pack->members) ? carrier : NULL;
    }
    pack->load.drafts--;
    pack->load.chars -= chars_of(request->draft->input);
    if (!gl_list_empty(&pack->members)) return NULL;
    close_pack(pack);
    gl_free(pack);
    return NULL;
}
