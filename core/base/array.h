/* array.h - the one way in which an array grows: by doubling, its size checked. */
#ifndef GL_BASE_ARRAY_H
#define GL_BASE_ARRAY_H

#include <stddef.h>

/*
 * Room for `wanted` items of `size` bytes. Returns the array, perhaps moved, with its capacity in
 * *capacity; NULL when there is no memory for it, array and *capacity are then as before.
 *
 * first is the least capacity of the first growth: small where there are many arrays of few items,
 * large where there is one of many. Items beyond those that were there are not initialised.
 */
void *gl_array_room(void *array, size_t *capacity, size_t wanted, size_t first, size_t size);

#endif
