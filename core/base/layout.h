/*
 * layout.h - reads and writes a struct of a caller that was compiled against another version of it.
 *
 * Such a struct begins with its size, which the caller's compiler knew, and grows only at its end.
 * A struct within it may grow too: it begins with a size of its own, and the members behind it are
 * moved by the difference. Pure.
 */
#ifndef GL_BASE_LAYOUT_H
#define GL_BASE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#define GL_LAYOUT_PARTS 3

/* A struct in this version's layout, and its members that are structs with a size, in order. */
typedef struct gl_layout {
    size_t size;
    struct {
        size_t offset, size;
    } parts[GL_LAYOUT_PARTS];
    size_t part_count;
} gl_layout;

/*
 * Returns the caller's struct in our layout: `from` itself where it has it, else `room`, filled
 * from defaults and the caller's members. NULL: no size was set, or a member is set (not all zero)
 * that this version does not know.
 */
const void *gl_layout_read(const gl_layout *layout, const void *from, const void *defaults,
                           void *room);

/* Returns the index of the part for which gl_layout_read refuses the struct, or part_count where
 * the struct itself is at fault. */
size_t gl_layout_fault(const gl_layout *layout, const void *from);

/* Writes ours into the caller's struct, whose sizes are set and stay; members that this version
 * does not know become zero. false: no size was set, and nothing is written. */
bool gl_layout_write(const gl_layout *layout, void *to, const void *from);

#endif
