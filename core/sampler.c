/*
 * sampler.c - glimpse_sampler: a copied table of functions, a pointer, a count of owners.
 */
#include "sampler.h"

#include "base/alloc.h"
#include "base/layout.h"
#include "problem.h"

glimpse_error glimpse_sampler_new(const glimpse_sampler_vtable *vtable, void *self,
                                  glimpse_sampler **sampler, glimpse_problem *problem)
{
    gl_problem_clear(problem);
    if (sampler == NULL) return gl_refuse(problem, "sampler", "is NULL");
    *sampler = NULL;
    if (vtable == NULL) return gl_refuse(problem, "vtable", "is NULL");
    static const gl_layout layout = { .size = sizeof *vtable };
    static const glimpse_sampler_vtable none = { .size = sizeof none };
    glimpse_sampler_vtable room;
    vtable = gl_layout_read(&layout, vtable, &none, &room);
    if (vtable == NULL) return gl_refuse_size(problem, "sizeof(glimpse_sampler_vtable)");
    if (vtable->name == NULL) return gl_refuse(problem, "name", "is NULL");
    if (vtable->start == NULL) return gl_refuse(problem, "start", "is NULL");
    *sampler = gl_malloc(sizeof **sampler);
    if (*sampler == NULL) return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    (*sampler)->vtable = *vtable;
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
