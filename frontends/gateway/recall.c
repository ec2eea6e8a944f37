/* recall.c - see recall.h. */
#include "gateway/recall.h"

#include "base/alloc.h"
#include "base/array.h"

#define ROOM_FIRST 64

void gateway_recall_init(gateway_recall *recall, size_t most)
{
    *recall = (gateway_recall){ .seed = gl_siphash_new_seed(), .most = most };
    gl_map_init(&recall->places);
}

void gateway_recall_free(gateway_recall *recall)
{
    gl_map_free(&recall->places);
    gl_free(recall->ring);
    recall->ring = NULL;
}

uint64_t gateway_recall_hash(const gateway_recall *recall, const gl_slice *texts, size_t count)
{
    uint64_t parts[4] = { 0 };
    for (size_t i = 0; i < count && i < 4; i++)
        parts[i] = gl_siphash(&recall->seed, texts[i].len != 0 ? texts[i].data : "", texts[i].len);
    return gl_siphash(&recall->seed, parts, sizeof parts);
}

static size_t place_of(const gateway_recall *recall, uint64_t hash)
{
    return (size_t)(uintptr_t)gl_map_get(&recall->places, hash);
}

bool gateway_recall_get(const gateway_recall *recall, uint64_t hash, uint64_t *value)
{
    size_t place = place_of(recall, hash);
    if (place == 0) return false;
    *value = recall->ring[place - 1].value;
    return true;
}

/* Returns a place for a new text; SIZE_MAX: out of memory. */
static size_t free_place(gateway_recall *recall)
{
    if (recall->count < recall->most) {
        void *ring = gl_array_room(recall->ring, &recall->capacity, recall->count + 1, ROOM_FIRST,
                                   sizeof *recall->ring);
        if (ring == NULL) return SIZE_MAX;
        recall->ring = ring;
        return recall->count++;
    }
    size_t place = recall->next;
    recall->next = (place + 1) % recall->most;
    gl_map_remove(&recall->places, recall->ring[place].hash);
    return place;
}

void gateway_recall_put(gateway_recall *recall, uint64_t hash, uint64_t value)
{
    size_t place = place_of(recall, hash);
    if (place != 0) {
        recall->ring[place - 1].value = value;
        return;
    }
    if (!gl_map_reserve(&recall->places, recall->places.count + 1)) return;
    place = free_place(recall);
    if (place == SIZE_MAX) return;
    recall->ring[place] = (gateway_memory){ hash, value };
    gl_map_add(&recall->places, hash, (void *)(uintptr_t)(place + 1));
}
