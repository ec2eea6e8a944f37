/* chunked.h - the chunks of a body, joined in place (RFC 9112, section 7.1). Pure; see request.h.
 */
#ifndef HTTPD_CHUNKED_H
#define HTTPD_CHUNKED_H

#include "http/request.h"

httpd_progress httpd_chunked_read(httpd_request *request, char *data, size_t len);

#endif
