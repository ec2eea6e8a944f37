/* id_set.c - finds repeated custom_ids in a job of any length. */
#include "batch/id_set.h"

void id_set_init(id_set *set)
{
    for (size_t i = 0; i < 2; i++) set->seeds[i] = gl_siphash_new_seed();
    gl_digest_set_init(&set->seen);
}

void id_set_clear(id_set *set)
{
    gl_digest_set_free(&set->seen);
}

void id_set_free(id_set *set)
{
    id_set_clear(set);
}

id_set_verdict id_set_add(id_set *set, gl_slice id)
{
    gl_digest digest = { gl_siphash(&set->seeds[0], id.data, id.len),
                         gl_siphash(&set->seeds[1], id.data, id.len) };
    switch (gl_digest_set_add(&set->seen, digest)) {
    case GL_DIGEST_NEW:
        return ID_NEW;
    case GL_DIGEST_SEEN:
        return ID_SEEN;
    case GL_DIGEST_NO_MEMORY:
        break;
    }
    return ID_FAILED;
}
