/* index.c - see index.h. */
#include "base/index.h"

#include <assert.h>

#include "base/alloc.h"

#define SIZE_FIRST 32

void gl_index_init(gl_index *index)
{
    *index = (gl_index){ 0 };
}

void gl_index_free(gl_index *index)
{
    gl_free(index->places);
    gl_index_init(index);
}

static void put(gl_index *index, uint64_t hash, uint32_t place)
{
    size_t at = (size_t)hash & (index->size - 1);
    while (index->places[at] != 0) at = (at + 1) & (index->size - 1);
    index->places[at] = place;
}

bool gl_index_reserve(gl_index *index, size_t count, gl_index_hash hash, const void *owner)
{
    if (count <= index->size / 2) return true;
    if (count > UINT32_MAX || count > SIZE_MAX / 4) return false;
    gl_index grown = { .size = index->size != 0 ? index->size : SIZE_FIRST, .count = index->count };
    while (grown.size / 2 < count) grown.size *= 2;
    grown.places = gl_calloc(grown.size, sizeof *grown.places);
    if (grown.places == NULL) return false;
    for (size_t i = 0; i < index->size; i++)
        if (index->places[i] != 0) put(&grown, hash(owner, index->places[i] - 1), index->places[i]);
    gl_free(index->places);
    *index = grown;
    return true;
}

void gl_index_add(gl_index *index, uint64_t hash, uint32_t number)
{
    assert(index->count < index->size / 2 && number < UINT32_MAX);
    put(index, hash, number + 1);
    index->count++;
}
