/*
 * httpd_verdicts.c - what the HTTP server's parser makes of bytes, for another parser to be held
 * against: a line of hexadecimal in, a line of JSON out. test/differ/httpd.js asks.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/request.h"

static void print_text(const char *name, gl_slice text)
{
    printf("\"%s\":\"", name);
    for (size_t i = 0; i < text.len; i++) printf("%02x", (unsigned char)text.data[i]);
    printf("\"");
}

static void print_request(const httpd_request *request, const char *data, bool first)
{
    gl_slice path = httpd_request_path(request, data), query = httpd_request_query(request, data);
    if (query.data != NULL) path.len += 1 + query.len;
    printf("%s{", first ? "" : ",");
    print_text("method", httpd_request_method(request, data));
    printf(",");
    print_text("target", path);
    printf(",");
    print_text("body", httpd_request_body(request, data));
    printf("}");
}

static void judge(char *data, size_t len)
{
    const httpd_limits limits = { .body = 1000000 };
    static httpd_fields fields;
    httpd_request request;
    const char *end = "ok";
    bool first = true;
    printf("{\"requests\":[");
    while (len != 0 && strcmp(end, "ok") == 0) {
        httpd_progress progress = HTTPD_HEAD;
        httpd_request_init(&request, &limits);
        while (progress == HTTPD_HEAD) progress = httpd_request_read(&request, &fields, data, len);
        if (progress != HTTPD_READY) {
            end = progress == HTTPD_BAD ? request.why : "more";
            break;
        }
        print_request(&request, data, first);
        first = false;
        if (!httpd_request_keeps_alive(&request)) end = "closed";
        size_t used = httpd_request_used(&request);
        data += used;
        len -= used;
    }
    printf("],\"end\":\"%s\"}\n", end);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    while ((len = getline(&line, &size, stdin)) > 0) {
        char hex[3] = "";
        size_t bytes = 0;
        for (size_t i = 0; i + 1 < (size_t)len; i += 2) {
            memcpy(hex, line + i, 2);
            line[bytes++] = (char)strtoul(hex, NULL, 16);
        }
        judge(line, bytes);
    }
    free(line);
    return 0;
}
