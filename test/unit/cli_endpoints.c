/* The file of --endpoints: what is read, what is refused and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glimpse/glimpse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "oom.h"
#include "options/endpoints.h"

#define KEY "sk-canary-4711"

/* A file with one endpoint at this machine, and further members of it. */
#define ONE(more)                                                                                  \
    "{\"endpoints\":[{\"name\":\"a\",\"base_url\":\"http://127.0.0.1:1/v1\"" more "}]}"
/* The same, with routes. */
#define ROUTES(routes)                                                                             \
    "{\"endpoints\":[{\"name\":\"a\",\"base_url\":\"http://127.0.0.1:1/v1\"}],\"routes\":[" routes \
    "]}"

static char folder[64];

static void write_file(const char *name, const char *text, size_t len)
{
    char path[128];
    snprintf(path, sizeof path, "%s%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

static int make_folder(void **state)
{
    (void)state;
    char made[] = "/tmp/glimpse-endpoints-XXXXXX";
    if (mkdtemp(made) == NULL) return -1;
    snprintf(folder, sizeof folder, "%s/", made);
    write_file("second.key", KEY "-file\r\n", strlen(KEY) + 7);
    write_file("two words.key", KEY " b\n", strlen(KEY) + 3);
    write_file("nul.key", KEY "\0b\n", strlen(KEY) + 3);
    setenv("TEST_KEY", KEY, 1);
    setenv("TEST_EMPTY", "", 1);
    setenv("TEST_QUOTED", "\"" KEY "\"", 1);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = { "second.key", "two words.key", "nul.key" };
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static endpoints *read_file(const char *text, gl_json_fault *fault)
{
    static const char *const kept[] = { "x-request-id" };
    glimpse_endpoint like;
    glimpse_endpoint_init(&like);
    like.api_key = like.base_url = "not for an endpoint of a file";
    like.azure_deployment = like.organization = like.project = "nor these";
    like.ca_file = "ca.pem";
    like.https_proxy = "http://proxy:1";
    like.answer_headers = kept;
    like.answer_header_count = 1;
    return endpoints_read(gl_slice_str(text), folder, &like, fault);
}

static void every_member_is_read(void **state)
{
    (void)state;
    static const char text[] =
        "{\"routes\":[{\"model\":\"f\\u0061st\",\"try\":[\"b\",\"g\"],\"pick\":\"fastest\"},"
        "{\"try\":[\"g\"],\"model\":\"*\"}],"
        "\"endpoints\":[{\"name\":\"a\",\"base_url\":\"https://example.com/v1\","
        "\"api_key_env\":\"TEST_KEY\",\"group\":\"g\",\"weight\":2.5,\"models\":{\"fast\":"
        "\"qwen\",\"slow\":\"q\\u00e9\"},\"concurrency\":32,\"rpm\":0,\"tpm\":5000,"
        "\"organization\":\"org\",\"project\":\"proj\",\"headers\":{\"X-One\":\"1\",\"X-Two\":"
        "\"a b\"}},"
        "{\"name\":\"b\",\"api_key_file\":\"second.key\",\"base_url\":\"https://"
        "r.openai.azure.com\","
        "\"azure_deployment\":\"d\",\"api_version\":\"2024-10-21\"}]}";
    size_t live = gl_alloc_live();
    gl_json_fault fault;
    endpoints *file = read_file(text, &fault);
    if (file == NULL) fail_msg("%s: %s", fault.path, fault.reason);
    const glimpse_pool *pool = endpoints_pool(file);
    assert_int_equal(pool->endpoint_count, 2);
    const glimpse_pool_endpoint *a = &pool->endpoints[0], *b = &pool->endpoints[1];
    assert_string_equal(a->name, "a");
    assert_string_equal(a->group, "g");
    assert_true(a->weight == 2.5);
    assert_int_equal(a->concurrency, 32);
    assert_int_equal(a->rpm, 0);
    assert_int_equal(a->tpm, 5000);
    assert_int_equal(a->model_count, 2);
    assert_string_equal(a->models[0].model, "fast");
    assert_string_equal(a->models[0].there, "qwen");
    assert_string_equal(a->models[1].there, "q\xc3\xa9");
    assert_string_equal(a->endpoint.base_url, "https://example.com/v1");
    assert_string_equal(a->endpoint.api_key, KEY);
    assert_string_equal(a->endpoint.organization, "org");
    assert_string_equal(a->endpoint.project, "proj");
    assert_int_equal(a->endpoint.header_count, 2);
    assert_string_equal(a->endpoint.headers[0], "X-One: 1");
    assert_string_equal(a->endpoint.headers[1], "X-Two: a b");
    assert_string_equal(b->endpoint.api_key, KEY "-file");
    assert_string_equal(b->endpoint.azure_deployment, "d");
    assert_string_equal(b->endpoint.api_version, "2024-10-21");
    assert_null(b->group);
    assert_true(b->weight == 1);
    assert_int_equal(b->concurrency, GLIMPSE_INHERIT);
    for (size_t i = 0; i < 2; i++) { /* what they have in common, and nothing else */
        assert_string_equal(pool->endpoints[i].endpoint.ca_file, "ca.pem");
        assert_string_equal(pool->endpoints[i].endpoint.https_proxy, "http://proxy:1");
        assert_int_equal(pool->endpoints[i].endpoint.answer_header_count, 1);
    }
    assert_null(b->endpoint.organization);
    assert_null(a->endpoint.azure_deployment);
    assert_int_equal(pool->route_count, 2);
    assert_string_equal(pool->routes[0].model, "fast");
    assert_int_equal(pool->routes[0].group_count, 2);
    assert_string_equal(pool->routes[0].groups[1], "g");
    assert_int_equal(pool->routes[0].pick, GLIMPSE_PICK_FASTEST);
    assert_int_equal(pool->routes[1].pick, GLIMPSE_PICK_ROOM);
    endpoints_free(file);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_key_in_the_clear_is_found(void **state)
{
    (void)state;
    gl_json_fault fault;
    endpoints *file = read_file(ONE(",\"api_key_env\":\"TEST_KEY\""), &fault);
    assert_non_null(file);
    assert_null(endpoints_exposed(file)); /* to this machine */
    endpoints_free(file);
    file = read_file("{\"endpoints\":[{\"name\":\"far\",\"base_url\":\"http://example.com/v1\","
                     "\"api_key_env\":\"TEST_KEY\"}]}",
                     &fault);
    assert_non_null(file);
    assert_string_equal(endpoints_exposed(file), "far");
    endpoints_free(file);
}

static void each_wrong_file_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path, *reason;
    } rows[] = {
        { "", "the file", "is not JSON" },
        { "{\"endpoints\":[}", "the file", "is not JSON: syntax error at byte 14" },
        { "[]", "the file", "must be an object" },
        { "{}", "endpoints", "must be a list" },
        { "{\"endpoints\":{}}", "endpoints", "must be a list" },
        { "{\"endpoints\":[]}", "endpoints", "must be a list" },
        { "{\"endpoints\":[],\"endpoints\":[]}", "endpoints", "comes twice" },
        { "{\"endpoint\":[]}", "endpoint", "there is no such member" },
        { "{\"\":[]}", "\"\"", "there is no such member" },
        { "{\"endpoints\":[7]}", "endpoints[0]", "must be an object" },
        { "{\"endpoints\":[{}]}", "endpoints[0].name", "is missing" },
        { "{\"endpoints\":[{\"name\":7}]}", "endpoints[0].name", "must be a text" },
        { "{\"endpoints\":[{\"name\":\"\"}]}", "endpoints[0].name", "must not be empty" },
        { "{\"endpoints\":[{\"name\":\"a b\"}]}", "endpoints[0].name", "visible ASCII" },
        { "{\"endpoints\":[{\"name\":\"a\\u0000\"}]}", "endpoints[0].name", "NUL" },
        { "{\"endpoints\":[{\"name\":\"a\"}]}", "endpoints[0].api_key_env",
          "api.openai.com needs one" },
        { ONE(",\"base_url\":\"x\""), "endpoints[0].base_url", "comes twice" },
        { ONE(",\"api_key\":\"" KEY "\""), "endpoints[0].api_key", "there is no such member" },
        { ONE(",\"Weight\":1"), "endpoints[0].Weight", "there is no such member" },
        { "{\"endpoints\":[{\"name\":\"a\",\"base_url\":\"ftp://x\"}]}", "endpoints[0].base_url",
          "must begin with http" },
        { "{\"endpoints\":[{\"name\":\"a\",\"base_url\":\"http://u:" KEY "@x\"}]}",
          "endpoints[0].base_url", "user name" },
        { ONE(",\"api_key_env\":\"TEST_NONE\""), "endpoints[0].api_key_env",
          "the variable TEST_NONE is not set" },
        { ONE(",\"api_key_env\":\"TEST_EMPTY\""), "endpoints[0].api_key_env",
          "the variable TEST_EMPTY is empty" },
        { ONE(",\"api_key_env\":\"TEST_QUOTED\""), "endpoints[0].api_key_env",
          "the key in TEST_QUOTED stands in quotes" },
        { ONE(",\"api_key_env\":\"\""), "endpoints[0].api_key_env", "is empty" },
        { ONE(",\"api_key_env\":null"), "endpoints[0].api_key_env", "must be a text" },
        { ONE(",\"api_key_file\":\"none.key\""), "endpoints[0].api_key_file", "cannot be read" },
        { ONE(",\"api_key_file\":\"\""), "endpoints[0].api_key_file", "is empty" },
        { ONE(",\"api_key_file\":\"two words.key\""), "endpoints[0].api_key_file",
          "the key in it holds a blank" },
        { ONE(",\"api_key_file\":\"nul.key\""), "endpoints[0].api_key_file", "NUL" },
        { ONE(",\"api_key_file\":\"second.key\",\"api_key_env\":\"TEST_KEY\""),
          "endpoints[0].api_key_file", "beside api_key_env" },
        { ONE(",\"group\":\"\""), "endpoints[0].group", "must not be empty" },
        { ONE(",\"weight\":0"), "endpoints[0].weight", "above 0" },
        { ONE(",\"weight\":\"2\""), "endpoints[0].weight", "must be a number" },
        { ONE(",\"weight\":1e999"), "endpoints[0].weight", "must be a number" },
        { ONE(",\"concurrency\":0"), "endpoints[0].concurrency", "from 1 up" },
        { ONE(",\"concurrency\":1.5"), "endpoints[0].concurrency", "whole number" },
        { ONE(",\"concurrency\":1e7"), "endpoints[0].concurrency", "from 1 to 1000000" },
        { ONE(",\"rpm\":-1"), "endpoints[0].rpm", "from 0 (no limit) up" },
        { ONE(",\"tpm\":1e15"), "endpoints[0].tpm", "from 0 (no limit) up" },
        { ONE(",\"models\":[]"), "endpoints[0].models", "must be an object" },
        { ONE(",\"models\":{}"), "endpoints[0].models", "must be an object" },
        { ONE(",\"models\":{\"a\":7}"), "endpoints[0].models.a", "must be a text" },
        { ONE(",\"models\":{\"\":\"b\"}"), "endpoints[0].models.\"\"", "is empty" },
        { ONE(",\"models\":{\"a\\u0000b\":\"b\"}"), "endpoints[0].models.a\\u0000b", "NUL" },
        { ONE(",\"models\":{\"a\":\"b\",\"a\":\"c\"}"), "endpoints[0].models[1]", "comes twice" },
        { ONE(",\"organization\":\"a\\nb\""), "endpoints[0].organization", "line break" },
        { ONE(",\"azure_deployment\":\"d\""), "endpoints[0].api_version", "not given" },
        { ONE(",\"headers\":[]"), "endpoints[0].headers", "must be an object" },
        { ONE(",\"headers\":{\"a\":1}"), "endpoints[0].headers", "must be a text" },
        { ONE(",\"headers\":{\"a b\":\"1\"}"), "endpoints[0].headers", "Name: value" },
        { ONE(",\"headers\":{\"Host\":\"1\"}"), "endpoints[0].headers", "not the user's" },
        { ONE(",\"headers\":{\"A\":\"1\\r\\nB: 2\"}"), "endpoints[0].headers", "line break" },
        { ONE(",\"headers\":{\"A\":\"1\\u0000\"}"), "endpoints[0].headers", "NUL" },
        { "{\"endpoints\":[{\"name\":\"a\",\"base_url\":\"http://h/\"},{\"name\":\"a\","
          "\"base_url\":\"http://h/\"}]}",
          "endpoints[1].name", "another endpoint" },
        { "{\"endpoints\":[{\"name\":\"a\",\"base_url\":\"http://h/\"}],\"routes\":[]}", "routes",
          "must be a list" },
        { ROUTES("7"), "routes[0]", "must be an object" },
        { ROUTES("{}"), "routes[0].model", "is missing" },
        { ROUTES("{\"model\":\"\",\"try\":[\"a\"]}"), "routes[0].model", "is empty" },
        { ROUTES("{\"model\":\"m\"}"), "routes[0].try", "must be a list" },
        { ROUTES("{\"model\":\"m\",\"try\":\"a\"}"), "routes[0].try", "must be a list" },
        { ROUTES("{\"model\":\"m\",\"try\":[]}"), "routes[0].try", "must be a list" },
        { ROUTES("{\"model\":\"m\",\"try\":[7]}"), "routes[0].try[0]", "must be a text" },
        { ROUTES("{\"model\":\"m\",\"try\":[\"a\",\"b\"]}"), "routes[0].try[1]",
          "is the group of no endpoint" },
        { ROUTES("{\"model\":\"m\",\"try\":[\"a\",\"a\"]}"), "routes[0].try[1]", "comes twice" },
        { ROUTES("{\"model\":\"m\",\"try\":[\"a\"]},{\"model\":\"m\",\"try\":[\"a\"]}"),
          "routes[1].model", "another route" },
        { ROUTES("{\"model\":\"m\",\"try\":[\"a\"],\"pick\":\"any\"}"), "routes[0].pick",
          "must be \"room\"" },
        { ROUTES("{\"model\":\"m\",\"try\":[\"a\"],\"weight\":1}"), "routes[0].weight",
          "there is no such member" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gl_json_fault fault;
        size_t live = gl_alloc_live();
        endpoints *file = read_file(rows[i].text, &fault);
        if (file != NULL || strcmp(fault.path, rows[i].path) != 0 ||
            strstr(fault.reason, rows[i].reason) == NULL)
            fail_msg("%s\n  is refused with \"%s\": %s", rows[i].text, fault.path, fault.reason);
        assert_null(strstr(fault.reason, KEY));
        assert_int_equal(gl_alloc_live(), live);
    }
}

static void too_many_are_refused(void **state)
{
    (void)state;
    gl_buf text;
    gl_json_fault fault;
    gl_buf_init(&text, 1 << 20);
    gl_buf_append_str(&text, "{\"endpoints\":[");
    for (int i = 0; i <= GLIMPSE_POOL_ENDPOINTS_MAX; i++)
        gl_buf_printf(&text, "%s{\"name\":\"e%d\",\"base_url\":\"http://h/\"}", i == 0 ? "" : ",",
                      i);
    gl_buf_append_str(&text, "]}");
    assert_true(gl_buf_terminate(&text));
    assert_null(read_file(text.data, &fault));
    assert_string_equal(fault.path, "endpoints");
    gl_buf_free(&text);
}

static void without_memory_a_file_is_refused_without_a_reason(void **state)
{
    (void)state;
    static const char text[] = ONE(",\"api_key_file\":\"second.key\",\"models\":{\"a\":\"b\"},"
                                   "\"headers\":{\"A\":\"b\"}");
    size_t live = gl_alloc_live();
    for (unsigned long at = 1;; at++) {
        gl_json_fault fault;
        oom_fail_at(at);
        endpoints *file = read_file(text, &fault);
        bool failed = oom_end();
        if (file != NULL) {
            endpoints_free(file);
            assert_false(failed);
            break;
        }
        assert_true(failed);
        assert_true(fault.reason[0] == '\0' || strstr(fault.reason, "memory") != NULL);
        assert_int_equal(gl_alloc_live(), live);
    }
    assert_int_equal(gl_alloc_live(), live);
}

/* The example of the documents, in its own place. */
static void the_example_is_read(void **state)
{
    (void)state;
    char text[4096];
    FILE *file = fopen(TEST_SOURCE_DIR "/../docs/examples/endpoints.json", "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    gl_json_fault fault;
    setenv("OPENAI_API_KEY", KEY, 1);
    endpoints *read = read_file(text, &fault);
    unsetenv("OPENAI_API_KEY");
    if (read == NULL) fail_msg("%s: %s", fault.path, fault.reason);
    const glimpse_pool *pool = endpoints_pool(read);
    assert_int_equal(pool->endpoint_count, 3);
    assert_int_equal(pool->route_count, 2);
    assert_true(pool->endpoints[1].weight == 2);
    assert_string_equal(pool->endpoints[1].endpoint.api_key, KEY "-file");
    assert_int_equal(pool->routes[1].pick, GLIMPSE_PICK_PREFIX);
    endpoints_free(read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_is_read),
        cmocka_unit_test(a_key_in_the_clear_is_found),
        cmocka_unit_test(each_wrong_file_is_refused_with_its_place),
        cmocka_unit_test(too_many_are_refused),
        cmocka_unit_test(without_memory_a_file_is_refused_without_a_reason),
        cmocka_unit_test(the_example_is_read),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
