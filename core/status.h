/* status.h - from what went wrong to the status of docs/playbook.md section 4. Pure. */
#ifndef GL_STATUS_H
#define GL_STATUS_H

#include <glimpse/result.h>

/* The status of a failure: the HTTP status decides where there is one that failed (error HTTP, or a
 * stream's error that names one), the kind elsewhere. */
glimpse_status gl_status_of(glimpse_error error, int http_status);

/* Whether the fallback for this status shows words of the draft ("Essence-only fallback"), or only
 * names the error ("Error essence only"). */
bool gl_status_essence_only(glimpse_status status);

/* The table's last column: 1 retry, 2 once, 0 never. */
int gl_error_retry(glimpse_error error);

#endif
