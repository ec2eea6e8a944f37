/* array.h - the one way in which an array grows: by doubling, its size checked. */
#ifndef GL_BASE_ARRAY_H
#define GL_BASE_ARRAY_H

#include <stddef.h>

/*
 * Makes room for `wanted` items of `size` bytes. Returns the array, perhaps moved, with its
 * capacity in *capacity. NULL: out of memory; the array and *capacity are then unchanged.
 *
 * first is the capacity of the first growth: small where there are many arrays of few items, large
 * where there is one of many. New items are not initialised.
 */
void *gl_array_room(void *array, size_t *capacity, size_t wanted, size_t first, size_t size);

#endif
