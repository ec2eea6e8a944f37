/* id_set.c - finds repeated custom_ids in a job of any length. */
#include "batch/id_set.h"

void id_set_init(id_set *set)
{
    set->sha = gl_sha256_new();
    gl_digest_set_init(&set->seen);
}

void id_set_clear(id_set *set)
{
    gl_digest_set_free(&set->seen);
}

void id_set_free(id_set *set)
{
    id_set_clear(set);
    gl_sha256_free(set->sha);
    set->sha = NULL;
}

id_set_verdict id_set_add(id_set *set, gl_slice id)
{
    unsigned char digest[32];
    if (set->sha == NULL || !gl_sha256_digest(set->sha, &id, 1, digest)) return ID_FAILED;
    switch (gl_digest_set_add(&set->seen, gl_digest_of(digest))) {
    case GL_DIGEST_NEW:
        return ID_NEW;
    case GL_DIGEST_SEEN:
        return ID_SEEN;
    case GL_DIGEST_NO_MEMORY:
        break;
    }
    return ID_FAILED;
}
