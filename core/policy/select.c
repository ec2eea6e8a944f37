/*
 * select.c - chooses the sampler from the given settings (docs/playbook.md section 2.1). Pure;
 * called by the composition. A setting that is given but malformed is not looked at here: the code
 * that uses it refuses it, so that a typing error never becomes a silent fallback.
 */
#include "policy/select.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "problem.h"

#define OPENAI_HOST "api.openai.com"

/* Returns the text after "https://" or "http://"; NULL for another scheme. */
static const char *after_scheme(const char *url)
{
    if (strncasecmp(url, "https://", 8) == 0) return url + 8;
    if (strncasecmp(url, "http://", 7) == 0) return url + 7;
    return NULL;
}

static bool is_openai_host(const char *base_url)
{
    if (base_url == NULL) return true;
    const char *host = after_scheme(base_url);
    if (host == NULL) return false;
    size_t len = strlen(OPENAI_HOST);
    return strncasecmp(host, OPENAI_HOST, len) == 0 && strchr(":/?#", host[len]) != NULL;
}

/* Returns true for the default base URL, in any case of its host, with or without slashes at the
 * end. */
static bool is_default(const char *base_url)
{
    if (base_url == NULL) return true;
    static const char url[] = "https://" OPENAI_HOST;
    size_t len = strlen(url);
    if (strncasecmp(base_url, url, len) != 0 || strncmp(base_url + len, "/v1", 3) != 0)
        return false;
    const char *rest = base_url + len + 3;
    return rest[strspn(rest, "/")] == '\0';
}

static gl_choice refuse(glimpse_problem *problem, const char *field, const char *sentence)
{
    gl_refuse(problem, field, sentence);
    return GL_CHOICE_REFUSED;
}

gl_choice gl_select(const glimpse_config *config, const char **reason, glimpse_problem *problem)
{
    const glimpse_endpoint *endpoint = &config->endpoint;
    *reason = "";
    if (config->use_openai == GLIMPSE_USE_OPENAI_NEVER) {
        *reason = "the local sampler was asked for";
        return GL_CHOICE_LOCAL;
    }
    if (endpoint->azure_deployment != NULL) {
        if (endpoint->azure_endpoint == NULL && endpoint->base_url == NULL)
            return refuse(problem, "endpoint.azure_deployment",
                          "the endpoint is not given (AZURE_OPENAI_ENDPOINT or base_url)");
        if (endpoint->api_version == NULL)
            return refuse(problem, "endpoint.api_version",
                          "not given, and Azure needs one (OPENAI_API_VERSION)");
        return GL_CHOICE_OPENAI;
    }
    if (endpoint->api_key != NULL || !is_openai_host(endpoint->base_url)) return GL_CHOICE_OPENAI;
    if (config->use_openai == GLIMPSE_USE_OPENAI_AUTO && is_default(endpoint->base_url)) {
        *reason = "neither an API key nor another base URL is given";
        return GL_CHOICE_LOCAL;
    }
    return refuse(problem, "endpoint.api_key", OPENAI_HOST " needs one and none is given");
}

bool gl_select_parse(const char *text, glimpse_use_openai *out)
{
    static const struct {
        const char *text;
        glimpse_use_openai use;
    } words[] = {
        { "true", GLIMPSE_USE_OPENAI_AUTO }, { "1", GLIMPSE_USE_OPENAI_AUTO },
        { "yes", GLIMPSE_USE_OPENAI_AUTO },  { "false", GLIMPSE_USE_OPENAI_NEVER },
        { "0", GLIMPSE_USE_OPENAI_NEVER },   { "no", GLIMPSE_USE_OPENAI_NEVER },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i].text) == 0) {
            *out = words[i].use;
            return true;
        }
    }
    return false;
}
