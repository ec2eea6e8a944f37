/* token.h - the bytes that are allowed in each part of a request (RFC 9110, section 5; RFC 3986).
 * Pure. */
#ifndef HTTPD_TOKEN_H
#define HTTPD_TOKEN_H

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/slice.h"

/* At least one, and nothing but the characters of a token: a method, a header's name. */
bool httpd_is_token(gl_slice text);

/* No control character but the tab: a header's value. Bytes above 127 are allowed. */
bool httpd_is_value(gl_slice text);

/* Visible ASCII without '#': a request's target. */
bool httpd_is_target(gl_slice text);

/* host or host:port, not empty; an IPv6 address in brackets. No user, no path, no list. */
bool httpd_is_authority(gl_slice text);

/* Returns how many bytes of a token are at its front. */
size_t httpd_token_len(gl_slice text);

/* Compares, ignoring the case of ASCII letters. `word` is in small letters. Defined here, so that
 * its length is known when it is compiled: nearly all headers end at the first comparison. */
static inline bool httpd_same(gl_slice text, const char *word)
{
    return text.len == strlen(word) && (text.len == 0 || (text.data[0] | 0x20) == word[0]) &&
           strncasecmp(text.data, word, text.len) == 0;
}

/* Without blanks and tabs at its ends. */
gl_slice httpd_trim(gl_slice text);

/* Takes the next element of a list with commas, trimmed; *rest is the text behind it. false: none
 * is left. An element may be empty. */
bool httpd_next_element(gl_slice *rest, gl_slice *element);

#endif
