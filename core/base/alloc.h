/*
 * alloc.h - the library's one way to memory.
 *
 * Every allocation is counted, so that a test can claim that none is left, and goes through three
 * functions that a test can make fail. All return NULL when out of memory.
 */
#ifndef GL_BASE_ALLOC_H
#define GL_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

void *gl_malloc(size_t size);
void *gl_calloc(size_t count, size_t size); /* zeroed; NULL on overflow */
void *gl_realloc(void *memory, size_t size);
void gl_free(void *memory);

/* len bytes of text and a NUL. */
char *gl_strndup(const char *text, size_t len);
/* NULL in, NULL out. */
char *gl_strdup(const char *text);

/* Allocations of this thread not freed yet. */
size_t gl_alloc_live(void);

/* For tests: `may` is called before each allocation of this thread; false makes the allocation
 * fail. NULL = none fails. */
void gl_alloc_set_gate(bool (*may)(void));

#endif
