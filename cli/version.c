/* version.c - `glimpse version`: what is running, for a bug report. */
#include <curl/curl.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdio.h>

#include "commands.h"
#include "exits.h"
#include "say.h"

/* libcurl older than 8.0.1 can report a truncated HTTP/2 body as complete (curl 48cd032623,
 * 544a7f804d): --http auto then stays with HTTP/1.1. */
static const char *http2_verdict(const curl_version_info_data *curl)
{
    if ((curl->features & CURL_VERSION_HTTP2) == 0) return "this libcurl has none";
    return curl->version_num < 0x080001 ? "only with --http 2: truncated answers can look complete"
                                        : "used where the server offers it";
}

int command_version(cli_settings *settings)
{
    (void)settings;
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    printf("glimpse %s\n", glimpse_version());
    printf("libcurl %s (%s)\n", curl->version,
           curl->ssl_version != NULL ? curl->ssl_version : "without TLS");
    printf("libevent %s\n", event_get_version());
    printf("json-c %s\n", json_c_version());
    printf("HTTP/2: %s\n", http2_verdict(curl));
    return say_flush_stdout() ? EXIT_DONE : EXIT_IO;
}
