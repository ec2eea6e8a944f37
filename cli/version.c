/* version.c - `glimpse version`: what is running, for a bug report. */
#include <curl/curl.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdio.h>

#include "commands.h"
#include "exits.h"
#include "say.h"

/* What --http auto does, by the same releases as take_version in backends/openai/http_endpoint.c:
 * 8.11.1 and later, but not 8.14.0 to 8.15.x, nor 8.21.0. */
static const char *http2_verdict(const curl_version_info_data *curl)
{
    unsigned version = curl->version_num;
    if ((curl->features & CURL_VERSION_HTTP2) == 0) return "this libcurl has none";
    if (version < 0x080b01 || (version >= 0x080e00 && version < 0x081000) || version == 0x081500)
        return "not used unless --http 2 asks for it: unsound in this libcurl";
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
    printf("HTTP/2: %s\n", http2_verdict(curl));
    return say_flush_stdout() ? EXIT_DONE : EXIT_IO;
}
