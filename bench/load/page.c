/* page.c - how each page begins and ends; see report_parts.h. Nothing in a page is loaded or runs,
 * and its rule for the browser forbids both. */
#include <glimpse/version.h>

#include "load/markup.h"
#include "load/report_parts.h"

void load_page_begin(gl_buf *out, const char *what, const char *of_whom)
{
    gl_buf_append_str(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta http-equiv=\"Content-Security-Policy\" "
                           "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, "
                           "initial-scale=1\">\n"
                           "<meta name=\"color-scheme\" content=\"light dark\">\n"
                           "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    load_html_text(out, what);
    load_html_text(out, of_whom);
    gl_buf_append_str(out, "</title>\n<style>\n");
    load_report_style(out);
    gl_buf_append_str(out, "</style>\n</head>\n<body>\n<main>\n<header>\n"
                           "<p class=\"eyebrow\">glimpse bench</p>\n<h1>");
    load_html_text(out, what);
    load_html_text(out, of_whom);
    gl_buf_append_str(out, "</h1>\n");
}

void load_page_end(gl_buf *out, const char *elsewhere)
{
    gl_buf_printf(out,
                  "<footer>Written by glimpse %s. Nothing in this page is loaded from elsewhere. "
                  "%s</footer>\n</main>\n</body>\n</html>\n",
                  glimpse_version(), elsewhere);
}
