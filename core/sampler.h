/* sampler.h - glimpse_sampler inside: a copied table, a pointer, a count. */
#ifndef GL_SAMPLER_H
#define GL_SAMPLER_H

#include <glimpse/sampler.h>

struct glimpse_sampler {
    glimpse_sampler_vtable vtable;
    void *self;
    size_t owners;
};

#endif
