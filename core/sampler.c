/*
 * sampler.c - glimpse_sampler: a copied table of functions, a pointer, a count of owners.
 */
#include "sampler.h"

#include "base/alloc.h"

glimpse_error glimpse_sampler_new(const glimpse_sampler_vtable *vtable, void *self,
                                  glimpse_sampler **sampler)
{
    if (vtable == NULL || sampler == NULL || vtable->version != GLIMPSE_SAMPLER_VERSION ||
        vtable->name == NULL || vtable->start == NULL)
        return GLIMPSE_ERR_INVALID;
    *sampler = gl_malloc(sizeof **sampler);
    if (*sampler == NULL) return GLIMPSE_ERR_OOM;
    (*sampler)->vtable = *vtable; /* one version so far: a larger one is copied member by member */
    (*sampler)->self = self;
    (*sampler)->owners = 1;
    return GLIMPSE_OK;
}

glimpse_sampler *glimpse_sampler_ref(glimpse_sampler *sampler)
{
    sampler->owners++;
    return sampler;
}

void glimpse_sampler_unref(glimpse_sampler *sampler)
{
    if (sampler == NULL || --sampler->owners != 0) return;
    if (sampler->vtable.destroy != NULL) sampler->vtable.destroy(sampler->self);
    gl_free(sampler);
}

const char *glimpse_sampler_name(const glimpse_sampler *sampler)
{
    return sampler->vtable.name;
}
