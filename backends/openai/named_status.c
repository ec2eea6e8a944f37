/*
 * named_status.c - see named_status.h. Owns the names; called by decode.c. Decides no retry: the
 * status it gives is judged as if the endpoint had answered with it.
 */
#include "openai/named_status.h"

#include <stddef.h>
#include <string.h>

typedef struct named {
    int status;
    const char *names; /* in small letters without what joins words, each between blanks */
} named;

/* Names of OpenAI, Azure, vLLM (exceptions of openai-python), llama.cpp, Ollama, Anthropic's and
 * Google's compatible doors. */
static const named table[] = {
    { 400, " invalidrequesterror badrequest badrequesterror invalidargument invalidprompt"
           " unsupportedparameter unsupportedvalue contextlengthexceeded exceedcontextsizeerror"
           " contentfilter contentpolicyviolation " },
    { 401, " invalidapikey authenticationerror unauthorized unauthorizederror unauthenticated"
           " invalidauthentication accountdeactivated " },
    { 403, " permissiondenied permissiondeniederror permissionerror forbidden"
           " unsupportedcountryregionterritory " },
    { 404, " notfound notfounderror modelnotfound " },
    { 408, " requesttimeout " },
    { 409, " conflict conflicterror " },
    { 413, " requesttoolarge payloadtoolarge " },
    { 422, " unprocessableentity unprocessableentityerror " },
    { 429, " ratelimitexceeded ratelimiterror ratelimited toomanyrequests resourceexhausted"
           " slowdown insufficientquota creditbalanceexhausted organizationspendlimitexceeded"
           " projectspendlimitexceeded organizationusagelimitexceeded " },
    { 500, " servererror internalerror internalservererror apierror " },
    { 501, " notsupportederror notimplemented " },
    { 502, " badgateway " },
    { 503, " serverisoverloaded overloaded overloadederror engineoverloaded modeloverloaded"
           " serviceunavailable serviceunavailableerror unavailable unavailableerror " },
    { 504, " gatewaytimeout " },
};

/* Longer than any name of the table. */
enum { NAME_MAX_BYTES = 64 };

/* 400 to 599 written as digits; 0 for anything else. */
static int status_of_digits(const char *text)
{
    if (strlen(text) != 3 || strspn(text, "0123456789") != 3) return 0;
    int status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    return status >= 400 && status <= 599 ? status : 0;
}

/* "rate_limit_error", "RateLimitError" and "rate limit error" are one name. */
static int status_of_name(const char *text)
{
    char name[NAME_MAX_BYTES + 3] = " ";
    size_t len = 1;
    for (; *text != '\0'; text++) {
        char c = *text;
        if (c == '_' || c == '-' || c == ' ' || c == '.') continue;
        if (len > NAME_MAX_BYTES) return 0;
        name[len++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    if (len == 1) return 0;
    name[len] = ' '; /* the NUL behind it is the array's */
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strstr(table[i].names, name) != NULL) return table[i].status;
    return 0;
}

bool gl_named_quota(const char *code, const char *type)
{
    static const char *const codes[] = { "insufficient_quota", "credit_balance_exhausted",
                                         "organization_spend_limit_exceeded",
                                         "project_spend_limit_exceeded",
                                         "organization_usage_limit_exceeded" };
    if (type != NULL && strcmp(type, codes[0]) == 0) return true;
    for (size_t i = 0; code != NULL && i < sizeof codes / sizeof *codes; i++)
        if (strcmp(code, codes[i]) == 0) return true;
    return false;
}

int gl_named_status(const char *code, const char *type)
{
    if (gl_named_quota(code, type)) return 429;
    int status = code != NULL ? status_of_digits(code) : 0;
    if (status == 0 && code != NULL) status = status_of_name(code);
    if (status == 0 && type != NULL) status = status_of_name(type);
    return status;
}
