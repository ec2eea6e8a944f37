/*
 * azure.h - Azure's classic endpoint: how a path is written there (docs/wire.md section 10). Pure.
 */
#ifndef GL_OPENAI_AZURE_H
#define GL_OPENAI_AZURE_H

#include "base/buf.h"
#include "problem.h"

/* GLIMPSE_OK when both can stand in a URL; INVALID with problem naming the field. */
glimpse_error gl_azure_check(const char *deployment, const char *api_version,
                             glimpse_problem *problem);

/* Appends /openai/deployments/{deployment}{path}?api-version={version}, both percent-encoded; a
 * path that belongs to no deployment (models, responses) goes below /openai. Keeps the path's
 * query. */
void gl_azure_path(const char *deployment, const char *api_version, const char *path, gl_buf *out);

#endif
