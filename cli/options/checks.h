/* checks.h - the rules for the texts of options. Each returns NULL, or a static sentence on the
 * fault, and never shows the text. */
#ifndef CLI_OPTIONS_CHECKS_H
#define CLI_OPTIONS_CHECKS_H

#include <stdbool.h>

const char *check_filled(const char *text);   /* not empty */
const char *check_plain(const char *text);    /* no control byte, and not in quotes */
const char *check_name(const char *text);     /* the same, and not empty */
const char *check_utf8(const char *text);     /* well formed UTF-8 */
const char *check_readable(const char *text); /* a file that can be opened for reading */
const char *check_pem(const char *text);      /* a file that holds certificates as PEM */
const char *check_store(const char *text);    /* a path, not a URL */
const char *check_key(const char *text);      /* an API key: visible ASCII */
const char *check_header(const char *text);   /* Name: value */
const char *check_proxy(const char *text);    /* empty, or of a kind that libcurl supports */
const char *check_listen(const char *text);   /* PORT, ADDRESS:PORT or [ADDRESS]:PORT */
const char *check_origin(const char *text);   /* scheme://host or scheme://host:port, or * */
const char *check_url(const char *text);      /* http or https, a host, no credentials, no query */

/* Returns true when a key would cross a network in the clear at this checked URL (http, not to this
 * machine). */
bool url_is_exposed(const char *url);

#endif
