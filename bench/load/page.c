/* page.c - the beginning and the end of each page; see report_parts.h. Nothing in a page is loaded
 * or runs, and its rule for the browser forbids both. */
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
    gl_buf_append_str(out, "</style>\n</head>\n<body>\n"
                           "<svg class=\"patterns\" aria-hidden=\"true\"><defs>"
                           "<pattern id=\"stripes\" width=\"7\" height=\"7\" "
                           "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
                           "<rect class=\"stripes\" width=\"4\" height=\"7\"/></pattern>"
                           "<pattern id=\"dots\" width=\"6\" height=\"6\" "
                           "patternUnits=\"userSpaceOnUse\">"
                           "<rect class=\"dots\" width=\"4\" height=\"4\" rx=\"2\"/></pattern>"
                           "<pattern id=\"grain\" width=\"5\" height=\"5\" "
                           "patternUnits=\"userSpaceOnUse\"><rect class=\"ground-of\" "
                           "width=\"2\" height=\"2\"/></pattern>"
                           "<pattern id=\"rules\" width=\"5\" height=\"5\" "
                           "patternUnits=\"userSpaceOnUse\"><rect class=\"ground-of\" "
                           "width=\"5\" height=\"1\"/></pattern>"
                           "<pattern id=\"slants\" width=\"6\" height=\"6\" "
                           "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
                           "<rect class=\"stall-of\" width=\"2\" height=\"6\"/></pattern>"
                           "<pattern id=\"cross\" width=\"7\" height=\"7\" "
                           "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
                           "<path class=\"stop-of\" d=\"M0 0H7V2H0ZM0 0V7H2V0Z\"/></pattern>"
                           "</defs></svg>\n<main>\n<header>\n"
                           "<p class=\"eyebrow\">glimpse bench</p>\n<h1>");
    load_html_text(out, what);
    load_html_text(out, of_whom);
    gl_buf_append_str(out, "</h1>\n");
}

void load_verdict_begin(gl_buf *out, load_judgement judgement, const char *word)
{
    static const char *const kinds[] = { [LOAD_PASS] = "good",
                                         [LOAD_FAIL] = "bad",
                                         [LOAD_INVALID] = "invalid",
                                         [LOAD_UNJUDGED] = "open" };
    static const char *const signs[] = { [LOAD_PASS] = "\xe2\x9c\x93",
                                         [LOAD_FAIL] = "\xe2\x9c\x97",
                                         [LOAD_INVALID] = "\xe2\x9a\xa0",
                                         [LOAD_UNJUDGED] = "?" };
    gl_buf_printf(out,
                  "<section class=\"verdict %s\" aria-label=\"Verdict\"><p><strong><span "
                  "aria-hidden=\"true\">%s</span> %s</strong> ",
                  kinds[judgement], signs[judgement],
                  word != NULL ? word : load_judgement_word(judgement));
}

void load_page_end(gl_buf *out, const char *elsewhere)
{
    gl_buf_printf(out,
                  "<footer>Written by glimpse %s. Nothing in this page is loaded from elsewhere. "
                  "%s</footer>\n</main>\n</body>\n</html>\n",
                  glimpse_version(), elsewhere);
}
