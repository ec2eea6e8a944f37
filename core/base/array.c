/* array.c - see array.h. */
#include "base/array.h"

#include <stdint.h>

#include "base/alloc.h"

void *gl_array_room(void *array, size_t *capacity, size_t wanted, size_t first, size_t size)
{
    if (wanted <= *capacity && array != NULL) return array;
    size_t more = *capacity != 0 ? *capacity : first != 0 ? first : 1;
    while (more < wanted) {
        if (more > SIZE_MAX / 2) return NULL;
        more *= 2;
    }
    if (more > SIZE_MAX / size) return NULL;
    void *grown = gl_realloc(array, more * size);
    if (grown != NULL) *capacity = more;
    return grown;
}
