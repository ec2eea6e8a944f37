/* batch_object.h - the objects of the Files and Batches API, read from JSON text. Pure. */
#ifndef GL_OPENAI_BATCH_OBJECT_H
#define GL_OPENAI_BATCH_OBJECT_H

#include <glimpse/batch_api.h>

#include "base/buf.h"
#include "base/json.h"

/* Reads a batch. Its strings live in text, which is reset. false: it is none (no id), or out of
 * memory (text->failed). */
bool gl_batch_read(gl_json object, gl_buf *text, glimpse_batch *batch);

/* Whether a batch carries these names in its metadata. */
bool gl_batch_is_named(gl_json object, const char *job, const char *part);

/* The state has ended. */
bool gl_batch_ended(glimpse_batch_state state);

/* It has ended with answers, as far as it says, and does not say yet which file they are in. */
bool gl_batch_lacks_output(const glimpse_batch *batch);

/* A file that the endpoint has not looked into yet: it takes no batch of it until then. */
bool gl_batch_file_waits(gl_json file);

#endif
