/*
 * alloc.c - see alloc.h. Owns the count of live allocations and the test's gate. Both belong to the
 * thread: a program may run an engine on each of several threads, and nothing here is shared.
 */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local size_t live;
static _Thread_local bool (*gate)(void);

void *gl_malloc(size_t size)
{
    if (gate != NULL && !gate()) return NULL;
    void *memory = malloc(size != 0 ? size : 1);
    if (memory != NULL) live++;
    return memory;
}

void *gl_calloc(size_t count, size_t size)
{
    if (gate != NULL && !gate()) return NULL;
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    void *memory = calloc(count != 0 ? count : 1, size != 0 ? size : 1);
    if (memory != NULL) live++;
    return memory;
}

void *gl_realloc(void *memory, size_t size)
{
    if (gate != NULL && !gate()) return NULL;
    void *moved = realloc(memory, size != 0 ? size : 1);
    if (moved != NULL && memory == NULL) live++;
    return moved;
}

void gl_free(void *memory)
{
    if (memory == NULL) return;
    live--;
    free(memory);
}

char *gl_strndup(const char *text, size_t len)
{
    char *copy = gl_malloc(len + 1);
    if (copy == NULL) return NULL;
    if (len != 0) memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *gl_strdup(const char *text)
{
    return text != NULL ? gl_strndup(text, strlen(text)) : NULL;
}

size_t gl_alloc_live(void)
{
    return live;
}

void gl_alloc_set_gate(bool (*may)(void))
{
    gate = may;
}
