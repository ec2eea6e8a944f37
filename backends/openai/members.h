/*
 * members.h - members of an object that come in pieces and whose names are unknown here: kept, so
 * that a streamed answer has all members of the answer that would have come whole. Pure.
 */
#ifndef GL_OPENAI_MEMBERS_H
#define GL_OPENAI_MEMBERS_H

#include "base/buf.h"
#include "base/json.h"

/* The rule for a value under a name that has one already. The members of objects are merged by the
 * same rule; null and empty values take nothing away. */
typedef enum gl_members_rule {
    GL_MEMBERS_LAST,   /* the last value stands: facts about the answer, repeated in each chunk */
    GL_MEMBERS_EXTEND, /* the same, but arrays are concatenated */
    GL_MEMBERS_GROW    /* arrays so, and strings are appended: the answer's own parts. A string that
                          only names something (type, id, format, ...) stands as it first came */
} gl_members_rule;

/* The most members of one object, and of all objects of a stream together: a name costs some 150
 * bytes however short it is. Further members are dropped. */
#define GL_MEMBERS_OBJECT_MAX 64
#define GL_MEMBERS_STREAM_MAX 4096

/* Shared by all objects of a stream. */
typedef struct gl_members_pool {
    size_t count; /* members so far */
    bool failed;  /* out of memory */
} gl_members_pool;

typedef struct gl_member gl_member;

/* Members in the order in which they first came. {0} is empty. */
typedef struct gl_members {
    gl_member *list;
    size_t count, capacity;
    size_t next; /* the place where the next name is looked for first: chunks repeat their order */
} gl_members;

void gl_members_free(gl_members *members);

/* Adds one member of a checked object. Allocates only for a new name and to grow. */
void gl_members_add(gl_members *members, gl_json name, gl_json value, gl_members_rule rule,
                    gl_members_pool *pool);

/* Appends "name":value for each member, with a comma before each, except before the first where
 * `first` is set. */
void gl_members_write(const gl_members *members, bool first, gl_buf *out);

#endif
