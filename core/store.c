/*
 * store.c - glimpse_store: a table of functions, a pointer and a count of owners. Called by the
 * engine, and by programs that use a store alone.
 */
#include <glimpse/store.h>

#include "base/alloc.h"
#include "base/layout.h"
#include "problem.h"

struct glimpse_store {
    glimpse_store_vtable vtable;
    void *self;
    size_t owners;
};

glimpse_error glimpse_store_new(const glimpse_store_vtable *vtable, void *self,
                                glimpse_store **store, glimpse_problem *problem)
{
    gl_problem_clear(problem);
    if (store == NULL) return gl_refuse(problem, "store", "is NULL");
    *store = NULL;
    if (vtable == NULL) return gl_refuse(problem, "vtable", "is NULL");
    static const gl_layout layout = { .size = sizeof *vtable };
    static const glimpse_store_vtable none = { .size = sizeof none };
    glimpse_store_vtable room;
    vtable = gl_layout_read(&layout, vtable, &none, &room);
    if (vtable == NULL) return gl_refuse_size(problem, "sizeof(glimpse_store_vtable)");
    if (vtable->name == NULL) return gl_refuse(problem, "name", "is NULL");
    if (vtable->get == NULL) return gl_refuse(problem, "get", "is NULL");
    if (vtable->put == NULL) return gl_refuse(problem, "put", "is NULL");
    if (vtable->remove == NULL) return gl_refuse(problem, "remove", "is NULL");
    glimpse_store *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    made->vtable = *vtable;
    made->self = self;
    made->owners = 1;
    *store = made;
    return GLIMPSE_OK;
}

glimpse_store *glimpse_store_ref(glimpse_store *store)
{
    store->owners++;
    return store;
}

void glimpse_store_unref(glimpse_store *store)
{
    if (store == NULL || --store->owners > 0) return;
    if (store->vtable.destroy != NULL) store->vtable.destroy(store->self);
    gl_free(store);
}

const char *glimpse_store_name(const glimpse_store *store)
{
    return store->vtable.name;
}

void *glimpse_store_self(const glimpse_store *store,
                         void (*get)(void *self, const glimpse_key *key, glimpse_store_got_fn got,
                                     void *arg))
{
    return store->vtable.get == get ? store->self : NULL;
}

void glimpse_store_get(glimpse_store *store, const glimpse_key *key, glimpse_store_got_fn got,
                       void *arg)
{
    store->vtable.get(store->self, key, got, arg);
}

void glimpse_store_cancel(glimpse_store *store, void *arg)
{
    if (store->vtable.cancel != NULL) store->vtable.cancel(store->self, arg);
}

void glimpse_store_put(glimpse_store *store, const glimpse_key *key, const glimpse_sample *sample,
                       glimpse_store_done_fn done, void *arg)
{
    store->vtable.put(store->self, key, sample, done, arg);
}

void glimpse_store_remove(glimpse_store *store, const glimpse_key *key, glimpse_store_done_fn done,
                          void *arg)
{
    store->vtable.remove(store->self, key, done, arg);
}
