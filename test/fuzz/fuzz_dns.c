/*
 * fuzz_dns.c - what a name server sends over TCP: what is read of it are addresses, no more than
 * are wanted, and the same however much follows the message.
 *
 * A message without its length; its first two bytes are the id that was asked with.
 */
#include "fuzz.h"

#include <arpa/inet.h>

#include "base/buf.h"
#include "openai/resolve_tcp.h"

enum { MOST = 16 };

static void check_address(char *text)
{
    struct in_addr v4;
    struct in6_addr v6;
    size_t len = strlen(text);
    if (*text == '[') {
        claim(text[len - 1] == ']', "a bracket that stays open");
        text[len - 1] = '\0';
        claim(inet_pton(AF_INET6, text + 1, &v6) == 1, "no IPv6 address");
    } else {
        claim(inet_pton(AF_INET, text, &v4) == 1, "no IPv4 address");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *message = malloc(size + 1); /* exactly what is there, for the sanitizer */
    gl_buf text;
    int count = 0;
    claim(message != NULL, "no memory");
    if (size != 0) memcpy(message, data, size);
    uint16_t id = size < 2 ? 0 : (uint16_t)(data[0] << 8 | data[1]);
    gl_buf_init(&text, SIZE_MAX / 2);
    gl_dns_verdict verdict = gl_dns_read(gl_slice_of(message, size), id, MOST, &count, &text);
    claim(count >= 0 && count <= MOST, "more than are wanted");
    claim(verdict != GL_DNS_FOUND || count > 0, "found, and none is there");
    claim(gl_buf_terminate(&text), "no memory");
    int seen = 0;
    for (char *rest = text.data, *one; text.len != 0 && (one = strsep(&rest, ",")) != NULL; seen++)
        check_address(one);
    claim(seen == count, "another number than was told");
    gl_buf_free(&text);
    free(message);
    return 0;
}
