/* openai/credentials: which words of what is sent are secrets. The rows are those of
 * docs/internals/secrets.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "oom.h"
#include "openai/credentials.h"

/* The words that are covered, in the order they were found, a blank between them. */
static const char *found(const gl_secrets *secrets)
{
    static char all[512];
    all[0] = '\0';
    for (size_t i = 0; i < secrets->count; i++) {
        size_t have = strlen(all);
        snprintf(all + have, sizeof all - have, "%s%s", i != 0 ? " " : "", secrets->list[i].text);
    }
    return all;
}

static const struct {
    const char *line, *secret;
} headers[] = {
    /* A name without a word for a secret, whatever the value. */
    { "x-portkey-provider: anthropic", "" },
    { "x-portkey-trace-id: 0f9d2c4b7a", "" },
    { "max-tokens-policy: standard-2024", "" },
    { "X-Monkey: abcdef0123456789", "" },
    { "X-Request-Id: token-0123456789", "" },
    { "Accept: application/json; key=12345678a", "" },
    /* A name with one, and a word as people write it, a number, or something short. */
    { "x-api-key-provider: anthropic", "" },
    { "x-auth-provider: OpenRouter", "" },
    { "x-key-region: Frankfurt", "" },
    { "x-token-policy: SHORTLIVED", "" },
    { "x-key-owner: PostgreSQL", "" },
    { "x-token-limit: 1000000000", "" },
    { "x-auth-date: 2026-11-29", "" },
    { "api-key: ollama", "" },
    { "x-key-label: Schl\xC3\xBCsselw\xC3\xB6rter", "" },
    { "api-key:", "" },
    { "api-key", "" },
    /* One with digits or marks among the letters, mixed letters, or more than a word has. */
    { "api-key: azure-secret-1", "azure-secret-1" },
    { "apikey:0123456789abcdef", "0123456789abcdef" },
    { "X_API_KEY: aBcDeFgHiJ", "aBcDeFgHiJ" },
    { "x.api.token: correcthorsebatterystaple", "correcthorsebatterystaple" },
    { "X-AUTH-TOKEN: sk-canary", "sk-canary" },
    { "Ocp-Apim-Subscription-Key: 4111111111111111", "4111111111111111" },
    { "helicone-auth: Bearer sk-helicone-1", "sk-helicone-1" },
    /* Several words: each that looks like one. */
    { "X-Secret: CANARY-TWO and more", "CANARY-TWO" },
    { "X-Secret: first-1-secret second-2-secret", "first-1-secret second-2-secret" },
    { "Cookie: session=CANARY-ONE; theme=dark", "CANARY-ONE" },
    { "cookie:a=0123456789abcdef;b=\"fedcba9876543210\"", "0123456789abcdef fedcba9876543210" },
    { "X-Api-Key: c2VjcmV0LWtleQ==", "c2VjcmV0LWtleQ==" },
    { "X-Api-Key: abcd1=efgh2", "abcd1=efgh2" },
    { "X-Api-Key: abc;def;12", "abc;def;12" },
    /* The scheme of an Authorization is a word of a specification. */
    { "Authorization: Bearer sk-0123456789", "sk-0123456789" },
    { "Authorization: sk-0123456789", "sk-0123456789" },
    { "Authorization: Basic bXktdXNlcjpteS1wYXNzLTE=", "bXktdXNlcjpteS1wYXNzLTE= my-pass-1" },
    { "Proxy-Authorization: basic bXktdXNlci0xOng=", "bXktdXNlci0xOng= my-user-1" },
    { "Authorization: Digest username=\"Mufasa\", realm=\"home\", nonce=\"dcd98b7102dd2f0e\", "
      "nc=00000001, "
      "qop=auth, response=\"6629fae49393a053\"",
      "dcd98b7102dd2f0e 6629fae49393a053" },
    { "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
      "SignedHeaders=host;range, Signature=5d672d79c15b1316",
      "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request 5d672d79c15b1316" },
};

static void a_header_is_secret_by_its_name_and_by_each_word(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        gl_secrets secrets;
        gl_secrets_init(&secrets);
        assert_int_equal(gl_credentials_header(&secrets, headers[i].line), GLIMPSE_OK);
        if (strcmp(found(&secrets), headers[i].secret) != 0) print_message("%s\n", headers[i].line);
        assert_string_equal(found(&secrets), headers[i].secret);
        gl_secrets_free(&secrets);
    }
    assert_int_equal(gl_alloc_live(), live);
}

static const struct {
    const char *url, *secret;
} proxies[] = {
    { NULL, "" },
    { "http://127.0.0.1:3128", "" },
    { "http://host/a@b", "" },
    { "http://proxy-user-1:proxy-pass-1@host:3128",
      "proxy-user-1 proxy-pass-1 cHJveHktdXNlci0xOnByb3h5LXBhc3MtMQ==" },
    { "joe:p%40ss-word-1@host", "p%40ss-word-1 p@ss-word-1 am9lOnBAc3Mtd29yZC0x" },
    { "socks5h://token-of-one-word-7@host", "token-of-one-word-7 dG9rZW4tb2Ytb25lLXdvcmQtNzo=" },
    { "http://anthropic:sunshine@host", "YW50aHJvcGljOnN1bnNoaW5l" },
    { "http://a:b@c-7-secret@host", "b@c-7-secret YTpiQGMtNy1zZWNyZXQ=" },
};

static void a_proxys_user_and_password_are_secret_in_each_spelling(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++) {
        gl_secrets secrets;
        gl_secrets_init(&secrets);
        assert_int_equal(gl_credentials_proxy(&secrets, proxies[i].url), GLIMPSE_OK);
        assert_string_equal(found(&secrets), proxies[i].secret);
        gl_secrets_free(&secrets);
    }
    assert_int_equal(gl_alloc_live(), live);
}

static void a_key_is_one_word_whatever_it_holds(void **state)
{
    (void)state;
    gl_secrets secrets;
    gl_secrets_init(&secrets);
    assert_int_equal(gl_credentials_key(&secrets, "ollama"), GLIMPSE_OK);
    assert_int_equal(gl_credentials_key(&secrets, "placeholder"), GLIMPSE_OK);
    assert_int_equal(gl_credentials_key(&secrets, "sk-1;two,\"3=4"), GLIMPSE_OK);
    assert_string_equal(found(&secrets), "sk-1;two,\"3=4");
    gl_secrets_free(&secrets);
}

static void without_memory_it_says_so_and_keeps_nothing(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    for (size_t k = 1;; k++) {
        gl_secrets secrets;
        gl_secrets_init(&secrets);
        oom_fail_at(k);
        glimpse_error error =
            gl_credentials_header(&secrets, "Authorization: Basic bXktdXNlcjpteS1wYXNzLTE=");
        if (error == GLIMPSE_OK)
            error = gl_credentials_proxy(&secrets, "http://user-one-1:p%40ss-word-1@host");
        bool failed = oom_end();
        assert_int_equal(error, failed ? GLIMPSE_ERR_OOM : GLIMPSE_OK);
        gl_secrets_free(&secrets);
        assert_int_equal(gl_alloc_live(), live);
        if (!failed) break;
        assert_true(k < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_secret_by_its_name_and_by_each_word),
        cmocka_unit_test(a_proxys_user_and_password_are_secret_in_each_spelling),
        cmocka_unit_test(a_key_is_one_word_whatever_it_holds),
        cmocka_unit_test(without_memory_it_says_so_and_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
