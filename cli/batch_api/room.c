/*
 * room.c - parts for which the endpoint has no room: which part waits, for how long, and which is
 * halved.
 */
#include <event2/event.h>

#include "batch_api/private.h"

/* The time for which the endpoint is left alone when it has no room for more tokens and no batch of
 * ours is under way there; it doubles. */
#define ROOM_MIN_MS 1000
#define ROOM_MAX_MS 60000
/* A part that had no room this many times, though no other batch of ours was under way, is
 * halved. */
#define NO_ROOM_MAX 2

bool batch_api_is_alone(const batch_api_part *part)
{
    const batch_api_job *job = part->job;
    for (size_t i = 0; i < job->part_count && part->alone; i++) {
        const batch_api_part *other = job->parts[i];
        if (other != NULL && other != part &&
            (other->step == BATCH_API_CREATING || other->step == BATCH_API_CREATED))
            return false;
    }
    return part->alone;
}

bool batch_api_is_too_large(const batch_api_part *part)
{
    uint64_t known = part->job->room_bytes;
    return part->requests > 1 &&
           (part->no_room >= NO_ROOM_MAX || (known != 0 && part->bytes >= known));
}

void batch_api_halve(batch_api_part *part)
{
    batch_api_job *job = part->job;
    batch_api_tell(
        job,
        "part %u: its %llu requests are too many for the endpoint's room: halved; a smaller "
        "--batch-requests saves this",
        (unsigned)part->number, (unsigned long long)part->requests);
    if (job->room_bytes == 0 || part->bytes < job->room_bytes) job->room_bytes = part->bytes;
    part->waits = false;
    if (batch_api_plan_split(job, part)) pump_changed(&job->pump);
}

static void try_first(batch_api_job *job)
{
    for (size_t i = 0; i < job->part_count; i++) {
        batch_api_part *part = job->parts[i];
        if (part == NULL || !part->waits) continue;
        part->waits = false;
        return;
    }
}

void batch_api_room_made(const batch_api_part *part)
{
    batch_api_job *job = part->job;
    job->room_wait_ms = 0;
    if (part->bytes >= job->room_bytes) job->room_bytes = 0;
    try_first(job);
}

void batch_api_wait_for_room(batch_api_part *part)
{
    batch_api_job *job = part->job;
    if (evtimer_pending(job->room, NULL)) return;
    if (batch_api_is_too_large(part)) {
        batch_api_halve(part);
        return;
    }
    if (part->no_room == 0) {
        part->waits = false;
        pump_changed(&job->pump);
        return;
    }
    job->room_wait_ms = job->room_wait_ms == 0 ? ROOM_MIN_MS : job->room_wait_ms * 2;
    if (job->room_wait_ms > ROOM_MAX_MS) job->room_wait_ms = ROOM_MAX_MS;
    const struct timeval wait = { (time_t)(job->room_wait_ms / 1000),
                                  (suseconds_t)(job->room_wait_ms % 1000 * 1000) };
    evtimer_add(job->room, &wait);
}

void batch_api_room_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    batch_api_job *job = arg;
    try_first(job);
    pump_changed(&job->pump);
}
