/* batch_object.h - the objects of the Files and Batches API, read from JSON text. Pure. */
#ifndef GL_OPENAI_BATCH_OBJECT_H
#define GL_OPENAI_BATCH_OBJECT_H

#include <glimpse/batch_api.h>

#include "base/buf.h"
#include "base/json.h"

/* Reads a batch. Its strings live in text, which is reset. false: it is none (no id), or out of
 * memory (text->failed). */
bool gl_batch_read(gl_json object, gl_buf *text, glimpse_batch *batch);

/* Returns true when a batch has these names in its metadata. */
bool gl_batch_is_named(gl_json object, const char *job, const char *part);

/* Returns true for a state that does not change any more. */
bool gl_batch_ended(glimpse_batch_state state);

/* Returns true when it has ended with answers, by its counts, and names no output file yet. */
bool gl_batch_lacks_output(const glimpse_batch *batch);

/* Returns true for a file that the endpoint has not checked yet: no batch can be made of it until
 * then. */
bool gl_batch_file_waits(gl_json file);

#endif
