/*
 * flight.c - identical requests that are under way together: step 3 of a request.
 *
 * The first of them, the leader, waits, is sent and retried. The others follow: no place, no
 * attempt and no token is theirs, only their own thresholds, deadline and callbacks. The leader has
 * the highest priority of all, and a retry may use the latest deadline of all. The endpoint's
 * answer to the leader is everybody's, and so is its failure; each then falls back for itself.
 * Before a retry, a request leaves the flight with this failure if it has had text of the attempt
 * or its deadline comes first. The leader's own deadline or cancel is not everybody's: its caller
 * and the first follower's change places (gl_request_change_places). The work stays, with the
 * attempts that were made; the caller that leaves is a follower by then.
 *
 * `flights` finds a leader by the first 8 bytes of its identity; all 32 are compared. Of two
 * identities that begin alike only the first has a flight; the other is sent alone. Called by the
 * engine; decides nothing about retries; runs no callback.
 */
#include "engine/flight.h"

#include <assert.h>

#include "engine/engine.h"
#include "engine/flow.h"

/* --- joining --- */

static uint64_t map_key(const gl_request *request)
{
    uint64_t key;
    memcpy(&key, request->identity.bytes, sizeof key);
    return key;
}

static gl_request *first_follower(const gl_request *leader)
{
    gl_node *node = gl_list_first(&leader->followers);
    return node != NULL ? GL_CONTAINER(node, gl_request, node) : NULL;
}

static void log_event(const char *event, const gl_request *follower, const gl_request *leader)
{
    const gl_log *log = &leader->engine->log;
    if (!gl_log_wants(log, GLIMPSE_LOG_DEBUG)) return;
    glimpse_log_field fields[] = { { "id", NULL, (int64_t)follower->caller.id },
                                   { "leader", NULL, (int64_t)leader->caller.id } };
    gl_log_emit(log, GLIMPSE_LOG_DEBUG, event, fields, sizeof fields / sizeof *fields);
}

bool gl_flight_join(gl_request *request)
{
    glimpse_engine *engine = request->engine;
    if (!request->may_fly || request->cache_control == GLIMPSE_CACHE_REFRESH) return false;
    gl_request *leader = gl_map_get(&engine->flights, map_key(request));
    if (leader == NULL || memcmp(&leader->identity, &request->identity, sizeof request->identity))
        return false;
    if (request->asks_usage && !leader->asks_usage) return false; /* it would have none */
    request->leader = leader;
    gl_model_follow(request);
    request->caller.result->source = GLIMPSE_SOURCE_COALESCED;
    gl_request_move(request, GL_STATE_FOLLOWING, &leader->followers, false);
    engine->stats.coalesced++;
    if (request->priority > leader->priority)
        gl_queue_set_priority(&engine->queue, leader, request->priority);
    gl_flow_join(leader, &request->caller);
    gl_flow_owe(request, leader);
    if (gl_node_linked(&request->text_node)) gl_clockwork_schedule(&engine->clock);
    log_event("coalesced", request, leader);
    return true;
}

void gl_flight_lead(gl_request *request)
{
    glimpse_engine *engine = request->engine;
    if (!request->may_fly || gl_map_get(&engine->flights, map_key(request)) != NULL) return;
    gl_map_add(&engine->flights, map_key(request), request); /* submit has reserved the room */
    request->leads = true;
}

void gl_flight_land(gl_request *request)
{
    if (!request->leads) return;
    request->leads = false;
    void *found = gl_map_remove(&request->engine->flights, map_key(request));
    assert(found == request);
    (void)found;
}

/* --- leaving --- */

static void take_out(gl_request *follower)
{
    assert(follower->state == GL_STATE_FOLLOWING && follower->leader != NULL);
    gl_node_remove(&follower->node);
    gl_node_remove(&follower->text_node);
    gl_request *leader = follower->leader;
    follower->leader = NULL;
    follower->paused = follower->caller.paused;
    if (follower->caller.wants_stream && follower->caller.observer.on_event != NULL)
        gl_request_share_events(follower, leader);
    gl_flow_part(leader, &follower->caller);
}

/* Copies the text that came for a follower that asked for a stream and gets no more of it. A leader
 * with a result has its text there. Without memory for the copy the follower has no text. */
static void keep_text(gl_request *follower, const gl_request *leader)
{
    gl_slice came = gl_result_held(leader->streamed);
    if (came.len == 0) came = gl_result_held(leader->caller.result->partial);
    if (follower->caller.wants_stream && came.len != 0) (void)gl_request_stream(follower, came);
}

/* Puts both requests under their new callers' numbers in the map of requests. */
static void name_again(gl_request *one, gl_request *other)
{
    gl_map *requests = &one->engine->requests;
    gl_map_remove(requests, one->caller.id);
    gl_map_remove(requests, other->caller.id);
    gl_map_add(requests, one->caller.id, one);
    gl_map_add(requests, other->caller.id, other);
}

/* Makes the first follower's caller the caller of the leader, and returns the follower, which has
 * the leader's former caller. */
static gl_request *promote(gl_request *leader, gl_time now)
{
    gl_request *follower = first_follower(leader);
    log_event("promoted", follower, leader);
    if (leader->state == GL_STATE_WAITING || leader->state == GL_STATE_BACKOFF ||
        leader->state == GL_STATE_PACKING)
        gl_request_book_wait(leader, now);
    gl_request_change_places(leader, follower);
    name_again(leader, follower);
    leader->caller.result->source = GLIMPSE_SOURCE_LIVE;
    gl_flow_owe(leader, leader);
    gl_clockwork_set_timer(leader);
    return follower;
}

gl_request *gl_flight_leave(gl_request *request, gl_time now)
{
    if (first_follower(request) != NULL) request = promote(request, now);
    if (request->state != GL_STATE_FOLLOWING) return request;
    keep_text(request, request->leader);
    take_out(request);
    return request;
}

gl_request *gl_flight_next(gl_request *leader)
{
    gl_request *follower = first_follower(leader);
    if (follower == NULL) return NULL;
    take_out(follower);
    if (leader->caller.result->error != GLIMPSE_OK) keep_text(follower, leader);
    gl_result_share(follower->caller.result, leader->caller.result);
    return follower;
}

static bool can_wait(const gl_request *request, gl_time until)
{
    return request->caller.text_delivered == 0 && request->caller.events_told == 0 &&
           request->caller.deadline > until;
}

gl_request *gl_flight_drop(gl_request *leader, gl_time until, gl_time now)
{
    for (gl_node *node = leader->followers.head.next; node != &leader->followers.head;
         node = node->next) {
        gl_request *follower = GL_CONTAINER(node, gl_request, node);
        if (can_wait(follower, until)) continue;
        keep_text(follower, leader);
        take_out(follower);
        gl_result_share(follower->caller.result, leader->caller.result);
        return follower;
    }
    if (can_wait(leader, until)) return NULL;
    gl_request *left = gl_flight_leave(leader, now);
    if (left != leader) gl_result_share(leader->caller.result, left->caller.result);
    return left;
}

gl_time gl_flight_deadline(const gl_request *leader)
{
    gl_time latest = leader->caller.deadline;
    for (gl_node *node = leader->followers.head.next; node != &leader->followers.head;
         node = node->next) {
        gl_time deadline = GL_CONTAINER(node, gl_request, node)->caller.deadline;
        if (deadline > latest) latest = deadline;
    }
    return latest;
}

/* --- text --- */

void gl_flight_text(gl_request *leader)
{
    gl_flow_owe(leader, leader);
    for (gl_node *node = leader->followers.head.next; node != &leader->followers.head;
         node = node->next)
        gl_flow_owe(GL_CONTAINER(node, gl_request, node), leader);
    const glimpse_engine *engine = leader->engine;
    if (!gl_list_empty(&engine->speaking) || !gl_list_empty(&engine->behind))
        gl_clockwork_schedule(&leader->engine->clock);
}
