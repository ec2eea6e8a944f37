/*
 * retry_after.h - the wait that a server asks for: the headers retry-after-ms and retry-after, by
 * openai-python's rules (docs/wire.md section 7). Pure: the wall clock is an argument.
 */
#ifndef GL_OPENAI_RETRY_AFTER_H
#define GL_OPENAI_RETRY_AFTER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Returns milliseconds, rounded up, INT64_MAX when they do not fit; -1 when there is no wait: no
 * header, nonsense, not a number, a time that has passed, 0. Any number in retry-after-ms goes
 * before retry-after, also a 0. Either may be NULL. now_unix_ms: the time from which a date is
 * measured.
 */
int64_t gl_retry_after(const char *retry_after_ms, const char *retry_after, int64_t now_unix_ms);

/* Returns the moment of an answer by its own Date header, so that a wrong clock of ours lengthens
 * and shortens no wait; now when there is no readable one (NULL). */
int64_t gl_answer_time(const char *date_header, int64_t now_unix_ms);

/* Reads a date of HTTP in any of its three forms, as seconds since 1970. false: it is none. now
 * decides the century of a year with two digits (RFC 9110, section 5.6.7). */
bool gl_http_date(const char *text, int64_t now_unix_ms, int64_t *unix_s);

/* x-should-retry: 1 true, 0 false, -1 anything else. */
int gl_should_retry(const char *value);

#endif
