/* status.h - maps a failure to the status of docs/playbook.md section 4. Pure. */
#ifndef GL_STATUS_H
#define GL_STATUS_H

#include <glimpse/result.h>

/* Returns the status of a failure. The HTTP status decides where one failed (error HTTP, or a
 * stream's error that names one), the kind elsewhere. */
glimpse_status gl_status_of(glimpse_error error, int http_status);

/* Returns true when the fallback for this status shows words of the draft ("Essence-only
 * fallback"), false when it only names the error ("Error essence only"). */
bool gl_status_essence_only(glimpse_status status);

/* Returns the table's last column: 1 retry, 2 once, 0 never. */
int gl_error_retry(glimpse_error error);

#endif
