/* scope.c - see scope.h. */
#include "gateway/scope.h"

/* As long as a request's head may be, and a caller's name. */
#define SCOPE_MAX ((size_t)128 * 1024)

void gateway_scope_init(gateway_scope *scope, const char *own)
{
    scope->own = own;
    gl_buf_init(&scope->narrowed, SCOPE_MAX);
}

void gateway_scope_free(gateway_scope *scope)
{
    gl_buf_free(&scope->narrowed);
}

void gateway_scope_narrow(gateway_scope *scope, const char *kind, gl_slice value)
{
    gl_buf *to = &scope->narrowed;
    if (to->len == 0 && scope->own != NULL) gl_buf_append_str(to, scope->own);
    gl_buf_append_char(to, '\n');
    gl_buf_append_str(to, kind);
    gl_buf_append_char(to, '=');
    gl_buf_append(to, value.data, value.len);
}

bool gateway_scope_give(gateway_scope *scope, const char **text)
{
    *text = scope->own;
    if (scope->narrowed.len == 0 && !scope->narrowed.failed) return true;
    if (!gl_buf_terminate(&scope->narrowed)) return false;
    *text = scope->narrowed.data;
    return true;
}
