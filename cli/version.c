/* version.c - `glimpse version`: the program's versions, for a bug report. */
#include <curl/curl.h>
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <json-c/json.h>
#include <stdio.h>

#include "commands.h"
#include "exits.h"
#include "say.h"

static const char *http2_verdict(void)
{
    switch (glimpse_http2_support()) {
    case GLIMPSE_HTTP2_NONE:
        return "this libcurl has none";
    case GLIMPSE_HTTP2_UNSOUND:
        return "not used unless --http 2 asks for it: unsound in this libcurl";
    case GLIMPSE_HTTP2_SOUND:
        break;
    }
    return "used over TLS where the server offers it";
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
    printf("HTTP/2: %s\n", http2_verdict());
    return say_flush_stdout() ? EXIT_DONE : EXIT_IO;
}
