/*
 * azure.h - Azure's classic endpoint: where a path goes there (docs/wire.md section 10). Pure.
 */
#ifndef GL_OPENAI_AZURE_H
#define GL_OPENAI_AZURE_H

#include "base/buf.h"

/* A static sentence that names the field, or NULL when both can stand in a URL. */
const char *gl_azure_problem(const char *deployment, const char *api_version);

/* Appends /openai/deployments/{deployment}{path}?api-version={version}, both percent-encoded; a
 * path that belongs to no deployment (models, responses) goes below /openai. A query that the path
 * has is kept. */
void gl_azure_path(const char *deployment, const char *api_version, const char *path, gl_buf *out);

#endif
