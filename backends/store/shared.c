/*
 * shared.c - shared by a store's reads and writes: the account of each turn, the log, the digest.
 */
#include "store/sqlite.h"

/* --- the account of a turn --- */

gl_time gl_sqlite_begin(gl_sqlite *self)
{
    gl_defer_next_turn(self->on_turn);
    return gl_clock_now();
}

void gl_sqlite_end(gl_sqlite *self, gl_time begun)
{
    self->spent += gl_time_since(gl_clock_now(), begun);
    if (self->spent > self->stats.longest_turn_ns) self->stats.longest_turn_ns = self->spent;
}

/* --- the log --- */

void gl_sqlite_tell(gl_sqlite *self, glimpse_log_level level, const char *event, const char *reason)
{
    glimpse_log_field fields[] = { { "path", self->path, 0 }, { "reason", reason, 0 } };
    gl_log_emit(&self->log, level, event, fields, 2);
}

void gl_sqlite_give_up(gl_sqlite *self, const char *reason)
{
    if (self->gone) return;
    self->gone = true;
    gl_sqlite_tell(self, GLIMPSE_LOG_ERROR, "store_given_up", reason);
}

/* --- the digest --- */

bool gl_sqlite_digest(gl_sqlite *self, const glimpse_key *key, int64_t put_ms, gl_slice value,
                      unsigned char digest[32])
{
    char time[8];
    for (size_t i = 0; i < sizeof time; i++)
        time[i] = (char)(unsigned char)((uint64_t)put_ms >> (8 * i));
    const gl_slice parts[] = { gl_slice_of((const char *)key->bytes, sizeof key->bytes),
                               gl_slice_of(time, sizeof time), value };
    return gl_sha256_digest(self->sha, parts, 3, digest);
}
