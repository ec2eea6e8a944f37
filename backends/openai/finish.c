/* finish.c - see finish.h: one table. Owns nothing. */
#include "openai/finish.h"

#include <stdbool.h>
#include <string.h>

typedef struct named {
    gl_finish finish;
    const char *names; /* in small letters without word joiners, each between blanks */
} named;

static const named table[] = {
    /* Ollama and gateways send "", DashScope "null", Gemini FINISH_REASON_UNSPECIFIED; Vercel's AI
     * SDK, and gateways made with it, put "unknown" where the model has sent none. */
    { GL_FINISH_NONE, " null none unspecified finishreasonunspecified unknown " },
    /* OpenAI; then text-generation-inference and Together, Anthropic's names, Cohere's. */
    { GL_FINISH_WELL, " stop toolcalls functioncall eos eostoken stopsequence endturn tooluse"
                      " complete " },
    /* OpenAI; Gemini's, also those of images; Zhipu; Anthropic; Bedrock; Cohere. */
    { GL_FINISH_FILTERED, " contentfilter contentfiltered safety recitation blocklist"
                          " prohibitedcontent spii modelarmor imagesafety imageprohibitedcontent"
                          " imagerecitation sensitive refusal guardrailintervened errortoxic " },
    /* OpenRouter and Mistral; DeepSeek; Zhipu; vLLM and SGLang. */
    { GL_FINISH_FAILED, " error insufficientsystemresource networkerror abort " },
};

/* Longer than any name of the table. */
enum { NAME_MAX_BYTES = 40 };

gl_finish gl_finish_of(gl_json reason)
{
    static const char filter[] = " contentfilter:"; /* Gemini: "content_filter: RECITATION" */
    char name[NAME_MAX_BYTES + 3] = " ";
    size_t len = 1;
    if (reason.kind != GL_JSON_STRING) return GL_FINISH_NONE;
    if (gl_slice_is(reason.text, "\"stop\"")) return GL_FINISH_WELL; /* as nearly all end */
    for (size_t i = 1; i + 1 < reason.text.len; i++) {
        char c = reason.text.data[i];
        if (c == '_' || c == '-' || c == '.' || c == ' ') continue;
        if (len > NAME_MAX_BYTES) break;
        name[len++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    if (len == 1) return GL_FINISH_NONE;
    if (strncmp(name, filter, sizeof filter - 1) == 0) return GL_FINISH_FILTERED;
    name[len] = ' '; /* the NUL behind it is the array's */
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strstr(table[i].names, name) != NULL) return table[i].finish;
    return GL_FINISH_OTHER;
}
