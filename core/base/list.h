/*
 * list.h - doubly linked list whose nodes live inside the structs that they link. Nothing here can
 * fail.
 *
 * An unlinked node points to itself, so a node can tell whether it is in a list, and removing it
 * twice is harmless. A node is in at most one list; initialise it before the first use.
 */
#ifndef GL_BASE_LIST_H
#define GL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct gl_node {
    struct gl_node *next, *prev;
} gl_node;

typedef struct gl_list {
    gl_node head; /* head.next is the first, head.prev the last */
} gl_list;

/* The struct of type that holds this node as member. */
#define GL_CONTAINER(node, type, member) ((type *)(void *)((char *)(node) - offsetof(type, member)))

static inline void gl_node_init(gl_node *node)
{
    node->next = node->prev = node;
}

static inline bool gl_node_linked(const gl_node *node)
{
    return node->next != node;
}

static inline void gl_list_init(gl_list *list)
{
    gl_node_init(&list->head);
}

static inline bool gl_list_empty(const gl_list *list)
{
    return list->head.next == &list->head;
}

static inline void gl_node_insert_after(gl_node *where, gl_node *node)
{
    node->prev = where;
    node->next = where->next;
    where->next->prev = node;
    where->next = node;
}

static inline void gl_list_push_back(gl_list *list, gl_node *node)
{
    gl_node_insert_after(list->head.prev, node);
}

static inline void gl_list_push_front(gl_list *list, gl_node *node)
{
    gl_node_insert_after(&list->head, node);
}

static inline void gl_node_remove(gl_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    gl_node_init(node);
}

/* The first node, NULL when empty. */
static inline gl_node *gl_list_first(const gl_list *list)
{
    return gl_list_empty(list) ? NULL : list->head.next;
}

static inline gl_node *gl_list_last(const gl_list *list)
{
    return gl_list_empty(list) ? NULL : list->head.prev;
}

static inline gl_node *gl_list_pop_front(gl_list *list)
{
    gl_node *node = gl_list_first(list);
    if (node != NULL) gl_node_remove(node);
    return node;
}

/* Moves all of `from` to the end of `to`. */
static inline void gl_list_splice_back(gl_list *to, gl_list *from)
{
    if (gl_list_empty(from)) return;
    from->head.next->prev = to->head.prev;
    to->head.prev->next = from->head.next;
    from->head.prev->next = &to->head;
    to->head.prev = from->head.prev;
    gl_list_init(from);
}

#endif
