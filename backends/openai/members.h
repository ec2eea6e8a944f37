/*
 * members.h - members of an object that come in pieces and that nobody here knows by name: kept, so
 * that a streamed answer holds no less than the one that would have come whole. Pure.
 */
#ifndef GL_OPENAI_MEMBERS_H
#define GL_OPENAI_MEMBERS_H

#include "base/buf.h"
#include "base/json.h"

/* What becomes of a value under a name that has one already. Of objects the members are put
 * together by the same rule; null and what is empty take nothing away. */
typedef enum gl_members_rule {
    GL_MEMBERS_LAST,   /* the last one stands: what is said of the answer, chunk after chunk */
    GL_MEMBERS_EXTEND, /* the same, but the elements of arrays are put behind one another */
    GL_MEMBERS_GROW    /* arrays so, and strings are appended: the answer's own parts. A string that
                          only names something (type, id, format, ...) stands as it first came */
} gl_members_rule;

/* Members of one object at the most, and of all objects of a stream together: a name costs some
 * 150 bytes however short it is. What comes above is dropped. */
#define GL_MEMBERS_OBJECT_MAX 64
#define GL_MEMBERS_STREAM_MAX 4096

/* Shared by all objects of a stream. */
typedef struct gl_members_pool {
    size_t count; /* members so far */
    bool failed;  /* out of memory */
} gl_members_pool;

typedef struct gl_member gl_member;

/* In the order in which they first came. {0} is an empty one. */
typedef struct gl_members {
    gl_member *list;
    size_t count, capacity;
    size_t next; /* where the next name is looked for first: chunks repeat their order */
} gl_members;

void gl_members_free(gl_members *members);

/* One member of a checked object. Allocates only for a new name and to grow. */
void gl_members_add(gl_members *members, gl_json name, gl_json value, gl_members_rule rule,
                    gl_members_pool *pool);

/* Appends "name":value for each, a comma before each but, where first is set, the first. */
void gl_members_write(const gl_members *members, bool first, gl_buf *out);

#endif
