/* models.h - the names of the served models. */
#ifndef MOCK_MODELS_H
#define MOCK_MODELS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/slice.h"

typedef struct mock_models {
    gl_slice names; /* with commas between them; empty: every name is a model */
} mock_models;

/* list: "a,b", borrowed; NULL and "" mean any. false: problem names the error, beginning with
 * "models:". */
bool mock_models_parse(mock_models *models, const char *list, char *problem, size_t problem_size);

/* Returns true when there is a model of this name, a JSON string. */
bool mock_models_has(const mock_models *models, gl_json name);

/* Appends the error that there is none of this name. Returns 404. */
int mock_models_unknown(gl_json name, gl_buf *error);

/* The answers to /v1/models and /v1/models/ID, whose ID may be percent-encoded. */
int mock_models_list(const mock_models *models, gl_buf *out);
int mock_models_get(const mock_models *models, gl_slice id, gl_buf *out);

#endif
