/*
 * trust.c - the cost for a TLS connection of three ways to name the system's certificates.
 *
 *   glimpse-micro-trust https://127.0.0.1:PORT/
 *
 * Makes ten connections, one after the other, in one multi handle, for each way, and prints the
 * milliseconds of the first and the mean of the others. Whether the server is trusted does not
 * matter. A server for it: openssl s_server -accept 127.0.0.1:PORT -cert C -key K -www
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/time.h"

enum { CONNECTIONS = 10 };

static double connect_ms(CURLM *multi, const char *url, bool file, bool directory)
{
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (!file) curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    if (!directory) curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    gl_time from = gl_clock_now();
    curl_multi_add_handle(multi, easy);
    int running = 1;
    while (running != 0 && curl_multi_perform(multi, &running) == CURLM_OK)
        if (running != 0) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    double ms = (double)(gl_clock_now() - from) * 1e-6;
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    return ms;
}

static void measure(const char *name, const char *url, bool file, bool directory)
{
    CURLM *multi = curl_multi_init();
    double first = connect_ms(multi, url, file, directory), others = 0;
    for (int i = 1; i < CONNECTIONS; i++) others += connect_ms(multi, url, file, directory);
    curl_multi_cleanup(multi);
    printf("%-22s first %6.2f ms, others %6.2f ms\n", name, first, others / (CONNECTIONS - 1));
}

int main(int argc, char **argv)
{
    if (argc != 2) return 64;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    measure("both (the default)", argv[1], true, true);
    measure("bundle", argv[1], true, false);
    measure("hashed directory", argv[1], false, true);
    curl_global_cleanup();
    return 0;
}
