/*
 * callers.h - who asks: the keys of --keys, and what each caller has spent, over reloads of the
 * file too.
 */
#ifndef GATEWAY_CALLERS_H
#define GATEWAY_CALLERS_H

#include "gateway/allowance.h"
#include "gateway/keys.h"
#include "gateway/tally.h"

/* One caller, by its name in the file. */
typedef struct gateway_caller {
    char *name;
    const gateway_key *key; /* NULL: the file has it no more, and requests of it are under way */
    gateway_allowance allowance;
    gateway_share share; /* for the metrics */
    size_t owners;       /* the file, and each of its requests under way */
} gateway_caller;

typedef struct gateway_callers gateway_callers;

gateway_callers *gateway_callers_new(void); /* NULL: out of memory */
void gateway_callers_free(gateway_callers *callers);

/* Reads a file in place of the one before; a file that is wrong changes nothing. false: as
 * gateway_keys_read. */
bool gateway_callers_load(gateway_callers *callers, gl_slice text, gateway_fault *fault);

/* Returns the caller of this place in the order of their names; NULL: there are no more. */
const gateway_caller *gateway_callers_at(const gateway_callers *callers, size_t index);

/* Counts the files that were loaded: what was found before may be gone when it changes. */
unsigned gateway_callers_generation(const gateway_callers *callers);

/* Finds who presents this key; NULL: nobody, whether it is missing, unknown or expired. */
gateway_caller *gateway_callers_find(gateway_callers *callers, gl_slice presented);

/* A request of the caller's is under way; it has ended. */
void gateway_caller_ref(gateway_caller *caller);
void gateway_caller_unref(gateway_caller *caller);

#endif
