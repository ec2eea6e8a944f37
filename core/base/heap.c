/* heap.c - see heap.h. */
#include "base/heap.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/array.h"

void gl_heap_init(gl_heap *heap)
{
    *heap = (gl_heap){ 0 };
}

void gl_heap_free(gl_heap *heap)
{
    gl_free(heap->entries);
    *heap = (gl_heap){ 0 };
}

bool gl_heap_reserve(gl_heap *heap, size_t count)
{
    if (count <= heap->capacity) return true;
    gl_heap_entry **entries =
        gl_array_room(heap->entries, &heap->capacity, count, 16, sizeof *entries);
    if (entries == NULL) return false;
    heap->entries = entries;
    return true;
}

static bool before(const gl_heap_entry *a, const gl_heap_entry *b)
{
    return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static void place(gl_heap *heap, size_t index, gl_heap_entry *entry)
{
    heap->entries[index] = entry;
    entry->index = index;
}

/* Moves the entry from a hole at index to its place. */
static void sift(gl_heap *heap, size_t index, gl_heap_entry *entry)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (!before(entry, heap->entries[parent])) break;
        place(heap, index, heap->entries[parent]);
        index = parent;
    }
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap->count) break;
        if (child + 1 < heap->count && before(heap->entries[child + 1], heap->entries[child]))
            child++;
        if (!before(heap->entries[child], entry)) break;
        place(heap, index, heap->entries[child]);
        index = child;
    }
    place(heap, index, entry);
}

void gl_heap_set(gl_heap *heap, gl_heap_entry *entry, gl_time when)
{
    if (when == GL_TIME_NEVER) {
        gl_heap_remove(heap, entry);
        return;
    }
    if (entry->index == GL_HEAP_NONE) {
        assert(heap->count < heap->capacity);
        entry->when = when;
        entry->order = heap->next_order++;
        sift(heap, heap->count++, entry);
    } else if (entry->when != when) {
        entry->when = when;
        entry->order = heap->next_order++;
        sift(heap, entry->index, entry);
    }
}

void gl_heap_remove(gl_heap *heap, gl_heap_entry *entry)
{
    size_t index = entry->index;
    if (index == GL_HEAP_NONE) return;
    entry->index = GL_HEAP_NONE;
    gl_heap_entry *last = heap->entries[--heap->count];
    if (last != entry) sift(heap, index, last);
}
