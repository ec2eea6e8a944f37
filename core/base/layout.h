/*
 * layout.h - reads and writes a struct of a caller that was compiled against another version of it.
 *
 * Such a struct begins with its size, which the caller's compiler knew, and grows at its end alone.
 * A struct within it may grow too: it begins with a size of its own, and what stands behind it has
 * moved by as much as it is larger or smaller. Pure.
 */
#ifndef GL_BASE_LAYOUT_H
#define GL_BASE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#define GL_LAYOUT_PARTS 3

/* A struct as this library knows it, and its members that are structs with a size, in order. */
typedef struct gl_layout {
    size_t size;
    struct {
        size_t offset, size;
    } parts[GL_LAYOUT_PARTS];
    size_t part_count;
} gl_layout;

/*
 * The caller's struct in our form: `from` itself where it has it, else `room`, filled from defaults
 * and what the caller has. NULL: no size was set, or a member is set (not all zero) that we do not
 * know.
 */
const void *gl_layout_read(const gl_layout *layout, const void *from, const void *defaults,
                           void *room);

/* Writes ours into the caller's struct, whose sizes are set and stay; what we do not know is zero.
 * false: no size was set, and nothing is written. */
bool gl_layout_write(const gl_layout *layout, void *to, const void *from);

#endif
