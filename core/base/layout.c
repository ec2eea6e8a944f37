/* layout.c - see layout.h. Called at the public doors. */
#include "base/layout.h"

#include <string.h>

/* No struct of ours is near it: a larger size is a value of memory that nobody initialized. */
#define MOST_BYTES 4096

/* A stretch that is whole in our struct, and whole in the caller's. */
typedef struct stretch {
    size_t ours, our_len, theirs, their_len;
} stretch;

typedef struct stretches {
    stretch items[2 * GL_LAYOUT_PARTS + 1]; /* odd ones are parts */
    size_t count;
} stretches;

static size_t size_at(const unsigned char *bytes)
{
    size_t size;
    memcpy(&size, bytes, sizeof size);
    return size;
}

static void put(stretches *all, size_t ours, size_t our_len, size_t theirs, size_t their_len)
{
    all->items[all->count++] = (stretch){ ours, our_len, theirs, their_len };
}

/* false: the size is impossible. */
static bool compare(const gl_layout *layout, const unsigned char *theirs, stretches *all)
{
    size_t total = size_at(theirs), ours = 0, at = 0;
    all->count = 0;
    if (total < sizeof total || total > MOST_BYTES) return false;
    for (size_t i = 0; i < layout->part_count; i++) {
        size_t before = layout->parts[i].offset - ours;
        if (total - at <= before) break; /* the caller's version has no such part */
        put(all, ours, before, at, before);
        at += before;
        ours += before;
        size_t part = total - at >= sizeof part ? size_at(theirs + at) : 0;
        if (part < sizeof part || part > total - at) return false;
        put(all, ours, layout->parts[i].size, at, part);
        at += part;
        ours += layout->parts[i].size;
    }
    put(all, ours, layout->size - ours, at, total - at);
    return true;
}

static void set_sizes(const gl_layout *layout, unsigned char *ours)
{
    memcpy(ours, &layout->size, sizeof layout->size);
    for (size_t i = 0; i < layout->part_count; i++)
        memcpy(ours + layout->parts[i].offset, &layout->parts[i].size, sizeof(size_t));
}

static bool is_ours(const gl_layout *layout, const unsigned char *theirs)
{
    if (size_at(theirs) != layout->size) return false;
    for (size_t i = 0; i < layout->part_count; i++)
        if (size_at(theirs + layout->parts[i].offset) != layout->parts[i].size) return false;
    return true;
}

static bool is_zero(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0) return false;
    return true;
}

static size_t shorter(const stretch *s)
{
    return s->our_len < s->their_len ? s->our_len : s->their_len;
}

const void *gl_layout_read(const gl_layout *layout, const void *from, const void *defaults,
                           void *room)
{
    const unsigned char *theirs = from;
    unsigned char *ours = room;
    stretches all;
    if (is_ours(layout, theirs)) return from;
    if (!compare(layout, theirs, &all)) return NULL;
    memcpy(ours, defaults, layout->size);
    for (size_t i = 0; i < all.count; i++) {
        const stretch *s = &all.items[i];
        size_t len = shorter(s);
        memcpy(ours + s->ours, theirs + s->theirs, len);
        if (!is_zero(theirs + s->theirs + len, s->their_len - len)) return NULL;
    }
    set_sizes(layout, ours);
    return room;
}

size_t gl_layout_fault(const gl_layout *layout, const void *from)
{
    const unsigned char *theirs = from;
    stretches all;
    /* Where the comparison ended early, it is for the part behind what it has. */
    size_t at = compare(layout, theirs, &all) ? 0 : all.count;
    for (; at < all.count; at++) {
        const stretch *s = &all.items[at];
        size_t len = shorter(s);
        if (!is_zero(theirs + s->theirs + len, s->their_len - len)) break;
    }
    return at % 2 == 1 ? at / 2 : layout->part_count;
}

bool gl_layout_write(const gl_layout *layout, void *to, const void *from)
{
    const unsigned char *ours = from;
    unsigned char *theirs = to;
    stretches all;
    if (!compare(layout, theirs, &all)) return false;
    for (size_t i = 0; i < all.count; i++) {
        const stretch *s = &all.items[i];
        /* Odd stretches are parts, and the first begins with the size of the whole: those sizes
         * stay. */
        size_t kept = i == 0 || i % 2 == 1 ? sizeof(size_t) : 0, len = shorter(s);
        memcpy(theirs + s->theirs + kept, ours + s->ours + kept, len - kept);
        memset(theirs + s->theirs + len, 0, s->their_len - len);
    }
    return true;
}
