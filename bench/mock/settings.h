/*
 * settings.h - the options that a client can read and change while the server runs, as JSON with
 * the names of the command line: {"latency":"lognormal:1s:2s","capacity":4}.
 */
#ifndef MOCK_SETTINGS_H
#define MOCK_SETTINGS_H

#include "base/buf.h"
#include "base/slice.h"
#include "mock/mock.h"

/* A copy that owns its texts. false: out of memory, and there is nothing to free. */
bool mock_settings_copy(mock_options *to, const mock_options *from);
void mock_settings_free(mock_options *options);

/* One object with all of them. */
void mock_settings_write(const mock_options *options, gl_buf *out);

/* Takes over the members of a JSON object; missing ones stay. options own their texts. false:
 * problem has the reason, and some may have changed: change a copy. */
bool mock_settings_change(mock_options *options, gl_slice json, char *problem, size_t problem_size);

#endif
