/*
 * named_status.c - see named_status.h. Owns the names; called by decode.c. Decides no retry: the
 * status is judged as if the endpoint had answered with it.
 */
#include "openai/named_status.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

typedef struct named {
    int status;
    const char *names; /* in small letters without word joiners, each between blanks */
} named;

/* No money: OpenAI's names; then those of Kimi, DeepSeek and MiniMax, OpenAI's inactive billing,
 * Alibaba, Volcengine, and Zhipu's number; the name of 402, and that itself. */
static const char quota_names[] =
    " insufficientquota creditbalanceexhausted organizationspendlimitexceeded"
    " projectspendlimitexceeded organizationusagelimitexceeded"
    " exceededcurrentquotaerror exceededcurrentquota insufficientbalance insufficientcredits"
    " insufficientfunds billingnotactive billinghardlimitreached arrearage accountoverdueerror"
    " 1113 paymentrequired 402 ";

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
           " slowdown " },
    { 500, " servererror internalerror internalservererror apierror " },
    { 501, " notsupportederror notimplemented " },
    { 502, " badgateway " },
    { 503, " serverisoverloaded overloaded overloadederror engineoverloaded modeloverloaded"
           " serviceunavailable serviceunavailableerror unavailable unavailableerror"
           " insufficientsystemresource networkerror abort " },
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

/* "rate_limit_error", "RateLimitError" and "rate limit error" are one name, between blanks here.
 * false: it is empty, or too long to be one of ours. */
static bool normalize(const char *text, char name[NAME_MAX_BYTES + 3])
{
    size_t len = 0;
    name[len++] = ' ';
    for (; *text != '\0'; text++) {
        char c = *text;
        if (c == '_' || c == '-' || c == ' ' || c == '.') continue;
        if (len > NAME_MAX_BYTES) return false;
        name[len++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    name[len] = ' ';
    name[len + 1] = '\0';
    return len > 1;
}

static int status_of_name(const char *text)
{
    char name[NAME_MAX_BYTES + 3];
    if (text == NULL || !normalize(text, name)) return 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strstr(table[i].names, name) != NULL) return table[i].status;
    return 0;
}

static bool is_quota_name(const char *text)
{
    char name[NAME_MAX_BYTES + 3];
    return text != NULL && normalize(text, name) && strstr(quota_names, name) != NULL;
}

bool gl_named_quota(const char *code, const char *type)
{
    return is_quota_name(code) || is_quota_name(type);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A quotation mark begins a quote; an apostrophe inside a word does not. */
static size_t before_quotes(const char *text)
{
    size_t end = strcspn(text, "\"`'");
    while (end > 0 && text[end] == '\'' && is_letter(text[end - 1]) && is_letter(text[end + 1]))
        end += 1 + strcspn(text + end + 1, "\"`'");
    return end;
}

static bool says(const char *message, const char *const words[], size_t count)
{
    size_t len = before_quotes(message);
    for (size_t i = 0; i < count; i++) {
        size_t most = strlen(words[i]);
        for (size_t at = 0; at + most <= len; at++)
            if (strncasecmp(message + at, words[i], most) == 0) return true;
    }
    return false;
}

bool gl_worded_quota(const char *message)
{
    /* DeepSeek, MiniMax and Zhipu; OpenRouter; SiliconFlow; Anthropic. Not "exceeded your current
     * quota": Gemini uses it for a minute's quota too. */
    static const char *const words[] = { "insufficient balance", "insufficient credit",
                                         "balance is insufficient", "credit balance is too low" };
    return says(message, words, sizeof words / sizeof *words);
}

bool gl_worded_too_long(const char *message)
{
    static const char *const words[] = { "context length", "context size", "context window" };
    return says(message, words, sizeof words / sizeof *words);
}

int gl_named_status(const char *code, const char *type)
{
    if (gl_named_quota(code, type)) return 429;
    int typed = status_of_name(type);
    int status = code != NULL ? status_of_digits(code) : 0;
    /* llama-server and gateways write 500 beside every error and name the kind only in `type`. */
    if (status == 500 && typed != 0) return typed;
    if (status == 0) status = status_of_name(code);
    return status != 0 ? status : typed;
}
