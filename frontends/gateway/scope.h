/*
 * scope.h - who may have whose answers: the scope of a caller, which a request may narrow and can
 * never widen. Pure but for memory.
 *
 * Glimpse-Namespace narrows it: answers are shared by requests of one scope and one namespace
 * alone. What narrows stands behind a line end, which no name of a caller and no header can hold:
 * so it never makes the scope of another.
 */
#ifndef GATEWAY_SCOPE_H
#define GATEWAY_SCOPE_H

#include "base/buf.h"

typedef struct gateway_scope {
    const char *own; /* the caller's; NULL: there are no callers */
    gl_buf narrowed; /* empty: own counts */
} gateway_scope;

void gateway_scope_init(gateway_scope *scope, const char *own);
void gateway_scope_free(gateway_scope *scope);

/* By a value of this kind, a word. Each narrows it further. */
void gateway_scope_narrow(gateway_scope *scope, const char *kind, gl_slice value);

/* *text: as glimpse_options.scope, as long as the scope lives. false: out of memory. */
bool gateway_scope_give(gateway_scope *scope, const char **text);

#endif
