/* callers.c - see callers.h. */
#include "gateway/callers.h"

#include <glimpse/cache.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/sha256.h"

struct gateway_callers {
    gateway_keys *keys;
    gateway_caller **of;     /* by the index of the key */
    gateway_caller **sorted; /* by name */
    size_t count;
    unsigned generation;
    gl_sha256 *sha;
};

gateway_callers *gateway_callers_new(void)
{
    gateway_callers *callers = gl_calloc(1, sizeof *callers);
    if (callers == NULL) return NULL;
    callers->sha = gl_sha256_new();
    if (callers->sha != NULL) return callers;
    gl_free(callers);
    return NULL;
}

void gateway_caller_ref(gateway_caller *caller)
{
    caller->owners++;
}

void gateway_caller_unref(gateway_caller *caller)
{
    if (caller == NULL || --caller->owners != 0) return;
    gl_free(caller->name);
    gl_free(caller);
}

static void drop(gateway_caller **list, size_t count)
{
    for (size_t i = 0; list != NULL && i < count; i++) gateway_caller_unref(list[i]);
    gl_free(list);
}

void gateway_callers_free(gateway_callers *callers)
{
    if (callers == NULL) return;
    drop(callers->sorted, callers->count);
    gl_free(callers->of);
    gateway_keys_free(callers->keys);
    gl_sha256_free(callers->sha);
    gl_free(callers);
}

/* --- loading ---------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const gateway_caller *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static int compare_name(const void *name, const void *caller)
{
    const gateway_caller *const *of = caller;
    return strcmp(name, (*of)->name);
}

/* The caller of this name, with what it has spent, or a new one. NULL: out of memory. */
static gateway_caller *caller_of(const gateway_callers *callers, const char *name)
{
    gateway_caller **known = NULL;
    if (callers->count != 0)
        known =
            bsearch(name, callers->sorted, callers->count, sizeof(gateway_caller *), compare_name);
    if (known != NULL) {
        gateway_caller_ref(*known);
        return *known;
    }
    gateway_caller *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    made->owners = 1;
    made->name = gl_strdup(name);
    if (made->name != NULL) return made;
    gl_free(made);
    return NULL;
}

bool gateway_callers_load(gateway_callers *callers, gl_slice text, gateway_fault *fault)
{
    gateway_keys *keys = gateway_keys_read(text, fault);
    if (keys == NULL) return false;
    size_t count = gateway_keys_count(keys), made = 0;
    gateway_caller **of = gl_calloc(count, sizeof *of), **sorted = gl_calloc(count, sizeof *sorted);
    while (of != NULL && sorted != NULL && made < count) {
        of[made] = sorted[made] = caller_of(callers, gateway_keys_at(keys, made)->name);
        if (of[made] == NULL) break;
        made++;
    }
    if (made < count) {
        drop(sorted, made);
        gl_free(of);
        gateway_keys_free(keys);
        return false;
    }
    /* From here on nothing fails. */
    for (size_t i = 0; i < callers->count; i++) callers->sorted[i]->key = NULL;
    uint64_t now_ns = glimpse_monotonic_ns();
    int64_t unix_s = (int64_t)time(NULL);
    for (size_t i = 0; i < count; i++) {
        of[i]->key = gateway_keys_at(keys, i);
        gateway_allowance_set(&of[i]->allowance, &of[i]->key->limits, now_ns, unix_s);
    }
    qsort(sorted, count, sizeof(gateway_caller *), compare);
    drop(callers->sorted, callers->count);
    gl_free(callers->of);
    gateway_keys_free(callers->keys);
    callers->keys = keys;
    callers->of = of;
    callers->sorted = sorted;
    callers->count = count;
    callers->generation++;
    return true;
}

/* --- looking up ------------------------------------------------------------------------------- */

const gateway_caller *gateway_callers_at(const gateway_callers *callers, size_t index)
{
    return index < callers->count ? callers->sorted[index] : NULL;
}

unsigned gateway_callers_generation(const gateway_callers *callers)
{
    return callers->generation;
}

gateway_caller *gateway_callers_find(gateway_callers *callers, gl_slice presented)
{
    unsigned char digest[32];
    /* A key that is missing is hashed and looked for like another: it takes the same time. */
    if (!gl_sha256_digest(callers->sha, &presented, 1, digest)) return NULL;
    const gateway_key *key = gateway_keys_find(callers->keys, digest, (int64_t)time(NULL));
    if (key == NULL || presented.len == 0) return NULL;
    return callers->of[key - gateway_keys_at(callers->keys, 0)];
}
